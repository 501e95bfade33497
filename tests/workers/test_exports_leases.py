"""A worker that makes a file is overtaken, told to leave, or has to stop; the file is made once, or not at all."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.access.queries import actor_of
from domain.base.ids import new_id
from domain.exports import work
from domain.exports.commands import cancel_export
from domain.exports.models import Export
from domain.handouts.rules import TRIES
from domain.refusals import Reason
from domain.terms import ExportKind, HandoutState, Role
from integrations.database import Sessions, is_away
from integrations.objects import MemoryTwin, StoreAway
from tests.factories.deliveries import Scene
from tests.factories.exports import (
    Interrupting,
    add_many,
    ask_for,
    assert_nothing,
    change_export,
    export_now,
    file_of,
    keys_in,
    leftovers,
    work_off,
)
from tests.factories.servers import eventually
from tests.factories.units import add_user
from workers import exports, handouts
from workers.context import WorkerContext

S, K = HandoutState, ExportKind
AT = datetime(2026, 5, 31, 16, 30, tzinfo=UTC)


async def test_one_that_is_cancelled_is_dropped_and_nothing_of_it_stays(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    await add_many(session, scene, 3)
    export = await ask_for(session, viewer, scene.tree["nation"])

    async def cancel() -> None:
        async with sessions() as other:
            actor = await actor_of(other, viewer.id, now=datetime.now(UTC))
            assert actor is not None
            await cancel_export(other, actor, now=datetime.now(UTC), export_id=export.id)
            await other.commit()

    store = Interrupting(cancel)
    await work_off(replace(context, store=store))
    assert (await export_now(sessions, export.id)).state is S.CANCELLED
    assert await keys_in(store) == []
    assert leftovers(context) == []


async def test_one_that_is_cancelled_is_broken_off_within_the_second(
    context: WorkerContext,
    sessions: Sessions,
    session: AsyncSession,
    scene: Scene,
    viewer: User,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(handouts, "TELL_SECONDS", 0.05)

    class Hanging(MemoryTwin):
        async def put_file(self, key: str, path: Path) -> None:
            await super().put_file(key, path)
            await asyncio.sleep(60)

    store = Hanging()
    export = await ask_for(session, viewer, scene.tree["nation"])
    working = asyncio.create_task(work_off(replace(context, store=store)))
    await eventually(lambda: _is_being_made(sessions, export.id))
    await change_export(sessions, export.id, state=S.CANCELLED)
    await asyncio.wait_for(working, 10)
    assert (await export_now(sessions, export.id)).state is S.CANCELLED
    assert await keys_in(store) == []


async def _is_being_made(sessions: Sessions, export_id: UUID) -> bool:
    return (await export_now(sessions, export_id)).progress > 0


async def test_how_far_it_is_is_told_while_it_is_made(
    context: WorkerContext,
    sessions: Sessions,
    session: AsyncSession,
    scene: Scene,
    viewer: User,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(handouts, "TELL_SECONDS", 0.02)
    monkeypatch.setattr(exports, "PAGE_ROWS", 1)
    await add_many(session, scene, 6)
    export = await ask_for(session, viewer, scene.tree["nation"])
    pages, seen = work.page, []

    async def page(*given: Any, **named: Any) -> Any:
        found = await pages(*given, **named)
        await asyncio.sleep(0.1)
        row = await export_now(sessions, export.id)
        seen.append(row.progress)
        return found

    monkeypatch.setattr(work, "page", page)
    await work_off(context)
    assert seen == sorted(seen)
    assert len(set(seen)) > 3
    assert max(seen) < 100
    assert (await export_now(sessions, export.id)).state is S.READY


async def test_two_workers_share_what_waits_and_make_none_twice(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    await add_many(session, scene, 20)
    people = [await add_user(session, scene.tree["nation"], Role.VIEWER, login=f"p{number}") for number in range(4)]
    asked = [await ask_for(session, person, scene.tree["nation"]) for person in people for _ in range(1)]
    taken = await asyncio.gather(work_off(context), work_off(context))
    assert sum(taken) == len(asked)
    for export in asked:
        row = await export_now(sessions, export.id)
        assert (row.state, row.tries, row.rows) == (S.READY, 1, 20)


async def test_one_whose_worker_is_gone_is_begun_anew_and_the_overtaken_one_settles_nothing(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    await add_many(session, scene, 3)
    export = await ask_for(session, viewer, scene.tree["nation"])
    (overtaken,) = await handouts.claim(context, Export, 1)
    assert await handouts.claim(context, Export, 1) == []
    await change_export(sessions, export.id, try_at=func.now() - timedelta(seconds=1))
    await add_many(session, scene, 1)
    assert await work_off(context) == 1
    row = await export_now(sessions, export.id)
    assert (row.state, row.tries, row.rows) == (S.READY, 2, 4)
    # The frozen one wakes up, makes its file, and finds that it is not its own any more.
    await add_many(session, scene, 1)
    await exports.make(context, overtaken)
    again = await export_now(sessions, export.id)
    assert (again.documents, again.rows) == (row.documents, 4)
    assert len((await file_of(context, again)).splitlines()) == 5


async def test_what_comes_to_no_end_again_and_again_is_given_up_and_said_so(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    export = await ask_for(session, viewer, scene.tree["nation"])
    for _ in range(TRIES):
        assert len(await handouts.claim(context, Export, 1)) == 1
        await change_export(sessions, export.id, try_at=func.now() - timedelta(seconds=1))
    await work_off(context)
    await assert_nothing(context, sessions, export, Reason.FILE_GAVE_UP)


async def test_while_the_store_is_away_it_waits_and_no_try_is_counted(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    class Away(MemoryTwin):
        async def put_file(self, key: str, path: Path) -> None:
            raise StoreAway("nobody answers")

    export = await ask_for(session, viewer, scene.tree["nation"])
    for _ in range(TRIES + 1):
        assert await work_off(replace(context, store=Away())) == 1
        row = await export_now(sessions, export.id)
        assert (row.state, row.tries) == (S.QUEUED, 0)
        assert await work_off(context) == 0
        await change_export(sessions, export.id, try_at=func.now() - timedelta(seconds=1))
    assert await work_off(context) == 1
    assert (await export_now(sessions, export.id)).state is S.READY


async def test_what_breaks_whoever_makes_it_is_tried_a_few_times(
    context: WorkerContext,
    sessions: Sessions,
    session: AsyncSession,
    scene: Scene,
    viewer: User,
    monkeypatch: pytest.MonkeyPatch,
):
    async def broken(*_given: Any, **_named: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(work, "page", broken)
    export = await ask_for(session, viewer, scene.tree["nation"])
    for tries in range(1, TRIES + 1):
        with pytest.raises(ZeroDivisionError):
            await work_off(context)
        row = await export_now(sessions, export.id)
        assert (row.state, row.tries) == (S.QUEUED, tries)
        await change_export(sessions, export.id, try_at=func.now() - timedelta(seconds=1))
    await work_off(context)
    await assert_nothing(context, sessions, export, Reason.FILE_GAVE_UP)


async def test_a_wish_that_the_database_cannot_be_asked_is_a_defect_and_given_up(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    export = await ask_for(session, viewer, scene.tree["nation"])
    await change_export(sessions, export.id, filters={"since": "0001-01-01"})
    for tries in range(1, TRIES + 1):
        with pytest.raises(DBAPIError) as raised:
            await work_off(context)
        assert not is_away(raised.value)
        assert (await export_now(sessions, export.id)).tries == tries
        await change_export(sessions, export.id, try_at=func.now() - timedelta(seconds=1))
    await work_off(context)
    await assert_nothing(context, sessions, export, Reason.FILE_GAVE_UP)


async def test_a_worker_that_is_told_to_leave_gives_it_back_at_once(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, scene: Scene, viewer: User
):
    class Hanging(MemoryTwin):
        async def put_file(self, key: str, path: Path) -> None:
            await asyncio.sleep(60)

    export = await ask_for(session, viewer, scene.tree["nation"])
    (claim,) = await handouts.claim(context, Export, 1)
    working = asyncio.create_task(exports.make(replace(context, store=Hanging()), claim))
    await asyncio.sleep(0.3)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working
    row = await export_now(sessions, export.id)
    assert (row.state, row.tries) == (S.QUEUED, 0)
    assert leftovers(context) == []
    assert await work_off(context) == 1
    assert (await export_now(sessions, export.id)).state is S.READY


async def test_what_is_too_large_is_refused_before_it_is_made(
    context: WorkerContext,
    sessions: Sessions,
    session: AsyncSession,
    scene: Scene,
    viewer: User,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(work, "ROWS_LIMIT", 2)
    await add_many(session, scene, 3)
    export = await ask_for(session, viewer, scene.tree["nation"])
    await work_off(context)
    await assert_nothing(context, sessions, export, Reason.EXPORT_TOO_LARGE)


async def test_what_a_dead_worker_left_on_the_disk_is_cleared_away_a_day_later(context: WorkerContext):
    old, new = (context.scratch / f"export-{new_id()}-1" for _ in range(2))
    for folder in (old, new):
        folder.mkdir(parents=True)
    long_ago = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    os.utime(old, (long_ago, long_ago))
    await exports.sweep(context)
    assert leftovers(context) == [new]
