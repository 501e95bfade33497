"""Make the files that people asked for."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import structlog
from prometheus_client import Counter

from domain.exports import work
from domain.exports.kinds import KINDS
from domain.exports.rules import key_of
from domain.exports.work import Claim, Made
from domain.reading.selection import Record
from domain.refusals import Refusal
from integrations.objects import StoreAway
from integrations.sheets.port import Form, Writer
from integrations.sheets.writers import WRITERS
from workers.context import WorkerContext

log = structlog.get_logger()

ENDED = Counter("qicai_exports_ended_total", "Exports by how they ended.", ["outcome"])
# How far it is, is written down once in that time; the lease is far longer.
TELL_SECONDS = 1.0
PAGE_ROWS = 500
STORE_WAIT = timedelta(minutes=2)
# No file takes as long to write.
SCRATCH_KEPT = timedelta(days=1)


@dataclass
class Progress:
    """How far it is."""

    rows: int = 0
    total: int | None = None


async def claim_due(context: WorkerContext, limit: int) -> list[Claim]:
    """Take what waits, after giving up on what was begun often enough."""
    async with context.sessions() as session:
        gone = await work.give_up(session)
        claims = await work.claim(session, limit=limit, lease=context.lease)
        await session.commit()
    if gone:
        ENDED.labels("given_up").inc(gone)
        log.error("exports_given_up", exports=gone)
    return claims


async def export(context: WorkerContext, claim: Claim) -> None:
    """Make one file and settle it; what breaks it off leaves it to whoever comes next."""
    folder = context.scratch / f"export-{claim.export_id}-{claim.fence}"
    progress = Progress()
    making = asyncio.create_task(_make(context, claim, folder, progress))
    try:
        if not await _held_until(context, claim, making, progress):
            await _over(making)
            await _clear_unwanted(context, claim)
            log.info("export_dropped", export=str(claim.export_id), fence=claim.fence)
            return
        outcome = await _settled(context, claim, making)
        ENDED.labels(outcome).inc()
        log.info("export_ended", export=str(claim.export_id), outcome=outcome, rows=progress.rows)
    except asyncio.CancelledError:
        # This process ends. Nothing is wrong with the export, so another one takes it at once.
        await _put_back(context, claim, wait=timedelta(), counts_as_try=False)
        raise
    finally:
        await _over(making)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _held_until(context: WorkerContext, claim: Claim, making: asyncio.Task[Made], progress: Progress) -> bool:
    """Hold it and tell how far it is until the file is made; False where it is not this worker's any more."""
    while not (await asyncio.wait({making}, timeout=TELL_SECONDS))[0]:
        async with context.sessions() as session:
            is_held = await work.advance(session, claim, rows=progress.rows, total=progress.total, lease=context.lease)
            await session.commit()
        if not is_held:
            return False
    return True


async def _settled(context: WorkerContext, claim: Claim, making: asyncio.Task[Made]) -> str:
    """Write down what came of it."""
    try:
        made = await making
        async with context.sessions() as session:
            is_kept = await work.finish(session, claim, made, now=datetime.now(UTC))
            await session.commit()
    except StoreAway as error:
        log.warning("store_away", export=str(claim.export_id), error=str(error))
        await _put_back(context, claim, wait=STORE_WAIT, counts_as_try=True)
        return "put_back"
    except Refusal as refusal:
        async with context.sessions() as session:
            await work.fail(session, claim, problem=refusal.code)
            await session.commit()
        await _clear(context, claim)
        return "failed"
    if is_kept:
        await _clear(context, claim, but=key_of(claim.export_id, claim.kind, made.sha256, claim.format))
        return "done"
    await _clear_unwanted(context, claim)
    return "dropped"


async def _clear_unwanted(context: WorkerContext, claim: Claim) -> None:
    """One that another worker has in hand may have a file already: only what was cancelled is cleared away."""
    async with context.sessions() as session:
        is_cancelled = await work.is_cancelled(session, claim)
    if is_cancelled:
        await _clear(context, claim)


async def _put_back(context: WorkerContext, claim: Claim, *, wait: timedelta, counts_as_try: bool) -> None:
    async with context.sessions() as session:
        await work.put_back(session, claim, wait=wait, counts_as_try=counts_as_try)
        await session.commit()


async def _clear(context: WorkerContext, claim: Claim, *, but: str | None = None) -> None:
    """What is left is cleared away with the row, at the latest."""
    with suppress(StoreAway):
        await context.store.clear(str(claim.export_id), but=but)


async def _over(making: asyncio.Task[Made]) -> None:
    making.cancel()
    await asyncio.wait({making})
    if not making.cancelled():
        # Told already, or told by the lane.
        making.exception()


async def sweep(context: WorkerContext) -> None:
    """Clear away what workers that are gone left on this disk."""
    await asyncio.to_thread(_sweep, context.scratch, datetime.now(UTC) - SCRATCH_KEPT)


def _sweep(scratch: Path, before: datetime) -> None:
    for folder in scratch.glob("export-*"):
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < before.timestamp():
                shutil.rmtree(folder, ignore_errors=True)


async def _make(context: WorkerContext, claim: Claim, folder: Path, progress: Progress) -> Made:
    """Read page by page, write each, then hand the whole file to the store; no session is open in between."""
    async with context.sessions() as session:
        begun = await work.begin(session, claim, now=datetime.now(UTC))
    progress.total = begun.total
    await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True)
    path = folder / f"file.{claim.format.ending}"
    form = Form(KINDS[claim.kind].columns, claim.language, begun.about)
    writer = WRITERS[claim.format](path, form)
    try:
        async for records in _pages(context, claim):
            await asyncio.to_thread(_write, writer, form, records)
            progress.rows += len(records)
        await asyncio.to_thread(writer.close)
    except BaseException:
        writer.drop()
        raise
    made = await asyncio.to_thread(_looked_at, path, progress.rows)
    await context.store.put_file(key_of(claim.export_id, claim.kind, made.sha256, claim.format), path)
    return made


async def _pages(context: WorkerContext, claim: Claim) -> AsyncIterator[Sequence[Record]]:
    after: UUID | None = None
    while True:
        async with context.sessions() as session:
            records = await work.page(session, claim, now=datetime.now(UTC), after=after, size=PAGE_ROWS)
        yield records
        if len(records) < PAGE_ROWS:
            return
        after = records[-1].id


def _write(writer: Writer, form: Form, records: Sequence[Record]) -> None:
    writer.add([[column.value(record) for column in form.columns] for record in records])


def _looked_at(path: Path, rows: int) -> Made:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Made(rows=rows, size=path.stat().st_size, sha256=digest)
