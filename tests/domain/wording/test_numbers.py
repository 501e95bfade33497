"""Numbers are found however they are spelled, and ordinary figures are no numbers of anybody."""

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.terms import WordingKind, WordingSeverity
from domain.wording.findings import Finding
from domain.wording.folding import folded
from domain.wording.numbers import CLOCKS, numbers_of

BLOCKS, WARNS = WordingSeverity.BLOCKS, WordingSeverity.WARNS
STYLES = [
    "0123456789",
    "0123456789",
    "⓪①②③④⑤⑥⑦⑧⑨",
    "٠١٢٣٤٥٦٧٨٩",
    "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗",
    "零一二三四五六七八九",
    "〇壹贰叁肆伍陆柒捌玖",
]
KEYCAP = "\ufe0f\u20e3"
TIGHT = ["", "", " ", "\u3000", "\u200b", "\u2060", "\u00ad", "-", "——", "·", ".", "_", " / ", "\n", "😀", "\u3164"]
UNSEEN = ["", "\u200b", "\u2060", "\u00ad", "\u200d"]
LOOSE = [":", "、", "a", "加", "中间", "b-"]
AROUND = st.text(alphabet="电话是请找她联系,。( )\u200b\n", max_size=8)


def found(text: str) -> list[tuple[str, str]]:
    return [(each.kind.value, each.severity.value) for each in numbers_of(folded(text))]


def spelled(draw: st.DrawFn, digits: str, between: list[str]) -> str:
    parts = []
    for digit in digits:
        style = draw(st.sampled_from(STYLES))
        parts.append(style[int(digit)] + (KEYCAP if style is STYLES[0] and draw(st.booleans()) else ""))
        parts.append(draw(st.sampled_from(between)))
    return "".join(parts[:-1])


@st.composite
def mobiles(draw: st.DrawFn, between: list[str]) -> tuple[str, str]:
    digits = "1" + draw(st.sampled_from("3456789")) + draw(st.text("0123456789", min_size=9, max_size=9))
    return draw(AROUND), spelled(draw, digits, between)


def covering(text: str, start: int, end: int) -> list[Finding]:
    # What makes a digit of a sign, and is not seen, may lie outside.
    return [each for each in numbers_of(folded(text)) if each.start <= start and each.end >= end - len(KEYCAP)]


@given(st.sampled_from(TIGHT).flatmap(lambda mark: mobiles([mark])) | mobiles(UNSEEN), AROUND)
def test_a_mobile_number_blocks_in_whatever_digits_and_with_whatever_mark(made: tuple[str, str], after: str):
    before, number = made
    (finding,) = covering(f"{before}{number}{after}", len(before), len(before) + len(number))
    assert (finding.kind, finding.severity) == (WordingKind.PHONE, BLOCKS)


@given(mobiles([*TIGHT, *LOOSE]), AROUND)
def test_a_mobile_number_is_found_in_whatever_spelling(made: tuple[str, str], after: str):
    before, number = made
    # From one hour of the day to another is a number of nobody.
    assume(not CLOCKS.search(folded(number).plain))
    (finding,) = covering(f"{before}{number}{after}", len(before), len(before) + len(number))
    assert finding.kind is WordingKind.PHONE


@st.composite
def identities(draw: st.DrawFn) -> str:
    birth = draw(st.dates(min_value=date(1950, 1, 1), max_value=date(2099, 12, 31))).strftime("%Y%m%d")
    body = draw(st.sampled_from("12345678")) + draw(st.text("0123456789", min_size=5, max_size=5)) + birth
    body += draw(st.text("0123456789", min_size=3, max_size=3))
    last = "10X98765432"[sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body)) % 11]
    # An X keeps its own sign.
    return spelled(draw, body, TIGHT) + ("X" if last == "X" else spelled(draw, last, TIGHT))


@given(AROUND, identities(), AROUND)
def test_an_identity_number_is_found_in_whatever_spelling(before: str, number: str, after: str):
    (finding,) = covering(f"{before}{number}{after}", len(before), len(before) + len(number))
    assert (finding.kind, finding.severity) == (WordingKind.IDENTITY_NUMBER, BLOCKS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("11010519491231002X", BLOCKS),
        ("11010519491231002x", BLOCKS),
        ("11010519491231002Х", BLOCKS),
        ("110105 1949 1231 002-X", BLOCKS),
        ("440524188001010014", None),
        ("440524198001010013", BLOCKS),
        ("440524198001010014", WARNS),
        ("110105491231002", WARNS),
        ("110105491331002", None),
    ],
)
def test_an_identity_number_is_known_by_its_birthday_and_its_last_sign(text: str, expected: WordingSeverity | None):
    severities = [each.severity for each in numbers_of(folded(text)) if each.kind is WordingKind.IDENTITY_NUMBER]
    assert severities == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("+86 138 0013 8000", "BLOCKS"),
        ("8613800138000", "BLOCKS"),
        ("138oo138ooo", "BLOCKS"),
        ("幺三八洞洞", None),
        ("编号9913800138000", "WARNS"),
        ("010-12345678", "WARNS"),
        ("(0755)1234567", "WARNS"),
        ("9:00-11:30,14:00-16:30", None),
        ("14:00-16:30,共120名", None),
        ("2013.10.12-2013.11.15", None),
        ("2026年6月1日上午8时30分至11时30分,共120人", None),
        ("12355", None),
        ("13 64 109 3 8 23", "WARNS"),
        ("1-3-8-0-0-1-3-8-0-0-0", "BLOCKS"),
        ("5.49 million volunteers of 29,000 schools in 2,770 counties", None),
        ("138****8000", None),
        ("第13、14、15课", None),
    ],
)
def test_what_looks_like_a_telephone_number(text: str, severity: str | None):
    assert found(text) == ([] if severity is None else [("PHONE", severity)])


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("110105********002X", True),
        ("110105●●●●●●●●002X", True),
        ("11010519491231****", True),
        ("110***********002X", True),
        ("１１０１０５＊＊＊＊＊＊＊＊００２Ｘ", True),
        ("110105*******002", False),
        ("6222****1234", False),
    ],
)
def test_an_identity_number_masked_in_part_is_still_to_be_looked_at(text: str, is_found: bool):
    assert found(text) == ([("IDENTITY_NUMBER", "WARNS")] if is_found else [])


def test_a_list_of_dates_blocks_nothing():
    assert {severity for _, severity in found("2024-02-10, 2025-01-29, 2026-02-17")} <= {"WARNS"}


def test_a_number_within_another_is_told_once():
    assert found("证件11010519491231002X。") == [("IDENTITY_NUMBER", "BLOCKS")]
    assert found("13800138000和13900139000") == [("PHONE", "BLOCKS")] * 2
