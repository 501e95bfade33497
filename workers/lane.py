"""A lane of work: claim a few, do them side by side, look again."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog

from integrations.database import is_away

log = structlog.get_logger()

Item = TypeVar("Item")
# While there is work the next look comes soon; a wake-up or a second without work decides otherwise.
BUSY_SECONDS = 0.05


@dataclass
class Lane(Generic[Item]):
    """One kind of work of one worker process."""

    name: str
    claim: Callable[[int], Awaitable[Sequence[Item]]]
    work: Callable[[Item], Coroutine[Any, Any, None]]
    slots: int
    every: float
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    running: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self, stopping: asyncio.Event) -> None:
        """Look until told to stop; whatever happens to one item or one look, the lane goes on."""
        while not stopping.is_set():
            self.wake.clear()
            # Every free slot is offered: waiting for more of them would let a few slow calls hold up the rest.
            free = self.slots - len(self.running)
            items = await self._claimed(free) if free else []
            for item in items or []:
                task = asyncio.create_task(self.work(item))
                self.running.add(task)
                task.add_done_callback(self._done)
            busy = items is not None and (items or self.running)
            await self._pause(BUSY_SECONDS if busy else self.every, stopping)

    async def drain(self, seconds: float) -> None:
        """Let what is under way finish; what does not is broken off, and found again when its lease ends."""
        if not self.running:
            return
        _, late = await asyncio.wait(self.running, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            log.warning("broken_off", lane=self.name, items=len(late))
            await asyncio.wait(late)

    async def _claimed(self, free: int) -> Sequence[Item] | None:
        """None where the look itself failed; a defect of one lane must not stop the others, so it is only told."""
        try:
            return await self.claim(free)
        except Exception as error:
            if is_away(error):
                log.warning("database_away", lane=self.name, error=type(error).__name__)
            else:
                log.error("claim_failed", lane=self.name, error=repr(error), exc_info=error)
            return None

    async def _pause(self, seconds: float, stopping: asyncio.Event) -> None:
        waits: list[asyncio.Task[Any]] = [
            asyncio.create_task(self.wake.wait()),
            asyncio.create_task(stopping.wait()),
        ]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _done(self, task: asyncio.Task[None]) -> None:
        self.running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Nothing is settled: the lease ends, and the delivery is looked up before it is sent again.
            level = log.warning if is_away(error) else log.error
            level("work_failed", lane=self.name, error=repr(error), exc_info=error)
