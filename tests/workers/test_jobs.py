"""Wake-ups over the real Valkey: they arrive, and nothing that lies in it stops a worker."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import orjson
import pytest
import structlog

from integrations.queue import QUEUE, ArqWakeUp, Work, open_pool
from tests.factories.servers import eventually, own_database_number, own_servers, valkey
from workers import jobs

PROMPT = 2.0


@pytest.fixture
async def queue_url(redis_url: str) -> str:
    url = own_database_number(redis_url)
    async with valkey(url) as client:
        await client.flushdb()
    return url


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[dict[Work, asyncio.Event]]:
    """A listener with one lane per kind of work; it must stop promptly, whatever happened."""
    wakes = {work: asyncio.Event() for work in Work}
    stopping = asyncio.Event()
    task = asyncio.create_task(jobs.listen(url, {work: [wake] for work, wake in wakes.items()}, stopping))
    try:
        yield wakes
        assert not task.done()
    finally:
        stopping.set()
        began = time.monotonic()
        await asyncio.wait_for(task, 10)
        assert time.monotonic() - began < PROMPT


async def arrives(url: str, wakes: dict[Work, asyncio.Event], work: Work = Work.DELIVERIES) -> None:
    """Said once, heard once."""
    wakes[work].clear()
    wake_up = ArqWakeUp(url)
    await wake_up.look_now(work)
    await wake_up.close()
    await eventually(wakes[work].is_set)


async def left(url: str) -> list[bytes]:
    async with valkey(url) as client:
        return [key for key in await client.keys("*") if not key.endswith(b"health-check")]


@pytest.mark.parametrize("work", Work)
async def test_a_wake_up_reaches_the_lanes_of_its_work_only_and_leaves_nothing_behind(queue_url: str, work: Work):
    async with listening(queue_url) as wakes:
        await arrives(queue_url, wakes, work)
        assert [kind for kind, wake in wakes.items() if wake.is_set()] == [work]
        await eventually(lambda: _empty(queue_url))


async def test_a_wake_up_said_before_anybody_listened_is_heard(queue_url: str):
    wake_up = ArqWakeUp(queue_url)
    await wake_up.look_now(Work.READINGS)
    await wake_up.close()
    async with listening(queue_url) as wakes:
        await eventually(wakes[Work.READINGS].is_set)


async def test_every_lane_of_a_work_wakes():
    first, second = asyncio.Event(), asyncio.Event()
    await jobs.look_now({"lanes": {"deliveries": [first, second]}}, work="deliveries")
    assert first.is_set()
    assert second.is_set()


async def test_a_kind_of_work_that_only_a_newer_publisher_knows_is_ignored(queue_url: str):
    pool = open_pool(queue_url)
    await pool.enqueue_job("look_now", work="appraisals", from_a_newer_version=True)
    await pool.aclose(close_connection_pool=True)
    with structlog.testing.capture_logs() as said:
        async with listening(queue_url) as wakes:
            await eventually(lambda: _empty(queue_url))
            await arrives(queue_url, wakes)
            assert not wakes[Work.READINGS].is_set()
    assert said == []


NONSENSE = {
    "a pickle": b"\x80\x04cos\nsystem\n(S'true'\ntR.",
    "no json": b"{",
    "a list": b"[]",
    "an unknown job": orjson.dumps({"f": "drop_tables", "a": [], "k": {}, "t": None, "et": 0}),
    "no work": orjson.dumps({"f": "look_now", "a": [], "k": {}, "t": None, "et": 0}),
    "too much": orjson.dumps({"f": "look_now", "a": [1, 2], "k": {"work": "deliveries"}, "t": None, "et": 0}),
    "work that is a list": orjson.dumps({"f": "look_now", "a": [], "k": {"work": []}, "t": None, "et": 0}),
}


@pytest.mark.parametrize("job", NONSENSE.values(), ids=NONSENSE.keys())
async def test_nonsense_in_the_queue_is_dropped_and_the_next_wake_up_arrives(queue_url: str, job: bytes):
    async with valkey(queue_url) as client:
        await client.set("arq:job:odd", job)
        await client.zadd(QUEUE, {"odd": 1})
    async with listening(queue_url) as wakes:
        await arrives(queue_url, wakes)
        await eventually(lambda: _empty(queue_url))


async def test_a_queue_that_is_no_queue_is_told_and_the_listener_goes_on(
    queue_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "AGAIN_SECONDS", 0.1)
    async with valkey(queue_url) as client:
        await client.set(QUEUE, "somebody wrote here")
        with structlog.testing.capture_logs() as said:
            async with listening(queue_url) as wakes:
                await eventually(lambda: "wake_ups_interrupted" in [line["event"] for line in said])
                await client.delete(QUEUE)
                await arrives(queue_url, wakes)


async def test_a_name_that_is_no_text_does_not_stop_a_worker(queue_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "AGAIN_SECONDS", 0.1)
    async with valkey(queue_url) as client:
        await client.zadd(QUEUE, {b"\xff\xfe": 1})
        with structlog.testing.capture_logs() as said:
            async with listening(queue_url) as wakes:
                await eventually(lambda: bool(said))
                await client.delete(QUEUE)
                await arrives(queue_url, wakes)
    assert {(line["event"], line["log_level"]) for line in said} == {("wake_ups_interrupted", "error")}


async def test_where_nobody_listens_it_tries_again_and_stops_when_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "AGAIN_SECONDS", 0.1)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with structlog.testing.capture_logs() as said:
            async with listening(f"redis://127.0.0.1:{nobody.getsockname()[1]}"):
                await eventually(lambda: len(said) >= 3)
    assert {(line["event"], line["log_level"]) for line in said} == {("wake_ups_interrupted", "warning")}


async def test_a_server_that_is_silent_is_noticed_and_does_not_keep_a_worker_from_stopping():
    with socket.create_server(("127.0.0.1", 0)) as silent, structlog.testing.capture_logs() as said:
        async with listening(f"redis://127.0.0.1:{silent.getsockname()[1]}"):
            await eventually(lambda: "wake_ups_interrupted" in [line["event"] for line in said], 10)


async def test_it_stops_at_whatever_moment_it_is_told_to(queue_url: str):
    for step in range(60):
        stopping = asyncio.Event()
        task = asyncio.create_task(jobs.listen(queue_url, {work: [] for work in Work}, stopping))
        await asyncio.sleep(step * 0.0003)
        stopping.set()
        await asyncio.wait_for(task, PROMPT)


@pytest.mark.faults
async def test_after_valkey_was_killed_a_later_wake_up_arrives(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "AGAIN_SECONDS", 0.2)
    with own_servers(valkey=True) as held:
        url = str(held.redis_url)
        async with listening(url) as wakes:
            for _ in range(2):
                await arrives(url, wakes)
                os.kill(await _pid(url), signal.SIGKILL)
                await eventually(lambda: _answers(url))
            await arrives(url, wakes)


@pytest.mark.faults
async def test_a_worker_that_was_listening_stops_promptly_though_valkey_is_gone():
    with own_servers(valkey=True) as held:
        url = str(held.redis_url)
        pid = await _pid(url)
        async with listening(url) as wakes:
            await arrives(url, wakes)
            os.kill(pid, signal.SIGSTOP)
        os.kill(pid, signal.SIGCONT)


async def test_listening_leaves_no_connection_open(queue_url: str):
    async with listening(queue_url) as wakes:
        await arrives(queue_url, wakes)
    number = queue_url.rpartition("=")[2]
    async with valkey(queue_url) as client:

        async def alone() -> bool:
            return len([one for one in await client.client_list() if one["db"] == number]) == 1

        await eventually(alone)


async def _empty(url: str) -> bool:
    return await left(url) == []


async def _pid(url: str) -> int:
    async with valkey(url) as client:
        return int((await client.info("server"))["process_id"])


async def _answers(url: str) -> bool:
    wake_up = ArqWakeUp(url)
    try:
        return await wake_up.answers()
    finally:
        await wake_up.close()
