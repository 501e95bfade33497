"""The check of a text: all that is found in it, and whether it may be approved."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from domain.access.abilities import Ability
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.refusals import Conflict, Invalid, Reason
from domain.wording.addresses import addresses_of
from domain.wording.findings import BLOCKS, Finding, Told
from domain.wording.folding import folded
from domain.wording.labels import Label, labels_of
from domain.wording.names import ages_of
from domain.wording.numbers import numbers_of
from domain.wording.pinyin import english_of
from domain.wording.schools import schools_of

TEXT_LIMIT = 20_000


def findings_of(text: str, words: Collection[Label]) -> list[Finding]:
    """All that is found in a text, in its order; the time it takes grows as the text does."""
    plain = folded(text)
    people = (*schools_of(plain), *english_of(plain), *ages_of(plain))
    findings = [*labels_of(plain, words), *numbers_of(plain), *people, *addresses_of(plain)]
    return sorted(findings, key=lambda each: (each.start, each.end))


def findings_in(texts: Mapping[str, str], words: Collection[Label]) -> list[Finding]:
    """The same for the texts of a thing, each by the name of its field."""
    return [replace(each, field=field) for field, text in texts.items() for each in findings_of(text, words)]


def blocks(texts: Mapping[str, str], words: Collection[Label]) -> bool:
    """Whether any of the texts must not be public."""
    return any(each.severity is BLOCKS for each in findings_in(texts, words))


def check_approval(findings: Collection[Finding], *, wording_seen: bool, path: str) -> None:
    """Refuse what must not become public, and what nobody has said to have seen."""
    grave = tuple(each for each in findings if each.severity is BLOCKS)
    if grave:
        raise Conflict(Reason.WORDING_BLOCKS, path=path, findings=Told(grave))
    if findings and not wording_seen:
        raise Conflict(Reason.WORDING_NOT_SEEN, path="wordingSeen", findings=Told(tuple(findings)))


def check_written(findings: Collection[Finding]) -> None:
    """Refuse what must not become public, at the field it was written in."""
    grave = tuple(each for each in findings if each.severity is BLOCKS)
    if grave:
        raise Conflict(Reason.WORDING_BLOCKS, path=grave[0].field, findings=Told(grave))


def check_length(length: int, *, path: str) -> None:
    """Refuse to check what nobody would write."""
    if length > TEXT_LIMIT:
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
