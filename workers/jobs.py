"""The arq side: one shallow job that says "look now"."""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

import structlog
from arq.worker import Worker, func
from redis.exceptions import RedisError

from integrations.queue import QUEUE, Work, close_pool, deserialize, open_pool, serialize

log = structlog.get_logger()

AGAIN_SECONDS = 2.0
CANCEL_AGAIN_SECONDS = 0.1
AWAY = (RedisError, OSError, TimeoutError)


async def look_now(context: dict[str, Any], *, work: str, **_: Any) -> None:
    """Wake the lanes of a kind of work; an unknown kind comes from a newer publisher and is left to it."""
    for lane in context["lanes"].get(work, ()):
        lane.set()


JOBS = [func(look_now, name="look_now", keep_result=0, timeout=10, max_tries=1)]  # type: ignore[arg-type]


async def listen(redis_url: str, wakes: Mapping[Work, list[asyncio.Event]], stopping: asyncio.Event) -> None:
    """Take wake-ups until told to stop; without Valkey, or with nonsense in it, the lanes go on by their own look."""
    stop = asyncio.create_task(stopping.wait())
    try:
        while not stopping.is_set():
            await _listen_once(redis_url, wakes, stop)
            await asyncio.wait({stop}, timeout=AGAIN_SECONDS)
    finally:
        stop.cancel()


async def _listen_once(redis_url: str, wakes: Mapping[Work, list[asyncio.Event]], stop: asyncio.Task[bool]) -> None:
    """One arq worker, until told to stop or until something goes wrong with it."""
    worker = Worker(
        functions=JOBS,
        queue_name=QUEUE,
        redis_pool=open_pool(redis_url),
        job_serializer=serialize,
        job_deserializer=deserialize,
        ctx={"lanes": {work.value: events for work, events in wakes.items()}},
        handle_signals=False,
        # Said again for jobs that are none of ours: what came of nonsense would be kept for an hour.
        keep_result=0,
        poll_delay=0.1,
        max_jobs=10,
    )
    listening = asyncio.create_task(worker.async_run())
    try:
        await asyncio.wait({listening, stop}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await _close(worker, listening)
    if not listening.cancelled() and (error := listening.exception()) is not None:
        level = log.warning if isinstance(error, AWAY) else log.error
        level("wake_ups_interrupted", error=repr(error), again_seconds=AGAIN_SECONDS)


async def _close(worker: Worker, listening: asyncio.Task[None]) -> None:
    """Not arq's own `close`: it asks Valkey first, and falls over jobs that were broken off."""
    tasks = {listening, *worker.tasks.values()}
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        # Once is not enough: a cancellation that meets a time-out inside the client of Valkey is lost there.
        _, pending = await asyncio.wait(pending, timeout=CANCEL_AGAIN_SECONDS)
    for task in tasks - {listening}:
        if not task.cancelled() and task.exception() is not None:
            log.debug("wake_up_broken_off", error=repr(task.exception()))
    with contextlib.suppress(*AWAY):
        await close_pool(worker.pool)
