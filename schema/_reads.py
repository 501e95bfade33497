"""The frame of every read: who asks, what is asked, one pass through the reading module."""

from collections.abc import Sequence
from typing import Any

from domain.base.models import Base
from domain.reading import reader
from domain.reading.selection import Selection, Stretch
from domain.refusals import NotFound
from domain.units.models import Unit
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
) -> Stretch:
    """A page of a root list; `within_id` narrows it to a unit and everything below it."""
    selection, asked = connection_of(info, {"first": first, "after": after, "last": last, "before": before})
    async with info.context.reading() as session:
        actor = await info.context.actor(session)
        under = None
        if within_id is not None:
            unit_id = row_id_of(within_id, "Unit", path="withinId")
            units = await reader.rows_by_id(session, actor, Unit, Selection(frozenset({"path"})), ids=[unit_id])
            if unit_id not in units:
                raise NotFound("unit", path="withinId")
            under = units[unit_id].path
        return await reader.stretch(session, actor, model, selection, page=asked, where=where, under=under)
