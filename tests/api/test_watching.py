"""Many who watch cost little, and one look serves all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from structlog.testing import capture_logs

from api import watching
from api.auth import Credentials
from api.watching import Watching
from domain.access.models import User
from domain.base.ids import new_id
from domain.logins.queries import callers_of
from domain.posts.models import Delivery
from domain.posts.progress import Progress
from domain.refusals import NotAuthenticated
from domain.terms import DeliveryState, Role
from integrations.database import Sessions, open_engine, open_sessions
from integrations.keys import Keys
from tests.factories.deliveries import Scene, add_delivery, set_scene
from tests.factories.servers import eventually
from tests.factories.statements import statements_of
from tests.factories.units import add_user

SHORT = 0.05
PATIENCE = 10.0


@pytest.fixture(autouse=True)
def short_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY_SECONDS", SHORT)
    monkeypatch.setattr(watching, "SHARE", 1.0)
    monkeypatch.setattr(watching, "NEWCOMERS_SECONDS", 0.0)


@pytest.fixture
async def scene(session: AsyncSession, keys: Keys) -> Scene:
    return await set_scene(session, keys.keyring, units=("nation", "east", "west", "north county"))


@pytest.fixture
async def nation(session: AsyncSession, scene: Scene) -> User:
    return await add_user(session, scene.tree["nation"], login="nation")


@pytest.fixture
async def looking(sessions: Sessions) -> AsyncIterator[Watching]:
    opened = Watching(sessions)
    yield opened
    await opened.close()


async def first(looking: Watching, user: User, scene: Scene) -> Progress:
    async with aclosing(looking.watch(Credentials(user.id), scene.post.id)) as told:
        found: Progress
        found, _ = await asyncio.wait_for(anext(told), PATIENCE)
        return found


async def publish(session: AsyncSession) -> None:
    await session.execute(update(Delivery).values(state=DeliveryState.PUBLISHED))
    await session.commit()


async def test_a_hundred_who_see_the_same_cost_three_statements_a_look(
    looking: Watching,
    engine: AsyncEngine,
    session: AsyncSession,
    scene: Scene,
    nation: User,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(watching, "WATCHED_EACH", 100)
    await add_delivery(session, scene.post, scene.accounts["east"])
    states: list[list[Any]] = [[] for _ in range(100)]

    begun = asyncio.Semaphore(0)

    async def follow(seen: list[Any]) -> None:
        async for found, _ in looking.watch(Credentials(nation.id), scene.post.id):
            seen.append(found)
            begun.release()

    followers = [asyncio.create_task(follow(seen)) for seen in states]
    for _ in followers:
        await asyncio.wait_for(begun.acquire(), PATIENCE)
    with statements_of(engine) as sent:
        await asyncio.sleep(SHORT * 10)
    looks = sum("FROM posts" in statement for statement in sent)
    assert 1 <= looks <= 11
    # Who they are, which of their sessions last, and how the post gets on.
    assert len(sent) <= 3 * (looks + 1)
    await publish(session)
    await asyncio.wait_for(asyncio.gather(*followers), PATIENCE)
    assert {len(seen) for seen in states} == {2}


async def test_nobody_looks_where_nobody_watches(
    looking: Watching, engine: AsyncEngine, session: AsyncSession, scene: Scene, nation: User
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    await first(looking, nation, scene)
    await asyncio.sleep(SHORT * 3)
    with statements_of(engine) as sent:
        await asyncio.sleep(SHORT * 3)
    assert sent == []
    # Whoever comes later is told all the same.
    assert (await first(looking, nation, scene)).states[0].count == 1


async def test_whoever_comes_makes_nobody_look_for_those_who_were_here(
    looking: Watching, session: AsyncSession, scene: Scene, nation: User, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watching, "EVERY_SECONDS", 60.0)
    await add_delivery(session, scene.post, scene.accounts["east"])
    looked_for: list[set[UUID]] = []

    async def counted(session: AsyncSession, proofs: set[Any], **given: Any) -> Any:
        looked_for.append({user_id for user_id, _, _ in proofs})
        return await callers_of(session, proofs, **given)

    monkeypatch.setattr(watching, "callers_of", counted)
    guard = asyncio.create_task(looking.until_out(Credentials(nation.id)))
    await eventually(lambda: _is_true(len(looked_for) == 1))
    other = await add_user(session, scene.tree["nation"], login="other")
    assert (await first(looking, other, scene)).states[0].count == 1
    assert looked_for == [{nation.id}, {other.id}]
    guard.cancel()


async def _is_true(found: bool) -> bool:
    return found


async def test_those_who_come_soon_after_each_other_wait_for_one_look(
    looking: Watching, session: AsyncSession, scene: Scene, nation: User, monkeypatch: pytest.MonkeyPatch
):
    for name in ("EVERY_SECONDS", "NEWCOMERS_SECONDS"):
        monkeypatch.setattr(watching, name, 60.0)
    await add_delivery(session, scene.post, scene.accounts["east"])
    guard = asyncio.create_task(looking.until_out(Credentials(nation.id)))
    assert (await first(looking, nation, scene)).states[0].count == 1
    later = asyncio.create_task(first(looking, nation, scene))
    await asyncio.sleep(SHORT * 5)
    assert not later.done()
    for task in (guard, later):
        task.cancel()


async def test_whoever_is_slow_to_listen_is_told_the_newest(
    looking: Watching, session: AsyncSession, scene: Scene, nation: User
):
    row = await add_delivery(session, scene.post, scene.accounts["east"])
    async with aclosing(looking.watch(Credentials(nation.id), scene.post.id)) as told:
        await asyncio.wait_for(anext(told), PATIENCE)
        for state in (DeliveryState.SENDING, DeliveryState.UNCONFIRMED, DeliveryState.PUBLISHED):
            await session.execute(update(Delivery).where(Delivery.id == row.id).values(state=state))
            await session.commit()
            await asyncio.sleep(SHORT * 4)
        found, at = await asyncio.wait_for(anext(told), PATIENCE)
        assert [count.state for count in found.states] == [DeliveryState.PUBLISHED]
        assert isinstance(at, datetime)
        with pytest.raises(StopAsyncIteration):
            await anext(told)


async def test_each_is_told_as_far_as_that_one_sees(
    looking: Watching, session: AsyncSession, scene: Scene, nation: User
):
    for account in scene.accounts.values():
        await add_delivery(session, scene.post, account)
    county = await add_user(session, scene.tree["north county"], Role.VIEWER, login="county")
    both = await asyncio.gather(first(looking, nation, scene), first(looking, county, scene))
    assert [found.states[0].count for found in both] == [4, 1]


async def test_a_stranger_is_refused(looking: Watching, scene: Scene):
    with pytest.raises(NotAuthenticated):
        await first(looking, User(id=new_id()), scene)


async def test_while_the_database_is_away_everybody_waits(scene: Scene, nation: User):
    closed = open_engine("postgresql://somebody@127.0.0.1:9/nothing")
    away = Watching(open_sessions(closed))
    with capture_logs() as logs:
        waiting = asyncio.create_task(first(away, nation, scene))
        await asyncio.sleep(SHORT * 5)
        assert not waiting.done()
    assert {line["event"] for line in logs} == {"database_away"}
    await away.close()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(waiting, PATIENCE)
    await closed.dispose()


async def test_a_defect_ends_it_for_everybody_and_nobody_hangs(
    looking: Watching, scene: Scene, nation: User, monkeypatch: pytest.MonkeyPatch
):
    async def broken(*_: Any, **__: Any) -> Progress:
        raise ZeroDivisionError

    monkeypatch.setattr(watching, "progress_of", broken)
    both = await asyncio.gather(*(first(looking, nation, scene) for _ in range(2)), return_exceptions=True)
    assert [type(error) for error in both] == [ZeroDivisionError] * 2
