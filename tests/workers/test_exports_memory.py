"""Whoever writes a file holds a page of it in memory, however many rows there are."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.terms import ExportFormat, ExportKind, HandoutState
from integrations.database import Sessions
from integrations.objects import Store
from tests.factories.deliveries import Scene
from tests.factories.exports import add_many, ask_for, export_now, work_off
from workers import exports
from workers.context import WorkerContext

PAGE, MANY = 25, 600
# A row is some kilobytes there: a few hundred of them would not fit.
ROOM = 1024 * 1024


@pytest.mark.parametrize("form", ExportFormat)
async def test_many_rows_take_no_more_room_than_a_few(
    context: WorkerContext,
    sessions: Sessions,
    session: AsyncSession,
    scene: Scene,
    viewer: User,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    form: ExportFormat,
):
    monkeypatch.setattr(exports, "PAGE_ROWS", PAGE)
    on_disk = replace(context, store=Store(None, tmp_path / "objects"))

    async def most(count: int) -> int:
        """How much was held at a time, in bytes, while so many rows more were written."""
        await add_many(session, scene, count)
        export = await ask_for(session, viewer, scene.tree["nation"], ExportKind.DELIVERIES, form)
        tracemalloc.start()
        try:
            await work_off(on_disk)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert (await export_now(sessions, export.id)).state is HandoutState.READY
        return peak

    # The first one brings in what is kept of every statement.
    await most(PAGE)
    few = await most(PAGE)
    many = await most(MANY)
    assert many - few < ROOM
