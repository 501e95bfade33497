"""What has to hold before an account or a guidance is changed: rows locked, permissions, versions, persons."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.accounts import queries, rules
from domain.accounts.models import Account, Guidance
from domain.refusals import Conflict, Invalid, NotFound, Reason, edited_meanwhile
from domain.units.queries import locked_row


async def locked_account(session: AsyncSession, actor: Actor, account_id: UUID) -> Account:
    """The account as it stands now, for this actor to change; whoever else wants to change it waits."""
    account = await locked_row(session, Account, account_id)
    actor.require(Permission.ACCOUNT_EDIT, at=account.unit_path, path="accountId", what="account")
    return account


async def locked_guidance(session: AsyncSession, actor: Actor, guidance_id: UUID) -> Guidance:
    """The guidance as it stands now, for this actor to change or to use."""
    guidance = await locked_row(session, Guidance, guidance_id)
    actor.require(Permission.GUIDANCE_EDIT, at=guidance.unit_path, path="guidanceId", what="guidance")
    return guidance


def check_version(
    row: Account | Guidance, expected_version: int, before: Mapping[str, Any], given: Mapping[str, Any]
) -> None:
    """Refuse whoever saw an older version, and show both."""
    if row.version != expected_version:
        raise edited_meanwhile(row.version, expected_version, rules.Differences.between(before, given))


async def check_class(session: AsyncSession, actor: Actor, account: Account, guidance_id: UUID | None) -> None:
    """Into which class an account comes, and out of which, is decided by the units that wrote the guidances.

    A unit from which the account has moved away has no say any more. The guidance is not locked, for it stays whatever
    becomes of its words, and who classes many accounts locks it before them.
    """
    former = None if account.guidance_id is None else await session.get_one(Guidance, account.guidance_id)
    if former is not None and rules.is_above(former.unit_path, account.unit_path):
        actor.require(Permission.GUIDANCE_EDIT, at=former.unit_path, path="guidanceId")
    if guidance_id is None:
        return
    guidance = await session.get(Guidance, guidance_id)
    if guidance is None:
        raise NotFound("guidance", path="guidanceId")
    actor.require(Permission.GUIDANCE_EDIT, at=guidance.unit_path, path="guidanceId", what="guidance")
    if not rules.is_above(guidance.unit_path, account.unit_path):
        raise Invalid(Reason.GUIDANCE_NOT_ABOVE, path="guidanceId")


async def check_named(session: AsyncSession, actor: Actor, guidance: Guidance, account_ids: Sequence[UUID]) -> None:
    """Accounts named for a class are seen by the actor, lie below the guidance's unit, and may leave their class."""
    rows = await session.execute(
        select(Account.id, Account.unit_path, Guidance.unit_path)
        .outerjoin(Guidance, Guidance.id == Account.guidance_id)
        .where(Account.id.in_(account_ids))
    )
    found = rows.all()
    places = {row_id: path for row_id, path, _ in found}
    classed_by = {row_id: path for row_id, _, path in found if path is not None}
    for account_id in account_ids:
        if account_id not in places:
            raise NotFound("account", path="accountIds")
        actor.require(Permission.ACCOUNT_VIEW, at=places[account_id], path="accountIds", what="account")
        if not rules.is_above(guidance.unit_path, places[account_id]):
            raise Invalid(Reason.GUIDANCE_NOT_ABOVE, path="accountIds")
        former = classed_by.get(account_id)
        if former is not None and rules.is_above(former, places[account_id]):
            actor.require(Permission.GUIDANCE_EDIT, at=former, path="accountIds")


async def check_runner(
    session: AsyncSession, actor: Actor, user_id: UUID, unit_paths: Sequence[str], *, now: datetime, path: str
) -> None:
    """Whoever runs accounts is a person the actor may see, enabled, and acts for the unit of each."""
    found = await queries.runner(session, user_id, now=now)
    if found is None:
        raise NotFound("user", path=path)
    actor.require(Permission.USER_VIEW, at=found.user.unit_path, path=path, what="user")
    short = sum(not found.may_run(unit_path) for unit_path in unit_paths)
    if short or found.user.disabled_at is not None:
        raise Conflict(Reason.NOT_ENTITLED_TO_RUN, path=path, count=short or len(unit_paths))
