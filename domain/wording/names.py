"""Names of children: never by a name alone, only by a name with what stands around it.

Chinese names carry no mark, and most surnames are words besides; so a name counts where its neighbours say that it is
one, and common words that begin like a name are left out.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from domain.terms import WordingKind
from domain.wording.findings import BLOCKS, WARNS, Finding, found
from domain.wording.folding import Folded
from domain.wording.surnames import COMPOUND, NOT_GIVEN, NOT_NAMES, SURNAMES

HAN = "\u4e00-\u9fff"
CHILD = "小朋友|同学|小同学|小学生"
AFTER_NAME = re.compile(CHILD)
BEFORE_NAME = re.compile("学生|同学|孩子|男孩|女孩|儿童|小朋友|名叫|名为|叫做|姓名[::]?")
# What a name is followed by where nothing else says that it is one; the end of the text does as well.
ENDS_NAME = re.compile(rf"[^{HAN}]|的|说|在|是|和|获|今年|同学|小朋友|来自|告诉|表示|写|从|用|把|$")
SCHOOL = re.compile("小学|中学|学校|幼儿园|附小|附中")
# A school after these is any school, and none by its name.
ANY_SCHOOL = frozenset("在到去回进离本你我他她该各全们的所个每几座往和与及从对入返里中大年上是校某,。、!?;:()")
NEAR_BEFORE, NEAR_AFTER = 24, 12
STOPS = re.compile("[。!?]")
AGE = re.compile("([0-9]{1,2}|[一二三四五六七八九十]{1,3})(?:周|多)?岁")
BEFORE_AGE = ("今年", "现年", "刚满", "年仅", "才", "已", ",", "(", "同学", "小朋友", "只有", "是")
GROWN_UP = 18
NUMERALS = {numeral: value for value, numeral in enumerate("一二三四五六七八九", 1)}
Span = tuple[int, int]


def name_ending_at(plain: str, end: int) -> int | None:
    """Where the full name begins that ends there."""
    for length in (4, 3, 2):
        start = end - length
        if start >= 0 and _is_name(plain[start:end]):
            return start
    return None


def name_starting_at(plain: str, start: int) -> int | None:
    """Where the full name ends that begins there, if what follows says that it is one."""
    for length in (4, 3, 2):
        end = start + length
        if end <= len(plain) and _is_name(plain[start:end]) and ENDS_NAME.match(plain, end):
            return end
    return None


def _is_name(piece: str) -> bool:
    compound = piece[:2] in COMPOUND
    given = piece[2:] if compound else piece[1:]
    if not 1 <= len(given) <= 2 or piece[:2] in NOT_NAMES:
        return False
    known = compound or piece[0] in SURNAMES
    return known and all("\u4e00" <= each <= "\u9fff" and each not in NOT_GIVEN for each in given)


def names_of(text: Folded) -> list[Finding]:
    """Names of children with their school, or with their age."""
    plain = text.plain
    findings = [found(WordingKind.SCHOOL_AND_NAME, BLOCKS, text.given, *text.span(*each)) for each in _schooled(plain)]
    aged = [found(WordingKind.NAME_AND_AGE, WARNS, text.given, *text.span(*each)) for each in _aged(plain)]
    return findings + aged


def children_in(plain: str) -> Iterator[Span]:
    """Full names next to words that say that a child is meant: first and last sign."""
    for match in AFTER_NAME.finditer(plain):
        start = name_ending_at(plain, match.start())
        if start is not None:
            yield start, match.start() - 1
    for match in BEFORE_NAME.finditer(plain):
        end = name_starting_at(plain, match.end())
        if end is not None:
            yield match.end(), end - 1


def _schooled(plain: str) -> Iterator[Span]:
    schools = [match.span() for match in SCHOOL.finditer(plain) if _is_named(plain, *match.span())]
    starts = [start for start, _ in schools]
    told: set[Span] = set()
    for first, last in children_in(plain):
        place = bisect_left(starts, first)
        for start, end in schools[max(place - 1, 0) : place + 1]:
            near = first - end <= NEAR_BEFORE if start < first else start - last <= NEAR_AFTER
            span = min(start - 2, first), max(end - 1, last)
            if near and not STOPS.search(plain, span[0], span[1]) and span not in told:
                told.add(span)
                yield span


def _is_named(plain: str, start: int, end: int) -> bool:
    """Whether a school is named, of which two signs are shown; pupils are no school."""
    name = plain[max(start - 2, 0) : start]
    is_school = plain[end : end + 1] != "生"
    return is_school and len(name) == 2 and not ANY_SCHOOL & {name[1]} and all("\u4e00" <= s <= "\u9fff" for s in name)


def _aged(plain: str) -> Iterator[Span]:
    for match in AGE.finditer(plain):
        if _years(match[1]) >= GROWN_UP:
            continue
        before = name_ending_at(plain, _back_over(plain, match.start()))
        if before is not None:
            yield before, match.end() - 1
            continue
        at = match.end() + (plain[match.end() : match.end() + 1] == "的")
        word = BEFORE_NAME.match(plain, at)
        after = name_starting_at(plain, word.end() if word else at)
        if after is not None:
            yield match.start(), after - 1


def _back_over(plain: str, end: int) -> int:
    """Over what stands between a name and an age, a few words at most."""
    for _ in range(3):
        word = next((each for each in BEFORE_AGE if plain.endswith(each, max(end - len(each), 0), end)), "")
        end -= len(word)
    return end


def _years(said: str) -> int:
    if said.isascii():
        return int(said)
    tens, ten, ones = said.partition("十")
    if not ten:
        return NUMERALS.get(said, GROWN_UP)
    return 10 * (NUMERALS.get(tens, GROWN_UP) if tens else 1) + NUMERALS.get(ones, 0)
