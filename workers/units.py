"""Do the planned changes of the tree when their day has come in China."""

import asyncio
import contextlib
from datetime import UTC, datetime
from uuid import UUID

import structlog

# A change rewrites every table that copies a path, so all of them have to be known here.
from domain import tables as _tables  # noqa: F401
from domain.refusals import Refusal
from domain.units.acts import carry_out_planned, due_act_id, note_failure
from integrations.database import is_away
from workers.context import WorkerContext

log = structlog.get_logger()

EVERY_SECONDS = 5.0


async def carry_out_acts(context: WorkerContext, stopping: asyncio.Event) -> None:
    """Every few seconds until told to stop, whatever is due, one act after the other."""
    while not stopping.is_set():
        await carry_out_due(context, stopping)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), EVERY_SECONDS)


async def carry_out_due(context: WorkerContext, stopping: asyncio.Event) -> None:
    """Each act in a transaction of its own: one that cannot be done keeps none of the others from it."""
    tried: set[UUID] = set()
    while not stopping.is_set():
        try:
            async with context.sessions() as session:
                act_id = await due_act_id(session, besides=tried)
            if act_id is None:
                return
            tried.add(act_id)
            await _carry_out(context, act_id)
        except Exception as error:
            # It stays planned, and is tried again the next time.
            if is_away(error):
                log.warning("database_away", lane="unit_acts", error=type(error).__name__)
                return
            log.error("unit_act_broke", error=repr(error), exc_info=error)


async def _carry_out(context: WorkerContext, act_id: UUID) -> None:
    try:
        async with context.sessions() as session:
            done = await carry_out_planned(session, act_id=act_id, now=datetime.now(UTC))
            await session.commit()
        if done:
            log.info("unit_act_done", act_id=str(act_id))
    except Refusal as refusal:
        async with context.sessions() as session:
            await note_failure(session, act_id=act_id, refusal=refusal)
            await session.commit()
        log.warning("unit_act_failed", act_id=str(act_id), code=refusal.code)
