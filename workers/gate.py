"""Make the gate seen: hold what is due and may not go out, let go what may again, give up what is too late."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from domain.posts import gate
from integrations.database import is_away
from workers.context import WorkerContext

log = structlog.get_logger()

EVERY_SECONDS = 1.0
AT_A_TIME = 500
STEPS: tuple[Callable[..., Awaitable[int]], ...] = (
    gate.miss_late,
    gate.hold_due,
    gate.release_held,
    gate.renew_holds,
)


async def keep_gate(context: WorkerContext, stopping: asyncio.Event) -> None:
    """Every second until told to stop; whether anything goes out is for the claim alone to decide."""
    while not stopping.is_set():
        for step in STEPS:
            await _whole(context, step, stopping)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)


async def _whole(context: WorkerContext, step: Callable[..., Awaitable[int]], stopping: asyncio.Event) -> None:
    """One step for all that there is, a batch a transaction."""
    try:
        while not stopping.is_set():
            async with context.sessions() as session:
                done = await _batch(session, step)
            if done < AT_A_TIME:
                return
    except Exception as error:
        if is_away(error):
            log.warning("database_away", lane="gate", error=type(error).__name__)
        else:
            log.error("gate_broke", step=step.__name__, error=repr(error), exc_info=error)


async def _batch(session: AsyncSession, step: Callable[..., Awaitable[int]]) -> int:
    done = await step(session, limit=AT_A_TIME)
    await session.commit()
    if done:
        log.info("gate", step=step.__name__, deliveries=done)
    return done
