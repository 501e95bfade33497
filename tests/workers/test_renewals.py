"""A worker looks for tokens that end soon, at once and then every hour."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select, update

from domain.accounts.models import Account, Renewal
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from tests.factories.hosts import context_of, schedule_to
from workers import renewals

WEEK = timedelta(days=7)


async def test_what_ends_soon_is_found_as_soon_as_a_worker_starts(sessions: Sessions, keys: Keys):
    await schedule_to(sessions, keys.keyring, "north county", "south county")
    async with sessions() as session:
        await session.execute(update(Account).values(token_expires_at=func.now() + timedelta(days=3)))
        await session.commit()
    stopping = asyncio.Event()
    context = context_of(sessions, keys.keyring, MemoryClient())
    running = asyncio.create_task(renewals.find_renewals(context, WEEK, stopping))
    async with sessions() as session, asyncio.timeout(10):
        while await session.scalar(select(func.count()).select_from(Renewal)) != 2:
            await session.commit()
            await asyncio.sleep(0.02)
    stopping.set()
    await asyncio.wait_for(running, 5)
