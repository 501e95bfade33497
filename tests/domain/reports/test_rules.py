"""Over which time a report tells its figures, and by what its posts are put in order."""

from datetime import date, timedelta

import pytest

from domain.reports.rules import period_of, step_of, top_metric
from domain.terms import Metric, SeriesStep
from tests.factories.reports import figures

TODAY = date(2026, 6, 10)
WINDOW = date(2026, 6, 1), date(2026, 6, 30)


def test_a_period_covers_the_window_as_far_as_it_has_come_and_every_post():
    assert period_of([], WINDOW, today=TODAY) == (date(2026, 6, 1), date(2026, 6, 11))
    assert period_of([date(2026, 5, 30)], WINDOW, today=TODAY) == (date(2026, 5, 30), date(2026, 6, 11))
    assert period_of([date(2026, 7, 4)], WINDOW, today=date(2026, 8, 1)) == (date(2026, 6, 1), date(2026, 7, 5))
    assert period_of([date(2026, 6, 3)], None, today=TODAY) == (date(2026, 6, 3), date(2026, 6, 4))


def test_where_nothing_has_begun_there_is_no_period():
    assert period_of([], None, today=TODAY) is None
    assert period_of([], WINDOW, today=date(2026, 5, 31)) is None


@pytest.mark.parametrize(
    ("days", "step"),
    [(1, SeriesStep.DAY), (62, SeriesStep.DAY), (63, SeriesStep.WEEK), (366, SeriesStep.WEEK), (367, SeriesStep.MONTH)],
)
def test_a_series_stays_one_that_can_be_read(days: int, step: SeriesStep):
    assert step_of(TODAY, TODAY + timedelta(days=days)) is step


def test_posts_are_ordered_by_the_first_metric_that_is_known():
    assert top_metric(figures(3, 5)) is Metric.REPOSTS
    assert top_metric(figures(3, None)) is None
