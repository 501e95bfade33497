"""Acts on accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.hosts.models import Host
from domain.refusals import NotFound
from domain.terms import AccountState
from domain.units.models import Unit


@dataclass(frozen=True)
class NewAccount:
    """What a platform told of an account when it was connected."""

    unit_id: UUID
    uid: str
    screen_name: str
    token: str = field(repr=False)
    token_expires_at: datetime


async def connect_accounts(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    keyring: Keyring,
    host_id: UUID,
    accounts: Sequence[NewAccount],
) -> int:
    """Register accounts with their tokens, or renew the tokens of those already known; answers how many.

    A known account stays with its unit, so the permission is needed there too.
    """
    units = await session.execute(
        select(Unit.id, Unit.path, Unit.level).where(
            Unit.id.in_({a.unit_id for a in accounts}), Unit.closed_on.is_(None)
        )
    )
    places = {unit_id: (path, level) for unit_id, path, level in units}
    ids, paths = await _known(session, host_id)
    rows: list[dict[str, Any]] = []
    for account in accounts:
        if account.unit_id not in places:
            raise NotFound("unit", path="unitId")
        path, level = places[account.unit_id]
        actor.require(Permission.ACCOUNT_EDIT, at=path, path="unitId")
        actor.require(Permission.ACCOUNT_EDIT, at=paths.get(account.uid, path), path="uid")
        row_id = ids.setdefault(account.uid, new_id())
        rows.append(
            {
                "id": row_id,
                "unit_id": account.unit_id,
                "unit_path": path,
                "level": level,
                "host_id": host_id,
                "uid": account.uid,
                "screen_name": account.screen_name,
                "state": AccountState.ACTIVE,
                "token": keyring.seal(account.token, row=f"accounts:token:{row_id}"),
                "token_expires_at": account.token_expires_at,
                "created_at": now,
            }
        )
    if rows:
        await session.execute(_renewing(), rows)
    return len(rows)


async def _known(session: AsyncSession, host_id: UUID) -> tuple[dict[str, UUID], dict[str, str]]:
    """Ids and paths of the platform's accounts by uid, with the turn at it taken.

    A token is sealed for the id of its row: two who connect the same new account at once must not both make one up.
    """
    turn = select(Host.id).where(Host.id == host_id).with_for_update(key_share=True)
    if (await session.execute(turn)).scalar_one_or_none() is None:
        raise NotFound("host", path="hostId")
    known = await session.execute(select(Account.uid, Account.id, Account.unit_path).where(Account.host_id == host_id))
    rows = known.all()
    return {uid: row_id for uid, row_id, _ in rows}, {uid: path for uid, _, path in rows}


def _renewing() -> Insert:
    fresh = insert(Account)
    renewed = {name: fresh.excluded[name] for name in ("token", "token_expires_at", "screen_name")} | {
        # A new token is no answer to whoever suspended the account.
        "state": case((Account.state == AccountState.SUSPENDED, Account.state), else_=fresh.excluded.state),
    }
    return fresh.on_conflict_do_update(index_elements=["host_id", "uid"], set_=renewed)


async def mark_unauthorized(session: AsyncSession, *, account_id: UUID, token: str) -> None:
    """The platform says this token is dead: nothing is sent for the account until it is renewed.

    `token` is the sealed one that was used; if another stands there by now, that one is not dead.
    """
    await session.execute(
        update(Account)
        .where(Account.id == account_id, Account.state == AccountState.ACTIVE, Account.token == token)
        .values(state=AccountState.UNAUTHORIZED)
    )


async def pause(session: AsyncSession, *, account_id: UUID, until: datetime | None, wait: timedelta) -> None:
    """The platform limits the account: nothing is sent for it before `until`, or for `wait` where it names no end."""
    end = func.now() + wait if until is None else until
    await session.execute(
        update(Account).where(Account.id == account_id).values(paused_until=func.greatest(Account.paused_until, end))
    )


async def pause_reading(session: AsyncSession, *, account_id: UUID, until: datetime | None, wait: timedelta) -> None:
    """The account cannot read counts now: another one reads meanwhile, and what it sends is not held up."""
    end = func.now() + wait if until is None else until
    await session.execute(
        update(Account)
        .where(Account.id == account_id)
        .values(reading_paused_until=func.greatest(Account.reading_paused_until, end))
    )
