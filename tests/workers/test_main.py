"""A whole worker in this process: it starts, does its work over HTTP, and stops."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text

from domain.engagement.models import Snapshot
from domain.posts.models import Delivery
from domain.terms import DeliveryState, HostKind
from integrations.database import Sessions, open_engine
from integrations.keys import Keys
from integrations.queue import ArqWakeUp, Work
from integrations.settings import Settings
from tests.factories.posts import add_account, add_host, add_lesson, schedule
from tests.factories.servers import eventually, own_database_number
from tests.factories.units import plant_tree
from tests.integrations.sandbox.running import Running, running
from workers import main
from workers.context import WorkerContext
from workers.lane import Lane

PROMPT = 3.0


@pytest.fixture(scope="module")
def sandbox():
    with running(limit_scale=1000) as started:
        yield started


@asynccontextmanager
async def working(database_url: str, redis_url: str, keys: Keys, **changes: Any) -> AsyncIterator["asyncio.Task[None]"]:
    settings = Settings(**({"look_every_seconds": 0.1, "call_seconds": 2.0} | changes))
    stopping = asyncio.Event()
    task = asyncio.create_task(
        main.work(settings, database_url=database_url, redis_url=redis_url, keys=keys, stopping=stopping)
    )
    try:
        yield task
    finally:
        stopping.set()
        began = time.monotonic()
        await asyncio.wait_for(task, 15)
        assert time.monotonic() - began < PROMPT


async def plant(sessions: Sessions, keys: Keys, sandbox: Running) -> Delivery:
    person = sandbox.person()
    async with sessions() as session:
        tree = await plant_tree(session)
        host = await add_host(session, keys.keyring, api_url=sandbox.url)
        await add_account(session, tree, "north county", host, keys.keyring, uid=person.uid, token=person.token)
        return (await schedule(session, tree, await add_lesson(session, tree))).deliveries[0]


async def state_of(sessions: Sessions, delivery: Delivery) -> DeliveryState:
    async with sessions() as session:
        return (await session.get_one(Delivery, delivery.id)).state


async def test_a_worker_publishes_reads_counts_and_stops(
    database_url: str, redis_url: str, sessions: Sessions, keys: Keys, sandbox: Running
):
    delivery = await plant(sessions, keys, sandbox)

    async def was_read() -> bool:
        async with sessions() as session:
            return (await session.execute(select(Snapshot.delivery_id))).scalars().all() == [delivery.id]

    async with working(database_url, own_database_number(redis_url), keys, engagement_ladder="0.1,1000"):
        await eventually(was_read)
    assert await state_of(sessions, delivery) is DeliveryState.PUBLISHED
    assert sandbox.accepted(delivery.code) == 1


async def test_a_wake_up_is_worth_more_than_the_workers_own_look(
    database_url: str, redis_url: str, sessions: Sessions, keys: Keys, sandbox: Running
):
    queue_url = own_database_number(redis_url)
    async with working(database_url, queue_url, keys, look_every_seconds=3600):
        # The first look comes before there is anything.
        await asyncio.sleep(0.5)
        delivery = await plant(sessions, keys, sandbox)
        wake_up = ArqWakeUp(queue_url)
        await wake_up.look_now(Work.DELIVERIES)
        await wake_up.close()

        async def published() -> bool:
            return await state_of(sessions, delivery) is DeliveryState.PUBLISHED

        await eventually(published)


async def test_a_worker_without_database_and_valkey_starts_waits_and_stops(keys: Keys):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        async with working(f"postgresql://qicai:x@127.0.0.1:{port}/qicai", f"redis://127.0.0.1:{port}", keys) as task:
            await asyncio.sleep(0.5)
            assert not task.done()


async def test_metrics_are_shown_while_a_worker_runs_and_the_port_is_free_afterwards(
    database_url: str, redis_url: str, keys: Keys
):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def shown() -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return "qicai_deliveries_settled" in (await http.get(f"http://127.0.0.1:{port}/metrics")).text
            except httpx.ConnectError:
                return False

    for _ in range(2):
        async with working(database_url, own_database_number(redis_url), keys, worker_metrics_port=port):
            await eventually(shown)
        assert not await shown()


async def test_no_connection_is_left_behind(database_url: str, redis_url: str, keys: Keys):
    engine = open_engine(database_url, pool_size=1)

    async def others() -> int:
        async with engine.connect() as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            return int((await connection.execute(text(query))).scalar_one())

    before = await others()
    async with working(database_url, own_database_number(redis_url), keys):
        await asyncio.sleep(0.3)
        assert await others() > before

    async def as_before() -> bool:
        return await others() <= before

    await eventually(as_before)
    await engine.dispose()


async def test_what_is_under_way_is_finished_even_where_a_part_of_the_worker_fails(context: WorkerContext):
    finished = asyncio.Event()
    items = ["only"]

    async def claim(_limit: int) -> list[str]:
        return [items.pop()] if items else []

    async def deliver(_item: str) -> None:
        await asyncio.sleep(0.3)
        finished.set()

    lane: Lane[Any] = Lane("test", claim, deliver, 1, 0.01)
    # An address that no client of Valkey can be made for is a defect the worker dies of.
    with pytest.raises(ExceptionGroup) as failed:
        await main.run(context, {Work.DELIVERIES: [lane]}, redis_url="nonsense", stopping=asyncio.Event())
    assert [type(error) for error in failed.value.exceptions] == [ValueError]
    assert items == []
    assert finished.is_set()


def test_every_kind_of_work_has_its_lanes_and_every_platform_its_client(context: WorkerContext):
    lanes = main.lanes_of(context, Settings())
    assert set(lanes) == set(Work)
    assert all(lanes.values())
    assert set(main.CLIENTS) == set(HostKind)
