"""The append-only file that lets a restarted sandbox know what it knew."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

Event = dict[str, Any]


class CorruptStateError(Exception):
    """A line that is not the last one cannot be read."""


class StateFile:
    """One JSON object a line; what was appended is with the operating system before `append` returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._size = 0

    def replay(self) -> Iterator[Event]:
        """All events in order. A cut last line is removed, for the answer to it was never sent."""
        content = self._path.read_bytes()
        self._size = content.rfind(b"\n") + 1
        if self._size != len(content):
            os.ftruncate(self._handle, self._size)
        for number, line in enumerate(content[: self._size].splitlines(), start=1):
            try:
                event: Event = orjson.loads(line)
            except orjson.JSONDecodeError as error:
                raise CorruptStateError(f"{self._path}, line {number}: {error}") from error
            yield event

    def append(self, events: Sequence[Event]) -> None:
        """Write all events or, when the disk refuses, none of them."""
        content = b"".join([orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in events])
        try:
            written = 0
            while written < len(content):
                written += os.write(self._handle, content[written:])
        except OSError:
            os.ftruncate(self._handle, self._size)
            raise
        self._size += len(content)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)
