"""Charts stay within their frame, show what is known and nothing else, and need no colour to be told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.reports.document import Bar, Chart, Line
from integrations.printing.charts import (
    DASHES,
    WIDE,
    Box,
    Picture,
    Stroke,
    Words,
    drawn,
    fitting,
    rounded_up,
    short,
    wide,
)

VALUES = st.lists(st.none() | st.integers(0, 10**12), min_size=1, max_size=40)


def lined(*values: list[int | None]) -> Picture:
    lines = tuple(Line(f"line {number}", tuple(each)) for number, each in enumerate(values))
    return drawn(Chart("title", "text", lines=lines, times=tuple(map(str, range(len(values[0]))))))


def barred(*bars: Bar) -> list[Box]:
    return [mark for mark in drawn(Chart("title", "text", bars=bars)).marks if isinstance(mark, Box)]


def strokes(picture: Picture) -> list[Stroke]:
    """The lines themselves: neither the scale nor the samples beside the names."""
    return [mark for mark in picture.marks if isinstance(mark, Stroke) and mark.width == 2][1:]


def test_a_bar_is_as_long_as_its_share():
    box, bar, other, _ = barred(Bar("a", 50, 100, "50"), Bar("b", 25, 100, "25"))
    assert (box.width, bar.width, other.width) == (WIDE, WIDE / 2, WIDE)


def test_a_bar_of_nothing_and_one_that_is_not_known_show_no_length():
    assert len(barred(Bar("a", 0, 10, "0"), Bar("b", None, 10, "-"))) == 2
    assert [box.width for box in barred(Bar("a", 0, 0, "0"))] == [0]


def test_a_bar_never_runs_over_what_it_is_of():
    _, bar = barred(Bar("a", 30, 10, "30/10"))
    assert bar.width == WIDE


def test_a_line_breaks_off_where_nothing_is_known():
    found = strokes(lined([1, 2, None, 4, 5]))
    assert [len(stroke.points) for stroke in found] == [2, 2]


def test_one_point_alone_is_seen():
    picture = lined([None, 7, None])
    assert strokes(picture) == []
    assert len([mark for mark in picture.marks if isinstance(mark, Box)]) == 1


def test_lines_differ_by_dashes_too():
    picture = lined([1, 2], [2, 3], [3, 4], [4, 5])
    samples = [mark.dashes for mark in picture.marks if isinstance(mark, Stroke) and mark.width == 2][:4]
    assert samples == list(DASHES)


@given(st.lists(VALUES, min_size=1, max_size=4).map(lambda rows: [row[: min(map(len, rows))] for row in rows]))
def test_whatever_the_figures_all_lies_within_the_frame(rows: list[list[int | None]]):
    picture = lined(*rows)
    for mark in picture.marks:
        places = mark.points if isinstance(mark, Stroke) else ((mark.x, mark.y),)
        assert all(-3 <= x <= WIDE + 3 and -3 <= y <= picture.height for x, y in places)


@given(st.integers(0, 10**15))
def test_a_scale_ends_at_or_above_the_most_and_has_a_whole_middle(most: int):
    end = rounded_up(most)
    assert end >= max(most, 1)
    assert end % 2 == 0
    assert end <= max(most * 1.3, 2)


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (9_999, "9,999"), (12_000, "12k"), (3_400_000, "3.4M"), (2_000_000_000, "2G")]
)
def test_numbers_of_a_scale_are_short(value: int, said: str):
    assert short(value) == said


@given(st.text(alphabet="机构ab1 ", max_size=60))
def test_a_label_gives_way_to_what_stands_beside_it(label: str):
    bar = Bar(label, 1, 2, "1,234/5,678")
    words = [mark for mark in drawn(Chart("t", "d", bars=(bar,))).marks if isinstance(mark, Words)]
    assert wide(words[0].text) + wide(words[1].text) <= WIDE
    assert fitting(label, WIDE * 4) == label
