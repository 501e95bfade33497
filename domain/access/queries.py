"""Reads of users and their grants."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, Scope
from domain.access.models import Grant, User
from domain.access.rules import Held


async def actor_of(session: AsyncSession, user_id: UUID, *, now: datetime) -> Actor | None:
    """The actor with the grants valid now, or None where the user is unknown or disabled."""
    return actor_in((await session.execute(actors(now=now).where(User.id == user_id))).all())


async def actors_of(session: AsyncSession, user_ids: Collection[UUID], *, now: datetime) -> dict[UUID, Actor]:
    """The same of several people in one statement, by user; whoever is unknown or disabled is left out."""
    if not user_ids:
        return {}
    rows = await session.execute(actors(now=now).where(User.id.in_(user_ids)).order_by(User.id))
    found = {user_id: actor_in(list(own)) for user_id, own in groupby(rows, key=lambda row: row.id)}
    return {user_id: actor for user_id, actor in found.items() if actor is not None}


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


def not_over(now: Any) -> Callable[[Any], ColumnElement[bool]]:
    """Grants in force or still to come; one that was taken back before it began has an empty period."""
    return lambda grant: or_(grant.valid_to.is_(None), and_(grant.valid_to > now, grant.valid_to > grant.valid_from))


async def held_by(session: AsyncSession, user_ids: Collection[UUID], *, now: Any) -> dict[UUID, list[Held]]:
    """What each of these people holds or is to hold, for the rule that says who looks after their logins."""
    rows = await session.execute(
        select(Grant.user_id, Grant.role, Grant.unit_path, Grant.reach).where(
            Grant.user_id.in_(user_ids), not_over(now)(Grant)
        )
    )
    held: dict[UUID, list[Held]] = defaultdict(list)
    for user_id, role, path, reach in rows:
        held[user_id].append(Held(role, path, reach))
    return held
