"""Lines break as Chinese typesetting has it, lose nothing, and fit."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from integrations.printing.lines import ENDS_NO_LINE, STARTS_NO_LINE, broken

ROOM = 10.0


def lines(text: str, first: float = ROOM) -> list[str]:
    """As if every character were as wide as one."""
    return broken(text, wide=lambda part: float(len(part)), first=first, rest=ROOM)


def test_no_line_begins_with_a_closing_sign_or_ends_with_an_opening_one():
    assert lines("一二三四五六七八九十，末") == ["一二三四五六七八九", "十，末"]
    assert lines("一二三四五六七八九《书》") == ["一二三四五六七八九", "《书》"]
    assert lines("一二三四五六七八九“末”。") == ["一二三四五六七八九", "“末”。"]


def test_words_and_numbers_stay_whole_and_the_first_line_may_be_shorter():
    assert lines("一二三四五六七029") == ["一二三四五六七029"]
    assert lines("一二三四五六七八九2026年") == ["一二三四五六七八九", "2026年"]
    assert lines("一二三四五六七八九十", first=8) == ["一二三四五六七八", "九十"]


def test_a_word_longer_than_a_line_is_cut():
    assert lines("x" * 25) == ["x" * 10, "x" * 10, "x" * 5]


@given(st.text(alphabet="一二，。“”《》（）ab1 ", max_size=60))
def test_nothing_is_lost_and_every_line_fits(text: str):
    found = lines(text)
    assert "".join(found) == text
    assert all(len(line) <= ROOM for line in found)


@given(st.text(alphabet="一二，。“《", max_size=60))
def test_a_rule_is_broken_only_where_a_whole_line_allows_no_break(text: str):
    found = lines(text)
    for before, after in pairwise(found):
        if after[0] in STARTS_NO_LINE or before[-1] in ENDS_NO_LINE:
            pairs = pairwise(before)
            assert all(b in STARTS_NO_LINE or a in ENDS_NO_LINE for a, b in pairs)
