"""The port of all writers: what a file is to look like, and how rows go into it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from domain.exports.kinds import Column
from domain.terms import Language


@dataclass(frozen=True)
class Form:
    """The columns in order, the language of headers and words, and what is said about the whole, as pairs."""

    columns: Sequence[Column]
    language: Language
    about: Sequence[tuple[str, str]] = ()


class Writer(Protocol):
    """Writes one file, in the thread of whoever calls it."""

    def __init__(self, path: Path, form: Form) -> None: ...

    def add(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows, each with a value for every column in order."""

    def close(self) -> None:
        """Write what is left; only now the file is whole."""

    def drop(self) -> None:
        """Leave it unfinished: nobody wants it any more."""
