"""The record of sending and reading is kept for so long, and what is published for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import first_id_at
from domain.base.keyring import Keyring
from domain.engagement import retention
from domain.engagement.models import Snapshot
from domain.engagement.retention import forget_record
from domain.posts.models import Attempt, Delivery, Hold
from domain.terms import AttemptKind, HoldReason
from tests.factories.deliveries import add_published, set_scene

NOW = datetime(2026, 6, 1, tzinfo=UTC)
BEFORE = NOW - timedelta(days=730)


async def left(session: AsyncSession, model: type[Attempt] | type[Hold] | type[Snapshot]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def note(session: AsyncSession, delivery: Delivery, at: datetime, *, slot: int) -> None:
    """An attempt, a lifted hold, and a reading, all made at one instant."""
    made = {"id": first_id_at(at), "delivery_id": delivery.id}
    told = {"kind": AttemptKind.SUBMIT, "event": "NOT_SENT", "claimed_at": at, "settled_at": at}
    await session.execute(insert(Attempt).values(fence=slot + 1, **told, **made))
    await session.execute(insert(Hold).values(reason=HoldReason.SILENCED, since=at, lifted_at=at, **made))
    await session.execute(insert(Snapshot).values(slot=slot, taken_at=at, likes=slot, **made))
    await session.commit()


@pytest.fixture
async def delivery(session: AsyncSession, keyring: Keyring) -> Delivery:
    scene = await set_scene(session, keyring)
    return await add_published(session, scene.post, scene.accounts["north county"])


async def test_what_is_older_goes_and_what_still_says_something_stays(session: AsyncSession, delivery: Delivery):
    for slot, days in enumerate((3, 2, 1)):
        await note(session, delivery, BEFORE - timedelta(days=days), slot=slot)
    lasting = {"id": first_id_at(BEFORE - timedelta(days=4)), "delivery_id": delivery.id}
    await session.execute(insert(Hold).values(reason=HoldReason.NOT_APPROVED, since=BEFORE, **lasting))
    await session.commit()
    assert await forget_record(session, before=BEFORE) == 3 + 3 + 2
    # Of the counts the last one stays, of the holds the one that was never lifted.
    assert (await left(session, Attempt), await left(session, Hold)) == (0, 1)
    assert (await session.scalars(select(Snapshot.slot))).all() == [2]
    assert await session.scalar(select(func.count()).select_from(Delivery)) == 1
    assert await forget_record(session, before=BEFORE) == 0


async def test_what_is_younger_stays_whole(session: AsyncSession, delivery: Delivery):
    for slot in range(2):
        await note(session, delivery, BEFORE + timedelta(seconds=slot), slot=slot)
    assert await forget_record(session, before=BEFORE) == 0
    assert (await left(session, Attempt), await left(session, Hold), await left(session, Snapshot)) == (2, 2, 2)


async def test_much_goes_in_several_turns(session: AsyncSession, delivery: Delivery, monkeypatch: pytest.MonkeyPatch):
    for slot in range(3):
        await note(session, delivery, BEFORE - timedelta(days=slot + 1), slot=slot)
    monkeypatch.setattr(retention, "AT_A_TIME", 2)
    assert [await forget_record(session, before=BEFORE) for _ in range(3)] == [6, 2, 0]
