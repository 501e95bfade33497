"""Words that label children: told wherever they stand, and graver where a child is named beside them."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import pairwise

from domain.terms import WordingKind, WordingSeverity
from domain.wording.findings import ADVICE, BLOCKS, Finding
from domain.wording.folding import Folded, folded, is_mark
from domain.wording.names import HAN, name_ending_at, name_starting_at


@dataclass(frozen=True)
class Label:
    """A word that labels children, with what it does by itself and what to write instead."""

    word: str
    severity: WordingSeverity
    advice_zh: str
    advice_en: str


# A child by a pet name, or by a surname alone.
PET_NAME = re.compile(rf"小(?![学组屋手心时队区康课事朋小])[{HAN}](?=[^{HAN}]|说|今年|同学|在|是|的|$)|[{HAN}]某某?")
PET_NAME_BEFORE = re.compile(rf"(?:^|[^{HAN}]|的)小(?![学组屋手心时队区康课事朋])[{HAN}]$|[{HAN}]某某?$")
# What joins a name to what is said of the child.
JOINS = re.compile(r"(?:同学|小朋友)?(?:,|\(|、)?(?:也|都)?(?:就?是|系|为|属于|作为)?(?:一|这)?(?:名|个|位)?$")
JOIN_LENGTH = 9
# Between two words these part them; between each sign of one word and the next, they are put there to hide it.
PARTING = frozenset(",.!?;:、。—~()\"'“”‘’《》〈〉「」『』【】…")


def labels_of(text: Folded, words: Collection[Label]) -> list[Finding]:
    """Every label, the longest that stands at a place."""
    labels = {plain: label for label in words if (plain := folded(label.word).plain)}
    if not labels:
        return []
    longest_first = re.compile("|".join(re.escape(plain) for plain in sorted(labels, key=len, reverse=True)))
    found = {match.start(): (match.end(), labels[match[0]]) for match in longest_first.finditer(text.plain)}
    for start, end, word in _with_marks(text.plain, longest_first):
        found.setdefault(start, (end, labels[word]))
    return [_finding(text, start, *told) for start, told in found.items()]


def _with_marks(plain: str, words: re.Pattern[str]) -> Iterator[tuple[int, int, str]]:
    """Words with marks put between their signs: where they begin and end."""
    places = [place for place, sign in enumerate(plain) if not is_mark(sign)]
    if len(places) == len(plain):
        return
    for match in words.finditer("".join(plain[place] for place in places)):
        signs = places[match.start() : match.end()]
        gaps = [plain[one + 1 : other] for one, other in pairwise(signs)]
        is_one_word = PARTING.isdisjoint("".join(gaps)) or (len(gaps) > 1 and all(gaps))
        if any(gaps) and is_one_word:
            yield signs[0], signs[-1] + 1, match[0]


def _finding(text: Folded, start: int, end: int, label: Label) -> Finding:
    first, last = text.span(start, end - 1)
    piece = text.given[first:last]
    if label.severity is BLOCKS or not _is_beside_a_child(text, start, end):
        return Finding(WordingKind.LABEL, label.severity, first, last, piece, label.advice_zh, label.advice_en)
    return Finding(WordingKind.LABEL, BLOCKS, first, last, piece, *ADVICE[WordingKind.LABEL])


def _is_beside_a_child(text: Folded, start: int, end: int) -> bool:
    """Whether a name follows at once, or stands before with nothing between but what joins them."""
    plain = text.plain
    # "留守儿童、小学生" is a list, "留守儿童:王小明" is a name.
    after = end + (plain[end : end + 1] in ("(", ":", "“", '"'))
    if name_starting_at(text, after) is not None or PET_NAME.match(plain, after):
        return True
    before = plain[max(start - JOIN_LENGTH, 0) : start]
    join = JOINS.search(before)
    named = start - (len(before) - join.start() if join else 0)
    return name_ending_at(plain, named) is not None or bool(PET_NAME_BEFORE.search(plain[max(named - 4, 0) : named]))
