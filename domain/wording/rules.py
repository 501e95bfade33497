"""The check of a text: all that is found in it, and whether it may be approved."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from domain.access.abilities import Ability
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.refusals import Conflict, Invalid, Reason
from domain.terms import WordingKind
from domain.wording.findings import BLOCKS, WARNS, Finding, Told, found
from domain.wording.folding import Folded, folded
from domain.wording.labels import Label, labels_of
from domain.wording.names import names_of
from domain.wording.numbers import numbers_of

TEXT_LIMIT = 20_000
LOCAL, DOMAIN = 64, 255
LOCAL_PART = re.compile(r"[a-z0-9._%+-]{1,64}$")
MAIL_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){1,8}")
# Somebody's door: a building and a door in it.
DWELLING = re.compile("[0-9]{1,4}(?:号楼|栋|幢|单元)(?:[0-9]{1,2}单元)?[0-9]{1,4}(?:室|号|单元)")


def findings_of(text: str, words: Collection[Label]) -> list[Finding]:
    """All that is found in a text, in its order; the time it takes grows as the text does."""
    plain = folded(text)
    findings = [*labels_of(plain, words), *numbers_of(plain), *names_of(plain), *_mails(plain), *_dwellings(plain)]
    return sorted(findings, key=lambda each: (each.start, each.end))


def findings_in(texts: Mapping[str, str], words: Collection[Label]) -> list[Finding]:
    """The same for the texts of a thing, each by the name of its field."""
    return [replace(each, field=field) for field, text in texts.items() for each in findings_of(text, words)]


def check_approval(findings: Collection[Finding], *, wording_seen: bool, path: str) -> None:
    """Refuse what must not become public, and what nobody has said to have seen."""
    grave = tuple(each for each in findings if each.severity is BLOCKS)
    if grave:
        raise Conflict(Reason.WORDING_BLOCKS, path=path, findings=Told(grave))
    if findings and not wording_seen:
        raise Conflict(Reason.WORDING_NOT_SEEN, path="wordingSeen", findings=Told(tuple(findings)))


def check_length(text: str, *, path: str) -> None:
    """Refuse to check what nobody would write."""
    if len(text) > TEXT_LIMIT:
        raise Invalid(Reason.WORDS_TOO_LONG, path=path, limit=TEXT_LIMIT)


def hinders_editing(label: Any) -> Reason | None:
    """What is looked for no more is not edited; the word is added anew."""
    return None if label.retired_at is None else Reason.LABEL_WORD_RETIRED


class KeepingTheList(Ability):
    """A word lies nowhere in the tree: there is one list, and whoever acts for the whole nation keeps it."""

    def _is_permitted(self, actor: Actor, path: str) -> bool:  # noqa: ARG002 - the same wherever
        return any(prefix.count(".") <= 1 for prefix in actor.reach(self.permission))


WORD_ABILITIES = tuple(
    KeepingTheList(act, Permission.WORDING_EDIT, place="id", hindrance=hinders_editing, needs=frozenset({"retired_at"}))
    for act in ("edit_label_word", "retire_label_word")
)


def _mails(text: Folded) -> Iterator[Finding]:
    plain = text.plain
    at = plain.find("@")
    while at >= 0:
        local = LOCAL_PART.search(plain[max(at - LOCAL, 0) : at])
        domain = MAIL_DOMAIN.match(plain, at + 1, at + 1 + DOMAIN)
        if local and domain:
            yield found(WordingKind.EMAIL, WARNS, text.given, *text.span(at - len(local[0]), domain.end() - 1))
        at = plain.find("@", at + 1)


def _dwellings(text: Folded) -> Iterator[Finding]:
    for match in DWELLING.finditer(text.plain):
        yield found(WordingKind.DWELLING, WARNS, text.given, *text.span(match.start(), match.end() - 1))
