"""Reads of accounts: who may run them, and where the programme has no voice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below, within_reach
from domain.access.models import Grant, User
from domain.access.permissions import Permission
from domain.accounts.models import Account, AccountEvent, Delegation, is_active
from domain.terms import Level, Reach, Role
from domain.units.models import Unit

# Whoever runs an account acts for its unit.
RUNNING = (Role.MEDIA_MANAGER, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Runner:
    """A person who may run accounts, and the paths below which; no path for whoever is disabled."""

    user: User
    paths: tuple[str, ...]

    def may_run(self, unit_path: str) -> bool:
        return any(unit_path.startswith(path) for path in self.paths)


@dataclass(frozen=True)
class Coverage:
    """How far the units of one level are heard (覆盖情况)."""

    level: Level
    units: int
    without_account: int
    active_accounts: int
    silent_accounts: int


async def runner(session: AsyncSession, user_id: UUID, *, now: datetime) -> Runner | None:
    """The person with the units for which they act now; None where there is no such person."""
    acting = and_(
        Grant.user_id == User.id,
        Grant.role.in_(RUNNING),
        Grant.reach == Reach.ACT,
        Grant.valid_from <= now,
        or_(Grant.valid_to.is_(None), Grant.valid_to > now),
        User.disabled_at.is_(None),
    )
    query = select(User, Grant.unit_path).outerjoin(Grant, acting).where(User.id == user_id)
    rows = (await session.execute(query)).all()
    if not rows:
        return None
    return Runner(rows[0][0], tuple(path for _, path in rows if path is not None))


def without_account(actor: Actor, entity: Any) -> ColumnElement[bool]:
    """Open units for which no account is active, of those whose accounts the actor may see."""
    return and_(accounts_seen(actor)(entity), _uncovered(entity))


def _uncovered(entity: Any) -> ColumnElement[bool]:
    """Compared by path, which both have in order: for the nation the two indexes are merged."""
    active = exists().where(Account.unit_path == entity.path, is_active(Account))
    return and_(entity.closed_on.is_(None), ~active.correlate_except(Account))


def silent(entity: Any, instant: datetime) -> ColumnElement[bool]:
    """Active accounts for which nothing of ours stood up since an instant; a new one is given as long."""
    return and_(is_active(entity), func.coalesce(entity.last_posted_at, entity.created_at) < instant)


def accounts_seen(actor: Actor) -> Callable[[Any], ColumnElement[bool]]:
    """Units whose accounts the actor may see: who sees only units does not learn which of them are silent."""
    return lambda entity: within_reach(actor, Permission.ACCOUNT_VIEW, entity.path)


async def coverage_counts(
    session: AsyncSession, actor: Actor, *, within_path: str | None, silent_since: datetime
) -> list[Coverage]:
    """Per level, how many units have no active account and how many active accounts are silent, within reach."""
    units = [Unit.closed_on.is_(None), accounts_seen(actor)(Unit), below(Unit.path, within_path or "")]
    reached = within_reach(actor, Permission.ACCOUNT_VIEW, Account.unit_path)
    accounts = [reached, below(Account.unit_path, within_path or "")]
    # Four counts, each of which reads one small index: in fewer statements every row would have to be fetched.
    counted = [
        await _per_level(session, Unit.level, *units),
        await _per_level(session, Unit.level, *units, _uncovered(Unit)),
        await _per_level(session, Account.level, *accounts, is_active(Account)),
        await _per_level(session, Account.level, *accounts, silent(Account, silent_since)),
    ]
    return [Coverage(level, *(counts.get(level, 0) for counts in counted)) for level in Level]


async def _per_level(session: AsyncSession, level: Any, *which: ColumnElement[bool]) -> dict[Level, int]:
    rows = await session.execute(select(level, func.count()).where(*which).group_by(level))
    return dict(rows.all())


@dataclass(frozen=True)
class Person:
    """What whoever sees an account may know of the people around it; the login is for those who see the person."""

    id: UUID
    name: str


async def keepers_of(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Who keeps each of these accounts."""
    return await people_of(session, Account.id, Account.keeper_id, ids)


async def delegates_of(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """To whom each of these delegations is."""
    return await people_of(session, Delegation.id, Delegation.user_id, ids)


async def authors_of(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Who made each of these changes."""
    return await people_of(session, AccountEvent.id, AccountEvent.by_id, ids)


async def people_of(session: AsyncSession, row_id: Any, user_id: Any, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """The person that each of these rows names in a column."""
    query = select(row_id, User.id, User.name).join(User, User.id == user_id).where(row_id.in_(ids))
    return {found: Person(who, name) for found, who, name in await session.execute(query)}
