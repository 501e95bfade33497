"""Forget what nobody asks for again: keys, tokens and guesses, files nobody uses, and the old record of sending."""

import asyncio
import contextlib
from datetime import UTC, datetime

import structlog

from domain.accounts.authorizations import forget_over as forget_authorizations
from domain.engagement.retention import AT_A_TIME, forget_record
from domain.logins.commands import forget_old as forget_logins
from domain.posts.pictures import AT_A_TIME as PICTURES_AT_A_TIME
from domain.posts.pictures import forget_unused
from domain.requests.commands import forget_old as forget_requests
from integrations.database import is_away
from integrations.objects import StoreAway
from workers.context import WorkerContext

log = structlog.get_logger()

EVERY_SECONDS = 3600.0
# Each in a transaction of its own: what one of them has done stays done, whatever becomes of the other.
KINDS = {
    "keys_forgotten": forget_requests,
    "logins_forgotten": forget_logins,
    "authorizations_forgotten": forget_authorizations,
}


async def forget_old(context: WorkerContext, stopping: asyncio.Event) -> None:
    """Once an hour until told to stop."""
    while not stopping.is_set():
        try:
            await _forget(context)
            await _forget_files(context)
        except StoreAway as error:
            log.warning("store_away", lane="forget_old", error=str(error))
        except Exception as error:
            # Whatever is wrong with forgetting, sending goes on.
            if is_away(error):
                log.warning("database_away", lane="forget_old", error=type(error).__name__)
            else:
                log.error("forgetting_failed", error=repr(error), exc_info=error)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)


async def _forget(context: WorkerContext) -> None:
    for event, forget in KINDS.items():
        async with context.sessions() as session:
            forgotten = await forget(session)
            await session.commit()
        log.debug(event, count=forgotten)
    forgotten = AT_A_TIME
    while forgotten >= AT_A_TIME:
        async with context.sessions() as session:
            forgotten = await forget_record(session, before=datetime.now(UTC) - context.keep_record)
            await session.commit()
        log.debug("record_forgotten", count=forgotten)


async def _forget_files(context: WorkerContext) -> None:
    """What nobody uses goes from the store while its rows are locked: nobody can begin to use it meanwhile."""
    forgotten = PICTURES_AT_A_TIME
    while forgotten >= PICTURES_AT_A_TIME:
        async with context.sessions() as session:
            left = await forget_unused(session, now=datetime.now(UTC))
            for upload_id, kept in left.items():
                await context.store.clear(str(upload_id), but=kept)
            await session.commit()
        forgotten = len(left)
        log.debug("files_forgotten", count=forgotten)
