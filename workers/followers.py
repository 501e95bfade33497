"""Count the followers of accounts, once a day."""

from datetime import timedelta

import structlog
from prometheus_client import Counter

from domain.engagement import followers
from domain.engagement.followers import FollowerBatch
from domain.hosts import port
from domain.hosts.rules import CAPABILITIES
from workers import calls
from workers.context import WorkerContext

log = structlog.get_logger()

COUNTED = Counter("qicai_follower_counts_total", "Counts of followers kept.")
BATCH_SIZE = min(capabilities.accounts_at_once for capabilities in CAPABILITIES.values())
# A platform that refuses to count is not asked all day long: the calls are those of the accounts.
TRY_AGAIN = timedelta(hours=1)
# After these another account may count the same, and does so at once.
OF_THE_READER = (port.RateLimited, port.Unauthorized)


async def claim_followers(context: WorkerContext, limit: int) -> list[FollowerBatch]:
    """Take one batch of accounts that were not counted today; one call counts for many."""
    if limit < 1:
        return []
    async with context.sessions() as session:
        batch = await followers.claim(session, batch_size=BATCH_SIZE, lease=context.lease)
        await session.commit()
    return [batch] if batch else []


async def count(context: WorkerContext, batch: FollowerBatch) -> None:
    """Count for one batch and keep it; a day on which nothing came back stays empty."""
    try:
        counts = await calls.answer(
            context, batch, lambda client, handle: client.followers(handle, list(batch.accounts))
        )
    except calls.FAILURES as error:
        log.warning("counting_failed", accounts=len(batch.accounts), error=type(error).__name__, detail=str(error))
        await _react(context, batch, error)
        return
    if counts is None:
        return
    async with context.sessions() as session:
        kept = await followers.keep(session, batch, counts=counts)
        await session.commit()
    COUNTED.inc(kept)


async def _react(context: WorkerContext, batch: FollowerBatch, error: Exception) -> None:
    """What concerns only the reader leaves the batch to another; else it is tried again later, and readings go on."""
    if isinstance(error, OF_THE_READER):
        await calls.react(context, batch, error)
        return
    async with context.sessions() as session:
        await followers.put_off(session, batch, wait=TRY_AGAIN)
        await session.commit()
