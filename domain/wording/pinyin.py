"""Names in letters beside a school in English: WANG Xiaoming, Tianhe Primary School."""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

from domain.terms import WordingKind
from domain.wording.findings import WARNS, Finding, found
from domain.wording.folding import DATA, Folded

KINDS = "Primary|Elementary|Middle|Secondary|High|Experimental"
SCHOOL = re.compile(rf"(?:[A-Z][\w.'-]{{0,20}} ){{1,3}}(?:(?:{KINDS}) School|Kindergarten)")
WORD = re.compile("[A-Z][A-Za-z]{1,12}(?:-[A-Za-z]{1,6})?")
SURNAMES = frozenset((DATA / "pinyin_surnames.txt").read_text("utf-8").split())
SYLLABLE = (
    "(?:zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw])?"
    "(?:iang|iong|uang|ang|eng|ing|ong|iao|ian|uai|uan|ai|ei|ao|ou|an|en|in|un|ia|ie|iu|ua|ue|ui|uo|er|a|o|e|i|u|v)"
)
GIVEN = re.compile(f"(?:{SYLLABLE}){{1,2}}")
NEAR = 80


def english_of(text: Folded) -> list[Finding]:
    """A name beside a school; it may be a grown-up's."""
    if "school" not in text.plain and "kindergarten" not in text.plain:
        return []
    given = "".join(map(_narrow, text.given))
    schools = [match.span() for match in SCHOOL.finditer(given)]
    words = list(WORD.finditer(given))
    spans = {_span(school, name) for school, name in _beside(given, schools, words)}
    return [found(WordingKind.SCHOOL_AND_NAME, WARNS, text.given, *span) for span in sorted(spans)]


def _beside(
    given: str, schools: list[tuple[int, int]], words: list[re.Match[str]]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Each name with the last school that begins before it, or the next one."""
    place = 0
    for one, other in pairwise(words):
        name = one.start(), other.end()
        while place + 1 < len(schools) and schools[place + 1][0] <= name[0]:
            place += 1
        if not _is_name(given, one, other):
            continue
        for start, end in schools[place : place + 2]:
            is_apart = name[1] <= start or end <= name[0]
            if is_apart and max(name[0] - end, start - name[1]) <= NEAR:
                yield (start, end), name
                break


def _is_name(given: str, one: re.Match[str], other: re.Match[str]) -> bool:
    if given[one.end() : other.start()] not in (" ", ", ", "\u00a0"):
        return False
    first, second = (each[0].lower().replace("-", "") for each in (one, other))
    return (first in SURNAMES and bool(GIVEN.fullmatch(second))) or (
        second in SURNAMES and bool(GIVEN.fullmatch(first))
    )


def _span(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return min(one[0], other[0]), max(one[1], other[1])


def _narrow(sign: str) -> str:
    """The sign in its usual width, as long as it stays one."""
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign
