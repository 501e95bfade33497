"""Pure decisions about engagement: when counts are read, when a post is gone, what figures say, how to sweep."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from domain.access.abilities import Ability
from domain.access.permissions import Permission
from domain.refusals import Reason
from domain.terms import FigureGap, HostKind, Metric, SeriesStep

# As columns are called by them.
METRICS = tuple(metric.value.lower() for metric in Metric)
# A platform that leaves a post out once may only be behind; asked again after this, it means it.
ASK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Plan:
    """What follows from one reading of a post: which rung comes when, and since when the post is missing."""

    slot: int
    due_at: datetime | None
    missing_since: datetime | None
    gone_at: datetime | None


def reading_at(slot: int, published_at: datetime, ladder: Sequence[timedelta]) -> datetime | None:
    """When the reading of a slot is due; None above the top of the ladder."""
    return published_at + ladder[slot] if slot < len(ladder) else None


def next_slot(slot: int, age: timedelta, ladder: Sequence[timedelta]) -> int:
    """The slot after this one whose time has not passed yet: missed rungs are skipped, not made up for."""
    following = slot + 1
    while following < len(ladder) and ladder[following] <= age:
        following += 1
    return following


def plan(
    slot: int,
    published_at: datetime,
    *,
    taken_at: datetime,
    named: bool,
    missing_since: datetime | None,
    ladder: Sequence[timedelta],
) -> Plan:
    """What comes after a reading that named the post or left it out.

    Left out once, the same rung is read again an hour later; left out then too, the post is gone. The ladder goes on
    all the same, since a post that was hidden may come back: whatever is named again is gone no more.
    """
    if not named and missing_since is None:
        return Plan(slot, taken_at + ASK_AGAIN, taken_at, None)
    following = next_slot(slot, taken_at - published_at, ladder)
    due_at = reading_at(following, published_at, ladder)
    return Plan(following, due_at, None, None) if named else Plan(following, due_at, missing_since, taken_at)


@dataclass(frozen=True)
class Total:
    """A sum over posts: None where it is not known; `known` of `expected` posts were read at least once."""

    value: int | None
    known: int
    expected: int
    as_of: datetime | None
    # Why there is no value.
    gap: FigureGap | None = None


@dataclass(frozen=True)
class Figures:
    """What some posts came to."""

    published: int
    gone: int
    reposts: Total
    comments: Total
    likes: Total
    reads: Total


def figures_of(rows: Iterable[Any], reports: Mapping[HostKind, Collection[Metric]]) -> Figures:
    """One answer from sums by platform; `reports` says which metrics each platform reports at all."""
    by_kind = sorted(rows, key=lambda row: row.host_kind)
    newest = max((row.as_of for row in by_kind if row.as_of is not None), default=None)
    # Sums of sums come from the database as decimals.
    published = sum(int(row.published) for row in by_kind)
    totals = {}
    for metric in Metric:
        name = metric.value.lower()
        known = sum(int(getattr(row, f"{name}_known")) for row in by_kind)
        gap = _gap(by_kind, metric, reports)
        value = sum(int(getattr(row, name)) for row in by_kind) if known and gap is None else None
        totals[name] = Total(value, known, published, newest, gap)
    return Figures(published, sum(int(row.gone) for row in by_kind), **totals)


def _gap(by_kind: Sequence[Any], metric: Metric, reports: Mapping[HostKind, Collection[Metric]]) -> FigureGap | None:
    """A sum over platforms of which one never reports the metric would pass for the whole: it is not shown."""
    lacking, known = [], 0
    for kind, rows in groupby(by_kind, key=lambda row: row.host_kind):
        read = sum(getattr(row, f"{metric.value.lower()}_known") for row in rows)
        known += read
        lacking.append(not read and metric not in reports.get(kind, ()))
    if any(lacking):
        return FigureGap.NOT_REPORTED if all(lacking) else FigureGap.NOT_BY_ALL
    return FigureGap.NOT_READ if lacking and not known else None


def periods(since: date, until: date, step: SeriesStep) -> Iterator[tuple[date, date]]:
    """The days, weeks from Monday, or months of a period; the first and the last may be cut short."""
    start = since
    while start < until:
        end = min(_next(start, step), until)
        yield start, end
        start = end


def _next(day: date, step: SeriesStep) -> date:
    if step is SeriesStep.DAY:
        return day + timedelta(days=1)
    if step is SeriesStep.WEEK:
        return day + timedelta(days=7 - day.weekday())
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def hinders_goal(goal: Any) -> Reason | None:
    """What is withdrawn stays as it was."""
    return Reason.GOAL_WITHDRAWN if goal.withdrawn_at is not None else None


GOAL_ABILITIES = tuple(
    Ability(act, Permission.GOAL_EDIT, hindrance=hinders_goal, needs=frozenset({"withdrawn_at"}))
    for act in ("edit_goal", "withdraw_goal")
)


@dataclass(frozen=True)
class Sweep:
    """How far the comments below a post were seen: from the newest on, page by page, down to what was known."""

    # The newest of the last sweep that came to its end.
    known: str | None
    # Of the sweep under way: the newest, and below which one the next page begins.
    newest: str | None = None
    below: str | None = None


def age_of(comment_id: str) -> tuple[int, str]:
    """Sorts the ids of a platform from old to new: they are numbers that grow, written without zeros before them."""
    return len(comment_id), comment_id


def is_new(comment_id: str, sweep: Sweep) -> bool:
    """Whether a sweep had not seen it when it began."""
    return sweep.known is None or age_of(comment_id) > age_of(sweep.known)


def turned(sweep: Sweep, page: Sequence[str]) -> Sweep:
    """The sweep after a page, newest first; it is over where there is no more, or only what was known.

    A page that is short proves nothing: platforms leave out of it what they hide.
    """
    # The newest may be gone by now: what was known stays so.
    newest = sweep.newest or (page[0] if page and is_new(page[0], sweep) else sweep.known)
    if page and is_new(page[-1], sweep):
        return Sweep(sweep.known, newest, page[-1])
    return Sweep(newest)
