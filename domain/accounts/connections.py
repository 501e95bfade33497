"""Connecting accounts: what the platform told of each becomes a row with its token, and an event beside it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, insert, select
from sqlalchemy.dialects.postgresql import Insert
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts import renewals
from domain.accounts.events import event
from domain.accounts.models import Account, AccountEvent
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.base.prepared import any_of
from domain.hosts.models import Host
from domain.refusals import NotFound
from domain.terms import AccountChange, AccountState, Level
from domain.units.models import Unit
from domain.units.queries import tree_stands

# What a platform tells of an account; the token is no part of its history.
TOLD = ("screen_name", "token_expires_at", "state")


@dataclass(frozen=True)
class NewAccount:
    """What a platform told of an account when it was connected."""

    unit_id: UUID
    uid: str
    screen_name: str
    token: str = field(repr=False)
    token_expires_at: datetime


@dataclass(frozen=True)
class Known:
    """An account of the platform as it stands before."""

    id: UUID
    unit_path: str
    told: dict[str, Any]


async def places_of(session: AsyncSession, accounts: Sequence[NewAccount]) -> dict[UUID, tuple[str, Any]]:
    """Path and level of each open unit that is named; none of them moves before this is committed."""
    await tree_stands(session)
    wanted = {account.unit_id for account in accounts}
    units = await session.execute(
        select(Unit.id, Unit.path, Unit.level).where(Unit.id == any_of(wanted), Unit.closed_on.is_(None))
    )
    return {unit_id: (path, level) for unit_id, path, level in units}


async def known_accounts(session: AsyncSession, host_id: UUID) -> dict[str, Known]:
    """The platform's accounts by uid, with the turn at it taken.

    A token is sealed for the id of its row: two who connect the same new account at once must not both make one up.
    """
    turn = select(Host.id).where(Host.id == host_id).with_for_update(key_share=True)
    if (await session.execute(turn)).scalar_one_or_none() is None:
        raise NotFound("host", path="hostId")
    columns = [getattr(Account, name) for name in TOLD]
    rows = await session.execute(
        select(Account.uid, Account.id, Account.unit_path, *columns).where(Account.host_id == host_id)
    )
    return {uid: Known(row_id, path, dict(zip(TOLD, told, strict=True))) for uid, row_id, path, *told in rows}


def told_of(account: NewAccount, known: Known | None) -> dict[str, Any]:
    """What is known of an account from now on."""
    suspended = known is not None and known.told["state"] is AccountState.SUSPENDED
    return {
        "screen_name": account.screen_name,
        "token_expires_at": account.token_expires_at,
        # A new token is no answer to whoever suspended the account.
        "state": AccountState.SUSPENDED if suspended else AccountState.ACTIVE,
    }


def row_of(account: NewAccount, *, now: datetime, token: str, **place: Any) -> dict[str, Any]:
    """The row of a new account at its place; `token` is sealed."""
    return {
        **place,
        "uid": account.uid,
        "screen_name": account.screen_name,
        "state": AccountState.ACTIVE,
        "state_since": now,
        "token": token,
        "token_expires_at": account.token_expires_at,
        "created_at": now,
    }


def connection_event(
    row_id: UUID, known: Known | None, told: dict[str, Any], *, now: datetime, actor: Actor
) -> dict[str, Any]:
    """An account was connected, or its token renewed."""
    change = AccountChange.CONNECTED if known is None else AccountChange.RENEWED
    before = {} if known is None else known.told
    return event(row_id, change, at=now, actor=actor, reason=None, before=before, after=told)


def renewing() -> Insert:
    """Insert accounts, or renew those that are known; a state that stays keeps its date and reason."""
    fresh = upsert(Account)
    suspended = Account.state == AccountState.SUSPENDED
    stays = Account.state != AccountState.UNAUTHORIZED
    renewed = {name: fresh.excluded[name] for name in ("token", "token_expires_at", "screen_name")} | {
        "state": case((suspended, Account.state), else_=fresh.excluded.state),
        "state_since": case((stays, Account.state_since), else_=fresh.excluded.state_since),
        "state_reason": case((stays, Account.state_reason), else_=None),
    }
    return fresh.on_conflict_do_update(index_elements=["host_id", "uid"], set_=renewed)


async def store_tokens(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    keyring: Keyring,
    host_id: UUID,
    accounts: Sequence[NewAccount],
    places: Mapping[UUID, tuple[str, Level]],
    known: dict[str, Known],
) -> int:
    """Keep the tokens of accounts, new or known, and what became of each; whoever calls has asked for permission."""
    rows: list[dict[str, Any]] = []
    events: list[dict[str, Any]] = []
    for account in accounts:
        path, level = places[account.unit_id]
        earlier = known.get(account.uid)
        row_id = earlier.id if earlier else new_id()
        told = told_of(account, earlier)
        events.append(connection_event(row_id, earlier, told, now=now, actor=actor))
        # Whoever is named twice in one act is known the second time.
        known[account.uid] = Known(row_id, earlier.unit_path if earlier else path, told)
        token = keyring.seal(account.token, row=f"accounts:token:{row_id}")
        place = {"unit_id": account.unit_id, "unit_path": path, "level": level, "host_id": host_id}
        rows.append(row_of(account, id=row_id, token=token, now=now, **place))
    if rows:
        await session.execute(renewing(), rows)
        await session.execute(insert(AccountEvent), events)
        await renewals.mark_done(session, account_ids=[row["id"] for row in rows], now=now)
    return len(rows)
