"""Workers are killed, stopped and told to leave in the middle of their work; nothing is lost, nothing sent twice."""

import asyncio
import signal
import socket
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from api.cli.processes import Child
from domain.posts.models import Delivery
from domain.posts.outcomes import CRASHES_LIMIT
from domain.terms import DeliveryState
from tests.factories.hosts import events_of
from tests.factories.servers import eventually
from tests.faults.scene import Scene, kill, stopped, wrong_clock

pytestmark = pytest.mark.faults
# Longer than a lease, a settling time and a look together.
LONG_AFTER = 5.0


async def events(stage: Scene) -> list[str]:
    """What happened to the only delivery."""
    async with stage.sessions() as session:
        delivery = (await session.execute(select(Delivery))).scalar_one()
    return await events_of(stage.sessions, delivery)


async def test_a_post_taken_before_its_worker_was_killed_is_found_and_not_sent_again(stage: Scene):
    promised = await stage.promise(accounts=1)
    stage.sandbox.fault(endpoint="share", kind="slow", seconds=30, times=1)
    first = stage.worker()
    await stage.taken(1)
    kill(first)
    assert await stage.states() == {DeliveryState.SENDING: 1}
    stage.worker()
    await eventually(stage.all_published)
    await stage.judge(promised)
    assert await events(stage) == ["LEASE_ENDED", "FOUND"]


async def test_a_post_not_yet_taken_when_its_worker_was_killed_is_sent_once_by_another(stage: Scene):
    promised = await stage.promise(accounts=1)
    stage.sandbox.fault(endpoint="share", kind="hang", seconds=30, accept=False, times=1)
    first = stage.worker()
    await stage.hit()
    kill(first)
    assert stage.journal() == []
    stage.worker()
    await eventually(stage.all_published)
    await stage.judge(promised)
    assert await events(stage) == ["LEASE_ENDED", "ABSENT", "PUBLISHED"]


async def test_a_post_that_kills_whoever_sends_or_looks_for_it_is_left_to_a_person(stage: Scene):
    await stage.promise(accounts=1)
    hangs = [
        {"endpoint": "share", "kind": "hang", "seconds": 30, "accept": False},
        {"endpoint": "timeline", "kind": "hang", "seconds": 30},
    ]
    stage.sandbox.control("POST", "faults", json=hangs)
    for crash in range(1, CRASHES_LIMIT + 1):
        worker = stage.worker()
        await stage.hit(crash)
        kill(worker)
    stage.worker()

    async def is_asked() -> bool:
        return await stage.states() == {DeliveryState.NEEDS_PERSON: 1}

    await eventually(is_asked)
    assert stage.journal() == []
    assert await events(stage) == ["LEASE_ENDED", "LEASE_ENDED", "PERSON_ASKED"]


async def test_a_picture_that_was_on_its_way_when_its_worker_was_killed_arrives_once_and_unaltered(stage: Scene):
    promised = await stage.promise(accounts=2, posts=2, pictured=True)
    stage.sandbox.fault(endpoint="share", kind="hang", seconds=30, accept=False, times=1)
    first = stage.worker()
    await stage.hit()
    kill(first)
    stage.sandbox.fault(endpoint="share", kind="drop_after_accept", times=1)
    stage.worker()
    await eventually(stage.all_published)
    await stage.judge(promised)
    assert len({entry["picture_sha256"] for entry in stage.journal()}) == 2


async def test_two_workers_and_a_host_that_drops_answers_publish_each_post_once_and_in_order(stage: Scene):
    promised = await stage.promise(accounts=20, posts=3)
    drops = [
        {"endpoint": "share", "kind": "drop_after_accept", "probability": 0.2, "seed": 5},
        {"endpoint": "share", "kind": "drop_before_accept", "probability": 0.2, "seed": 6},
    ]
    stage.sandbox.control("POST", "faults", json=drops)
    stage.worker()
    stage.worker()
    await eventually(stage.all_published, 40)
    after, before = stage.sandbox.control("GET", "faults").json()
    assert after["hits"] >= 5
    assert before["hits"] >= 5
    await stage.judge(promised)


async def test_workers_killed_again_and_again_lose_nothing_and_send_nothing_twice(stage: Scene):
    promised = await stage.promise(accounts=8, posts=3)
    silence = {"endpoint": "share", "kind": "hang", "seconds": 30, "accept": False, "times": 2}
    slowness = {"endpoint": "share", "kind": "slow", "seconds": 0.3}
    stage.sandbox.control("POST", "faults", json=[silence, slowness])
    caught = []
    for count in (5, 12):
        worker = stage.worker()
        await stage.taken(count)
        kill(worker)
        caught.append(await stage.caught())
    # Two of the first batch were not taken when the worker died, others were, and nobody had written down either.
    assert any(each.before for each in caught), caught
    assert any(each.after for each in caught), caught
    stage.worker()
    await eventually(stage.all_published, 40)
    await stage.judge(promised)


async def test_a_worker_that_stood_still_beyond_its_lease_sends_nothing_twice(stage: Scene):
    promised = await stage.promise(accounts=6, posts=4)
    stage.sandbox.fault(endpoint="share", kind="slow", seconds=0.3)
    first = stage.worker()
    await stage.taken(3)
    with stopped(first):
        stage.worker()
        await eventually(stage.all_published)
    await asyncio.sleep(1)
    await stage.judge(promised)
    # It was not only left alone: it is there and works.
    assert first.process.poll() is None


@pytest.mark.parametrize("ahead", [timedelta(minutes=10), timedelta(minutes=-10)])
async def test_a_worker_whose_clock_is_wrong_sends_nothing_early_and_nothing_late(stage: Scene, ahead: timedelta):
    stage.worker(**wrong_clock(ahead))
    promised = await stage.promise(accounts=4, posts=2, due_in=1.5)
    await eventually(stage.all_published)
    # The journal knows the true time, by which nothing went out early; a clock behind would have sent in ten minutes.
    await stage.judge(promised)
    (started,) = [line for line in stage.log() if line["event"] == "worker_started"]
    off = datetime.fromisoformat(started["timestamp"]) - datetime.now(UTC)
    assert abs(off - ahead) < timedelta(minutes=1)


async def test_without_valkey_everything_is_published_by_the_workers_own_look(stage: Scene):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        worker = stage.worker(REDIS_URL=f"redis://127.0.0.1:{nobody.getsockname()[1]}")
        await asyncio.sleep(0.5)
        promised = await stage.promise(accounts=5, posts=2)
        await eventually(stage.all_published)
        await stage.judge(promised)
        assert "wake_ups_interrupted" in [line["event"] for line in stage.log()]
        await ends(worker, signal.SIGTERM)


async def test_a_worker_told_to_stop_settles_what_is_under_way(stage: Scene):
    promised = await stage.promise(accounts=5)
    stage.sandbox.fault(endpoint="share", kind="slow", seconds=0.8)
    worker = stage.worker()
    await stage.taken(5)
    await ends(worker, signal.SIGTERM)
    assert await stage.states() == {DeliveryState.PUBLISHED: 5}
    await stage.judge(promised)


async def test_a_worker_told_to_stop_takes_nothing_new(stage: Scene):
    await stage.promise(accounts=2, posts=5)
    stage.sandbox.fault(endpoint="share", kind="slow", seconds=0.8)
    worker = stage.worker()
    await stage.taken(2)
    await ends(worker, signal.SIGTERM)
    assert await stage.states() == {DeliveryState.PUBLISHED: 2, DeliveryState.SCHEDULED: 8}


async def test_a_worker_whose_parent_is_gone_settles_and_ends(stage: Scene):
    promised = await stage.promise(accounts=2)
    stage.sandbox.fault(endpoint="share", kind="slow", seconds=0.5)
    worker = stage.worker()
    await stage.taken(2)
    assert worker.process.stdin is not None
    worker.process.stdin.close()
    await ends(worker)
    await stage.judge(promised)


async def ends(worker: Child, number: signal.Signals | None = None) -> None:
    """Told or not, the process ends by itself, soon and well."""
    if number is not None:
        worker.process.send_signal(number)
    began = time.monotonic()
    await eventually(lambda: worker.process.poll() is not None, LONG_AFTER)
    assert time.monotonic() - began < LONG_AFTER
    assert worker.process.returncode == 0
