"""The days off that were announced after what is shipped: added by the nation year by year, with their source."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, exists, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.words import said
from domain.calendar import rules
from domain.calendar.commands import SOURCE_LIMIT, WORDS_LIMIT
from domain.calendar.holidays import Arrangement, Day, announced_years
from domain.calendar.models import Holiday
from domain.refusals import Conflict, Invalid, Reason
from domain.terms import DayKind
from domain.units.queries import nation_path
from domain.wording.queries import check_texts

DAYS_LIMIT = 100
# A holiday of New Year may begin in the last month of the year before.
FIRST_MONTH = 12


@dataclass(frozen=True)
class Arranged:
    """Where the arrangement holds, and of how many days it says something."""

    path: str
    days: int


async def add_holidays(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    year: int,
    source: str,
    holidays: Sequence[Mapping[str, Any]],
    workdays: Sequence[Mapping[str, Any]] = (),
    replaces: bool = False,
) -> Arranged:
    """Write down the days off of a year and the working days in exchange, as a notice says them, for the nation."""
    place = await nation_path(session)
    actor.require(Permission.OCCASION_EDIT, at=place, path="year")
    rules.check_number(year, rules.FIRST_YEAR, rules.LAST_YEAR, path="year")
    told = {"year": year, "source": said(source, "source", limit=SOURCE_LIMIT), "added_at": now}
    days = _checked("holidays", holidays, DayKind.HOLIDAY, year) + _checked(
        "workdays", workdays, DayKind.SWAPPED_WORKDAY, year
    )
    named = [day["day"] for day in days]
    if not holidays or len(set(named)) < len(named):
        raise Invalid(Reason.DAYS_UNFIT, path="holidays")
    await check_texts(session, {"source": source, **_names("holidays", holidays), **_names("workdays", workdays)})
    # Once a year: one notice after the other.
    await session.execute(text("LOCK TABLE holidays IN SHARE ROW EXCLUSIVE MODE"))
    is_known = year in announced_years() or await session.scalar(select(exists().where(Holiday.year == year)))
    if is_known and not replaces:
        raise Conflict(Reason.HOLIDAYS_THERE, path="year")
    await session.execute(delete(Holiday).where(or_(Holiday.year == year, Holiday.day.in_(named))))
    session.add_all(Holiday(id=new_id(), **told, **day) for day in days)
    await session.flush()
    return Arranged(place, len(days))


async def added_arrangement(session: AsyncSession, years: Collection[int]) -> Arrangement:
    """What was added of some years."""
    # What begins in December belongs to the next year.
    wanted = {*years, *(year + 1 for year in years)}
    rows = (await session.scalars(select(Holiday).where(Holiday.year.in_(wanted)))).all()
    days = {row.day: Day(row.kind, row.name, row.source) for row in rows}
    return Arrangement(days, frozenset(row.year for row in rows))


def _names(field: str, given: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {f"{field}.{place}.name": each["name"] for place, each in enumerate(given)}


def _checked(field: str, given: Sequence[Mapping[str, Any]], kind: DayKind, year: int) -> list[dict[str, Any]]:
    if len(given) > DAYS_LIMIT:
        raise Invalid(Reason.TOO_MANY, path=field, limit=DAYS_LIMIT)
    least, limit = date(year - 1, FIRST_MONTH, 1), date(year, 12, 31)
    for place, each in enumerate(given):
        if not least <= each["day"] <= limit:
            path = f"{field}.{place}.day"
            raise Invalid(Reason.DAY_UNFIT, path=path, least=least.isoformat(), limit=limit.isoformat())
    return [
        {
            "day": each["day"],
            "kind": kind,
            "name": said(each["name"], f"{field}.{place}.name", limit=WORDS_LIMIT),
        }
        for place, each in enumerate(given)
    ]
