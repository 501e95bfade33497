"""Pure decisions about press kits: what may be asked, and under which key a document is kept."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.base.words import said
from domain.refusals import Invalid, Reason
from domain.terms import PressFormat

KEPT = timedelta(days=7)
# Of one person in a day.
KITS_A_DAY = 50
PICTURES, WORDS_LONGEST, CONTACT_LONGEST = 4, 200, 100
# So often a kit may bring down whoever makes it.
TRIES = 3
# Titles and forms of address stand beside names of people; an office has neither.
PERSON = re.compile("联系人|先生|女士|小姐|老师|同志|师傅|主任|书记|部长|院长|校长|干事")


def folder_of(kit_id: UUID) -> str:
    """Where the documents of a kit are in the store."""
    return f"press/{kit_id}"


def key_of(kit_id: UUID, kind: PressFormat, digest: str) -> str:
    """The key of a document: named by its hash, so that its bytes never change."""
    return f"{folder_of(kit_id)}/{digest}.{kind.value.lower()}"


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
