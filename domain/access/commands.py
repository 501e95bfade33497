"""Acts on users and grants."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.terms import Role


async def enrol(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    login: str,
    name: str,
    role: Role,
    unit_id: UUID,
    unit_path: str,
) -> User:
    """Make a person known and give a role over a unit; for one who has that role already nothing changes."""
    actor.require(Permission.GRANT_EDIT, at=unit_path, path="unitId")
    user = (await session.execute(select(User).where(User.login == login))).scalar_one_or_none()
    if user is None:
        user = User(id=new_id(), login=login, name=name, created_at=now)
        session.add(user)
        await session.flush()
    held = select(Grant.id).where(
        Grant.user_id == user.id, Grant.unit_id == unit_id, Grant.role == role, Grant.valid_to.is_(None)
    )
    if (await session.execute(held)).first() is None:
        session.add(
            Grant(id=new_id(), user_id=user.id, role=role, unit_id=unit_id, unit_path=unit_path, valid_from=now)
        )
        await session.flush()
    return user
