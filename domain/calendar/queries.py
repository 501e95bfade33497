"""Reads of the calendar: what falls on which day for a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import line_of
from domain.calendar import rules
from domain.calendar.arrangements import added_arrangement
from domain.calendar.holidays import Day, day_of
from domain.calendar.models import Occasion, SchoolTerm


@dataclass(frozen=True)
class Entry:
    """An occasion on one of its dates."""

    occasion_id: UUID
    falls_on: date
    last_day: date
    prepare_from: date
    day: Day


async def entries(session: AsyncSession, *, path: str, since: date, until: date) -> list[Entry]:
    """All that is prepared, begins or goes on from a day on and before another, for a unit: its own occasions and those
    of the levels above it, in the order of days. Dates by school terms go by those of the nearest unit that has any."""
    rules.check_days(since, until, path="until")
    line = line_of(path)
    query = select(Occasion).where(Occasion.unit_path.in_(line), Occasion.retired_at.is_(None)).order_by(Occasion.id)
    occasions = (await session.execute(query)).scalars().all()
    terms = await terms_at(session, path)
    dates = [
        (occasion, day)
        for occasion in occasions
        for day in _dates(occasion, since, until, terms)
        if rules.is_active(occasion, day)
    ]
    added = await added_arrangement(session, {day.year for _, day in dates})
    found = [_entry(occasion, day, day_of(day, added)) for occasion, day in dates]
    return sorted(found, key=lambda entry: (entry.falls_on, entry.occasion_id))


async def falls_on(session: AsyncSession, occasion: Occasion, day: date, *, path: str) -> bool:
    """Whether an occasion falls on a day, for a unit that sees it."""
    if not rules.FIRST_YEAR <= day.year <= rules.LAST_YEAR:
        return False
    terms = await terms_at(session, path)
    found = rules.dates(rules.Rule.of(occasion), day, day + timedelta(days=1), terms=terms)
    return bool(found) and rules.is_active(occasion, day)


async def terms_at(session: AsyncSession, path: str) -> Sequence[rules.Term]:
    """The school terms that a unit goes by: its own, or those of the nearest unit above it that has any."""
    query = select(SchoolTerm.unit_path, SchoolTerm.starts_on, SchoolTerm.ends_on)
    rows: Any = (await session.execute(query.where(SchoolTerm.unit_path.in_(line_of(path))))).all()
    return [rules.Term(row.starts_on, row.ends_on) for row in rules.nearest(rows, path)]


def _dates(occasion: Occasion, since: date, until: date, terms: Sequence[rules.Term]) -> list[date]:
    """The dates of an occasion of which something lies in a period: its days, or those on which it is prepared."""
    goes_on = timedelta(days=occasion.lasts_days - 1)
    return rules.dates(
        rules.Rule.of(occasion), since - goes_on, until + timedelta(days=occasion.lead_days), terms=terms
    )


def _entry(occasion: Occasion, day: date, sort: Day) -> Entry:
    return Entry(
        occasion_id=occasion.id,
        falls_on=day,
        last_day=day + timedelta(days=occasion.lasts_days - 1),
        prepare_from=day - timedelta(days=occasion.lead_days),
        day=sort,
    )
