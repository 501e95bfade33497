"""A lane goes on whatever happens, never does too much at once, and lets what is under way finish."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import IntegrityError, OperationalError

from tests.factories.servers import eventually
from workers.lane import Lane

NEVER = 3600.0


class Shop:
    """Something to claim from and to work on, which can be told to fail."""

    def __init__(self) -> None:
        self.waiting: deque[str] = deque()
        self.asked: list[int] = []
        self.failures: list[Exception] = []
        self.done: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.gate = asyncio.Event()

    async def claim(self, limit: int) -> list[str]:
        self.asked.append(limit)
        if self.failures:
            raise self.failures.pop(0)
        return [self.waiting.popleft() for _ in range(min(limit, len(self.waiting)))]

    async def work(self, item: str) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if item.startswith("slow"):
                await self.gate.wait()
            if item.startswith("bad"):
                raise KeyError(item)
            if item.startswith("away"):
                raise OperationalError("SELECT 1", {}, OSError("gone"))
            self.done.append(item)
        finally:
            self.at_once -= 1


@pytest.fixture
def shop() -> Shop:
    return Shop()


@asynccontextmanager
async def running(shop: Shop, *, slots: int = 4, every: float = 0.01) -> AsyncIterator[Lane[str]]:
    lane = Lane("test", shop.claim, shop.work, slots, every)
    stopping = asyncio.Event()
    task = asyncio.create_task(lane.run(stopping))
    yield lane
    stopping.set()
    await asyncio.wait_for(task, 2)
    shop.gate.set()
    await lane.drain(2)


def did(shop: Shop, *items: str) -> Callable[[], bool]:
    return lambda: sorted(shop.done) == sorted(items)


async def test_what_is_there_is_done(shop: Shop):
    shop.waiting.extend("abcdefghij")
    async with running(shop):
        await eventually(did(shop, *"abcdefghij"))


@pytest.mark.parametrize(("item", "level"), [("bad", "error"), ("away", "warning")])
async def test_it_goes_on_after_one_item_fails_and_tells_of_it(shop: Shop, item: str, level: str):
    shop.waiting.extend(["a", item, "b"])
    with structlog.testing.capture_logs() as said:
        async with running(shop, slots=1):
            await eventually(did(shop, "a", "b"))
    assert [(line["event"], line["log_level"]) for line in said] == [("work_failed", level)]
    assert isinstance(said[0]["exc_info"], Exception)


@pytest.mark.parametrize(
    ("error", "event", "level"),
    [
        (OperationalError("SELECT 1", {}, OSError("gone")), "database_away", "warning"),
        (ConnectionRefusedError("nobody listens"), "database_away", "warning"),
        (TimeoutError(), "database_away", "warning"),
        (IntegrityError("UPDATE", {}, ValueError("twice")), "claim_failed", "error"),
        (LookupError("a word from a newer version"), "claim_failed", "error"),
    ],
    ids=repr,
)
async def test_it_goes_on_after_a_look_fails(shop: Shop, error: Exception, event: str, level: str):
    shop.failures = [error, error]
    shop.waiting.append("a")
    with structlog.testing.capture_logs() as said:
        async with running(shop):
            await eventually(did(shop, "a"))
    assert [(line["event"], line["log_level"]) for line in said] == [(event, level)] * 2


async def test_a_look_that_fails_is_not_repeated_in_haste_while_something_is_under_way(shop: Shop):
    shop.waiting.append("slow")
    async with running(shop, every=0.2):
        await eventually(lambda: shop.at_once == 1)
        shop.failures = [OSError("gone")] * 100
        await asyncio.sleep(0.5)
        assert 100 - len(shop.failures) <= 4


async def test_it_wakes_at_once(shop: Shop):
    async with running(shop, every=NEVER) as lane:
        await eventually(lambda: shop.asked == [4])
        shop.waiting.append("a")
        began = time.monotonic()
        lane.wake.set()
        await eventually(did(shop, "a"))
        assert time.monotonic() - began < 1


async def test_a_wake_up_during_a_look_is_not_lost(shop: Shop):
    looking, go_on = asyncio.Event(), asyncio.Event()

    async def claim(limit: int) -> list[str]:
        found = await shop.claim(limit)
        looking.set()
        await go_on.wait()
        return found

    lane = Lane("test", claim, shop.work, 4, NEVER)
    stopping = asyncio.Event()
    task = asyncio.create_task(lane.run(stopping))
    await looking.wait()
    # This look has found nothing already.
    shop.waiting.append("a")
    lane.wake.set()
    go_on.set()
    await eventually(did(shop, "a"))
    stopping.set()
    await asyncio.wait_for(task, 2)


async def test_without_a_wake_up_it_looks_by_itself(shop: Shop):
    async with running(shop, every=0.05):
        await eventually(lambda: len(shop.asked) >= 2)
        shop.waiting.append("a")
        await eventually(did(shop, "a"))


async def test_it_never_does_more_at_once_than_it_has_slots(shop: Shop):
    shop.waiting.extend(f"slow {number}" for number in range(10))
    async with running(shop, slots=3):
        await eventually(lambda: shop.at_once == 3)
        await asyncio.sleep(0.2)
        assert shop.at_once == 3
        shop.gate.set()
        await eventually(lambda: len(shop.done) == 10)
    assert shop.most_at_once == 3
    assert max(shop.asked) == 3
    assert min(shop.asked) > 0


async def test_a_few_slow_items_do_not_hold_up_the_rest(shop: Shop):
    shop.waiting.extend(["slow 1", "slow 2", "slow 3"])
    async with running(shop, slots=4):
        await eventually(lambda: shop.at_once == 3)
        # Most slots are taken for long; the last one serves all others.
        shop.waiting.extend("abcdef")
        await eventually(did(shop, *"abcdef"))


async def test_told_to_stop_it_takes_nothing_more_and_ends_at_once(shop: Shop):
    async with running(shop, every=NEVER):
        await eventually(lambda: shop.asked == [4])
    shop.waiting.append("a")
    await asyncio.sleep(0.05)
    assert shop.done == []


async def test_what_is_under_way_is_finished_after_the_stop(shop: Shop):
    shop.waiting.extend(["slow 1", "slow 2"])
    async with running(shop):
        await eventually(lambda: shop.at_once == 2)
    assert sorted(shop.done) == ["slow 1", "slow 2"]


async def test_what_does_not_finish_in_time_is_broken_off_and_told(shop: Shop):
    shop.waiting.extend(["slow 1", "slow 2", "a"])
    lane = Lane("test", shop.claim, shop.work, 4, 0.01)
    stopping = asyncio.Event()
    task = asyncio.create_task(lane.run(stopping))
    await eventually(lambda: shop.at_once == 2)
    stopping.set()
    await task
    with structlog.testing.capture_logs() as said:
        await lane.drain(0.05)
    assert said == [{"event": "broken_off", "lane": "test", "items": 2, "log_level": "warning"}]
    assert (shop.at_once, shop.done, lane.running) == (0, ["a"], set())


async def test_a_lane_that_is_itself_broken_off_leaves_no_task_of_its_own(shop: Shop):
    async def everything() -> set[asyncio.Task[Any]]:
        await asyncio.sleep(0.05)
        return asyncio.all_tasks()

    before = await everything()
    lane = Lane("test", shop.claim, shop.work, 4, NEVER)
    task = asyncio.create_task(lane.run(asyncio.Event()))
    await eventually(lambda: shop.asked == [4])
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await everything() == before
