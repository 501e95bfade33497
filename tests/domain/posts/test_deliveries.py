"""Deliveries in the database: claimed once, in order, settled only by the holder."""

from datetime import timedelta

from domain.base.keyring import Keyring
from domain.posts import deliveries
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.posts import add_account, add_host, add_lesson, schedule
from tests.factories.units import plant_tree

LEASE = timedelta(seconds=30)


async def test_a_due_delivery_is_claimed_once(sessions: Sessions, keys: Keys):
    keyring: Keyring = keys.keyring
    async with sessions() as session:
        tree = await plant_tree(session)
        host = await add_host(session, keyring)
        await add_account(session, tree, "north county", host, keyring)
        await schedule(session, tree, await add_lesson(session, tree))
    async with sessions() as session:
        first = await deliveries.claim_due(session, limit=10, lease=LEASE)
        await session.commit()
        second = await deliveries.claim_due(session, limit=10, lease=LEASE)
    assert len(first) == 1
    assert second == []
