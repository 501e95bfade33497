"""Counting followers once a day in China: claim, keep, put off. Called by workers, in their transactions.

The rows that say when are those of the accounts, which others need to send: whoever holds one is passed over, never
waited for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Executable, Integer, Interval, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts import budgets
from domain.accounts.models import Account, is_active
from domain.base.ids import new_id
from domain.base.prepared import ask, given
from domain.engagement.models import FollowerCount
from domain.engagement.readers import Call, host_answers, may_call, reader_of
from domain.hosts.models import Host


@dataclass(frozen=True)
class FollowerBatch(Call):
    """Accounts of one platform, by their uid there, whose followers are counted in one call."""

    accounts: Mapping[str, UUID]


async def claim(session: AsyncSession, *, batch_size: int, lease: timedelta) -> FollowerBatch | None:
    """Take accounts of one platform that were not counted today; what is never finished comes up after the lease."""
    place = (await ask(session, _next_host())).one_or_none()
    if place is None:
        return None
    host_id, kind, api_url = place
    reader = await reader_of(session, host_id)
    if reader is None:
        return None
    rows = await ask(session, _taking(), of_host=host_id, limit=batch_size, lease=lease)
    taken: dict[str, UUID] = dict(rows.all())
    if not taken:
        return None
    # Apart from the statement that takes: it may have taken the reader itself, and no row is changed twice in one.
    await session.execute(update(Account).where(Account.id == reader[0]).values(budgets.spending(is_post=False)))
    return FollowerBatch(host_id, kind, api_url, *reader, accounts=taken)


@cache
def _next_host() -> Executable:
    due = exists().where(Account.host_id == Host.id, *_due()).correlate(Host)
    reads = exists().where(*may_call(Host.id)).correlate(Host)
    return select(Host.id, Host.kind, Host.api_url).where(host_answers(), due, reads).order_by(Host.id).limit(1)


@cache
def _taking() -> Executable:
    due = (
        select(Account.id)
        .where(Account.host_id == given("of_host", Account.host_id), *_due())
        .order_by(Account.followers_due_at)
        .limit(given("limit", Integer()))
        .with_for_update(key_share=True, skip_locked=True)
        .cte("due")
    )
    return (
        update(Account)
        .where(Account.id.in_(select(due.c.id)))
        .values(followers_due_at=func.now() + given("lease", Interval()))
        .returning(Account.uid, Account.id)
    )


def _due() -> tuple[ColumnElement[bool], ...]:
    return is_active(Account), Account.followers_due_at <= func.now()


async def keep(session: AsyncSession, batch: FollowerBatch, *, counts: Mapping[str, int | None]) -> int:
    """Keep what was counted as that of today, once, and count again tomorrow; answers how many were kept.

    Today is the database's, as what is due is: a worker whose clock is behind would count the day over and over.
    """
    facts = {"day": budgets.today(), "taken_at": func.now()}
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "account_id": account_id, "count": counts.get(uid)} | facts
        for uid, account_id in batch.accounts.items()
    ]
    kept = await session.execute(
        insert(FollowerCount).values(rows).on_conflict_do_nothing().returning(FollowerCount.id)
    )
    tomorrow = func.date_trunc("day", func.timezone(budgets.ZONE, func.now())) + timedelta(days=1)
    await _come_up(session, batch, func.timezone(budgets.ZONE, tomorrow))
    return len(kept.all())


async def put_off(session: AsyncSession, batch: FollowerBatch, *, wait: timedelta) -> None:
    """Try these accounts again later, today if that is left."""
    await _come_up(session, batch, func.now() + wait)


async def _come_up(session: AsyncSession, batch: FollowerBatch, due_at: Any) -> None:
    """Of these accounts those that nobody holds; the others come up again when their lease ends."""
    mine = Account.id.in_(batch.accounts.values())
    free = select(Account.id).where(mine).with_for_update(key_share=True, skip_locked=True).cte("free")
    planned = update(Account).where(Account.id.in_(select(free.c.id))).values(followers_due_at=due_at)
    await session.execute(planned.execution_options(synchronize_session=False))
