"""What people asked for is made: held while it takes, told how far it is, and settled once, by whichever worker."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import structlog
from prometheus_client import Counter

from domain.handouts import making
from domain.handouts.making import Held
from domain.handouts.rows import Handout
from domain.handouts.rules import TRIES, folder_of, key_of
from domain.refusals import Reason, Refusal
from integrations.objects import StoreAway
from workers.context import WorkerContext

log = structlog.get_logger()

ENDED = Counter("qicai_handouts_ended_total", "Files that people asked for, by how they ended.", ["kind", "outcome"])
# How far it is, is written down once in that time; the lease is far longer.
TELL_SECONDS = 0.5
AGAIN = timedelta(seconds=30)


@dataclass
class Progress:
    """How far it is, out of a hundred."""

    percent: int = 0


@dataclass(frozen=True)
class Made:
    """What is in the store by now: hash and size by name, and what else the row is to say."""

    documents: Mapping[str, Mapping[str, Any]]
    facts: Mapping[str, Any] = field(default_factory=dict)


Making = Callable[[Progress], Coroutine[Any, Any, Made]]


async def claim(context: WorkerContext, model: type[Handout], limit: int) -> list[Held]:
    """Take what waits longest."""
    async with context.sessions() as session:
        claims = await making.claim(session, model, limit=limit, lease=context.lease)
        await session.commit()
    return claims


async def make(context: WorkerContext, held: Held, work: Making) -> None:
    """Make it and settle it; what breaks it off leaves it to whoever comes next."""
    if held.tries > TRIES:
        await _fail(context, held, Reason.FILE_GAVE_UP)
        return
    progress = Progress()
    task = asyncio.create_task(work(progress))
    try:
        if await _held_until(context, held, task, progress):
            await _settle(context, held, task)
        else:
            await _over(task)
            await _clear_unwanted(context, held)
    except asyncio.CancelledError:
        # This process ends. Nothing is wrong with what was asked for, so another one takes it at once.
        await _put_back(context, held, wait=timedelta(), counts=False)
        raise
    finally:
        await _over(task)


async def keep(context: WorkerContext, held: Held, files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """Put files that are in memory into the store, and say what they are."""
    documents = {}
    for name, content in files.items():
        digest = hashlib.sha256(content).hexdigest()
        await context.store.put(key_of(held.model.folder, held.row_id, name, digest), content)
        documents[name] = {"sha256": digest, "size": len(content)}
    return documents


async def _held_until(context: WorkerContext, held: Held, task: asyncio.Task[Made], progress: Progress) -> bool:
    """Hold it and tell how far it is until it is made; False where it is not this worker's any more."""
    while not (await asyncio.wait({task}, timeout=TELL_SECONDS))[0]:
        async with context.sessions() as session:
            is_held = await making.advance(session, held, progress=progress.percent, lease=context.lease)
            await session.commit()
        if not is_held:
            return False
    return True


async def _settle(context: WorkerContext, held: Held, task: asyncio.Task[Made]) -> None:
    """Write down what came of it."""
    try:
        made = await task
        async with context.sessions() as session:
            is_kept = await making.finish(session, held, documents=made.documents, facts=made.facts)
            await session.commit()
    except Refusal as refusal:
        await _fail(context, held, refusal.reason)
    except StoreAway as error:
        log.warning("store_away", **_named(held), error=str(error))
        await _put_back(context, held, wait=AGAIN, counts=False)
    except Exception:
        # Told by the lane.
        await _put_back(context, held, wait=AGAIN, counts=True)
        raise
    else:
        if not is_kept:
            await _clear_unwanted(context, held)
            return
        _tell(held, "ready")


async def _fail(context: WorkerContext, held: Held, reason: Reason) -> None:
    async with context.sessions() as session:
        is_mine = await making.fail(session, held, reason=reason)
        await session.commit()
    if is_mine:
        await _clear(context, held)
        _tell(held, "failed", reason=reason.name)


async def _put_back(context: WorkerContext, held: Held, *, wait: timedelta, counts: bool) -> None:
    async with context.sessions() as session:
        await making.put_back(session, held, wait=wait, counts=counts)
        await session.commit()


async def _clear_unwanted(context: WorkerContext, held: Held) -> None:
    """One that another worker has in hand may have its files already: only what nobody wants is cleared away."""
    async with context.sessions() as session:
        is_unwanted = await making.is_unwanted(session, held.model, held.row_id)
    if is_unwanted:
        await _clear(context, held)
    _tell(held, "dropped")


async def _clear(context: WorkerContext, held: Held) -> None:
    """What is left is cleared away with the row, at the latest."""
    with suppress(StoreAway):
        await context.store.clear(folder_of(held.model.folder, held.row_id))


async def _over(task: asyncio.Task[Made]) -> None:
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        # Told already, or told by the lane.
        task.exception()


def _tell(held: Held, outcome: str, **more: str) -> None:
    ENDED.labels(held.model.folder, outcome).inc()
    log.info("handout_ended", **_named(held), outcome=outcome, **more)


def _named(held: Held) -> dict[str, Any]:
    return {"kind": held.model.folder, "id": str(held.row_id), "tries": held.tries}
