"""Tokens that a person must renew: found ahead of their end, told once, and done when a new token is there."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.accounts.models import Account, Delegation, Renewal
from domain.accounts.queries import Person, people_of
from domain.base.ids import new_id
from domain.base.prepared import any_of
from domain.terms import AccountState, RenewalState

AT_A_TIME = 1000


async def find_ending(session: AsyncSession, *, within: timedelta, limit: int = AT_A_TIME) -> list[UUID]:
    """Write down which tokens end soon or are dead already, each once until it is renewed; answers the accounts."""
    is_dead = Account.state == AccountState.UNAUTHORIZED
    ends_soon = and_(Account.state == AccountState.ACTIVE, Account.token_expires_at <= func.now() + within)
    told = exists().where(Renewal.account_id == Account.id, Renewal.done_at.is_(None))
    # A token that died early ended when the platform said so.
    ended = case((is_dead, func.least(Account.token_expires_at, Account.state_since)), else_=Account.token_expires_at)
    rows = await session.execute(
        select(Account.id, Account.keeper_id, ended).where(or_(is_dead, ends_soon), ~told).order_by(ended).limit(limit)
    )
    found = [
        {"id": new_id(), "account_id": row_id, "keeper_id": keeper_id, "state": RenewalState.OPEN, "ends_at": ends_at}
        for row_id, keeper_id, ends_at in rows
    ]
    if not found:
        return []
    fresh = insert(Renewal).values([row | {"found_at": func.now()} for row in found]).on_conflict_do_nothing()
    return list((await session.execute(fresh.returning(Renewal.account_id))).scalars())


async def mark_begun(session: AsyncSession, *, account_id: UUID, now: datetime) -> None:
    """Somebody took the link."""
    begun = update(Renewal).where(Renewal.account_id == account_id, Renewal.done_at.is_(None))
    values = {"state": RenewalState.BEGUN, "begun_at": now}
    await session.execute(begun.values(values).execution_options(synchronize_session=False))


async def mark_done(session: AsyncSession, *, account_ids: Sequence[UUID], now: datetime) -> None:
    """New tokens are there; what was held for want of them is released by the gate."""
    done = update(Renewal).where(Renewal.account_id == any_of(account_ids), Renewal.done_at.is_(None))
    values = {"state": RenewalState.DONE, "done_at": now}
    await session.execute(done.values(values).execution_options(synchronize_session=False))


async def may_renew(session: AsyncSession, actor: Actor, *, account_id: UUID, unit_path: str, now: datetime) -> bool:
    """Whether somebody may renew the token of an account: by editing it, or by running it as things stand now."""
    if actor.holds(Permission.ACCOUNT_EDIT, at=unit_path):
        return True
    if not actor.holds(Permission.ACCOUNT_RENEW, at=unit_path):
        return False
    query = select(Account.id).where(Account.id == account_id, _runs(actor, now))
    return (await session.execute(query)).first() is not None


def _runs(actor: Actor, now: datetime) -> ColumnElement[bool]:
    """Accounts that somebody keeps, or that are delegated to them now."""
    delegated = exists().where(
        Delegation.account_id == Account.id,
        Delegation.user_id == actor.user_id,
        Delegation.valid_from <= now,
        or_(Delegation.valid_to.is_(None), Delegation.valid_to > now),
    )
    return or_(Account.keeper_id == actor.user_id, delegated.correlate_except(Delegation))


def to_do(actor: Actor, *, within_path: str | None, now: datetime) -> Callable[[Any], ColumnElement[bool]]:
    """What is not renewed yet, for whoever runs the account and whoever may edit it."""

    def condition(entity: Any) -> ColumnElement[bool]:
        concerns = or_(within_reach(actor, Permission.ACCOUNT_EDIT, Account.unit_path), _runs(actor, now))
        account = exists().where(Account.id == entity.account_id, concerns, below(Account.unit_path, within_path or ""))
        return and_(entity.done_at.is_(None), account.correlate_except(Account))

    return condition


async def keepers_told(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Who was to do each of these."""
    return await people_of(session, Renewal.id, Renewal.keeper_id, ids)
