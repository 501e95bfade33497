"""What tests of accounts share."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.keyring import Keyring
from tests.factories.accounts import Office, open_office


@pytest.fixture
async def office(session: AsyncSession, keyring: Keyring) -> Office:
    return await open_office(session, keyring)
