"""JSON lines for programs: an object for each row, with the same keys always, instants in UTC, null where unknown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from integrations.sheets.port import Form

# An instant as 2026-06-01T01:00:00Z; words as the API names them.
OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE | orjson.OPT_OMIT_MICROSECONDS


class JsonLines:
    """A line for each row; nothing in it depends on a language."""

    def __init__(self, path: Path, form: Form) -> None:
        self._file = path.open("wb")
        self._keys = [column.key for column in form.columns]

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        lines = (orjson.dumps(dict(zip(self._keys, row, strict=True)), option=OPTIONS) for row in rows)
        self._file.writelines(lines)

    def close(self) -> None:
        self._file.close()

    def drop(self) -> None:
        self._file.close()
