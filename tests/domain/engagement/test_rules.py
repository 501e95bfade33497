"""The ladder of readings: often while a post is fresh, then ever more seldom, then no more."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.engagement.rules import (
    ASK_AGAIN,
    Sweep,
    Total,
    age_of,
    figures_of,
    is_new,
    next_slot,
    periods,
    plan,
    reading_at,
    turned,
)
from domain.terms import FigureGap, Metric, SeriesStep
from integrations.settings import Settings

# The product's own.
LADDER = Settings().ladder

START = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)

ages = st.timedeltas(min_value=timedelta(), max_value=timedelta(days=60))
ladders = st.lists(ages, min_size=1, max_size=8, unique=True).map(lambda rungs: tuple(sorted(rungs)))
slots = st.integers(min_value=0, max_value=8)


def test_the_ladder_grows_and_so_do_its_steps():
    assert list(LADDER) == sorted(set(LADDER))
    steps = [later - earlier for earlier, later in pairwise(LADDER)]
    assert steps == sorted(steps)
    assert LADDER[0] == timedelta(minutes=10)
    assert LADDER[-1] == timedelta(days=30)


@given(slots, ages, ladders)
def test_the_next_reading_lies_ahead_and_no_rung_ahead_is_left_out(
    slot: int, age: timedelta, ladder: tuple[timedelta, ...]
):
    following = next_slot(slot, age, ladder)
    assert following > slot
    due = reading_at(following, START, ladder)
    if due is not None:
        assert due - START > age
    skipped = range(slot + 1, min(following, len(ladder)))
    assert all(ladder[rung] <= age for rung in skipped)


@given(ladders, st.data())
def test_however_late_the_readings_are_the_ladder_comes_to_its_end(ladder: tuple[timedelta, ...], data: st.DataObject):
    slot, age, taken = 0, ladder[0], 1
    while reading_at(slot, START, ladder) is not None:
        age = max(age, ladder[slot]) + data.draw(st.timedeltas(timedelta(), timedelta(days=3)))
        slot = next_slot(slot, age, ladder)
        taken += 1
    assert taken <= len(ladder) + 1


def test_a_reading_in_time_is_followed_by_the_next_rung():
    assert [next_slot(slot, LADDER[slot], LADDER) for slot in range(7)] == [1, 2, 3, 4, 5, 6, 7]
    assert [reading_at(slot, START, LADDER) for slot in (0, 6, 7)] == [START + LADDER[0], START + LADDER[6], None]


def test_missed_rungs_are_skipped_not_made_up_for():
    assert next_slot(0, timedelta(hours=7), LADDER) == 3
    assert next_slot(0, timedelta(days=365), LADDER) == len(LADDER)


@given(st.lists(st.booleans(), min_size=1, max_size=12), ladders, st.data())
def test_only_a_post_left_out_twice_in_a_row_an_hour_apart_is_gone(
    answers: list[bool], ladder: tuple[timedelta, ...], data: st.DataObject
):
    slot, due, missing_since, before = 0, reading_at(0, START, ladder), None, True
    for named in answers:
        if due is None:
            break
        taken_at = due + data.draw(st.timedeltas(timedelta(), timedelta(hours=3)))
        found = plan(slot, START, taken_at=taken_at, named=named, missing_since=missing_since, ladder=ladder)
        assert (found.gone_at is not None) == (not named and not before)
        assert (found.missing_since is None) == named
        if found.gone_at is not None and found.missing_since is not None:
            assert found.gone_at - found.missing_since >= ASK_AGAIN
        slot, due, missing_since, before = found.slot, found.due_at, found.missing_since, named


@given(ladders, st.data())
def test_a_post_that_is_gone_does_not_keep_the_ladder_from_its_end(ladder: tuple[timedelta, ...], data: st.DataObject):
    slot, due, missing_since, taken = 0, reading_at(0, START, ladder), None, 0
    while due is not None:
        taken_at = due + data.draw(st.timedeltas(timedelta(), timedelta(days=3)))
        found = plan(slot, START, taken_at=taken_at, named=False, missing_since=missing_since, ladder=ladder)
        slot, due, missing_since = found.slot, found.due_at, found.missing_since
        taken += 1
    assert taken <= len(ladder) + 1


@dataclass(frozen=True)
class Row:
    """What the posts of one platform came to; nothing of it is known unless said."""

    host_kind: Any
    published: int = 1
    gone: int = 0
    as_of: datetime | None = None
    reposts: int = 0
    comments: int = 0
    likes: int = 0
    reads: int = 0
    reposts_known: int = 0
    comments_known: int = 0
    likes_known: int = 0
    reads_known: int = 0


# One platform reports likes and no reads, the other both.
REPORTS: Any = {"plain": {Metric.LIKES}, "rich": {Metric.LIKES, Metric.READS}}
PLAIN = Row("plain", likes=3, likes_known=1, as_of=START)
RICH = Row("rich", published=2, gone=1, likes=4, likes_known=1, reads=90, reads_known=2, as_of=START + ASK_AGAIN)


def test_platforms_together_show_only_what_all_of_them_report():
    figures = figures_of([RICH, PLAIN, RICH], REPORTS)
    assert (figures.published, figures.gone) == (5, 2)
    assert figures.likes == Total(11, 3, 5, START + ASK_AGAIN)
    assert figures.reads == Total(None, 4, 5, START + ASK_AGAIN, FigureGap.NOT_BY_ALL)
    assert figures.comments == Total(None, 0, 5, START + ASK_AGAIN, FigureGap.NOT_REPORTED)
    assert figures_of([RICH], REPORTS).reads == Total(90, 2, 2, START + ASK_AGAIN)


def test_what_nobody_has_read_yet_is_told_from_what_is_never_reported():
    figures = figures_of([Row("plain")], REPORTS)
    assert (figures.likes.gap, figures.reads.gap) == (FigureGap.NOT_READ, FigureGap.NOT_REPORTED)
    assert figures_of([Row("plain", reads=0, reads_known=1)], REPORTS).reads == Total(0, 1, 1, None)


def test_where_nothing_was_published_nothing_is_missing():
    assert figures_of([], REPORTS).likes == Total(None, 0, 0, None)


@given(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.integers(1, 366), st.sampled_from(SeriesStep))
def test_the_periods_of_a_series_follow_one_another_without_a_gap(since: date, days: int, step: SeriesStep):
    until = since + timedelta(days=days)
    found = list(periods(since, until, step))
    assert (found[0][0], found[-1][1]) == (since, until)
    assert all(before[1] == after[0] for before, after in pairwise(found))
    for start, _ in found[1:]:
        assert step is not SeriesStep.WEEK or start.isoweekday() == 1
        assert step is not SeriesStep.MONTH or start.day == 1


def test_ids_are_compared_as_the_numbers_they_are():
    assert age_of("9") < age_of("10") < age_of("4100000000502731")


@given(
    st.lists(st.integers(1, 10**18), unique=True, max_size=30),
    st.integers(1, 4),
    st.one_of(st.none(), st.integers(1, 10**18)),
)
def test_a_sweep_sees_everything_new_once_and_ends_at_what_is_known(there: list[int], size: int, known: int | None):
    left = sorted(there, reverse=True)
    seen: list[int] = []
    sweep = Sweep(None if known is None else str(known))
    for _ in range(len(there) + 2):
        below = None if sweep.below is None else int(sweep.below)
        page = [number for number in left if below is None or number < below][:size]
        seen += [number for number in page if is_new(str(number), sweep)]
        sweep = turned(sweep, [str(number) for number in page])
        if sweep.below is None:
            break
    assert (sweep.newest, sweep.below) == (None, None)
    assert seen == [number for number in left if known is None or number > known]
    greatest = max(there + ([] if known is None else [known]), default=None)
    assert sweep.known == (None if greatest is None else str(greatest))
