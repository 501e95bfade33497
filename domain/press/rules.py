"""Pure decisions about press kits: what may be asked, and what a document is called."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from domain.base.words import said
from domain.refusals import Invalid, Reason
from domain.terms import PressFormat

PICTURES, WORDS_LONGEST, CONTACT_LONGEST = 4, 200, 100
# Titles and forms of address stand beside names of people; an office has neither.
PERSON = re.compile("联系人|先生|女士|小姐|老师|同志|师傅|主任|书记|部长|院长|校长|干事")


def saved_as(kind: PressFormat) -> str:
    """What a document is called where it is saved."""
    return f"press-kit.{kind.value.lower()}"


def checked_contact(contact: str) -> str:
    """How the unit is reached: one line, and nobody's name."""
    clean = " ".join(said(contact, "contact", limit=CONTACT_LONGEST).split())
    if PERSON.search(clean):
        raise Invalid(Reason.CONTACT_NAMES_PERSON, path="contact")
    return clean


def checked_words(pictures: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The caption and the credit of each picture."""
    if len(pictures) > PICTURES:
        raise Invalid(Reason.TOO_MANY, path="pictures", limit=PICTURES)
    return [
        (
            said(picture["caption"], f"pictures.{place}.caption", limit=WORDS_LONGEST),
            said(picture["credit"], f"pictures.{place}.credit", limit=WORDS_LONGEST),
        )
        for place, picture in enumerate(pictures)
    ]
