"""The process that writes: what is to be said comes in as JSON, the documents go out as JSON."""

import base64
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from enum import Enum
from typing import Any, get_args, get_origin, get_type_hints

import orjson

from domain.press.sheets import Sheet
from domain.reports.document import Document
from domain.terms import PressFormat, ReportFormat
from integrations.printing.page import page
from integrations.printing.paper import paper
from integrations.printing.plates import plate
from integrations.printing.report import report
from integrations.printing.word import word

# Whatever sends posts goes first.
NICENESS = 10
# What no document may hold; people paste it in unseen.
UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def main() -> None:
    """Read, write, end."""
    os.nice(NICENESS)
    given = orjson.loads(sys.stdin.buffer.read())
    made = _report(given["report"]) if "report" in given else _kit(given["sheet"], given["pictures"])
    sys.stdout.buffer.write(orjson.dumps({kind: base64.b64encode(content).decode() for kind, content in made.items()}))


def _kit(said: Mapping[str, Any], pictures: Sequence[str]) -> dict[str, bytes]:
    sheet: Sheet = _rebuilt(Sheet, _printable(said))
    contents = [base64.b64decode(content) for content in pictures]
    plates = [plate(content, *words) for content, words in zip(contents, sheet.pictures, strict=True)]
    return {PressFormat.PDF.value: paper(sheet, plates), PressFormat.DOCX.value: word(sheet, plates)}


def _report(said: Mapping[str, Any]) -> dict[str, bytes]:
    document: Document = _rebuilt(Document, _printable(said))
    return {ReportFormat.PAGE.value: page(document), ReportFormat.PDF.value: report(document)}


def _printable(said: Any) -> Any:
    if isinstance(said, str):
        return UNPRINTABLE.sub(" ", said)
    if isinstance(said, dict):
        return {name: _printable(each) for name, each in said.items()}
    return [_printable(each) for each in said] if isinstance(said, list) else said


def _rebuilt(kind: Any, said: Any) -> Any:
    """What was taken apart to be sent, as it was."""
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{name: _rebuilt(hints[name], each) for name, each in said.items()})
    if get_origin(kind) is tuple:
        return tuple(_rebuilt(get_args(kind)[0], each) for each in said)
    return kind(said) if isinstance(kind, type) and issubclass(kind, Enum) else said


if __name__ == "__main__":
    main()
