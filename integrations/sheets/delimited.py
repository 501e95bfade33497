"""CSV as spreadsheets take it: UTF-8 with its mark, commas, RFC 4180."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from integrations.sheets.cells import defused, header_of, words_of
from integrations.sheets.port import Form


class DelimitedFile:
    """A CSV file: a header, then a line for each row; what is unknown is empty."""

    def __init__(self, path: Path, form: Form) -> None:
        # Without the mark, Excel would take Chinese for something else.
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file, lineterminator="\r\n")
        self._form = form
        self._csv.writerow([header_of(column, form.language) for column in form.columns])

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        self._csv.writerows([self._cell(value) for value in row] for row in rows)

    def close(self) -> None:
        self._file.close()

    def drop(self) -> None:
        self._file.close()

    def _cell(self, value: Any) -> Any:
        shown = words_of(value, self._form.language)
        return defused(shown) if isinstance(shown, str) else shown
