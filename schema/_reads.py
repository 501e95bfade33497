"""The frame of every read: who asks, what is asked, one pass through the reading module."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.models import Base
from domain.reading import reader
from domain.reading.selection import Record, Selection, Stretch
from domain.refusals import NotFound
from domain.terms import TreeLink
from domain.units.models import Unit
from domain.units.queries import by_link, place_of
from schema._base import Asked, row_id_of
from schema._selection import connection_of


async def page(
    info: Asked,
    model: type[Base],
    *,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    where: Sequence[tuple[str, Any]] = (),
    within_id: str | None = None,
    also: Sequence[reader.Condition] = (),
    as_of: date | None = None,
) -> Stretch:
    """A page of a root list; `within_id` narrows it to a unit and what is below it, on a date as it was then."""
    selection, asked = connection_of(info, {"first": first, "after": after, "last": last, "before": before})
    async with info.context.reading() as session:
        actor = await info.context.reader(session, model)
        under = None if within_id is None else await path_within(session, actor, within_id, model=model, as_of=as_of)
        return await reader.stretch(
            session, actor, model, selection, page=asked, where=where, under=under, also=also, as_of=as_of
        )


async def path_within(
    session: AsyncSession,
    actor: Actor,
    within_id: str,
    *,
    model: type[Base] = Unit,
    as_of: date | None = None,
    link: TreeLink = TreeLink.AFFILIATION,
) -> str:
    """The path by which a list is narrowed to a unit the caller sees, on a date the one of that date."""
    unit = await unit_seen(session, actor, within_id)
    if as_of is not None and model is Unit:
        return await place_of(session, unit_id=unit.id, as_of=as_of, link=link)
    path: str = by_link(unit, link)
    return path


async def unit_seen(session: AsyncSession, actor: Actor, within_id: str) -> Record:
    """The unit a field is asked about, with its paths; one the caller does not see does not exist."""
    unit_id = row_id_of(within_id, "Unit", path="withinId")
    wanted = Selection(frozenset({"path", "territory_path"}))
    units = await reader.rows_by_id(session, actor, Unit, wanted, ids=[unit_id])
    if unit_id not in units:
        raise NotFound("unit", path="withinId")
    return units[unit_id]


def chosen(name: str, terms: list[Any] | None) -> list[tuple[str, Any]]:
    """Only rows with one of these words; all rows where none was asked for."""
    # Whoever names a word many times means it once, and a statement takes only so many values.
    return [] if terms is None else [(name, list(dict.fromkeys(terms)))]


async def listed(
    info: Asked,
    model: Any,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    where: list[tuple[str, Any]] | None = None,
    within_id: str | None = None,
    **more: Any,
) -> Any:
    """The same with paging as fields take it, one after the other."""
    return await page(
        info, model, first=first, after=after, last=last, before=before, where=where or (), within_id=within_id, **more
    )
