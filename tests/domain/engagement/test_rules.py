"""The ladder of readings: often while a post is fresh, then ever more seldom, then no more."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from domain.engagement.rules import ASK_AGAIN, Sweep, age_of, is_new, next_slot, plan, reading_at, turned
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
