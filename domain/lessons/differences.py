"""What differs between two texts, as runs that people can read: made for Chinese, which has no blanks between words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from domain.terms import RunKind

# A phrase ends with its punctuation, so that what is kept or changed is what a reader takes in at once.
PHRASE = re.compile(r"[^,。;:!?、,;:!?\n]*[,。;:!?、,;:!?\n]+|[^,。;:!?、,;:!?\n]+")
LINE = re.compile(r"[^\n]*\n+|[^\n]+")
# Whoever writes a text chooses how long comparing takes, so it is bounded: beyond this it is compared more coarsely.
PIECES = 1000
# Two phrases that have at least so much in common are shown as one that was changed.
ALIKE = 0.6


@dataclass(frozen=True)
class Run:
    """A stretch of text, and what became of it (文字片段)."""

    kind: RunKind
    text: str


@dataclass(frozen=True)
class FieldChange:
    """A field that differs, and how (字段变化): without what was added it reads as it did before."""

    field: str
    runs: list[Run]


def changes(before: dict[str, str], after: dict[str, str]) -> list[FieldChange]:
    """What differs field by field, in the order of the fields."""
    return [FieldChange(name, runs(before[name], after[name])) for name in after if before[name] != after[name]]


def runs(before: str, after: str) -> list[Run]:
    """The runs of one text and another: phrase by phrase, and within a phrase character by character."""
    merged: list[Run] = []
    for run in _runs(_pieces(before, after, before), _pieces(before, after, after), is_fine=False):
        if merged and merged[-1].kind is run.kind:
            run = Run(run.kind, merged.pop().text + run.text)
        if run.text:
            merged.append(run)
    return merged


def _pieces(before: str, after: str, text: str) -> Sequence[str]:
    """The text in pieces as fine as both allow."""
    for pattern in (PHRASE, LINE):
        if max(len(pattern.findall(each)) for each in (before, after)) <= PIECES:
            return pattern.findall(text)
    return [text]


def _runs(before: Sequence[str], after: Sequence[str], *, is_fine: bool) -> Iterator[Run]:
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after).get_opcodes():
        removed, added = "".join(before[i1:i2]), "".join(after[j1:j2])
        if kind == "equal":
            yield Run(RunKind.KEPT, removed)
        elif not is_fine and _are_alike(removed, added):
            yield from _runs(removed, added, is_fine=True)
        else:
            yield Run(RunKind.REMOVED, removed)
            yield Run(RunKind.ADDED, added)


def _are_alike(removed: str, added: str) -> bool:
    if not removed or not added or max(len(removed), len(added)) > PIECES:
        return False
    return SequenceMatcher(None, removed, added).ratio() >= ALIKE
