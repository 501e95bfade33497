"""How far an export is, is told over a socket to whoever asked for it, and to nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import issue_token
from domain.access.models import User
from domain.exports.models import Export
from domain.terms import ExportState, Role
from integrations.database import Sessions
from integrations.keys import Keys
from tests.api.serving import Served, served
from tests.api.speaking import Speaker, open_socket
from tests.factories.exports import ask_for, change_export
from tests.factories.units import Tree, add_user, plant_tree

WATCH = "subscription($id: ID!) { exportProgress(exportId: $id) { state rowsDone rowsTotal } }"


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, key_file: Path, database_url: str, redis_url: str
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("watching")
    with served(folder, key_file=key_file, database_url=database_url, redis_url=redis_url) as found:
        yield found


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


@pytest.fixture
async def viewer(session: AsyncSession, tree: Tree) -> User:
    return await add_user(session, tree["east"], Role.VIEWER, login="looker")


async def begun(speaker: Speaker, keys: Keys, user: User, export: Export) -> None:
    token = issue_token(keys.login, user.id, now=datetime.now(UTC), life=timedelta(minutes=5))
    await speaker.begin(authorization=f"Bearer {token}")
    await speaker.watch(export, query=WATCH)


async def told(speaker: Speaker) -> dict[str, Any]:
    message = await speaker.hear()
    assert message["type"] == "next", message
    found: dict[str, Any] = message["payload"]["data"]["exportProgress"]
    return found


async def test_an_export_is_told_at_once_then_as_it_goes_on_until_it_has_ended(
    server: Served, keys: Keys, sessions: Sessions, session: AsyncSession, tree: Tree, viewer: User
):
    export = await ask_for(session, viewer, tree["east"])
    async with open_socket(server) as speaker:
        await begun(speaker, keys, viewer, export)
        assert await told(speaker) == {"state": "WAITING", "rowsDone": 0, "rowsTotal": None}
        await change_export(sessions, export.id, state=ExportState.RUNNING, rows_done=500, rows_total=900)
        assert await told(speaker) == {"state": "RUNNING", "rowsDone": 500, "rowsTotal": 900}
        await change_export(sessions, export.id, state=ExportState.DONE, rows_done=900)
        assert await told(speaker) == {"state": "DONE", "rowsDone": 900, "rowsTotal": 900}
        assert (await speaker.hear())["type"] == "complete"


async def test_whoever_did_not_ask_for_it_is_told_that_there_is_none(
    server: Served, keys: Keys, session: AsyncSession, tree: Tree, viewer: User
):
    chief = await add_user(session, tree["nation"], login="chief")
    export = await ask_for(session, viewer, tree["east"])
    async with open_socket(server) as speaker:
        await begun(speaker, keys, chief, export)
        assert await speaker.refused() == "NOT_FOUND"
