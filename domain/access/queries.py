"""Reads of users and their grants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, Scope
from domain.access.models import Grant, User


async def actor_of(session: AsyncSession, user_id: UUID, *, now: datetime) -> Actor | None:
    """The actor with the grants valid now, or None where the user is unknown or disabled."""
    valid = and_(Grant.valid_from <= now, or_(Grant.valid_to.is_(None), Grant.valid_to > now))
    rows = await session.execute(
        select(User.id, User.name, Grant.role, Grant.unit_id, Grant.unit_path)
        .outerjoin(Grant, and_(Grant.user_id == User.id, valid))
        .where(User.id == user_id, User.disabled_at.is_(None))
    )
    found = rows.all()
    if not found:
        return None
    scopes = tuple(Scope(role, unit_id, path) for _, _, role, unit_id, path in found if role is not None)
    return Actor(user_id=found[0].id, name=found[0].name, scopes=scopes)


async def user_by_login(session: AsyncSession, login: str) -> User | None:
    """The enabled user with that login name."""
    query = select(User).where(User.login == login, User.disabled_at.is_(None))
    return (await session.execute(query)).scalar_one_or_none()
