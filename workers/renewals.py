"""Find the tokens that end soon, while there is time to renew them."""

import asyncio
import contextlib
from datetime import timedelta

import structlog
from prometheus_client import Counter

from domain.accounts.renewals import AT_A_TIME, find_ending
from integrations.database import is_away
from workers.context import WorkerContext

log = structlog.get_logger()

EVERY_SECONDS = 3600.0
FOUND = Counter("qicai_renewals_found_total", "Tokens of accounts that a person must renew.")


async def find_renewals(context: WorkerContext, within: timedelta, stopping: asyncio.Event) -> None:
    """Once an hour until told to stop."""
    while not stopping.is_set():
        try:
            await _find(context, within)
        except Exception as error:
            # Whatever is wrong with renewals, sending goes on.
            if is_away(error):
                log.warning("database_away", lane="find_renewals", error=type(error).__name__)
            else:
                log.error("renewals_failed", error=repr(error), exc_info=error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)


async def _find(context: WorkerContext, within: timedelta) -> None:
    count = AT_A_TIME
    while count == AT_A_TIME:
        async with context.sessions() as session:
            count = len(await find_ending(session, within=within))
            await session.commit()
        FOUND.inc(count)
        if count:
            log.info("renewals_found", accounts=count)
