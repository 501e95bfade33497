"""Reads of the tree."""

from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.base.models import Base
from domain.refusals import Invalid, NotFound, Reason
from domain.terms import Level, TreeLink
from domain.units.models import Unit, UnitPlace, valid_on

Row = TypeVar("Row", bound=Base)
# Of the advisory locks of the database, the one that stands for the shape of the tree.
TREE_LOCK = 7_013_001


async def tree_stands(session: AsyncSession) -> None:
    """Let no unit move until the transaction ends: whoever copies a unit's path asks for this before reading it."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(TREE_LOCK)))


async def tree_turns(session: AsyncSession) -> None:
    """Be the only one to change the tree until the transaction ends, with nobody at copying a path."""
    await session.execute(select(func.pg_advisory_xact_lock(TREE_LOCK)))


async def locked_row(session: AsyncSession, model: type[Row], row_id: UUID) -> Row:
    """The row as it stands now, for one act after the other; whether this actor may is for the caller to ask.

    The tree stands first, as for every lock on rows that it rewrites: no move waits for us while we wait for it.
    """
    await tree_stands(session)
    row = await session.get(model, row_id, populate_existing=True, with_for_update={"key_share": True})
    if row is None:
        raise NotFound(model.noun, path=f"{model.noun}Id")
    return row


async def unit_within(session: AsyncSession, actor: Actor, *, unit_id: UUID, permission: Permission, path: str) -> Unit:
    """The open unit, if the actor holds the permission there; otherwise it does not exist for this actor."""
    await tree_stands(session)
    unit = await session.get(Unit, unit_id, populate_existing=True)
    if unit is None or unit.closed_on is not None:
        raise NotFound("unit", path=path)
    actor.require(permission, at=unit.path, path=path, what="unit")
    return unit


async def nation_path(session: AsyncSession) -> str:
    """Where the nation stands; before it does, nobody acts there but whoever runs the machine."""
    return await session.scalar(select(Unit.path).where(Unit.level == Level.NATIONAL, Unit.parent_id.is_(None))) or ""


async def counts_per_level(
    session: AsyncSession,
    actor: Actor,
    *,
    under: str = "",
    link: TreeLink = TreeLink.AFFILIATION,
    as_of: date | None = None,
) -> dict[Level, int]:
    """How many open units the actor sees at each level below a path of that link, today or on a date."""
    query = select(Unit.level, func.count()).where(within_reach(actor, Permission.UNIT_VIEW, Unit.path))
    if as_of is None:
        query = query.where(Unit.closed_on.is_(None), below(by_link(Unit, link), under))
    else:
        query = query.join(UnitPlace, UnitPlace.unit_id == Unit.id)
        query = query.where(valid_on(UnitPlace, as_of), below(by_link(UnitPlace, link), under))
    found = dict((await session.execute(query.group_by(Unit.level))).all())
    return {level: found.get(level, 0) for level in Level}


def by_link(rows: Any, link: TreeLink) -> Any:
    """The path of one of the two links; numbers say which one they use."""
    return rows.path if link is TreeLink.AFFILIATION else rows.territory_path


async def place_of(session: AsyncSession, *, unit_id: UUID, as_of: date, link: TreeLink) -> str:
    """The path on a date of a unit that was open then."""
    query = select(by_link(UnitPlace, link)).where(UnitPlace.unit_id == unit_id, valid_on(UnitPlace, as_of))
    path: str | None = (await session.execute(query)).scalar_one_or_none()
    if path is None:
        raise Invalid(Reason.DATE_TOO_EARLY, path="asOf", date=as_of.isoformat())
    return path
