"""Days off and working days in exchange: as announced, and unknown where nothing is."""

from datetime import date

import pytest

from domain.calendar.holidays import announced, announced_years, day_of
from domain.terms import DayKind

# The whole notice of 2025-11-04 for 2026, read apart from the shipped list: first day off, last, days at work.
ARRANGED_2026 = [
    ("01-01", "01-03", ["01-04"]),
    ("02-15", "02-23", ["02-14", "02-28"]),
    ("04-04", "04-06", []),
    ("05-01", "05-05", ["05-09"]),
    ("06-19", "06-21", []),
    ("09-25", "09-27", []),
    ("10-01", "10-07", ["09-20", "10-10"]),
]


def day(of: str) -> date:
    return date.fromisoformat(f"2026-{of}")


def test_2026_is_as_the_notice_says():
    off = {
        date.fromordinal(number)
        for first, last, _ in ARRANGED_2026
        for number in range(day(first).toordinal(), day(last).toordinal() + 1)
    }
    working = {day(each) for _, _, at_work in ARRANGED_2026 for each in at_work}
    listed = {each: found.kind for each, found in announced().items() if each.year == 2026}
    assert listed == dict.fromkeys(off, DayKind.HOLIDAY) | dict.fromkeys(working, DayKind.SWAPPED_WORKDAY)


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("2026-02-17", DayKind.HOLIDAY),
        ("2026-02-14", DayKind.SWAPPED_WORKDAY),
        ("2026-03-07", DayKind.WEEKEND),
        ("2026-03-05", DayKind.WORKDAY),
        ("2027-01-01", DayKind.NOT_ANNOUNCED),
        ("2011-10-01", DayKind.NOT_ANNOUNCED),
    ],
)
def test_a_date_says_what_sort_of_day_it_is(given: str, kind: DayKind):
    assert day_of(date.fromisoformat(given)).kind is kind


def test_every_listed_day_names_its_holiday_and_its_source():
    assert announced_years() == frozenset(range(2012, 2027))
    assert [found for found in announced().values() if not found.holiday or not found.source] == []
    # To work in exchange means something on a weekend only.
    assert {each.isoweekday() for each, found in announced().items() if found.kind is DayKind.SWAPPED_WORKDAY} == {6, 7}
    assert day_of(date(2027, 1, 1)).source is None
