"""Collect the comments below published posts, a page at a time."""

from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter

from domain.engagement import comments
from domain.engagement.comments import Visit
from domain.hosts import port
from workers import calls
from workers.context import WorkerContext

log = structlog.get_logger()

COLLECTED = Counter("qicai_comments_collected_total", "Comments below posts that were kept.")
TRY_AGAIN = timedelta(hours=1)
# The account, or the whole platform, waits; the page is read when that is over.
OF_THE_READER = (port.RateLimited, port.Unauthorized)
# Whatever else a platform says it will say again, so it is asked when there is more to be had.
PASSING = (port.TransientBeforeSend, TimeoutError)


async def claim_comments(context: WorkerContext, limit: int) -> list[Visit]:
    """Take pages that are due, each of another account."""
    visits: list[Visit] = []
    while len(visits) < limit:
        async with context.sessions() as session:
            visit = await comments.claim(session, lease=context.lease)
            await session.commit()
        if visit is None:
            break
        visits.append(visit)
    return visits


async def collect(context: WorkerContext, visit: Visit) -> None:
    """Read one page and keep it; what breaks off before that is read again from the same place."""
    try:
        page = await calls.answer(
            context, visit, lambda client, handle: client.comments(handle, visit.host_post_id, below=visit.sweep.below)
        )
    except calls.FAILURES as error:
        log.warning("collecting_failed", delivery=str(visit.delivery_id), error=type(error).__name__, detail=str(error))
        await _react(context, visit, error)
        return
    if page is None:
        return
    async with context.sessions() as session:
        kept = await comments.keep(session, visit, page, collected_at=datetime.now(UTC))
        await session.commit()
    COLLECTED.inc(kept)


async def _react(context: WorkerContext, visit: Visit, error: Exception) -> None:
    if isinstance(error, OF_THE_READER):
        await calls.react(context, visit, error)
        return
    async with context.sessions() as session:
        await comments.put_off(session, visit, wait=TRY_AGAIN if isinstance(error, PASSING) else None)
        await session.commit()
