"""A post with a picture goes out with the very bytes that were approved, or it does not go out."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import update

from domain.hosts import port
from domain.posts.models import Delivery
from domain.terms import DeliveryState as State
from domain.terms import PictureKind
from domain.uploads.rules import key_of
from integrations.database import Sessions
from integrations.microblogs.memory import MemoryClient, Trouble
from integrations.objects import Store, StoreAway
from integrations.pictures.cleaning import cleaned
from tests.factories.hosts import delivery_now, events_of, let_time_pass, look, send
from tests.factories.pictures import jpeg
from workers.context import WorkerContext
from workers.posts import STORE_WAIT

CONTENT = cleaned(jpeg()).content


@pytest.fixture
async def pictured(context: WorkerContext, sessions: Sessions, delivery: Delivery) -> Delivery:
    """The only delivery, which carries a picture that is in the store."""
    key = await keep(context.store, CONTENT)
    async with sessions() as session:
        await session.execute(update(Delivery).values(picture_key=key))
        await session.commit()
    return await delivery_now(sessions, delivery)


async def keep(store: Store, content: bytes, *, under: str = "") -> str:
    key = under or key_of(UUID(int=1), sha256(content).hexdigest(), PictureKind.JPEG)
    await store.put(key, content)
    return key


def sent(memory: MemoryClient) -> list[port.Media | None]:
    return [submission.picture for timeline in memory.timelines.values() for _, submission in timeline]


async def test_the_very_bytes_are_sent(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, pictured: Delivery
):
    await send(context)
    assert (await delivery_now(sessions, pictured)).state is State.PUBLISHED
    assert sent(memory) == [port.Media(PictureKind.JPEG, CONTENT)]


async def test_a_post_without_a_picture_asks_no_store(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    await send(replace(context, store=Away()))
    assert (await delivery_now(sessions, delivery)).state is State.PUBLISHED
    assert sent(memory) == [None]


@pytest.mark.parametrize("problem", ["PICTURE_MISSING", "PICTURE_ALTERED"])
async def test_without_its_picture_it_fails_and_goes_out_once_that_is_back(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, pictured: Delivery, problem: str
):
    assert pictured.picture_key is not None
    if problem == "PICTURE_ALTERED":
        await keep(context.store, CONTENT + b"\0", under=pictured.picture_key)
    else:
        await context.store.clear(pictured.picture_key.partition("/")[0])
    await send(context)
    failed = await delivery_now(sessions, pictured)
    assert (failed.state, failed.problem, memory.calls) == (State.FAILED, problem, [])
    await keep(context.store, CONTENT)
    async with sessions() as session:
        await session.execute(update(Delivery).values(state=State.SCHEDULED))
        await session.commit()
    await send(context)
    assert (await delivery_now(sessions, pictured)).state is State.PUBLISHED
    assert sent(memory) == [port.Media(PictureKind.JPEG, CONTENT)]


class Away(Store):
    """A store that does not answer."""

    def __init__(self) -> None:
        super().__init__(None, Path())

    async def get(self, key: str) -> bytes | None:
        raise StoreAway("nobody answers")


async def test_while_the_store_is_away_it_stays_due(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, pictured: Delivery
):
    for tries in range(1, 8):
        await send(replace(context, store=Away()))
        now = await delivery_now(sessions, pictured)
        assert (now.state, now.problem, now.tries) == (State.SCHEDULED, "PICTURE_UNREADABLE", tries)
        assert now.due_at < now.try_at
        assert now.claimed_at is not None
        # The store is our own: what waits behind this post is not kept for an hour.
        assert now.try_at - now.claimed_at < STORE_WAIT + timedelta(seconds=30)
        await let_time_pass(sessions)
    assert memory.calls == []
    await send(context)
    assert (await delivery_now(sessions, pictured)).state is State.PUBLISHED


async def test_a_store_that_never_answers_holds_nobody_up(
    context: WorkerContext, sessions: Sessions, pictured: Delivery
):
    class Hanging(Away):
        async def get(self, key: str) -> bytes | None:
            await asyncio.sleep(60)
            return None

    await send(replace(context, store=Hanging(), call_seconds=0.05))
    assert (await delivery_now(sessions, pictured)).problem == "PICTURE_UNREADABLE"


async def test_a_second_try_after_proof_of_absence_sends_the_same_bytes(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, pictured: Delivery
):
    memory.troubles.append(Trouble(port.OutcomeUnknown("no answer")))
    await send(context)
    await let_time_pass(sessions)
    # A look needs no picture.
    await look(replace(context, store=Away()))
    await let_time_pass(sessions)
    await send(context)
    assert await events_of(sessions, pictured) == ["UNCLEAR", "ABSENT", "PUBLISHED"]
    assert sent(memory) == [port.Media(PictureKind.JPEG, CONTENT)]


async def test_one_that_a_restored_database_has_is_looked_for_before_its_picture_is_read(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, pictured: Delivery
):
    async with sessions() as session:
        await session.execute(update(Delivery).values(look_first=True))
        await session.commit()
    await send(replace(context, store=Away()))
    assert [call for call, _ in memory.calls] == ["find"]
