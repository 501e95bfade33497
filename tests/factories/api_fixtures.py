"""Fixtures for rooms whose tests speak GraphQL; a conftest imports them by name."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.api import Country, Front, open_front, plant_country


@pytest.fixture(scope="session")
async def open_api(database_url: str, redis_url: str, keys: Keys) -> AsyncIterator[Front]:
    """The real application over the database of the test process."""
    async with open_front(keys, database_url=database_url, redis_url=redis_url) as front:
        yield front


@pytest.fixture
def api(open_api: Front, sessions: Sessions) -> Front:
    """The API on empty tables, spoken to by nobody."""
    return open_api


@pytest.fixture
async def country(session: AsyncSession, keys: Keys) -> Country:
    """The small tree with accounts and people, committed."""
    return await plant_country(session, keys)
