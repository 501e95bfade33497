"""Telephone and identity numbers, however they are spelled: one pass over the digits of a text."""

import re
from collections.abc import Iterator
from datetime import date
from enum import IntEnum

from domain.terms import WordingKind, WordingSeverity
from domain.wording.findings import BLOCKS, WARNS, Finding, found
from domain.wording.folding import Folded, is_mark

MOBILE, IDENTITY, OLD_IDENTITY = 11, 18, 15
PREFIXES = {"", "0", "86", "086", "0086"}
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
# Read as X: the letter, and what looks like it.
CROSSES = frozenset("x×хχ╳✕✖")
# As numbers are spoken, and letters that look like digits.
SPOKEN = dict(zip("零〇○o一壹幺li二贰三叁四肆五伍六陆七柒八捌九玖", "0000111112233445566778899", strict=True))
# Marks between numbers of a list or a time, which also stand between the parts of one number.
LISTING = frozenset("、,;:。!?")
FILLERS = 2
GROUPS = 4
# Letters count as digits where a word has no others.
LOOKALIKES = frozenset("oli")
# From an hour to another, as in every announcement.
CLOCKS = re.compile("[0-2][0-9]:[0-5][0-9][^0-9]{1,3}[0-2]?[0-9]:[0-5][0-9]")
# An identity number with a part of it made unreadable: what is left still tells where and when somebody was born.
MASKED = re.compile(r"(?<![0-9])[1-8][0-9]{2,13}([*●■•#_×x○□])\1{3,13}[0-9]{0,4}[x×]?(?![0-9])")


class Gap(IntEnum):
    """What stands between two digits."""

    NONE = 0
    # Blanks, dashes, dots and the like.
    TIGHT = 1
    # Marks of a list, or a letter or two.
    LOOSE = 2
    FAR = 3


class Digits:
    """The digits of a text, with what stands before each."""

    def __init__(self, text: Folded, spoken: dict[str, str]) -> None:
        self.text = text
        self.signs: list[int] = []
        self.gaps: list[Gap] = []
        # Where the unbroken run begins that a digit belongs to.
        self.runs: list[int] = []
        values: list[str] = []
        signs = re.sub("[a-z]+", _as_digits, text.plain) if spoken else text.plain
        for match in re.finditer(f"[0-9{''.join(spoken)}]", signs):
            gap = self._gap(match.start())
            self.runs.append(len(values) if gap else self.runs[-1])
            self.signs.append(match.start())
            self.gaps.append(gap)
            values.append(spoken.get(match[0], match[0]))
        self.values = "".join(values)

    def _gap(self, sign: int) -> Gap:
        if not self.signs:
            return Gap.FAR
        between = self.text.plain[self.signs[-1] + 1 : sign]
        letters = sum(not _is_mark(each) for each in between)
        if letters > FILLERS:
            return Gap.FAR
        if letters or not LISTING.isdisjoint(between):
            return Gap.LOOSE
        return Gap.TIGHT if between or self.text.spaced[sign] else Gap.NONE

    def widest(self, first: int, count: int) -> Gap:
        """The widest gap within a stretch of digits."""
        return max(self.gaps[first + 1 : first + count], default=Gap.NONE)

    def stands_alone(self, first: int, count: int) -> bool:
        """Whether it neither begins nor ends within a longer run; the prefix of the country is none."""
        after = first + count
        prefix = self.values[max(self.runs[first], first - 5) : first]
        return prefix in PREFIXES and (after >= len(self.values) or self.gaps[after] is not Gap.NONE)

    def finding(self, kind: WordingKind, severity: WordingSeverity, first: int, count: int, more: int = 0) -> Finding:
        span = self.text.span(self.signs[first], self.signs[first + count - 1] + more)
        return found(kind, severity, self.text.given, *span)


def numbers_of(text: Folded) -> list[Finding]:
    """Every telephone and identity number; one within another is told once."""
    findings: list[Finding] = []
    for spoken in ({}, SPOKEN):
        digits = Digits(text, spoken)
        findings += [*_identities(digits), *_mobiles(digits)]
        if not spoken:
            findings += _landlines(digits)
    findings.sort(key=lambda each: (each.severity is not BLOCKS, each.start, -each.end))
    return [*_apart(findings), *_masked(text)]


def _apart(findings: list[Finding]) -> list[Finding]:
    """The gravest of those that overlap."""
    taken: set[int] = set()
    kept = []
    for each in findings:
        # A number has so few signs of its own that what it was padded with is all that can be many.
        if each.start in taken or each.end - 1 in taken:
            continue
        taken.update(range(each.start, each.end))
        kept.append(each)
    return kept


def _mobiles(digits: Digits) -> Iterator[Finding]:
    first, last = 0, len(digits.values) - MOBILE
    while first <= last:
        severity = _mobile_at(digits, first)
        if severity is None:
            first += 1
        else:
            yield digits.finding(WordingKind.PHONE, severity, first, MOBILE)
            first += MOBILE


def _mobile_at(digits: Digits, first: int) -> WordingSeverity | None:
    if digits.values[first] != "1" or digits.values[first + 1] in "012":
        return None
    widest = digits.widest(first, MOBILE)
    if widest is Gap.FAR or CLOCKS.match(digits.text.plain, digits.signs[first]):
        return None
    if digits.stands_alone(first, MOBILE):
        # In three or four groups, or digit by digit, as people write it; figures of a table come in others.
        groups = 1 + sum(gap is not Gap.NONE for gap in digits.gaps[first + 1 : first + MOBILE])
        is_written_so = groups <= GROUPS or groups == MOBILE
        return BLOCKS if widest <= Gap.TIGHT and is_written_so else WARNS
    # Within a longer run it may be padded, or be a number of something else.
    return WARNS if widest is Gap.NONE else None


def _identities(digits: Digits) -> Iterator[Finding]:
    first = 0
    while first <= len(digits.values) - OLD_IDENTITY:
        seen = _identity_at(digits, first) if digits.values[first] in "12345678" else None
        if seen is None:
            first += 1
        else:
            severity, count, more = seen
            yield digits.finding(WordingKind.IDENTITY_NUMBER, severity, first, count, more)
            first += count


def _identity_at(digits: Digits, first: int) -> tuple[WordingSeverity, int, int] | None:
    """How grave it is, how many digits it has, and how far behind the last of them its X stands."""
    body = digits.values[first : first + IDENTITY - 1]
    if _is_day(body[6:14]) and len(body) == IDENTITY - 1 and digits.widest(first, IDENTITY - 1) is not Gap.FAR:
        check = CHECKS[sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True)) % 11]
        last = first + IDENTITY - 1
        cross = _cross_after(digits, last - 1) if check == "X" else 0
        is_whole = last < len(digits.values) and digits.gaps[last] is not Gap.FAR
        if cross:
            return BLOCKS, IDENTITY - 1, cross
        if is_whole and digits.values[last] == check:
            # A list of dates may come out right by chance.
            return WARNS if digits.widest(first, IDENTITY) is Gap.LOOSE else BLOCKS, IDENTITY, 0
        # One sign may be wrong in it; it is still somebody's.
        if is_whole and digits.widest(first, IDENTITY) <= Gap.TIGHT and digits.stands_alone(first, IDENTITY):
            return WARNS, IDENTITY, 0
    is_old = digits.stands_alone(first, OLD_IDENTITY) and digits.widest(first, OLD_IDENTITY) <= Gap.TIGHT
    return (WARNS, OLD_IDENTITY, 0) if is_old and _is_day("19" + body[6:12]) else None


def _masked(text: Folded) -> Iterator[Finding]:
    for match in MASKED.finditer(text.plain):
        if len(match[0]) in (OLD_IDENTITY, IDENTITY):
            yield found(WordingKind.IDENTITY_NUMBER, WARNS, text.given, *text.span(match.start(), match.end() - 1))


def _cross_after(digits: Digits, last: int) -> int:
    """How far behind a digit an X stands, with marks between them at most; 0 for none."""
    sign = digits.signs[last]
    for step, each in enumerate(digits.text.plain[sign + 1 : sign + 6], 1):
        if each in CROSSES:
            return step
        if not _is_mark(each):
            break
    return 0


def _is_day(digits: str) -> bool:
    if digits[:2] not in ("19", "20"):
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True


def _landlines(digits: Digits) -> Iterator[Finding]:
    for first, value in enumerate(digits.values):
        count = _landline_at(digits, first) if value == "0" and digits.runs[first] == first else 0
        if count:
            yield digits.finding(WordingKind.PHONE, WARNS, first, count)


def _landline_at(digits: Digits, first: int) -> int:
    """How many digits it has, with the code of its area; 0 for none."""
    second = digits.values[first + 1 : first + 2]
    area = 3 if second in ("1", "2") else 4
    for count in (area + 8, area + 7):
        is_whole = first + count <= len(digits.values) and digits.stands_alone(first, count)
        if second != "0" and is_whole and digits.widest(first, count) <= Gap.TIGHT:
            return count
    return 0


def _as_digits(word: re.Match[str]) -> str:
    return word[0] if LOOKALIKES.issuperset(word[0]) else "a" * len(word[0])


def _is_mark(sign: str) -> bool:
    return sign not in CROSSES and is_mark(sign)
