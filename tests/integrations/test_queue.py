"""The wake-up: JSON, bounded in time, and never a reason to fail."""

import os
import signal
import socket
import time

import orjson
import pytest
import structlog
from redis.asyncio import Redis

from integrations.queue import CALL_SECONDS, QUEUE, ArqWakeUp, MemoryWakeUp, Work, deserialize, serialize
from tests.factories.servers import eventually, own_database_number, own_servers, valkey


@pytest.fixture
async def queue_url(redis_url: str) -> str:
    url = own_database_number(redis_url)
    async with valkey(url) as client:
        await client.flushdb()
    return url


async def stored(url: str) -> list[bytes]:
    async with valkey(url) as client:
        jobs = [await client.get(b"arq:job:" + name) for name in await client.zrange(QUEUE, 0, -1)]
    return [job for job in jobs if job is not None]


async def test_a_wake_up_is_stored_as_json_that_names_the_work(queue_url: str):
    wake_up = ArqWakeUp(queue_url)
    await wake_up.look_now(Work.READINGS)
    await wake_up.close()
    (job,) = await stored(queue_url)
    # A pickle begins with a byte that no JSON begins with.
    assert job[:1] == b"{"
    assert orjson.loads(job)["k"] == {"work": "readings"}


def test_what_is_not_json_is_not_read():
    assert deserialize(serialize({"k": {"work": Work.DELIVERIES}})) == {"k": {"work": "deliveries"}}
    with pytest.raises(orjson.JSONDecodeError):
        deserialize(b"\x80\x04cos\nsystem\n.")


def test_an_exception_among_the_results_is_written_as_its_repr():
    assert deserialize(serialize({"r": KeyError("x")})) == {"r": "KeyError('x')"}


async def test_valkey_answers(queue_url: str):
    wake_up = ArqWakeUp(queue_url)
    assert await wake_up.answers()
    await wake_up.close()


async def test_nothing_is_connected_before_it_is_needed():
    wake_up = ArqWakeUp("redis://127.0.0.1:9")
    await wake_up.close()


async def test_where_nobody_listens_the_wake_up_is_lost_at_once_and_told():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        wake_up = ArqWakeUp(f"redis://127.0.0.1:{nobody.getsockname()[1]}")
        began = time.monotonic()
        with structlog.testing.capture_logs() as said:
            await wake_up.look_now(Work.DELIVERIES)
        assert time.monotonic() - began < CALL_SECONDS
        assert [(line["event"], line["work"]) for line in said] == [("wake_up_lost", "deliveries")]
        assert not await wake_up.answers()
        await wake_up.close()


async def test_a_socket_file_that_is_not_there_is_the_same(tmp_path):
    wake_up = ArqWakeUp(f"unix://{tmp_path}/gone.sock")
    await wake_up.look_now(Work.DELIVERIES)
    assert not await wake_up.answers()
    await wake_up.close()


async def test_a_server_that_accepts_and_is_silent_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        wake_up = ArqWakeUp(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        began = time.monotonic()
        await wake_up.look_now(Work.DELIVERIES)
        assert time.monotonic() - began < CALL_SECONDS + 0.5
        began = time.monotonic()
        assert not await wake_up.answers()
        assert time.monotonic() - began < CALL_SECONDS + 0.5
        await wake_up.close()


@pytest.mark.faults
async def test_a_wake_up_gets_through_again_after_valkey_stood_still_and_after_it_was_killed():
    with own_servers(valkey=True) as held:
        url = str(held.redis_url)
        async with valkey(url) as client:
            pid = int((await client.info("server"))["process_id"])
        wake_up = ArqWakeUp(url)
        await wake_up.look_now(Work.DELIVERIES)
        os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            await wake_up.look_now(Work.DELIVERIES)
            assert time.monotonic() - began < CALL_SECONDS + 0.5
        finally:
            os.kill(pid, signal.SIGCONT)
        assert await wake_up.answers()
        os.kill(pid, signal.SIGKILL)
        await wake_up.look_now(Work.DELIVERIES)
        await eventually(wake_up.answers)
        before = len(await stored(url))
        await wake_up.look_now(Work.READINGS)
        assert len(await stored(url)) == before + 1
        await wake_up.close()


async def test_many_wake_ups_at_once_do_not_keep_their_connections(queue_url: str):
    wake_up = ArqWakeUp(queue_url)
    await wake_up.look_now(Work.DELIVERIES)
    await wake_up.close()
    async with valkey(queue_url) as client:
        number = queue_url.rpartition("=")[2]
        await eventually(lambda: _alone(client, number))


async def _alone(client: Redis, number: str) -> bool:
    return len([one for one in await client.client_list() if one["db"] == number]) == 1


async def test_the_twin_remembers_what_was_said():
    twin = MemoryWakeUp()
    await twin.look_now(Work.READINGS)
    await twin.look_now(Work.DELIVERIES)
    assert twin.said == [Work.READINGS, Work.DELIVERIES]
