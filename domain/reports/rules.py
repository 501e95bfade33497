"""Pure decisions about reports: over which time figures are told, and in which steps."""

from collections.abc import Collection
from datetime import date, timedelta

from domain.engagement.rules import Figures
from domain.terms import Metric, ReportFormat, SeriesStep

DAYS_BY_DAY, DAYS_BY_WEEK = 62, 366
SAVED_AS = {ReportFormat.PAGE: "report.html", ReportFormat.PDF: "report.pdf"}


def period_of(days: Collection[date], window: tuple[date, date] | None, *, today: date) -> tuple[date, date] | None:
    """From the first day to the first that counts no more: the window as far as it has come, and all posts."""
    begun = [window[0], min(window[1], today)] if window and window[0] <= today else []
    told = [*days, *begun]
    return (min(told), max(told) + timedelta(days=1)) if told else None


def step_of(since: date, until: date) -> SeriesStep:
    """So that a series stays one that can be read."""
    days = (until - since).days
    if days <= DAYS_BY_DAY:
        return SeriesStep.DAY
    return SeriesStep.WEEK if days <= DAYS_BY_WEEK else SeriesStep.MONTH


def top_metric(total: Figures) -> Metric | None:
    """What posts are put in order by: the first of the metrics that is known for all."""
    return next((metric for metric in Metric if getattr(total, metric.value.lower()).value is not None), None)
