"""One forest per test; property tests only read it."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.keyring import Keyring
from tests.factories.forest import Forest, plant_forest


@pytest.fixture
async def forest(session: AsyncSession, keyring: Keyring) -> Forest:
    return await plant_forest(session, keyring)
