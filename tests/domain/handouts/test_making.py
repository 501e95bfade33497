"""What is asked for is in one pair of hands at a time, and whoever was overtaken settles nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.exports.models import Export
from domain.handouts import making
from domain.handouts.making import Held
from domain.refusals import Reason
from domain.terms import HandoutState, Role
from integrations.database import Sessions
from tests.factories.exports import ask_for, change_export, export_now
from tests.factories.units import Tree, add_user, plant_tree

LEASE, OVER = timedelta(minutes=2), timedelta(seconds=-1)
DOCUMENTS = {"units.csv": {"sha256": "ab" * 32, "size": 7}}


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


@pytest.fixture
async def viewer(session: AsyncSession, tree: Tree) -> User:
    return await add_user(session, tree["nation"], Role.VIEWER)


@pytest.fixture
async def export(session: AsyncSession, tree: Tree, viewer: User) -> Export:
    return await ask_for(session, viewer, tree["east"])


async def claimed(sessions: Sessions, lease: timedelta = LEASE) -> list[Held]:
    async with sessions() as session:
        held = await making.claim(session, Export, limit=1, lease=lease)
        await session.commit()
    return held


async def hold(sessions: Sessions, lease: timedelta = LEASE) -> Held:
    (held,) = await claimed(sessions, lease)
    return held


async def finish(sessions: Sessions, held: Held, **facts: Any) -> bool:
    async with sessions() as session:
        done = await making.finish(session, held, documents=DOCUMENTS, facts=facts)
        await session.commit()
    return done


async def test_it_is_taken_once_until_its_lease_ends(sessions: Sessions, export: Export):
    assert await hold(sessions, OVER) == Held(Export, export.id, 1)
    assert await hold(sessions) == Held(Export, export.id, 2)
    assert await claimed(sessions) == []
    now = await export_now(sessions, export.id)
    assert (now.state, now.tries) == (HandoutState.MAKING, 2)


async def test_two_who_look_at_once_take_two(
    sessions: Sessions, session: AsyncSession, tree: Tree, viewer: User, export: Export
):
    other = await ask_for(session, viewer, tree["west"])
    async with sessions() as one, sessions() as another:
        taken = [*await making.claim(one, Export, limit=1, lease=LEASE)]
        taken += await making.claim(another, Export, limit=1, lease=LEASE)
    assert [held.row_id for held in taken] == [export.id, other.id]


async def test_whoever_was_overtaken_settles_nothing_and_holds_nothing_longer(sessions: Sessions, export: Export):
    slow = await hold(sessions, OVER)
    quick = await hold(sessions)
    assert not await finish(sessions, slow, rows=1)
    async with sessions() as session:
        assert not await making.advance(session, slow, progress=50, lease=LEASE)
        assert not await making.fail(session, slow, reason=Reason.FILE_GAVE_UP)
        assert await making.advance(session, quick, progress=50, lease=LEASE)
    assert await finish(sessions, quick, rows=2)
    assert not await finish(sessions, quick, rows=3)
    now = await export_now(sessions, export.id)
    assert (now.state, now.progress, now.rows, now.documents) == (HandoutState.READY, 100, 2, DOCUMENTS)
    assert now.finished_at is not None
    assert await claimed(sessions) == []


async def test_what_is_put_back_waits_and_counts_only_where_it_was_to_blame(sessions: Sessions, export: Export):
    for counts, tries in ((True, 1), (False, 1)):
        held = await hold(sessions)
        async with sessions() as session:
            await making.put_back(session, held, wait=LEASE, counts=counts)
            await session.commit()
        now = await export_now(sessions, export.id)
        assert (now.state, now.tries) == (HandoutState.QUEUED, tries)
        assert await claimed(sessions) == []
        await change_export(sessions, export.id, try_at=now.asked_at)
