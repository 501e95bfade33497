"""On which days an occasion falls, for whatever rule."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar.rules import Rule, Term, checked_rule, dates, is_active, nearest
from domain.refusals import Invalid, Reason
from domain.terms import OccasionKind, SolarTerm, TermEdge

YEARS = st.integers(2001, 2098)
KINDS: dict[str, dict[str, Any]] = {
    "FIXED": {"month": 3, "day": 5},
    "LUNAR": {"month": 12, "day": -1},
    "SOLAR_TERM": {"solar_term": SolarTerm.WINTER_SOLSTICE},
    "NTH_WEEKDAY": {"month": 5, "nth": 2, "weekday": 7},
    "TERM_RELATIVE": {"edge": TermEdge.START},
}


def rule(kind: str, **given: Any) -> Rule:
    return Rule(OccasionKind[kind], **given)


def in_year(rule: Rule, year: int) -> list[date]:
    return dates(rule, date(year, 1, 1), date(year + 1, 1, 1))


@given(year=YEARS, month=st.integers(1, 12), nth=st.integers(1, 5), weekday=st.integers(1, 7))
def test_the_nth_weekday_has_so_many_of_its_kind_up_to_it(year: int, month: int, nth: int, weekday: int):
    found = in_year(rule("NTH_WEEKDAY", month=month, nth=nth, weekday=weekday), year)
    days = [date(year, month, 1) + timedelta(days=n) for n in range(31)]
    same = [day for day in days if day.month == month and day.isoweekday() == weekday]
    assert found == ([same[nth - 1]] if nth <= len(same) else [])
    assert in_year(rule("NTH_WEEKDAY", month=month, nth=-1, weekday=weekday), year) == [same[-1]]


@given(
    starts=st.lists(st.dates(date(2010, 1, 1), date(2050, 1, 1)), max_size=5),
    length=st.integers(1, 200),
    offset=st.integers(-100, 100),
    edge=st.sampled_from(TermEdge),
)
def test_a_date_by_terms_lies_so_many_days_from_the_edge_of_one(
    starts: list[date], length: int, offset: int, edge: TermEdge
):
    terms = [Term(day, day + timedelta(days=length)) for day in starts]
    found = dates(rule("TERM_RELATIVE", edge=edge, offset_days=offset), date(2000, 1, 1), date(2099, 1, 1), terms=terms)
    edges = {term.starts_on if edge is TermEdge.START else term.ends_on for term in terms}
    assert {day - timedelta(days=offset) for day in found} == edges
    assert found == sorted(found)


@settings(max_examples=40, deadline=None)
@given(since=st.dates(date(2011, 1, 1), date(2040, 1, 1)), days=st.integers(0, 800), cut=st.integers(0, 800))
@pytest.mark.parametrize("kind", ["FIXED", "LUNAR", "SOLAR_TERM", "NTH_WEEKDAY"])
def test_two_periods_have_together_what_the_whole_has(kind: str, since: date, days: int, cut: int):
    occasion = rule(kind, **KINDS[kind], offset_days=-20)
    until, middle = since + timedelta(days=days), since + timedelta(days=min(cut, days))
    whole = dates(occasion, since, until)
    assert dates(occasion, since, middle) + dates(occasion, middle, until) == whole
    assert all(since <= day < until for day in whole)


def test_a_lunar_day_may_fall_twice_in_a_year_or_not_at_all():
    # 腊八 lies in January, or in the December before.
    laba = rule("LUNAR", month=12, day=8)
    assert in_year(laba, 2014) == [date(2014, 1, 8)]
    assert in_year(laba, 2022) == [date(2022, 1, 10), date(2022, 12, 30)]
    assert in_year(laba, 2023) == []


def test_a_day_that_a_year_does_not_have_is_left_out():
    leap_day = rule("FIXED", month=2, day=29)
    assert [len(in_year(leap_day, year)) for year in range(2024, 2029)] == [1, 0, 0, 0, 1]
    last = rule("FIXED", month=2, day=-1)
    assert [in_year(last, year)[0].day for year in range(2024, 2029)] == [29, 28, 28, 28, 29]


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_with_all_it_needs_is_taken(kind: str):
    assert checked_rule({"kind": OccasionKind[kind], **KINDS[kind]}) == rule(kind, **KINDS[kind])


@pytest.mark.parametrize(
    ("kind", "change", "path", "reason"),
    [
        ("FIXED", {"day": None}, "day", Reason.RULE_UNFIT),
        ("FIXED", {"weekday": 1}, "weekday", Reason.RULE_UNFIT),
        ("FIXED", {"month": 13}, "month", Reason.NUMBER_UNFIT),
        ("FIXED", {"month": -1}, "month", Reason.NUMBER_UNFIT),
        ("FIXED", {"day": 0}, "day", Reason.NUMBER_UNFIT),
        ("FIXED", {"month": 2, "day": 30}, "day", Reason.NUMBER_UNFIT),
        ("LUNAR", {"day": 31}, "day", Reason.NUMBER_UNFIT),
        ("LUNAR", {"solar_term": SolarTerm.COLD_DEW}, "solarTerm", Reason.RULE_UNFIT),
        ("NTH_WEEKDAY", {"nth": 6}, "nth", Reason.NUMBER_UNFIT),
        ("NTH_WEEKDAY", {"weekday": -1}, "weekday", Reason.NUMBER_UNFIT),
        ("TERM_RELATIVE", {"edge": None}, "edge", Reason.RULE_UNFIT),
        ("TERM_RELATIVE", {"offset_days": 367}, "offsetDays", Reason.NUMBER_UNFIT),
    ],
)
def test_a_rule_that_cannot_be_is_refused(kind: str, change: dict[str, Any], path: str, reason: Reason):
    with pytest.raises(Invalid) as caught:
        checked_rule({"kind": OccasionKind[kind], **KINDS[kind], **change})
    assert (caught.value.path, caught.value.reason) == (("rule", path), reason)


def test_the_nearest_unit_that_says_something_is_heard():
    nation, province = SimpleNamespace(unit_path="1."), SimpleNamespace(unit_path="1.2.")
    assert nearest([nation, province], "1.2.3.") == [province]
    assert nearest([nation, province], "1.4.") == [nation]
    assert nearest([province], "1.4.") == []


def test_an_occasion_is_kept_in_its_years_only():
    row = SimpleNamespace(active_from=2013, active_to=2020)
    assert [is_active(row, date(year, 6, 1)) for year in (2012, 2013, 2020, 2021)] == [False, True, True, False]
    assert is_active(SimpleNamespace(active_from=None, active_to=None), date(2012, 1, 1))
