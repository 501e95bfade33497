"""Forget what nobody asks for again: keys, tokens and guesses, files nobody uses, and what is kept for a time only."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.authorizations import forget_over as forget_authorizations
from domain.engagement.retention import AT_A_TIME, forget_comments, forget_record
from domain.exports.models import Export
from domain.handouts import making
from domain.handouts.rows import Handout
from domain.handouts.rules import folder_of
from domain.logins.commands import forget_old as forget_logins
from domain.posts.pictures import forget_unused, take_unused
from domain.press.models import PressKit
from domain.reports.models import CampaignReport
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


@dataclass(frozen=True)
class Files:
    """What lies in the store and is over: how its rows are taken, where its bytes lie, and how it is forgotten.

    To take answers, by id, the key that stays, if any; the rows stay locked while the rest is cleared away.
    """

    take: Callable[..., Awaitable[Mapping[UUID, str | None]]]
    folder_of: Callable[[UUID], str]
    forget: Callable[[AsyncSession, Mapping[UUID, str | None]], Awaitable[None]]


def _files_of(model: type[Handout]) -> Files:
    async def forget(session: AsyncSession, cleared: Mapping[UUID, str | None]) -> None:
        await making.forget(session, model, list(cleared))

    return Files(partial(making.take_over, model=model), partial(folder_of, model.folder), forget)


FILES = {
    "files_forgotten": Files(take_unused, str, forget_unused),
    "press_kits_forgotten": _files_of(PressKit),
    "exports_forgotten": _files_of(Export),
    "reports_forgotten": _files_of(CampaignReport),
}


async def forget_old(context: WorkerContext, stopping: asyncio.Event) -> None:
    """Once an hour until told to stop."""
    while not stopping.is_set():
        try:
            await _forget(context)
            await forget_files(context)
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
    for step, keeping in ((forget_record, context.keep_record), (forget_comments, context.keep_comments)):
        forgotten = AT_A_TIME
        while forgotten >= AT_A_TIME:
            async with context.sessions() as session:
                forgotten = await step(session, before=datetime.now(UTC) - keeping)
                await session.commit()
            log.debug(step.__name__, count=forgotten)


async def forget_files(context: WorkerContext) -> None:
    """A few at a time until none is left; what was cleared is forgotten, however far a slow store let it come."""
    for event, files in FILES.items():
        forgotten = True
        while forgotten:
            async with context.sessions() as session:
                left = await files.take(session, now=datetime.now(UTC))
                cleared = await _cleared(context.store, left, files.folder_of)
                await files.forget(session, cleared)
                await session.commit()
            if left and not cleared:
                raise StoreAway(f"nothing was cleared in {CLEAR_SECONDS:g} s")
            forgotten = bool(cleared)
            log.debug(event, count=len(cleared))


async def _cleared(
    store: Store, left: Mapping[UUID, str | None], folder_of: Callable[[UUID], str]
) -> dict[UUID, str | None]:
    """What of it is gone from the store in the time that there is."""
    cleared = {}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CLEAR_SECONDS):
            for row_id, kept in left.items():
                await store.clear(folder_of(row_id), but=kept)
                cleared[row_id] = kept
    return cleared
