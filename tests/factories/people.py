"""People who act, and what is known of them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.base.ids import new_id
from domain.terms import Role
from domain.units.models import Unit
from tests.factories.units import NOW, actor_at, add_user


async def add_keeper(
    session: AsyncSession, unit: Unit, role: Role = Role.ADMINISTRATOR, login: str = "keeper"
) -> Actor:
    """Somebody in the database who acts with one role over a unit."""
    user = await add_user(session, unit, role, login=login)
    return actor_at(unit, role, user_id=user.id)


async def add_grant(session: AsyncSession, user: User, unit: Unit, role: Role = Role.VIEWER, **more: Any) -> Grant:
    """A further grant of a person, committed."""
    grant = Grant(
        id=new_id(),
        user_id=user.id,
        role=role,
        unit_id=unit.id,
        unit_path=unit.path,
        **{"valid_from": NOW, **more},
    )
    session.add(grant)
    await session.commit()
    return grant


async def grants_of(session: AsyncSession, user_id: UUID) -> list[tuple[Role, str, datetime, datetime | None]]:
    """What is written of a person's grants, in the order in which they begin."""
    rows = await session.execute(
        select(Grant.role, Grant.unit_path, Grant.valid_from, Grant.valid_to)
        .where(Grant.user_id == user_id)
        .order_by(Grant.valid_from, Grant.id)
    )
    return [(role, path, begins, ends) for role, path, begins, ends in rows]
