"""Forget what nobody asks for again: keys of mutations after their 30 days, tokens used up, old guesses."""

import asyncio
import contextlib

import structlog

from domain.logins.commands import forget_old as forget_logins
from domain.requests.commands import forget_old as forget_requests
from integrations.database import AWAY
from workers.context import WorkerContext

log = structlog.get_logger()

EVERY_SECONDS = 3600.0
# Each in a transaction of its own: what one of them has done stays done, whatever becomes of the other.
KINDS = {"keys_forgotten": forget_requests, "logins_forgotten": forget_logins}


async def forget_old(context: WorkerContext, stopping: asyncio.Event) -> None:
    """Once an hour until told to stop."""
    while not stopping.is_set():
        try:
            await _forget(context)
        except AWAY as error:
            log.warning("database_away", lane="forget_old", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)


async def _forget(context: WorkerContext) -> None:
    for event, forget in KINDS.items():
        async with context.sessions() as session:
            forgotten = await forget(session)
            await session.commit()
        log.debug(event, count=forgotten)
