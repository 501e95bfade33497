"""The calendar: what falls on which day for a unit, what sort of day that is, and which campaigns stand on it."""

from datetime import date
from typing import Any

import strawberry

from domain.calendar import models, queries
from domain.campaigns import models as campaigns
from domain.campaigns.queries import campaigns_on
from domain.reading import reader
from domain.terms import DayKind
from schema._base import Asked
from schema._reads import unit_seen
from schema._selection import selection_of
from schema.campaigns import Campaign
from schema.occasions import Occasion

# A year of a unit has some dozens; a request is charged for as many.
ENTRIES = 100


@strawberry.type(description="What sort of day a date is by the arrangement of the State Council (放假调休).")
class CalendarDay:
    kind: DayKind
    holiday: str | None = strawberry.field(description="The holiday it belongs to.")
    source: str | None = strawberry.field(description="Where that is known from.")


@strawberry.type(description="An occasion on one of its dates (日历条目).")
class CalendarEntry:
    occasion: Occasion
    falls_on: date = strawberry.field(description="It is never moved, whatever sort of day that is.")
    last_day: date
    prepare_from: date = strawberry.field(description="When the preparations begin.")
    day: CalendarDay = strawberry.field(description="What sort of day the first one is.")
    campaigns: list[Campaign] = strawberry.field(description="Which campaigns of the unit, or above it, stand on it.")


@strawberry.type
class CalendarQueries:
    @strawberry.field(
        description="The occasions of a unit and of those above it that are prepared, begin or go on from a day on and "
        "before another, in the order of days; a year at most."
    )
    async def calendar(self, info: Asked, within_id: strawberry.ID, since: date, until: date) -> list[CalendarEntry]:
        occasions = selection_of(info, "occasion", rows=ENTRIES)
        promoted = selection_of(info, "campaigns", rows=ENTRIES)
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            path = (await unit_seen(session, actor, within_id)).path
            entries = await queries.entries(session, path=path, since=since, until=until)
            standing = await campaigns_on(session, path=path, days={entry.falls_on for entry in entries})
            ids = list({entry.occasion_id for entry in entries})
            rows: Any = await reader.rows_by_id(session, actor, models.Occasion, occasions, ids=ids)
            ids = [each for found in standing.values() for each in found]
            chosen: Any = await reader.rows_by_id(session, actor, campaigns.Campaign, promoted, ids=ids)
        return [
            CalendarEntry(
                occasion=rows[entry.occasion_id],
                falls_on=entry.falls_on,
                last_day=entry.last_day,
                prepare_from=entry.prepare_from,
                day=CalendarDay(**vars(entry.day)),
                campaigns=[
                    chosen[each] for each in standing.get((entry.occasion_id, entry.falls_on), ()) if each in chosen
                ],
            )
            for entry in entries
            if entry.occasion_id in rows
        ]
