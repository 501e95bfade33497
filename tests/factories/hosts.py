"""A worker's surroundings with the memory twin as its platform."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text, update

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.hosts.models import Host
from domain.posts.models import Attempt, Delivery
from integrations.database import Sessions
from integrations.microblogs.memory import MemoryClient
from integrations.objects import MemoryTwin
from tests.factories.posts import Scheduled, add_account, add_host, add_lesson, schedule
from tests.factories.units import plant_tree
from workers import posts
from workers.context import WorkerContext

LADDER = (timedelta(minutes=10), timedelta(hours=1))


def context_of(sessions: Sessions, keyring: Keyring, memory: MemoryClient, **changes: Any) -> WorkerContext:
    """What a worker has at hand, with long leases and short calls."""
    plain = WorkerContext(
        sessions=sessions,
        keyring=keyring,
        client=lambda _kind, _url: memory,
        store=MemoryTwin(),
        lease=timedelta(seconds=30),
        call_seconds=1.0,
        ladder=LADDER,
        scratch=Path(os.environ["QICAI_TESTS_DATA_DIR"]) / f"scratch-{new_id()}",
    )
    return replace(plain, **changes)


async def schedule_to(sessions: Sessions, keyring: Keyring, *units: str, count: int = 1) -> list[Scheduled]:
    """Posts that are due, each to one account in each of the units; the tree and the host are planted for it."""
    async with sessions() as session:
        tree = await plant_tree(session)
        host = await add_host(session, keyring)
        for unit in units:
            await add_account(session, tree, unit, host, keyring)
        lesson = await add_lesson(session, tree)
        return [await schedule(session, tree, lesson) for _ in range(count)]


async def delivery_now(sessions: Sessions, delivery: Delivery) -> Delivery:
    """The row as it is in the database."""
    async with sessions() as session:
        return await session.get_one(Delivery, delivery.id)


async def account_now(sessions: Sessions, delivery: Delivery) -> Account:
    async with sessions() as session:
        return await session.get_one(Account, delivery.account_id)


async def host_now(sessions: Sessions) -> Host:
    async with sessions() as session:
        return (await session.execute(select(Host))).scalar_one()


async def seconds_from_now(sessions: Sessions, column: Any) -> float:
    """How far the only value of a column lies ahead, by the database's clock."""
    async with sessions() as session:
        ahead = await session.scalar(select(column - func.now()).where(column.is_not(None)))
    assert ahead is not None
    return float(ahead.total_seconds())


async def events_of(sessions: Sessions, delivery: Delivery) -> list[str]:
    """What happened to a delivery, in order."""
    query = select(Attempt.event).where(Attempt.delivery_id == delivery.id).order_by(Attempt.fence)
    async with sessions() as session:
        return list((await session.execute(query)).scalars())


async def let_time_pass(sessions: Sessions) -> None:
    """As if every wait, pause and lease had run out; the clock itself is never moved."""
    past = text("now() - interval '1 second'")
    async with sessions() as session:
        for column in (
            Delivery.try_at,
            Delivery.look_at,
            Delivery.lease_until,
            Account.paused_until,
            Host.paused_until,
        ):
            await session.execute(update(column.class_).where(column.is_not(None)).values({column.key: past}))
        await session.commit()


async def send(context: WorkerContext) -> None:
    """Send what is due."""
    for held in await posts.claim_due(context, 10):
        await posts.deliver(context, held)


async def look(context: WorkerContext) -> None:
    """Look up what is unclear."""
    for held in await posts.claim_looks(context, 10):
        await posts.deliver(context, held)
