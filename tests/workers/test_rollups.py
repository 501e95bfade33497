"""A worker keeps the stored roll-ups up to date, a batch at a time."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.keyring import Keyring
from domain.engagement.folding import backlog
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from tests.factories.deliveries import add_published, add_snapshot, set_scene
from tests.factories.hosts import context_of
from tests.factories.rollups import recount, stored
from workers import rollups


async def publish(session: AsyncSession, keyring: Keyring, count: int) -> None:
    scene = await set_scene(session, keyring)
    for number in range(count):
        delivery = await add_published(session, scene.post, scene.accounts["north county"])
        await add_snapshot(session, delivery, 0, likes=number)


async def test_all_that_is_marked_is_counted_in_batches(
    sessions: Sessions, keys: Keys, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rollups, "AT_A_TIME", 2)
    async with sessions() as session:
        await publish(session, keys.keyring, 3)
        waiting = await backlog(session)
        assert (waiting.marks, waiting.oldest_seconds > 0) == (6, True)
    stopping = asyncio.Event()
    running = asyncio.create_task(rollups.keep_rollups(context_of(sessions, keys.keyring, MemoryClient()), stopping))
    async with sessions() as session, asyncio.timeout(10):
        while (await backlog(session)).marks:
            await session.commit()
            await asyncio.sleep(0.02)
        stopping.set()
        await asyncio.wait_for(running, 5)
        found = await stored(session, with_marked=False)
        assert found == await recount(session)
