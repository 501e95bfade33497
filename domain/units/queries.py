"""Reads of the tree."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.refusals import NotFound
from domain.terms import Level
from domain.units.models import Unit
from domain.units.rules import PlannedUnit


async def unit_within(session: AsyncSession, actor: Actor, *, unit_id: UUID, permission: Permission, path: str) -> Unit:
    """The open unit, if the actor holds the permission there; otherwise it does not exist for this actor."""
    unit = await session.get(Unit, unit_id)
    if unit is None or unit.closed_on is not None:
        raise NotFound("unit", path=path)
    actor.require(permission, at=unit.path, path=path, what="unit")
    return unit


async def counts_per_level(session: AsyncSession, actor: Actor) -> dict[Level, int]:
    """How many open units the actor sees at each level."""
    rows = await session.execute(
        select(Unit.level, func.count())
        .where(Unit.closed_on.is_(None), within_reach(actor, Permission.UNIT_VIEW, Unit.path))
        .group_by(Unit.level)
    )
    found = dict(rows.all())
    return {level: found.get(level, 0) for level in Level}


async def known_units(session: AsyncSession) -> dict[str, tuple[PlannedUnit, str]]:
    """Every open unit by its code, as an import compares it, with its path."""
    parent = aliased(Unit)
    rows = await session.execute(
        select(Unit.code, Unit.name, Unit.level, Unit.kind, parent.code, Unit.path)
        .outerjoin(parent, parent.id == Unit.parent_id)
        .where(Unit.closed_on.is_(None))
    )
    return {row[0]: (PlannedUnit(*row[:5]), row[5]) for row in rows}
