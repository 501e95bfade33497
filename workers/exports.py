"""Write the rows that people take out into files."""

import asyncio
import hashlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.exports import work
from domain.exports.kinds import KINDS
from domain.exports.models import Export
from domain.exports.rules import saved_as
from domain.exports.work import Wish
from domain.handouts.making import Held
from domain.handouts.rules import key_of
from domain.reading.selection import Record
from integrations.sheets.port import Form, Writer
from integrations.sheets.writers import WRITERS
from workers import handouts
from workers.context import WorkerContext
from workers.handouts import Made, Progress

PAGE_ROWS = 500
# No file takes as long to write.
SCRATCH_KEPT = timedelta(days=1)


async def make(context: WorkerContext, held: Held) -> None:
    """Make one file."""
    await handouts.make(context, held, partial(_make, context, held))


async def sweep(context: WorkerContext) -> None:
    """Clear away what workers that are gone left on this disk."""
    await asyncio.to_thread(_sweep, context.scratch, datetime.now(UTC) - SCRATCH_KEPT)


def _sweep(scratch: Path, before: datetime) -> None:
    for folder in scratch.glob("export-*"):
        with suppress(FileNotFoundError):
            if folder.stat().st_mtime < before.timestamp():
                shutil.rmtree(folder, ignore_errors=True)


async def _make(context: WorkerContext, held: Held, progress: Progress) -> Made:
    async with context.sessions() as session:
        wish = await work.wish_of(session, held.row_id)
    folder = await asyncio.to_thread(_folder, context.scratch, held.row_id)
    try:
        path = folder / f"file.{wish.format.ending}"
        rows = await _write_all(context, wish, path, progress)
        progress.percent = 99
        name, kept = saved_as(wish.kind, wish.format), await asyncio.to_thread(_looked_at, path)
        await context.store.put_file(key_of(Export.folder, held.row_id, name, kept["sha256"]), path)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    async with context.sessions() as session:
        await work.check_reach(session, wish, now=datetime.now(UTC))
    return Made({name: kept}, {"rows": rows})


def _folder(scratch: Path, export_id: UUID) -> Path:
    scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix=f"export-{export_id}-", dir=scratch))


async def _write_all(context: WorkerContext, wish: Wish, path: Path, progress: Progress) -> int:
    """Read page by page and write each; no session is open in between. Answers how many rows there are."""
    async with context.sessions() as session:
        begun = await work.begin(session, wish, now=datetime.now(UTC))
    form = Form(KINDS[wish.kind].columns, wish.language, begun.about)
    writer, rows = WRITERS[wish.format](path, form), 0
    try:
        async for records in _pages(context, wish):
            await asyncio.to_thread(_write, writer, form, records)
            rows += len(records)
            # The whole is not there before the store has it.
            progress.percent = min(99, 100 * rows // max(begun.total, rows, 1))
        await asyncio.to_thread(writer.close)
    except BaseException:
        writer.drop()
        raise
    return rows


async def _pages(context: WorkerContext, wish: Wish) -> AsyncIterator[Sequence[Record]]:
    after: UUID | None = None
    while True:
        async with context.sessions() as session:
            records = await work.page(session, wish, now=datetime.now(UTC), after=after, size=PAGE_ROWS)
        yield records
        if len(records) < PAGE_ROWS:
            return
        after = records[-1].id


def _write(writer: Writer, form: Form, records: Sequence[Record]) -> None:
    writer.add([[column.value(record) for column in form.columns] for record in records])


def _looked_at(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"sha256": digest, "size": path.stat().st_size}
