"""The arq side: one shallow job that says "look now"."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from arq.worker import Worker, func
from redis.exceptions import RedisError

from integrations.queue import QUEUE, Work, deserialize, redis_settings, serialize

log = structlog.get_logger()

AGAIN_SECONDS = 2.0


async def look_now(context: dict[str, Any], *, work: str, **_: Any) -> None:
    """Wake the lanes of a kind of work; an unknown kind comes from a newer publisher and is left to it."""
    for lane in context["lanes"].get(work, ()):
        lane.set()


JOBS = [func(look_now, name="look_now", keep_result=0, timeout=10, max_tries=1)]  # type: ignore[arg-type]


async def listen(redis_url: str, wakes: Mapping[Work, list[asyncio.Event]], stopping: asyncio.Event) -> None:
    """Take wake-ups until told to stop; without Valkey the lanes go on by their own look."""
    while not stopping.is_set():
        worker = Worker(
            functions=JOBS,
            queue_name=QUEUE,
            redis_settings=redis_settings(redis_url, patient=True),
            job_serializer=serialize,
            job_deserializer=deserialize,
            ctx={"lanes": {work.value: events for work, events in wakes.items()}},
            handle_signals=False,
            poll_delay=0.1,
            max_jobs=10,
        )
        listening = asyncio.create_task(worker.async_run())
        stop = asyncio.create_task(stopping.wait())
        await asyncio.wait({listening, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        listening.cancel()
        try:
            await listening
        except asyncio.CancelledError:
            pass
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("valkey_away", error=type(error).__name__)
        await _close(worker)
        if not stopping.is_set():
            await asyncio.sleep(AGAIN_SECONDS)


async def _close(worker: Worker) -> None:
    try:
        await worker.close()
    except (RedisError, OSError, TimeoutError, RuntimeError) as error:
        log.debug("wake_up_close", error=type(error).__name__)
