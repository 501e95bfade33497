"""Log files of the supervisor and its servers: opened for appending, kept small, quoted in errors."""

from pathlib import Path
from typing import BinaryIO

LARGEST = 10 * 1024 * 1024
QUOTED_LINES = 12
QUOTED_BYTES = 4096


def begin(path: Path) -> int:
    """Make a log ready for a new start and return the place where that will write its first line."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if size(path) > LARGEST:
        path.replace(path.with_suffix(".old"))
    return size(path)


def open_log(path: Path) -> BinaryIO:
    return path.open("ab", buffering=0)


def size(path: Path) -> int:
    """The place where the next line will be written."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def written_since(path: Path, start: int) -> bytes:
    """What was written after the given place."""
    try:
        with path.open("rb") as log:
            log.seek(start)
            return log.read()
    except OSError:
        # What cannot be quoted must not hide the error that asks for the quotation.
        return b""


def ending(path: Path, start: int = 0) -> str:
    """The last lines written after the given place, as a paragraph for an error text."""
    text = written_since(path, start)[-QUOTED_BYTES:].decode(errors="replace").strip()
    if not text:
        return f"Its log {path} is empty."
    return f"Its log {path} ends with:\n" + "\n".join(text.splitlines()[-QUOTED_LINES:])
