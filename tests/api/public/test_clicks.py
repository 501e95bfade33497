"""Clicks wait in memory while the database cannot take them, and are neither lost at the end nor counted twice."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.public.clicks import KEPT, ClickCounter
from domain.publicity.models import Click
from integrations.database import Sessions, open_engine, open_sessions
from tests.api.serving import CLOSED
from tests.factories.api import Country
from tests.factories.posts import add_lesson, schedule

DAY = date(2026, 6, 1)
NEVER = 3600.0


@pytest.fixture
async def delivery_id(session: AsyncSession, country: Country) -> UUID:
    return (await schedule(session, country.tree, await add_lesson(session, country.tree))).deliveries[0].id


async def total(session: AsyncSession) -> int:
    return int(await session.scalar(select(func.coalesce(func.sum(Click.count), 0))) or 0)


async def test_what_is_left_at_the_end_is_written_down(sessions: Sessions, session: AsyncSession, delivery_id: UUID):
    counters = [ClickCounter(sessions, every_seconds=NEVER) for _ in range(3)]
    for counter in counters:
        for _ in range(5):
            counter.count(delivery_id, DAY)
    assert await total(session) == 0
    for counter in counters:
        await counter.close()
        await counter.close()
    assert await total(session) == 15


async def test_clicks_outlast_a_database_that_is_away(sessions: Sessions, session: AsyncSession, delivery_id: UUID):
    away = open_engine(f"postgresql://nobody@{CLOSED}/nothing")
    counter = ClickCounter(open_sessions(away), every_seconds=NEVER)
    counter.count(delivery_id, DAY)
    await counter.close()
    await away.dispose()
    counter._sessions = sessions
    await counter.close()
    assert await total(session) == 1


async def test_what_cannot_be_kept_is_bounded(sessions: Sessions):
    counter = ClickCounter(sessions, every_seconds=NEVER)
    for number in range(KEPT + 10):
        counter.count(UUID(int=number), DAY)
    assert len(counter._counts) == KEPT
    # None of these deliveries is there: that is a defect, which repeating does not mend.
    await counter.close()
    assert len(counter._counts) == 0
