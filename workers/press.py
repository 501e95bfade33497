"""Make press kits, one at a time and in a process apart."""

import asyncio
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import structlog
from prometheus_client import Counter

from domain.press import making
from domain.press.making import Held, Told
from domain.press.rules import TRIES, key_of
from domain.press.sheets import texts_of
from domain.refusals import Reason
from domain.terms import PressFormat
from domain.uploads.rules import are_of
from domain.wording.queries import words_in_force
from domain.wording.rules import blocks
from integrations.objects import StoreAway
from integrations.printing.press import PRINT_SECONDS, PressBroke, printed
from workers.context import WorkerContext

log = structlog.get_logger()

MADE = Counter("qicai_press_kits_total", "Press kits that were made, or could not be.", ["outcome"])
# Reading and keeping take some seconds at most; whoever is silent for longer than that is gone.
LEASE = timedelta(seconds=PRINT_SECONDS * 2)
AGAIN = timedelta(seconds=30)


async def claim_kits(context: WorkerContext, limit: int) -> list[Held]:
    """Take the kit that waits longest."""
    if limit < 1:
        return []
    async with context.sessions() as session:
        held = await making.claim(session, lease=LEASE)
        await session.commit()
    return [held] if held else []


async def make(context: WorkerContext, held: Held) -> None:
    """Make one kit; whatever kills us meanwhile, the lease ends and another makes it again."""
    if held.tries > TRIES:
        await _fail(context, held, Reason.PRESS_BROKE)
        return
    try:
        await _make(context, held)
    except StoreAway as error:
        log.warning("store_away", lane="press", error=str(error))
        await _put_back(context, held, counts=False)
    except PressBroke as error:
        log.error("press_broke", kit=str(held.kit_id), tries=held.tries, error=str(error))
        await _put_back(context, held, counts=True)


async def _make(context: WorkerContext, held: Held) -> None:
    async with context.sessions() as session:
        told = await making.told(session, held, now=datetime.now(UTC), address=context.base_url)
        words = await words_in_force(session)
    # Titles and lists change after somebody asked; it may be long, and others wait for this process.
    if isinstance(told, Told) and await asyncio.to_thread(blocks, texts_of(told.sheet), words):
        told = Reason.PRESS_WORDING
    pictures = None if isinstance(told, Reason) else await _pictures(context, told)
    if isinstance(told, Reason) or pictures is None:
        await _fail(context, held, told if isinstance(told, Reason) else Reason.PRESS_PICTURE_MISSING)
        return
    await _advance(context, held, 30)
    made = await printed(told.sheet, pictures)
    await _advance(context, held, 80)
    documents = {kind: (hashlib.sha256(content).hexdigest(), len(content)) for kind, content in made.items()}
    for kind, content in made.items():
        await context.store.put(key_of(held.kit_id, kind, documents[kind][0]), content)
    await _finish(context, held, told.revision, documents)


async def _pictures(context: WorkerContext, told: Told) -> list[bytes] | None:
    """The very bytes that were approved; None where some of them are gone."""
    found = []
    for key in told.keys:
        content = await context.store.get(key)
        if content is None or not await asyncio.to_thread(are_of, key, content):
            return None
        found.append(content)
    return found


async def _advance(context: WorkerContext, held: Held, progress: int) -> None:
    async with context.sessions() as session:
        await making.advance(session, held, progress=progress)
        await session.commit()


async def _finish(
    context: WorkerContext, held: Held, revision: int | None, documents: Mapping[PressFormat, tuple[str, int]]
) -> None:
    async with context.sessions() as session:
        mine = await making.finish(session, held, now=datetime.now(UTC), revision=revision, documents=documents)
        await session.commit()
    if mine:
        MADE.labels("ready").inc()
        log.info("press_kit_made", kit=str(held.kit_id), tries=held.tries)


async def _fail(context: WorkerContext, held: Held, reason: Reason) -> None:
    async with context.sessions() as session:
        mine = await making.fail(session, held, now=datetime.now(UTC), reason=reason)
        await session.commit()
    if mine:
        MADE.labels("failed").inc()
        log.warning("press_kit_failed", kit=str(held.kit_id), reason=reason.name)


async def _put_back(context: WorkerContext, held: Held, *, counts: bool) -> None:
    async with context.sessions() as session:
        await making.put_back(session, held, wait=AGAIN, counts=counts)
        await session.commit()
