"""The rows of an export, read page by page under the reach that whoever asked has at each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.queries import actor_of
from domain.campaigns.models import Campaign
from domain.exports.kinds import KINDS
from domain.exports.models import Export
from domain.exports.rules import ROWS_LIMIT, Filters
from domain.exports.saying import about
from domain.reading import reader
from domain.reading.selection import Page, Record, Selection, Stretch
from domain.refusals import Conflict, Reason
from domain.terms import ExportFormat, ExportKind, Language
from domain.units.models import Unit


@dataclass(frozen=True)
class Wish:
    """What somebody asked for, as plain data."""

    kind: ExportKind
    format: ExportFormat
    language: Language
    filters: Filters
    unit_id: UUID
    asked_by: UUID | None


@dataclass(frozen=True)
class Begun:
    """How many rows there are, and what the file says of itself."""

    total: int
    about: Sequence[tuple[str, str]]


async def wish_of(session: AsyncSession, export_id: UUID) -> Wish:
    """What is asked for."""
    export = await session.get_one(Export, export_id)
    names = ("kind", "format", "language", "unit_id", "asked_by")
    given: dict[str, Any] = {name: getattr(export, name) for name in names}
    return Wish(filters=Filters.of(export.filters), **given)


async def begin(session: AsyncSession, wish: Wish, *, now: datetime) -> Begun:
    """How many rows there are, and what the file says; refused where they are too many, or not to be seen any more."""
    actor, unit = await _reached(session, wish, now=now)
    found = await _stretch(session, actor, wish, unit, Selection(), Page(rows=False, total=True))
    if (total := found.total_count or 0) > ROWS_LIMIT:
        raise Conflict(Reason.EXPORT_TOO_LARGE)
    # Whoever narrows to a campaign that is not to be seen learns nothing of it.
    ids = [wish.filters.campaign_id] if wish.filters.campaign_id else []
    seen = await reader.rows_by_id(session, actor, Campaign, Selection(frozenset({"title"})), ids=ids)
    campaign = next((row.title for row in seen.values()), None)
    return Begun(total, about(wish.kind, wish.filters, wish.language, unit=unit.name, campaign=campaign, at=now))


async def page(session: AsyncSession, wish: Wish, *, now: datetime, after: UUID | None, size: int) -> Sequence[Record]:
    """The next rows in the order of their ids, which no edit and no move changes, under the reach of this moment."""
    actor, unit = await _reached(session, wish, now=now)
    kind = KINDS[wish.kind]
    # A cursor holds what a caller would send.
    cursor = None if after is None else (str(after),)
    return (await _stretch(session, actor, wish, unit, kind.selection, Page(size=size, cursor=cursor))).nodes


async def check_reach(session: AsyncSession, wish: Wish, *, now: datetime) -> None:
    """Refuse where whoever asked may not see such rows of the unit any more."""
    await _reached(session, wish, now=now)


async def _reached(session: AsyncSession, wish: Wish, *, now: datetime) -> tuple[Actor, Unit]:
    """Whoever asked, as that person is now, and the unit as it stands now."""
    actor = None if wish.asked_by is None else await actor_of(session, wish.asked_by, now=now)
    unit = await session.get_one(Unit, wish.unit_id, populate_existing=True)
    if actor is None or not actor.holds(KINDS[wish.kind].permission, at=unit.path):
        raise Conflict(Reason.EXPORT_REACH_LOST)
    return actor, unit


async def _stretch(
    session: AsyncSession, actor: Actor, wish: Wish, unit: Unit, selection: Selection, page: Page
) -> Stretch:
    kind = KINDS[wish.kind]

    def narrowed(entity: Any) -> ColumnElement[bool]:
        return and_(true(), *kind.narrowed(entity, wish.filters))

    also: list[reader.Condition] = [narrowed]
    if kind.within is not None:
        also.append(kind.within(unit.path))
    under = unit.path if kind.within is None else None
    return await reader.stretch(session, actor, kind.model, selection, page=page, under=under, also=also, order=("id",))
