"""What narrows an export is kept as it was asked, and refused where it would be left aside."""

from datetime import date
from uuid import UUID

import pytest

from domain.exports.rules import Filters, check_filters, saved_as
from domain.refusals import Invalid, Reason
from domain.terms import ExportFormat, ExportKind, Level

ALL = Filters((Level.COUNTY, Level.NATIONAL), date(2026, 5, 1), date(2026, 6, 1), UUID(int=7))
TAKEN = frozenset({"levels", "since", "until", "campaign_id"})


def test_filters_are_read_back_as_they_were_kept():
    assert Filters().kept() == {}
    for filters in (Filters(), ALL):
        assert set(Filters.of(filters.kept()).levels) == set(filters.levels)
        assert Filters.of(filters.kept()).kept() == filters.kept()


@pytest.mark.parametrize(("name", "path"), [("levels", "levels"), ("since", "since"), ("campaign_id", "campaignId")])
def test_a_filter_that_a_kind_has_not_is_refused_rather_than_left_aside(name: str, path: str):
    with pytest.raises(Invalid) as refused:
        check_filters(ALL, TAKEN - {name})
    assert (refused.value.reason, refused.value.path) == (Reason.EXPORT_FILTER_UNFIT, (path,))


@pytest.mark.parametrize("until", [date(2026, 5, 1), date(2026, 4, 30), date(2096, 5, 1)])
def test_a_period_ends_after_it_begins_and_is_no_lifetime(until: date):
    check_filters(ALL, TAKEN)
    with pytest.raises(Invalid) as refused:
        check_filters(Filters(since=date(2026, 5, 1), until=until), TAKEN)
    assert refused.value.reason is Reason.PERIOD_INVALID


@pytest.mark.parametrize(
    ("since", "until", "path"),
    [
        (date(9999, 6, 1), date(9999, 12, 31), "since"),
        (date.min, None, "since"),
        (None, date.max, "until"),
        (date(1999, 12, 31), date(2000, 6, 1), "since"),
        (date(2099, 6, 1), date(2100, 1, 1), "until"),
    ],
)
def test_days_in_years_that_nobody_knows_are_refused(since: date | None, until: date | None, path: str):
    with pytest.raises(Invalid) as refused:
        check_filters(Filters(since=since, until=until), TAKEN)
    assert (refused.value.reason, refused.value.path) == (Reason.NUMBER_UNFIT, (path,))


def test_a_file_is_saved_under_its_kind():
    assert saved_as(ExportKind.DELIVERIES, ExportFormat.JSON_LINES) == "deliveries.jsonl"
