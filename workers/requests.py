"""Forget what nobody asks for again: keys, tokens and guesses, files nobody uses, and the old record of sending."""

import asyncio
import contextlib
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

import structlog

from domain.accounts.authorizations import forget_over as forget_authorizations
from domain.engagement.retention import AT_A_TIME, forget_record
from domain.exports.work import forget as forget_exports
from domain.exports.work import take_expired
from domain.logins.commands import forget_old as forget_logins
from domain.posts.pictures import forget_unused, take_unused
from domain.requests.commands import forget_old as forget_requests
from integrations.database import is_away
from integrations.objects import Store, StoreAway
from workers.context import WorkerContext
from workers.exports import sweep

log = structlog.get_logger()

EVERY_SECONDS = 3600.0
# The database ends a transaction that stands still for five seconds.
CLEAR_SECONDS = 3.0
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
            await _forget_exports(context)
            await sweep(context)
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
    """A few at a time until none is left; what was cleared is forgotten, however far a slow store let it come."""
    forgotten = True
    while forgotten:
        async with context.sessions() as session:
            left = await take_unused(session, now=datetime.now(UTC))
            cleared = await _cleared(context.store, left)
            await forget_unused(session, cleared)
            await session.commit()
        if left and not cleared:
            raise StoreAway(f"nothing was cleared in {CLEAR_SECONDS:g} s")
        forgotten = bool(cleared)
        log.debug("files_forgotten", count=len(cleared))


async def _forget_exports(context: WorkerContext) -> None:
    """The same for exports that are over."""
    forgotten = True
    while forgotten:
        async with context.sessions() as session:
            over = await take_expired(session, now=datetime.now(UTC))
            cleared = await _cleared(context.store, dict.fromkeys(over))
            await forget_exports(session, list(cleared))
            await session.commit()
        if over and not cleared:
            raise StoreAway(f"nothing was cleared in {CLEAR_SECONDS:g} s")
        forgotten = bool(cleared)
        log.debug("exports_forgotten", count=len(cleared))


async def _cleared(store: Store, left: Mapping[UUID, str | None]) -> dict[UUID, str | None]:
    """What of it is gone from the store in the time that there is."""
    cleared = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLEAR_SECONDS):
            for upload_id, kept in left.items():
                await store.clear(str(upload_id), but=kept)
                cleared[upload_id] = kept
    return cleared
