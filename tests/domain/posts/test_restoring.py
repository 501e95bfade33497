"""After a restore: what may have gone out is looked for first, once, and is neither given up nor asked for ever."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.keyring import Keyring
from domain.hosts import port
from domain.posts import answers, gate
from domain.posts.deliveries import Claim
from domain.posts.models import Delivery
from domain.posts.outcomes import after_look
from domain.posts.rules import LOOK_AFTER
from domain.posts.settlements import settle_delivery
from domain.terms import DeliveryState, Lateness, PersonSettlement
from tests.factories.deliveries import Scene, add_delivery, change, set_scene
from tests.factories.gate import claim, state_of
from tests.factories.people import add_keeper
from tests.factories.units import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring)


@pytest.fixture
async def restored(session: AsyncSession, scene: Scene) -> Delivery:
    """Due long since by the database's word, and not known to have gone out."""
    return await add_delivery(session, scene.post, scene.accounts["north county"], due_in=-3 * HOUR, look_first=True)


async def looked(session: AsyncSession, held: Claim, answer: Any) -> None:
    settlement = after_look(answer, state=held.state, looks=held.looks)
    assert await answers.settle(session, held, settlement)
    await session.commit()


async def test_the_first_look_counts_so_that_the_second_comes_soon(session: AsyncSession, restored: Delivery):
    (held,) = await claim(session)
    assert (held.state, held.looks) == (DeliveryState.UNCONFIRMED, 1)
    await looked(session, held, port.Uncertain())
    await session.refresh(restored)
    assert restored.look_at is not None
    assert restored.claimed_at is not None
    assert restored.look_at - restored.claimed_at < 2 * LOOK_AFTER[0]


async def test_what_a_person_sends_again_after_looks_in_vain_is_sent(
    session: AsyncSession, scene: Scene, restored: Delivery
):
    (held,) = await claim(session)
    await change(session, restored, looks=len(LOOK_AFTER) + 1)
    await looked(session, replace(held, looks=len(LOOK_AFTER) + 1), port.Uncertain())
    assert await state_of(session, restored) is DeliveryState.NEEDS_PERSON
    keeper = await add_keeper(session, scene.tree["nation"], login="keeper")
    await settle_delivery(session, keeper, now=NOW, delivery_id=restored.id, settlement=PersonSettlement.SEND_AGAIN)
    await session.commit()
    (again,) = await claim(session)
    assert again.state is DeliveryState.SENDING


async def test_what_is_late_is_looked_for_before_it_is_missed(session: AsyncSession, scene: Scene, restored: Delivery):
    await change(session, scene.post, lateness=Lateness.MISS, late_after_seconds=3600)
    await gate.miss_late(session, limit=100)
    await session.commit()
    (held,) = await claim(session)
    assert held.state is DeliveryState.UNCONFIRMED
    await looked(session, held, port.Absent())
    await change(session, restored, try_at=func.now())
    # It did not go out, and now it is too late for it.
    assert await claim(session) == []
    await gate.miss_late(session, limit=100)
    await session.commit()
    assert await state_of(session, restored) is DeliveryState.MISSED
