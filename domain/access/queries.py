"""Reads of users and their grants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, Scope
from domain.access.models import Grant, User


async def actor_of(session: AsyncSession, user_id: UUID, *, now: datetime) -> Actor | None:
    """The actor with the grants valid now, or None where the user is unknown or disabled."""
    return actor_in((await session.execute(actors(now=now).where(User.id == user_id))).all())


def actors(*, now: datetime) -> Select[*tuple[Any, ...]]:
    """Enabled users, a row for each grant valid now; whoever knows of sessions narrows it further."""
    valid = and_(Grant.valid_from <= now, or_(Grant.valid_to.is_(None), Grant.valid_to > now))
    return (
        select(User.id, User.name, Grant.role, Grant.unit_id, Grant.unit_path, Grant.reach)
        .outerjoin(Grant, and_(Grant.user_id == User.id, valid))
        .where(User.disabled_at.is_(None))
    )


def actor_in(rows: Sequence[Any]) -> Actor | None:
    """The actor that the rows of one user tell of."""
    if not rows:
        return None
    scopes = tuple(Scope(row.role, row.unit_id, row.unit_path, row.reach) for row in rows if row.role is not None)
    return Actor(user_id=rows[0].id, name=rows[0].name, scopes=scopes)


async def user_by_login(session: AsyncSession, login: str) -> User | None:
    """The enabled user with that login name."""
    query = select(User).where(User.login == login, User.disabled_at.is_(None))
    return (await session.execute(query)).scalar_one_or_none()
