"""Acts on accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
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
    """Register accounts with their tokens, or renew the tokens of those already known; answers how many."""
    units = await session.execute(
        select(Unit.id, Unit.path, Unit.level).where(Unit.id.in_({a.unit_id for a in accounts}))
    )
    places = {unit_id: (path, level) for unit_id, path, level in units}
    known = await session.execute(select(Account.uid, Account.id).where(Account.host_id == host_id))
    ids = dict(known.all())
    rows: list[dict[str, Any]] = []
    for account in accounts:
        if account.unit_id not in places:
            raise NotFound("unit", path="unitId")
        path, level = places[account.unit_id]
        actor.require(Permission.ACCOUNT_EDIT, at=path, path="unitId")
        row_id = ids.get(account.uid) or new_id()
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
    fresh = insert(Account)
    renewed = {name: fresh.excluded[name] for name in ("token", "token_expires_at", "screen_name", "state")} | {
        "paused_until": None
    }
    if rows:
        await session.execute(fresh.on_conflict_do_update(index_elements=["host_id", "uid"], set_=renewed), rows)
    return len(rows)


async def mark_unauthorized(session: AsyncSession, *, account_id: UUID) -> None:
    """The platform says the token is dead: nothing is sent for the account until it is renewed."""
    await session.execute(
        update(Account)
        .where(Account.id == account_id, Account.state == AccountState.ACTIVE)
        .values(state=AccountState.UNAUTHORIZED)
    )


async def pause(session: AsyncSession, *, account_id: UUID, until: datetime | None, wait: timedelta) -> None:
    """The platform limits the account: nothing is sent for it before `until`, or for `wait` where it names no end."""
    end = func.now() + wait if until is None else until
    await session.execute(
        update(Account).where(Account.id == account_id).values(paused_until=func.greatest(Account.paused_until, end))
    )
