"""Keys of mutations, and what logins leave behind, are forgotten after their time, again and again."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.base.ids import first_id_at, new_id
from domain.exports.models import Export
from domain.logins.models import LoginGuard, RefreshToken, Session
from domain.requests.models import KeyedRequest
from domain.uploads.models import Picture
from domain.uploads.rules import key_of
from integrations.database import Sessions
from integrations.objects import StoreAway
from tests.factories.deliveries import Scene
from tests.factories.exports import ask_for, change_export, keys_in, work_off
from tests.factories.logins import add_person, logged_in
from tests.factories.pictures import add_picture
from tests.factories.servers import eventually
from tests.factories.units import NOW, plant_tree
from workers import requests
from workers.context import WorkerContext


async def add_key(sessions: Sessions, key: str, *, days: int) -> None:
    async with sessions() as session:
        moment = await session.scalar(select(func.now() - text(f"interval '{days} days'")))
        session.add(KeyedRequest(user_id=new_id(), key=key, mutation="cancelPost", fingerprint=b"", created_at=moment))
        await session.commit()


async def kept(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return sorted((await session.execute(select(KeyedRequest.key))).scalars())


@pytest.mark.parametrize("fails_first", [False, True])
async def test_old_keys_go_new_ones_stay_and_a_database_that_is_away_changes_nothing_about_it(
    context: WorkerContext, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, fails_first: bool
):
    monkeypatch.setattr(requests, "EVERY_SECONDS", 0.02)
    failures = [ConnectionRefusedError("nobody listens")] if fails_first else []

    def opened() -> Any:
        if failures:
            raise failures.pop()
        return sessions()

    await add_key(sessions, "old", days=31)
    await add_key(sessions, "new", days=29)
    stopping = asyncio.Event()
    with structlog.testing.capture_logs() as said:
        forgetting = asyncio.create_task(
            requests.forget_old(replace(context, sessions=cast(Sessions, opened)), stopping)
        )
        await eventually(lambda: _is(sessions, ["new"]))
        await add_key(sessions, "later", days=31)
        await eventually(lambda: _is(sessions, ["new"]))
        stopping.set()
        await asyncio.wait_for(forgetting, 5)
    assert ("database_away" in [line["event"] for line in said]) == fails_first


async def add_guess(sessions: Sessions, digest: bytes, *, hours: int) -> None:
    async with sessions() as session:
        moment = await session.scalar(select(func.now() - text(f"interval '{hours} hours'")))
        session.add(LoginGuard(digest=digest, failures=1, failed_at=moment))
        await session.commit()


async def test_guesses_and_tokens_of_logins_that_are_over_go_too(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(requests, "EVERY_SECONDS", 0.02)
    user = await add_person(session)
    for ended_at in (None, NOW):
        login, _ = await logged_in(session, user, sessions=sessions, now=NOW)
        later = {"ended_at": ended_at, "expires_at": func.now() + text("interval '1 day'")}
        await session.execute(update(Session).where(Session.id == login.session_id).values(**later))
    await session.commit()
    await add_guess(sessions, b"old", hours=25)
    await add_guess(sessions, b"new", hours=23)
    stopping = asyncio.Event()
    forgetting = asyncio.create_task(requests.forget_old(context, stopping))
    await eventually(lambda: _left(sessions, {b"new"}, tokens=1))
    await add_guess(sessions, b"later", hours=25)
    await eventually(lambda: _left(sessions, {b"new"}, tokens=1))
    stopping.set()
    await asyncio.wait_for(forgetting, 5)


async def test_files_that_nobody_uses_go_from_the_store_too_and_one_that_is_away_changes_nothing_about_it(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(requests, "EVERY_SECONDS", 0.02)
    tree = await plant_tree(session)
    long_ago = datetime.now(UTC) - timedelta(days=2)
    old = await add_picture(session, tree["nation"], context.store, id=first_id_at(long_ago))
    new = await add_picture(session, tree["nation"], context.store)
    failures = [StoreAway("nobody answers")]
    clear = context.store.clear

    async def cleared(folder: str, *, but: str | None = None) -> None:
        if failures:
            raise failures.pop()
        await clear(folder, but=but)

    monkeypatch.setattr(context.store, "clear", cleared)
    stopping = asyncio.Event()
    with structlog.testing.capture_logs() as said:
        forgetting = asyncio.create_task(requests.forget_old(context, stopping))
        await eventually(lambda: _gone(sessions, old))
        stopping.set()
        await asyncio.wait_for(forgetting, 5)
    assert "store_away" in [line["event"] for line in said]
    found = [await context.store.get(key_of(one.id, one.sha256, one.kind)) is not None for one in (old, new)]
    assert found == [False, True]


async def test_what_a_slow_store_let_be_cleared_is_forgotten_though_the_rest_is_not(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(requests, "CLEAR_SECONDS", 0.5)
    tree = await plant_tree(session)
    long_ago = datetime.now(UTC) - timedelta(days=2)
    first, stuck = [
        await add_picture(session, tree["nation"], context.store, id=first_id_at(long_ago + timedelta(minutes=n)))
        for n in range(2)
    ]
    clear = context.store.clear

    async def slowly(folder: str, *, but: str | None = None) -> None:
        if folder == str(stuck.id):
            await asyncio.sleep(60)
        await clear(folder, but=but)

    monkeypatch.setattr(context.store, "clear", slowly)
    stopping = asyncio.Event()
    with structlog.testing.capture_logs() as said:
        forgetting = asyncio.create_task(requests.forget_old(context, stopping))
        await eventually(lambda: _gone(sessions, first))
        await eventually(lambda: _is_said(said, "store_away"))
        stopping.set()
        await asyncio.wait_for(forgetting, 5)
    assert not await _gone(sessions, stuck)


async def test_exports_that_are_over_go_with_their_files(
    context: WorkerContext, sessions: Sessions, scene: Scene, viewer: User, session: AsyncSession
):
    old = await ask_for(session, viewer, scene.tree["nation"])
    new = await ask_for(session, viewer, scene.tree["east"])
    await work_off(context)
    await change_export(sessions, old.id, expires_at=func.now() - timedelta(seconds=1))
    stopping = asyncio.Event()
    forgetting = asyncio.create_task(requests.forget_old(context, stopping))
    await eventually(lambda: _only(sessions, new))
    stopping.set()
    await asyncio.wait_for(forgetting, 5)
    assert {key.split("/")[1] for key in await keys_in(context.store)} == {str(new.id)}


async def _only(sessions: Sessions, export: Export) -> bool:
    async with sessions() as session:
        return list(await session.scalars(select(Export.id))) == [export.id]


async def _is_said(said: Sequence[Mapping[str, Any]], event: str) -> bool:
    return event in [line["event"] for line in said]


async def _gone(sessions: Sessions, picture: Picture) -> bool:
    async with sessions() as session:
        return await session.get(Picture, picture.id) is None


async def _left(sessions: Sessions, guesses: set[bytes], *, tokens: int) -> bool:
    async with sessions() as session:
        found = set(await session.scalars(select(LoginGuard.digest)))
        return found == guesses and await session.scalar(select(func.count()).select_from(RefreshToken)) == tokens


async def test_it_stops_at_once_though_the_next_time_is_an_hour_away(context: WorkerContext):
    stopping = asyncio.Event()
    forgetting = asyncio.create_task(requests.forget_old(context, stopping))
    await asyncio.sleep(0.1)
    assert not forgetting.done()
    stopping.set()
    await asyncio.wait_for(forgetting, 1)


async def _is(sessions: Sessions, keys: list[str]) -> bool:
    return await kept(sessions) == keys
