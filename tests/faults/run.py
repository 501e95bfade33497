"""One long run: what was set up, who works on it, what was promised, and what was forbidden from when to when."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from api.cli.processes import Child
from domain.access.actor import Actor
from domain.lessons.models import Lesson
from domain.posts.models import Delivery
from domain.terms import DeliveryState
from integrations.database import AWAY, is_away
from tests.factories.posts import schedule
from tests.factories.units import Tree
from tests.faults.judgement import Forbidden
from tests.faults.scene import Scene, wrong_clock

OPERATOR = Actor.operator()
TRIES, SPREAD_SECONDS = 60, 4
# Every process holds its deliveries a little longer than the one before it, so each row says whose it is.
LEASE, LONGER = timedelta(seconds=2), timedelta(milliseconds=1)


@dataclass
class Worker:
    """A worker process, and how wrong its clock is."""

    child: Child
    lease: timedelta
    ahead: timedelta


@dataclass
class Run:
    """All that the parts of a run share."""

    stage: Scene
    tree: Tree
    lesson: Lesson
    keeper: Actor
    dice: random.Random
    # Where the servers of the run keep their data, and the queue.
    data_dir: Path
    redis_url: str
    # By their places; one that is down or held up is missing meanwhile.
    workers: dict[int, Worker] = field(default_factory=dict)
    starting: list[asyncio.Task[None]] = field(default_factory=list)
    # What a worker had in hand when it was struck: others are sought next, as chance would.
    struck: set[str] = field(default_factory=set)
    posts: list[UUID] = field(default_factory=list)
    forbidden: list[Forbidden] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)
    _started: int = 0

    def start_worker(self, place: int, ahead: timedelta) -> None:
        """Let a worker come to a place in a moment; its rows can be told from those of all others."""
        self._started += 1
        lease = LEASE + LONGER * self._started
        changes = {"QICAI_LEASE_SECONDS": str(lease.total_seconds()), "QICAI_LOOK_EVERY_SECONDS": "0.5"}

        async def come() -> None:
            child = await asyncio.to_thread(self.stage.worker, **changes, **wrong_clock(ahead))
            self.workers[place] = Worker(child, lease, ahead)

        self.starting.append(asyncio.create_task(come()))

    async def post(self) -> None:
        """A post to every account, due within seconds, one account after the other; one in ten is never approved."""
        approved = self.dice.random() > 0.1
        at = datetime.now(UTC) + timedelta(seconds=self.dice.uniform(0.5, 2))
        due: dict[str, Any] = {"publish_at": at, "spread_seconds": SPREAD_SECONDS}
        async with self.stage.sessions() as session:
            made = await schedule(session, self.tree, self.lesson, is_approved=approved, **due)
        if approved:
            self.posts.append(made.post.id)
        else:
            self.done["never approved"] += 1
            self.forbidden.append(Forbidden({each.code for each in made.deliveries}, time.time()))

    async def surely(self, act: Callable[[], Awaitable[object]]) -> None:
        """Do what must not be left undone, as soon as the database is there for it."""
        for _ in range(TRIES):
            try:
                await act()
            except AWAY as error:
                if not is_away(error):
                    raise
                await asyncio.sleep(0.5)
            else:
                return

    async def do(self, command: Any, **given: Any) -> Any:
        """An act of the operator, committed."""
        async with self.stage.sessions() as session:
            answer = await command(session, OPERATOR, now=datetime.now(UTC), **given)
            await session.commit()
        return answer

    async def waiting(self, *conditions: ColumnElement[bool]) -> set[str]:
        """The codes of what has not begun."""
        waiting = Delivery.state.in_((DeliveryState.SCHEDULED, DeliveryState.HELD, DeliveryState.CANCELLED))
        async with self.stage.sessions() as session:
            rows = await session.execute(select(Delivery.code).where(waiting, *conditions))
            return set(rows.scalars())
