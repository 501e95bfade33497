"""Read the counts of published posts."""

from datetime import UTC, datetime

import structlog
from prometheus_client import Counter

from domain.engagement import readings
from domain.engagement.readings import Batch
from domain.hosts.rules import CAPABILITIES
from workers import calls
from workers.context import WorkerContext

log = structlog.get_logger()

TAKEN = Counter("qicai_snapshots_taken_total", "Snapshots of engagement kept.")
BATCH_SIZE = min(capabilities.batch_size for capabilities in CAPABILITIES.values())


async def claim_readings(context: WorkerContext, limit: int) -> list[Batch]:
    """Take one batch of posts whose counts are due; one call reads many posts."""
    if limit < 1:
        return []
    async with context.sessions() as session:
        batch = await readings.claim(session, batch_size=BATCH_SIZE, lease=context.lease)
        await session.commit()
    return [batch] if batch else []


async def read(context: WorkerContext, batch: Batch) -> None:
    """Read one batch and keep it; after a failure it comes up again when its lease ends."""
    try:
        counts = await calls.answer(
            context, batch, lambda client, handle: client.counts(handle, [due.host_post_id for due in batch.due])
        )
    except calls.FAILURES as error:
        log.warning("reading_failed", posts=len(batch.due), error=type(error).__name__, detail=str(error))
        await calls.react(context, batch, error)
        return
    if counts is None:
        return
    async with context.sessions() as session:
        kept = await readings.keep(session, batch, counts=counts, taken_at=datetime.now(UTC), ladder=context.ladder)
        await session.commit()
    TAKEN.inc(kept)
