"""Read the counts of published posts."""

import asyncio
from datetime import UTC, datetime

import structlog
from prometheus_client import Counter

from domain.accounts import commands as accounts
from domain.base.keyring import SecretUnreadable
from domain.engagement import readings
from domain.engagement.readings import Batch
from domain.hosts import commands as hosts
from domain.hosts import port
from domain.hosts.rules import CAPABILITIES
from domain.posts.outcomes import LIMIT_WAIT
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
    client = context.client(batch.host_kind, batch.api_url)
    try:
        token = context.keyring.open(batch.token, row=f"accounts:token:{batch.account_id}")
        handle = port.Handle(uid=batch.uid, token=token)
        async with asyncio.timeout(context.call_seconds):
            counts = await client.counts(handle, [due.host_post_id for due in batch.due])
    except SecretUnreadable as error:
        log.error("token_unreadable", account=str(batch.account_id), error=str(error))
        return
    except (port.HostError, TimeoutError) as error:
        log.warning("reading_failed", posts=len(batch.due), error=type(error).__name__, detail=str(error))
        await _react(context, batch, error)
        return
    async with context.sessions() as session:
        kept = await readings.keep(session, batch, counts=counts, taken_at=datetime.now(UTC), ladder=context.ladder)
        await session.commit()
    TAKEN.inc(kept)


async def _react(context: WorkerContext, batch: Batch, error: Exception) -> None:
    """Whatever keeps this account from reading, another one reads next; a limit of the platform concerns all."""
    limit = error if isinstance(error, port.RateLimited) else None
    until = limit.until if limit else None
    async with context.sessions() as session:
        if isinstance(error, port.Unauthorized):
            await accounts.mark_unauthorized(session, account_id=batch.account_id, token=batch.token)
        if limit and limit.scope == "host":
            await hosts.pause(session, host_id=batch.host_id, until=until, wait=LIMIT_WAIT)
        else:
            await accounts.pause_reading(session, account_id=batch.account_id, until=until, wait=LIMIT_WAIT)
        await session.commit()
