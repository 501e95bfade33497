"""What is done to processes: workers killed at chosen points and held up, PostgreSQL and Valkey stopped and started."""

import asyncio
import os
import signal
from collections.abc import Mapping

from redis.exceptions import RedisError
from sqlalchemy import select

from domain.posts.models import Delivery
from domain.terms import DeliveryState
from integrations.database import answers, open_engine
from tests.factories.servers import eventually, replaced, valkey
from tests.faults.run import Run, Worker
from tests.faults.scene import kill, stopped
from tests.integrations.embedded.holder import postmaster

BEFORE = "kill point: killed before the platform accepted"
AFTER = "kill point: killed after the platform accepted, before that was written down"
PAUSED = "kill point: stood still past the lease, and was overtaken"
BETWEEN = "kill point: none, killed between posts"
KILLED, HELD_UP = "workers: killed", "workers: held up"
POSTGRESQL = "postgresql: stopped hard and started"
STOPPED, FLUSHED = "valkey: stopped hard and started", "valkey: flushed"
# How long a worker at the wanted point is looked for.
SOUGHT_SECONDS = 2.0


async def kill_a_worker(run: Run) -> None:
    """Without any warning, at one of the points in turn; another one comes in its place."""
    place = await _sought(run, (BEFORE, AFTER)[run.done[KILLED] % 2])
    worker = run.workers.pop(place)
    kill(worker.child)
    run.start_worker(place, worker.ahead)
    run.done[KILLED] += 1
    # It writes nothing down any more, so what it holds now is what it had in hand.
    in_hand = await _in_hand(run, {place: worker})
    run.struck |= in_hand.keys()
    taken = _taken(run, in_hand)
    run.done[BEFORE] += bool(in_hand.keys() - taken)
    run.done[AFTER] += bool(taken)
    run.done[BETWEEN] += not in_hand


async def pause_a_worker(run: Run) -> None:
    """It stands still until its lease is over, and goes on as if nothing had been."""
    place = await _sought(run, AFTER)
    worker = run.workers.pop(place)
    try:
        with stopped(worker.child):
            in_hand = await _in_hand(run, {place: worker})
            run.struck |= in_hand.keys()
            await asyncio.sleep(worker.lease.total_seconds() + 1)
            left = await _in_hand(run, {place: worker})
    finally:
        run.workers[place] = worker
    run.done[HELD_UP] += 1
    run.done[PAUSED] += bool(in_hand.keys() - left.keys())


async def stop_postgresql(run: Run) -> None:
    """Its first process is killed, as by a machine that fails; its supervisor starts it again."""
    killed = postmaster(run.data_dir)
    os.kill(killed, signal.SIGKILL)
    await eventually(lambda: replaced(run.data_dir, killed))
    engine = open_engine(run.stage.environment["DATABASE_URL"], pool_size=1)
    await eventually(lambda: answers(engine))
    await engine.dispose()
    run.done[POSTGRESQL] += 1


async def stop_valkey(run: Run) -> None:
    """Killed, and everything in it is gone when its supervisor has started it again."""
    killed = await _process_of_valkey(run)
    os.kill(killed, signal.SIGKILL)

    async def is_back() -> bool:
        try:
            return await _process_of_valkey(run) != killed
        except RedisError:
            return False

    await eventually(is_back)
    run.done[STOPPED] += 1


async def flush_valkey(run: Run) -> None:
    async with valkey(run.redis_url) as client:
        await client.flushall()
    run.done[FLUSHED] += 1


async def _process_of_valkey(run: Run) -> int:
    async with valkey(run.redis_url) as client:
        told = await client.info("server")
    return int(told["process_id"])


async def _sought(run: Run, point: str) -> int:
    """The place of a worker that stands at this point, or of any where none does in time."""
    await eventually(lambda: bool(run.workers))
    until = asyncio.get_running_loop().time() + SOUGHT_SECONDS
    while asyncio.get_running_loop().time() < until:
        in_hand = await _in_hand(run, run.workers)
        taken = _taken(run, in_hand)
        there = (taken if point == AFTER else in_hand.keys() - taken) - run.struck
        # Another blow may have taken a worker meanwhile.
        there = {code for code in there if in_hand[code] in run.workers}
        if there:
            return in_hand[run.dice.choice(sorted(there))]
        await asyncio.sleep(0.02)
    await eventually(lambda: bool(run.workers))
    return run.dice.choice(sorted(run.workers))


async def _in_hand(run: Run, workers: Mapping[int, Worker]) -> dict[str, int]:
    """What these are sending, by code, with the place of the worker: the length of a lease says whose it is."""
    places = {worker.lease: place for place, worker in workers.items()}
    async with run.stage.sessions() as session:
        held = select(Delivery.code, Delivery.claimed_at, Delivery.lease_until)
        rows = (await session.execute(held.where(Delivery.state == DeliveryState.SENDING))).all()
    leases = {code: until - since for code, since, until in rows if since and until}
    return {code: places[lease] for code, lease in leases.items() if lease in places}


def _taken(run: Run, codes: dict[str, int]) -> set[str]:
    """Which of these the platform has."""
    counted = run.stage.sandbox.control("POST", "journal/count", json={"codes": sorted(codes)}).json()
    return {code for code, known in counted.items() if known["count"]}
