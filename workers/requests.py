"""Forget the keys of mutations after their 30 days."""

import asyncio
import contextlib

import structlog

from domain.requests.commands import forget_old
from integrations.database import AWAY
from workers.context import WorkerContext

log = structlog.get_logger()

EVERY_SECONDS = 3600.0


async def forget_keys(context: WorkerContext, stopping: asyncio.Event) -> None:
    """Once an hour until told to stop."""
    while not stopping.is_set():
        try:
            async with context.sessions() as session:
                forgotten = await forget_old(session)
                await session.commit()
            log.debug("keys_forgotten", count=forgotten)
        except AWAY as error:
            log.warning("database_away", lane="forget_keys", error=type(error).__name__)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)
