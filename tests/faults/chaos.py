"""The long run: posts go out while workers are killed and people change their minds, judged by the sandbox's journal.

    .venv/bin/python -m tests.faults.chaos --seconds 120

Everything is real but the platform: processes, PostgreSQL, Valkey, HTTP. The last line says what was lost, sent twice,
sent early, or sent though it was forbidden, and how late the rest was; the exit code is 0 only if the first four are 0.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import redis.asyncio
from sqlalchemy import select, text

from api.cli.processes import Child
from domain.access.actor import Actor
from domain.accounts.commands import resume_account, suspend_account
from domain.accounts.models import Account
from domain.lessons.models import Lesson
from domain.posts.approvals import withdraw_approval
from domain.posts.commands import cancel_post
from domain.posts.edits import edit_post, hold_post, release_post
from domain.posts.models import Delivery, Hold, Post
from domain.posts.silences import lift_silence, order_silence
from domain.refusals import Refusal
from domain.terms import AccountState, DeliveryState
from integrations.database import open_engine, open_sessions
from migrations.apply import migrate
from tests.factories.posts import add_account, add_host, add_lesson, schedule
from tests.factories.servers import eventually, own_database_number, own_servers
from tests.factories.units import Tree, plant_tree
from tests.faults.judgement import Forbidden, Verdict, judge
from tests.faults.scene import Scene, scene
from tests.integrations.sandbox.running import running

ACCOUNTS, WORKERS, KILL_EVERY, POST_EVERY, DRAIN_SECONDS = 20, 3, 3.0, 2.0, 90.0
OPERATOR = Actor.operator()
# What the platform does to us meanwhile; the first rule that strikes a request decides about it.
FAULTS: list[dict[str, Any]] = [
    {"endpoint": "share", "kind": "drop_after_accept", "probability": 0.05, "seed": 1},
    {"endpoint": "share", "kind": "drop_before_accept", "probability": 0.05, "seed": 2},
    {"endpoint": "share", "kind": "truncate", "probability": 0.03, "seed": 3},
    {"endpoint": "share", "kind": "html", "http": 502, "accept": True, "probability": 0.03, "seed": 4},
    {"endpoint": "share", "kind": "error", "code": 10001, "accept": True, "probability": 0.03, "seed": 5},
    {"endpoint": "share", "kind": "accept_late", "seconds": 0.5, "probability": 0.02, "seed": 7},
    {"endpoint": "share", "kind": "hang", "seconds": 3, "accept": True, "probability": 0.02, "seed": 8},
    {"endpoint": "timeline", "kind": "error", "code": 10002, "probability": 0.05, "seed": 9},
    {"endpoint": "share", "kind": "slow", "seconds": 0.3, "probability": 0.5, "seed": 10},
]


@dataclass
class Run:
    """One run: what was set up, what was done to it, and what was forbidden from when to when."""

    stage: Scene
    tree: Tree
    lesson: Lesson
    dice: random.Random
    posts: list[UUID] = field(default_factory=list)
    forbidden: list[Forbidden] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    workers: list[Child] = field(default_factory=list)

    async def post(self) -> None:
        """A post to every account, due within seconds; one in ten is never approved."""
        approved = self.dice.random() > 0.1
        at = datetime.now(UTC) + timedelta(seconds=self.dice.uniform(0.5, 3))
        async with self.stage.sessions() as session:
            made = await schedule(session, self.tree, self.lesson, publish_at=at, is_approved=approved)
        if approved:
            self.posts.append(made.post.id)
        else:
            self.done["never approved"] += 1
            self.forbidden.append(Forbidden({each.code for each in made.deliveries}, time.time()))

    async def kill(self) -> None:
        """A worker at random, as the machine would; another one comes."""
        place = self.dice.randrange(len(self.workers))
        victim = self.workers[place]
        if self.dice.random() < 0.2:
            # It stands still past its lease instead, and goes on as if nothing had been.
            os.kill(victim.process.pid, signal.SIGSTOP)
            await asyncio.sleep(3)
            os.kill(victim.process.pid, signal.SIGCONT)
            self.done["paused past the lease"] += 1
            return
        victim.process.kill()
        victim.process.wait()
        self.done["killed"] += 1
        self.workers[place] = await asyncio.to_thread(self.stage.worker)

    async def change_a_mind(self) -> None:
        """Somebody cancels, holds, edits, silences, suspends or takes an approval back, close to the due time."""
        if not self.posts:
            return
        post_id = self.dice.choice(self.posts[-3:])
        acts = (self._cancel, self._hold, self._edit, self._silence, self._suspend, self._withdraw)
        act = self.dice.choice(acts)
        try:
            await act(post_id)
            self.done[act.__name__.strip("_")] += 1
        except Refusal as refusal:
            self.done[f"{act.__name__.strip('_')}: {refusal.code}"] += 1

    async def _do(self, command: Any, **given: Any) -> Any:
        async with self.stage.sessions() as session:
            answer = await command(session, OPERATOR, now=datetime.now(UTC), **given)
            await session.commit()
        return answer

    async def _codes(self, *conditions: Any) -> set[str]:
        """What has not begun and must not begin."""
        waiting = Delivery.state.in_((DeliveryState.SCHEDULED, DeliveryState.HELD, DeliveryState.CANCELLED))
        async with self.stage.sessions() as session:
            rows = await session.execute(select(Delivery.code).where(waiting, *conditions))
            return set(rows.scalars())

    async def _cancel(self, post_id: UUID) -> None:
        await self._do(cancel_post, post_id=post_id)
        at = time.time()
        self.forbidden.append(Forbidden(await self._codes(Delivery.post_id == post_id), at))

    async def _withdraw(self, post_id: UUID) -> None:
        await self._do(withdraw_approval, post_id=post_id, reason="试验")
        at = time.time()
        self.forbidden.append(Forbidden(await self._codes(Delivery.post_id == post_id), at))

    async def _edit(self, post_id: UUID) -> None:
        async with self.stage.sessions() as session:
            version = (await session.get_one(Post, post_id)).version
        await self._do(edit_post, post_id=post_id, expected_version=version, text=f"改过的文字 {version}")
        # The other text is approved by nobody.
        at = time.time()
        self.forbidden.append(Forbidden(await self._codes(Delivery.post_id == post_id), at))

    async def _hold(self, post_id: UUID) -> None:
        await self._do(hold_post, post_id=post_id, reason="试验")
        at = time.time()
        codes = await self._codes(Delivery.post_id == post_id)
        await asyncio.sleep(self.dice.uniform(0.2, 2))
        until = time.time()
        await self._do(release_post, post_id=post_id)
        self.forbidden.append(Forbidden(codes, at, until))

    async def _silence(self, _post_id: UUID) -> None:
        place = self.tree["north county"]
        ordered = await self._do(order_silence, unit_id=place.id, reason="试验")
        at = time.time()
        codes = await self._codes(Delivery.unit_id == place.id)
        await asyncio.sleep(self.dice.uniform(0.2, 2))
        until = time.time()
        await self._do(lift_silence, silence_id=ordered.id, over_seconds=1)
        self.forbidden.append(Forbidden(codes, at, until))

    async def _suspend(self, _post_id: UUID) -> None:
        async with self.stage.sessions() as session:
            active = await session.scalars(select(Account.id).where(Account.state == AccountState.ACTIVE))
            account_id = self.dice.choice(active.all())
        await self._do(suspend_account, account_id=account_id, reason="试验")
        at = time.time()
        codes = await self._codes(Delivery.account_id == account_id)
        await asyncio.sleep(self.dice.uniform(0.2, 2))
        until = time.time()
        await self._do(resume_account, account_id=account_id, reason="试验")
        self.forbidden.append(Forbidden(codes, at, until))


async def every(seconds: float, act: Any, until: float) -> None:
    """Again and again until a moment; a database that is away for a moment ends nothing."""
    while time.monotonic() < until:
        await asyncio.sleep(seconds)
        await act()


async def settled(run: Run) -> bool:
    """Whether everything that may go out has gone out, and everything unclear is clear."""
    moving = (DeliveryState.SENDING, DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED, DeliveryState.SCHEDULED)
    held = select(Hold.delivery_id).where(Hold.lifted_at.is_(None), Hold.reason != "NOT_APPROVED")
    async with run.stage.sessions() as session:
        rows = await session.execute(
            select(Delivery.id).where(Delivery.state.in_(moving) | Delivery.id.in_(held)).limit(1)
        )
        return rows.first() is None


async def rage(run: Run, seconds: float, redis_url: str) -> None:
    """All of it at once, for so long; then let what is under way end."""
    until = time.monotonic() + seconds

    async def flush() -> None:
        client = redis.asyncio.from_url(redis_url)
        await client.flushall()
        await client.aclose()
        run.done["valkey flushed"] += 1

    await asyncio.gather(
        every(POST_EVERY, run.post, until),
        every(KILL_EVERY, run.kill, until),
        every(0.7, run.change_a_mind, until),
        every(10, flush, until),
    )
    for rule in run.stage.sandbox.control("GET", "faults").json():
        run.done[f"fault at {rule['endpoint']}: {rule['kind']}"] += rule["hits"]
    run.stage.sandbox.control("POST", "faults", json=[])
    # What is not settled in time is for the verdict to tell.
    with contextlib.suppress(AssertionError):
        await eventually(lambda: settled(run), DRAIN_SECONDS)


async def chaos(seconds: float, seed: int) -> Verdict:
    """Set everything up, let it rage, and judge."""
    with ExitStack() as stack:
        held = stack.enter_context(own_servers(postgres=True, valkey=True, durable=True))
        sandbox = stack.enter_context(running(limit_scale=1000, refuse_duplicates=False))
        engine = open_engine(str(held.database_url))
        await migrate(engine)
        sessions = open_sessions(engine)
        redis_url = own_database_number(str(held.redis_url))
        stage = stack.enter_context(scene(sandbox, sessions, database_url=str(held.database_url), redis_url=redis_url))
        run = await set_up(stage, random.Random(seed))
        sandbox.control("POST", "faults", json=FAULTS)
        run.workers = [await asyncio.to_thread(stage.worker) for _ in range(WORKERS)]
        await rage(run, seconds, redis_url)
        verdict = await judge(stage, run.forbidden)
        for name, count in sorted(run.done.items()):
            sys.stdout.write(f"{name}: {count}\n")
        async with sessions() as session:
            states = await session.execute(text("SELECT state, count(*) FROM deliveries GROUP BY 1 ORDER BY 1"))
            for state, count in states:
                sys.stdout.write(f"{state}: {count}\n")
        await engine.dispose()
    return verdict


async def set_up(stage: Scene, dice: random.Random) -> Run:
    """Accounts of one county and its town at the sandbox, and a lesson to promote."""
    async with stage.sessions() as session:
        tree = await plant_tree(session)
        host = await add_host(session, stage.keys.keyring, api_url=stage.sandbox.url, settling_seconds=1)
        # The platform's limits are another story, told by tests of their own.
        await session.execute(text("UPDATE hosts SET calls_per_day = 1000000, posts_per_hour = 1000000"))
        for number in range(ACCOUNTS):
            person = stage.sandbox.known(str(3_100_000_001 + number), f"账号{number}")
            unit = "north county" if number % 2 else "south county"
            await add_account(session, tree, unit, host, stage.keys.keyring, uid=person.uid, token=person.token)
        lesson = await add_lesson(session, tree)
    return Run(stage, tree, lesson, dice)


def main() -> int:
    """Read the options, run, and print the verdict as the last line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=120)
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    verdict = asyncio.run(chaos(given.seconds, given.seed))
    for kind in ("lost", "twice", "early", "forbidden"):
        for each in getattr(verdict, kind):
            sys.stdout.write(f"{kind}: {each}\n")
    sys.stdout.write(f"{verdict}\n")
    return 0 if verdict.is_kept else 1


if __name__ == "__main__":
    sys.exit(main())
