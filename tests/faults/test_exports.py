"""A worker process is killed while it writes a file, and the next one begins anew."""

import csv
import io
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.exports.models import Export
from domain.handouts.rules import documents_in
from domain.terms import HandoutState, Role
from integrations.database import Sessions
from integrations.objects import Store
from tests.factories.deliveries import Scene as Posts
from tests.factories.deliveries import set_scene
from tests.factories.exports import add_many, ask_for, export_now
from tests.factories.servers import eventually
from tests.factories.units import add_user
from tests.faults.scene import Scene, kill

pytestmark = pytest.mark.faults
# Enough to be killed in the middle of.
SOME = 8_000
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
    assert left.state is HandoutState.MAKING
    assert 0 < left.progress < 100
    stage.worker()
    await eventually(lambda: _is_done(sessions, export.id), PATIENCE)
    done = await export_now(sessions, export.id)
    assert (done.tries, done.rows) == (2, SOME)
    content = await _content(stage, done)
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert len({row["标识"] for row in rows}) == len(rows) == SOME


async def publish(session: AsyncSession, posts: Posts, count: int) -> None:
    await add_many(session, posts, count)
    await session.execute(text("ANALYZE deliveries"))
    await session.commit()


async def _is_under_way(sessions: Sessions, export_id: UUID) -> bool:
    return (await export_now(sessions, export_id)).progress > 0


async def _is_done(sessions: Sessions, export_id: UUID) -> bool:
    return (await export_now(sessions, export_id)).state is HandoutState.READY


async def _content(stage: Scene, export: Export) -> bytes:
    (document,) = documents_in(Export.folder, export.id, export.documents, expires_at=export.expires_at)
    found = await Store(None, stage.folder / "objects").get(document.key)
    assert found is not None
    return found
