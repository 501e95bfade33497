"""Keep the stored roll-ups of engagement up to date."""

import asyncio
import contextlib

import structlog
from prometheus_client import Counter

from domain.engagement.folding import fold
from integrations.database import is_away
from workers.context import WorkerContext

log = structlog.get_logger()

EVERY_SECONDS = 1.0
AT_A_TIME = 500
COUNTED = Counter("qicai_rollup_marks_counted_total", "Marks that were reckoned into the roll-ups of engagement.")


async def keep_rollups(context: WorkerContext, stopping: asyncio.Event) -> None:
    """Every second until told to stop; reads add what has not been counted yet, so nobody waits for this."""
    while not stopping.is_set():
        try:
            await _whole(context, stopping)
        except Exception as error:
            # Whatever is wrong with counting, sending goes on.
            if is_away(error):
                log.warning("database_away", lane="rollups", error=type(error).__name__)
            else:
                log.error("rollups_broke", error=repr(error), exc_info=error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)


async def _whole(context: WorkerContext, stopping: asyncio.Event) -> None:
    """All that is marked, a batch a transaction."""
    counted = AT_A_TIME
    while counted >= AT_A_TIME and not stopping.is_set():
        async with context.sessions() as session:
            counted = await fold(session, limit=AT_A_TIME)
            await session.commit()
        COUNTED.inc(counted)
