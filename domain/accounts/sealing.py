"""Sealed columns under another key: row by row in batches, whoever else writes meanwhile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, column, func, select, update, values
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.keyring import Keyring, SecretUnreadable
from domain.hosts.models import Host

# Every sealed column, under the name it is sealed with.
SEALED: Mapping[str, Any] = {"accounts:token": Account.token, "hosts:app_secret": Host.app_secret}


@dataclass(frozen=True)
class Batch:
    """Rows looked at: how many are sealed anew, which could not be opened, and the last of them."""

    resealed: int
    unreadable: tuple[UUID, ...]
    last: UUID | None


async def reseal(session: AsyncSession, *, name: str, keyring: Keyring, after: UUID | None, limit: int) -> Batch:
    """Seal up to so many values of a column, in the order of ids, under the current key.

    Rows that somebody else holds are passed over, and one that changed since it was read stays as it was changed;
    both come up in the next pass.
    """
    sealed = SEALED[name]
    model = sealed.class_
    query = (
        select(model.id, sealed)
        .where(_key_id(sealed) != keyring.current, model.id > (after or UUID(int=0)))
        .order_by(model.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
    )
    rows = (await session.execute(query)).all()
    fresh: list[tuple[UUID, str, str]] = []
    unreadable: list[UUID] = []
    for row_id, old in rows:
        try:
            secret = keyring.open(old, row=f"{name}:{row_id}")
        except SecretUnreadable:
            unreadable.append(row_id)
            continue
        fresh.append((row_id, old, keyring.seal(secret, row=f"{name}:{row_id}")))
    done = await _swap(session, sealed, fresh) if fresh else 0
    return Batch(done, tuple(unreadable), rows[-1].id if rows else None)


async def keys_in_use(session: AsyncSession) -> dict[str, dict[str, int]]:
    """How many values of each sealed column every key seals."""
    found: dict[str, dict[str, int]] = {}
    for name, sealed in SEALED.items():
        key_id = _key_id(sealed)
        rows = await session.execute(select(key_id, func.count()).group_by(key_id))
        found[name] = dict(rows.all())
    return found


def _key_id(sealed: Any) -> Any:
    return func.split_part(sealed, ":", 1)


async def _swap(session: AsyncSession, sealed: Any, fresh: list[tuple[UUID, str, str]]) -> int:
    model = sealed.class_
    names = (column("id", Uuid()), column("old", Text()), column("new", Text()))
    swaps = values(*names, name="swaps").data(fresh)
    swapped = await session.execute(
        update(model)
        .where(model.id == swaps.c.id, sealed == swaps.c.old)
        .values({sealed: swaps.c.new})
        .returning(model.id)
        .execution_options(synchronize_session=False)
    )
    return len(swapped.all())
