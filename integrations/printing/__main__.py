"""The process that writes: a sheet and pictures come in as JSON, the documents go out as JSON."""

import base64
import os
import re
import sys
from typing import Any

import orjson

from domain.press.sheets import Fact, Section, Sheet
from domain.terms import PressFormat
from integrations.printing.paper import paper
from integrations.printing.plates import plate
from integrations.printing.word import word

# Whatever sends posts goes first.
NICENESS = 10
# What no document may hold; people paste it in unseen.
UNPRINTABLE = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def main() -> None:
    """Read, write, end."""
    os.nice(NICENESS)
    given = orjson.loads(sys.stdin.buffer.read())
    said = _printable(given["sheet"])
    sheet = Sheet(
        **said
        | {
            "body": tuple(Section(**section) for section in said["body"]),
            "facts": tuple(Fact(**fact) for fact in said["facts"]),
            "closing": tuple(Fact(**fact) for fact in said["closing"]),
        }
    )
    contents = [base64.b64decode(content) for content in given["pictures"]]
    plates = [plate(content, *words) for content, words in zip(contents, sheet.pictures, strict=True)]
    made = {PressFormat.PDF: paper(sheet, plates), PressFormat.DOCX: word(sheet, plates)}
    sys.stdout.buffer.write(orjson.dumps({kind.value: base64.b64encode(made[kind]).decode() for kind in made}))


def _printable(said: Any) -> Any:
    if isinstance(said, str):
        return UNPRINTABLE.sub(" ", said)
    if isinstance(said, dict):
        return {name: _printable(each) for name, each in said.items()}
    return [_printable(each) for each in said]


if __name__ == "__main__":
    main()
