"""How far an export, a press kit or a report is, is told over a socket to whoever sees it, and to nobody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import issue_token
from domain.access.models import User
from domain.base.models import Base
from domain.terms import HandoutState, Role
from integrations.database import Sessions
from integrations.keys import Keys
from tests.api.serving import Served, served
from tests.api.speaking import Speaker, open_socket
from tests.factories.exports import ask_for, change_export
from tests.factories.posts import add_campaign
from tests.factories.press import request, set_kit, showcased
from tests.factories.reports import request as ask_for_report
from tests.factories.units import Tree, add_user, plant_tree

WATCH = "subscription($id: ID!) { handoutProgress(id: $id) { state progress } }"


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


async def begun(speaker: Speaker, keys: Keys, user: User, row: Base) -> None:
    token = issue_token(keys.login, user.id, now=datetime.now(UTC), life=timedelta(minutes=5))
    await speaker.begin(authorization=f"Bearer {token}")
    await speaker.watch(row, query=WATCH)


async def told(speaker: Speaker) -> dict[str, Any]:
    message = await speaker.hear()
    assert message["type"] == "next", message
    found: dict[str, Any] = message["payload"]["data"]["handoutProgress"]
    return found


async def test_an_export_is_told_at_once_then_as_it_goes_on_until_it_has_ended(
    server: Served, keys: Keys, sessions: Sessions, session: AsyncSession, tree: Tree, viewer: User
):
    export = await ask_for(session, viewer, tree["east"])
    async with open_socket(server) as speaker:
        await begun(speaker, keys, viewer, export)
        assert await told(speaker) == {"state": "QUEUED", "progress": 0}
        await change_export(sessions, export.id, state=HandoutState.MAKING, progress=55)
        assert await told(speaker) == {"state": "MAKING", "progress": 55}
        await change_export(sessions, export.id, state=HandoutState.READY, progress=100)
        assert await told(speaker) == {"state": "READY", "progress": 100}
        assert (await speaker.hear())["type"] == "complete"


async def test_whoever_did_not_ask_for_it_is_told_that_there_is_none(
    server: Served, keys: Keys, session: AsyncSession, tree: Tree, viewer: User
):
    chief = await add_user(session, tree["nation"], login="chief")
    export = await ask_for(session, viewer, tree["east"])
    async with open_socket(server) as speaker:
        await begun(speaker, keys, chief, export)
        assert await speaker.refused() == "NOT_FOUND"


async def test_a_press_kit_is_told_to_whoever_sees_the_lessons_of_its_unit(
    server: Served, keys: Keys, sessions: Sessions, session: AsyncSession, tree: Tree, viewer: User
):
    stranger = await add_user(session, tree["west"], Role.VIEWER, login="stranger")
    kit = await request(session, tree, "east", lesson_id=(await showcased(session, tree)).id)
    async with open_socket(server) as speaker, open_socket(server) as other:
        await begun(speaker, keys, viewer, kit)
        assert await told(speaker) == {"state": "QUEUED", "progress": 0}
        await begun(other, keys, stranger, kit)
        assert await other.refused() == "NOT_FOUND"
        await set_kit(sessions, kit, state=HandoutState.FAILED)
        assert await told(speaker) == {"state": "FAILED", "progress": 0}
        assert (await speaker.hear())["type"] == "complete"


async def test_a_report_is_told_to_whoever_sees_the_posts_of_its_unit(
    server: Served, keys: Keys, session: AsyncSession, tree: Tree, viewer: User
):
    chief = await add_user(session, tree["nation"], login="chief")
    report = await ask_for_report(session, await add_campaign(session, tree))
    async with open_socket(server) as speaker, open_socket(server) as other:
        await begun(speaker, keys, chief, report)
        assert await told(speaker) == {"state": "QUEUED", "progress": 0}
        await begun(other, keys, viewer, report)
        assert await other.refused() == "NOT_FOUND"


async def test_what_is_no_file_is_not_watched_as_one(
    server: Served, keys: Keys, session: AsyncSession, tree: Tree, viewer: User
):
    async with open_socket(server) as speaker:
        await begun(speaker, keys, viewer, tree["east"])
        assert await speaker.refused() == "BAD_ID"
