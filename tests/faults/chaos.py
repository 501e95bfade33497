"""The long run: posts go out while everything breaks and people change their minds, judged by the sandbox's journal.

    .venv/bin/python -m tests.faults.chaos --seconds 120 --workers 8

Everything is real but the platform: processes, PostgreSQL, Valkey, HTTP. It says how often each thing was done and each
point reached. The last line says what was lost, sent twice, sent early, or sent though it was forbidden, and how late
the rest was; the exit code is 0 only if the first four are 0.
"""

import argparse
import asyncio
import contextlib
import random
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy import case, func, select, text

from domain.posts.models import Attempt, Delivery, Hold
from domain.terms import DeliveryState
from integrations.database import AWAY, is_away, open_engine, open_sessions
from migrations.apply import migrate
from tests.factories.people import add_keeper
from tests.factories.posts import add_account, add_host, add_lesson
from tests.factories.servers import eventually, own_database_number, own_servers
from tests.factories.units import plant_tree
from tests.faults import blows, minds, storms
from tests.faults.judgement import Verdict, judge
from tests.faults.run import Run
from tests.faults.scene import Scene, scene
from tests.integrations.sandbox.running import running

ACCOUNTS, WORKERS = 40, 8
# The clocks of the first two are wrong, by more than anything here lasts.
AHEAD = (timedelta(minutes=10), timedelta(minutes=-10))
# How often each thing is done, in seconds.
EVERY: dict[Callable[[Run], Awaitable[None]], float] = {
    Run.post: 4.0,
    blows.kill_a_worker: 3.0,
    blows.pause_a_worker: 8.0,
    blows.flush_valkey: 10.0,
    # A supervisor gives a server up that dies more than five times in a minute.
    blows.stop_valkey: 19.0,
    blows.stop_postgresql: 23.0,
    minds.change_a_mind: 1.5,
    storms.next_storm: 8.0,
}
# What a run is to reach; what it did not is said.
POINTS = (
    blows.BEFORE,
    blows.AFTER,
    blows.PAUSED,
    blows.POSTGRESQL,
    blows.STOPPED,
    blows.FLUSHED,
    "platform: limit accounts",
    "platform: kill a token",
    "platform: limit us",
    "platform: be away",
)
# So many of the latest are told.
LATEST = 3
DRAIN_SECONDS, SET_UP_SECONDS = 90.0, 180.0


async def every(run: Run, seconds: float, act: Callable[[Run], Awaitable[None]], until: float) -> None:
    """Again and again until a moment; servers that are away for a moment end nothing."""
    begun = time.monotonic()
    while (begun := max(begun + seconds, time.monotonic())) < until:
        await asyncio.sleep(begun - time.monotonic())
        try:
            await act(run)
        except (*AWAY, RedisError) as error:
            if not isinstance(error, RedisError) and not is_away(error):
                raise
            run.done[f"broken off, a server was away: {act.__name__}"] += 1


async def settled(run: Run) -> bool:
    """Whether everything that may go out has gone out, and everything unclear is clear."""
    moving = (DeliveryState.SENDING, DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED, DeliveryState.SCHEDULED)
    held = select(Hold.delivery_id).where(Hold.lifted_at.is_(None), Hold.reason != "NOT_APPROVED")
    async with run.stage.sessions() as session:
        rows = await session.execute(
            select(Delivery.id).where(Delivery.state.in_(moving) | Delivery.id.in_(held)).limit(1)
        )
        return rows.first() is None


async def rage(run: Run, seconds: float) -> None:
    """All of it at once, for so long; then let what is under way end."""
    storms.begin(run)
    until = time.monotonic() + seconds
    await asyncio.gather(*(every(run, each, act, until) for act, each in EVERY.items()))
    await asyncio.gather(*run.starting)
    storms.end(run)
    await minds.let_all_go(run)
    await storms.reconnect_all(run)
    await asyncio.sleep(storms.CALL_SECONDS)
    await storms.end_pauses(run)
    # What is not settled in time is for the verdict to tell.
    with contextlib.suppress(AssertionError):
        await eventually(lambda: settled(run), DRAIN_SECONDS)


async def chaos(seconds: float, seed: int, workers: int) -> Verdict:
    """Set everything up, let it rage, and judge."""
    with ExitStack() as stack:
        held = stack.enter_context(own_servers(postgres=True, valkey=True, durable=True))
        sandbox = stack.enter_context(running(limit_scale=1000, refuse_duplicates=False))
        engine = open_engine(str(held.database_url))
        await migrate(engine)
        redis_url = own_database_number(str(held.redis_url))
        addresses = {"database_url": str(held.database_url), "redis_url": redis_url}
        stage = stack.enter_context(scene(sandbox, open_sessions(engine), **addresses))
        run = await set_up(stage, random.Random(seed), held.data_dir, redis_url)
        for place in range(workers):
            run.start_worker(place, AHEAD[place] if place < len(AHEAD) else timedelta())
        await asyncio.gather(*run.starting)
        sys.stdout.write(f"{workers} workers, the clocks of {min(workers, len(AHEAD))} of them ten minutes off\n")
        await rage(run, seconds)
        verdict = await judge(stage, run.forbidden)
        await tell(run, verdict)
        await engine.dispose()
    return verdict


async def set_up(stage: Scene, dice: random.Random, data_dir: Path, redis_url: str) -> Run:
    """Accounts of two counties at the sandbox, and a lesson to promote."""
    async with stage.sessions() as session:
        tree = await plant_tree(session)
        host = await add_host(session, stage.keys.keyring, api_url=stage.sandbox.url, settling_seconds=1)
        # The budgets of a day are another story, told by tests of their own.
        await session.execute(text("UPDATE hosts SET calls_per_day = 1000000, posts_per_hour = 1000000"))
        for number in range(ACCOUNTS):
            person = stage.sandbox.known(str(3_100_000_001 + number), f"账号{number}")
            unit = "north county" if number % 2 else "south county"
            await add_account(session, tree, unit, host, stage.keys.keyring, uid=person.uid, token=person.token)
            stage.people.append(person)
        lesson = await add_lesson(session, tree)
        keeper = await add_keeper(session, tree["east"])
    return Run(stage, tree, lesson, keeper, dice, data_dir, redis_url)


async def tell(run: Run, verdict: Verdict) -> None:
    """What was done and reached, and where everything stands."""
    for name, count in sorted(run.done.items()):
        sys.stdout.write(f"{name}: {count}\n")
    async with run.stage.sessions() as session:
        # Why a person is asked is told; any other problem was one of the way.
        why = case((Delivery.state == DeliveryState.NEEDS_PERSON, Delivery.problem), else_="")
        states = await session.execute(
            select(Delivery.state, why, func.count()).group_by(text("1, 2")).order_by(text("1, 2"))
        )
        for state, problem, count in states:
            sys.stdout.write(f"deliveries {state} {problem}".rstrip() + f": {count}\n")
    for seconds, code in sorted(verdict.late, reverse=True)[:LATEST]:
        sys.stdout.write(f"latest: {code} by {seconds:.1f} s, after {await story(run, code)}\n")
    for name in POINTS:
        if not run.done[name]:
            sys.stdout.write(f"NEVER REACHED in this run: {name}\n")


async def story(run: Run, code: str) -> str:
    """What happened to a delivery, with the seconds after its due time."""
    query = select(Attempt.event, Attempt.settled_at, Delivery.due_at).join(Delivery).where(Delivery.code == code)
    async with run.stage.sessions() as session:
        rows = await session.execute(query.order_by(Attempt.fence))
        return ", ".join(f"{event} {(at - due).total_seconds():.1f}" for event, at, due in rows if at)


def main() -> int:
    """Read the options, run, and print the verdict as the last line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=120)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--workers", type=int, default=WORKERS)
    given = options.parse_args()
    limit = given.seconds + DRAIN_SECONDS + SET_UP_SECONDS
    verdict = asyncio.run(asyncio.wait_for(chaos(given.seconds, given.seed, given.workers), limit))
    for kind in ("lost", "twice", "early", "forbidden"):
        for each in getattr(verdict, kind):
            sys.stdout.write(f"{kind}: {each}\n")
    sys.stdout.write(f"{verdict}\n")
    return 0 if verdict.is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
