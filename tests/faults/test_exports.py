"""A worker process is killed while it writes a file, and the next one begins anew; none grows with what it writes."""

import csv
import io
import re
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.processes import Child
from domain.access.models import User
from domain.exports.models import Export
from domain.exports.rules import key_of
from domain.terms import ExportFormat, ExportKind, ExportState, Role
from integrations.database import Sessions
from integrations.objects import Store
from tests.factories.deliveries import Scene as Posts
from tests.factories.deliveries import set_scene
from tests.factories.exports import add_many, ask_for, export_now
from tests.factories.servers import eventually
from tests.factories.units import add_user
from tests.faults.scene import Scene, kill

pytestmark = pytest.mark.faults
# Enough to be killed in the middle of, and enough to be too much for memory.
SOME, MANY = 15_000, 50_000
# For all that a worker does beside; the rows themselves would take many times as much.
ROOM_MEGABYTES = 64
PATIENCE = 120.0


@pytest.fixture
async def posts(stage: Scene, session: AsyncSession) -> Posts:
    return await set_scene(session, stage.keys.keyring)


@pytest.fixture
async def viewer(session: AsyncSession, posts: Posts) -> User:
    return await add_user(session, posts.tree["nation"], Role.VIEWER, login="looker")


async def test_a_file_whose_worker_was_killed_half_way_is_made_by_another(
    stage: Scene, sessions: Sessions, session: AsyncSession, posts: Posts, viewer: User
):
    await publish(session, posts, SOME)
    export = await ask_for(session, viewer, posts.tree["nation"])
    first = stage.worker()
    await eventually(lambda: _is_under_way(sessions, export.id), PATIENCE)
    kill(first)
    left = await export_now(sessions, export.id)
    assert (left.state, left.rows_total) == (ExportState.RUNNING, SOME)
    assert 0 < left.rows_done < SOME
    stage.worker()
    await eventually(lambda: _is_done(sessions, export.id), PATIENCE)
    done = await export_now(sessions, export.id)
    assert (done.fence, done.tries, done.rows_done) == (2, 2, SOME)
    content = await _content(stage, done)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len({row["标识"] for row in rows}) == len(rows) == SOME


async def test_a_worker_that_writes_fifty_thousand_rows_is_no_larger_than_one_that_writes_a_few(
    stage: Scene, sessions: Sessions, session: AsyncSession, posts: Posts, viewer: User
):
    await publish(session, posts, MANY)
    worker = stage.worker()
    for form in (ExportFormat.CSV, ExportFormat.XLSX):
        few = await ask_for(session, viewer, posts.tree["nation"], ExportKind.UNITS, form)
        await eventually(partial(_is_done, sessions, few.id), PATIENCE)
    before = largest(worker)
    for form in (ExportFormat.CSV, ExportFormat.XLSX):
        export = await ask_for(session, viewer, posts.tree["nation"], ExportKind.DELIVERIES, form)
        await eventually(partial(_is_done, sessions, export.id), PATIENCE)
        assert (await export_now(sessions, export.id)).rows_done == MANY
    assert largest(worker) - before < ROOM_MEGABYTES


async def publish(session: AsyncSession, posts: Posts, count: int) -> None:
    await add_many(session, posts, count)
    await session.execute(text("ANALYZE deliveries"))
    await session.commit()


def largest(worker: Child) -> float:
    """How large the process ever was, in megabytes."""
    status = Path(f"/proc/{worker.process.pid}/status")
    if not status.exists():
        pytest.skip("this system does not say how large a process was")
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
    assert found is not None
    return int(found[1]) / 1024


async def _is_under_way(sessions: Sessions, export_id: UUID) -> bool:
    return (await export_now(sessions, export_id)).rows_done > 0


async def _is_done(sessions: Sessions, export_id: UUID) -> bool:
    return (await export_now(sessions, export_id)).state is ExportState.DONE


async def _content(stage: Scene, export: Export) -> bytes:
    assert export.sha256 is not None
    found = await Store(None, stage.folder / "objects").get(
        key_of(export.id, export.kind, export.sha256, export.format)
    )
    assert found is not None
    return found
