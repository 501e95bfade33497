"""The life of readings in the database: begin, claim, keep. Called by workers, in their transactions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Integer, Interval, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts import budgets
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.prepared import ask, given
from domain.engagement.comments import note_counts
from domain.engagement.models import Reading, Snapshot
from domain.engagement.readers import Call, host_answers, may_call, reader_of
from domain.engagement.rules import plan
from domain.hosts.models import Host
from domain.hosts.port import Counts
from domain.posts.models import Delivery
from domain.terms import DeliveryState, Metric


@dataclass(frozen=True)
class Due:
    """A post whose counts are to be read now."""

    delivery_id: UUID
    host_post_id: str
    slot: int
    published_at: datetime
    missing_since: datetime | None = None


@dataclass(frozen=True)
class Batch(Call):
    """Posts of one platform to be read in one call."""

    due: Sequence[Due]


async def begin(session: AsyncSession, *, delivery_id: UUID, ladder: Sequence[timedelta]) -> None:
    """From now on the counts of this published delivery are read."""
    await ask(session, _beginning(), of_delivery=delivery_id, first=ladder[0])


@cache
def _beginning() -> Executable:
    published = (
        select(
            Delivery.id,
            Account.host_id,
            Delivery.host_post_id,
            Delivery.published_at,
            Delivery.published_at + given("first", Interval()),
        )
        .join(Account, Account.id == Delivery.account_id)
        .where(Delivery.id == given("of_delivery", Delivery.id), Delivery.state == DeliveryState.PUBLISHED)
    )
    columns = ["delivery_id", "host_id", "host_post_id", "published_at", "due_at"]
    return insert(Reading).from_select(columns, published).on_conflict_do_nothing()


async def claim(session: AsyncSession, *, batch_size: int, lease: timedelta) -> Batch | None:
    """Take posts of one platform that are due; a reading that is never finished comes up again after the lease."""
    host = await ask(session, _next_host())
    place = host.one_or_none()
    if place is None:
        return None
    host_id, kind, api_url = place
    reader = await reader_of(session, host_id)
    if reader is None:
        return None
    rows = await ask(session, _taking(), of_host=host_id, reader=reader[0], limit=batch_size, lease=lease)
    taken = [Due(*row) for row in rows]
    return Batch(host_id, kind, api_url, *reader, due=taken) if taken else None


@cache
def _next_host() -> Executable:
    return (
        select(Host.id, Host.kind, Host.api_url)
        .join(Reading, Reading.host_id == Host.id)
        .where(
            Reading.due_at <= func.now(),
            host_answers(),
            # A platform that nobody can read now must not keep the others from being read.
            exists().where(*may_call(Host.id)),
        )
        .order_by(Reading.due_at)
        .limit(1)
    )


@cache
def _taking() -> Executable:
    due = (
        select(Reading.delivery_id)
        .where(Reading.host_id == given("of_host", Reading.host_id), Reading.due_at <= func.now())
        .order_by(Reading.due_at)
        .limit(given("limit", Integer()))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    # Only what is taken costs a call.
    spent = (
        update(Account)
        .where(Account.id == given("reader", Account.id), exists(select(due.c.delivery_id)))
        .values(budgets.spending(is_post=False))
        .returning(Account.id)
        .cte("spent")
    )
    return (
        update(Reading)
        .add_cte(spent)
        .where(Reading.delivery_id.in_(select(due.c.delivery_id)))
        .values(due_at=func.now() + given("lease", Interval()))
        .returning(Reading.delivery_id, Reading.host_post_id, Reading.slot, Reading.published_at, Reading.missing_since)
    )


async def keep(
    session: AsyncSession,
    batch: Batch,
    *,
    counts: Mapping[str, Counts],
    taken_at: datetime,
    ladder: Sequence[timedelta],
) -> int:
    """Keep what was read, and say when each post is read next; reading the same slot twice keeps one."""
    rows: list[dict[str, Any]] = []
    for due in batch.due:
        read = counts.get(due.host_post_id)
        if read is not None:
            values = {metric.value.lower(): read.get(metric) for metric in Metric}
            rows.append(
                {"id": new_id(), "delivery_id": due.delivery_id, "slot": due.slot, "taken_at": taken_at} | values
            )
    if rows:
        await session.execute(insert(Snapshot).values(rows).on_conflict_do_nothing())
    await note_counts(session, {row["delivery_id"]: row["comments"] for row in rows if row["comments"] is not None})
    await _plan_next(session, batch, named=set(counts), taken_at=taken_at, ladder=ladder)
    return len(rows)


async def _plan_next(
    session: AsyncSession, batch: Batch, *, named: set[str], taken_at: datetime, ladder: Sequence[timedelta]
) -> None:
    plans, gone, back = [], [], []
    for due in batch.due:
        is_named = due.host_post_id in named
        found = plan(
            due.slot,
            due.published_at,
            taken_at=taken_at,
            named=is_named,
            missing_since=due.missing_since,
            ladder=ladder,
        )
        plans.append(
            {
                "delivery_id": due.delivery_id,
                "slot": found.slot,
                "due_at": found.due_at,
                "missing_since": found.missing_since,
            }
        )
        if found.gone_at is not None:
            gone.append(due.delivery_id)
        elif is_named and due.missing_since is not None:
            back.append(due.delivery_id)
    await session.execute(update(Reading), plans)
    # Only few posts go or come back: a reading as usual touches no delivery.
    if gone:
        vanished = update(Delivery).where(Delivery.id.in_(gone), Delivery.gone_at.is_(None))
        await session.execute(vanished.values(gone_at=taken_at).execution_options(synchronize_session=False))
    if back:
        returned = update(Delivery).where(Delivery.id.in_(back), Delivery.gone_at.is_not(None))
        await session.execute(returned.values(gone_at=None).execution_options(synchronize_session=False))
