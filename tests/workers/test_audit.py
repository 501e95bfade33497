"""The log is sealed every second, and every head stands in a file beside the database, whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import func, select

from domain.audit.heads import Head
from domain.audit.models import AuditEntry
from domain.audit.seals import BATCH
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.audit import add_entries, chain, check, seal, tamper
from tests.factories.servers import eventually
from workers import audit
from workers.audit import HeadsFile, seal_log


def heads_in(path: Path) -> list[Head]:
    return [Head.parsed(line) for line in path.read_text("utf-8").splitlines()]


def positions_in(path: Path) -> list[int]:
    return [head.position for head in heads_in(path)] if path.exists() else []


def write(path: Path, content: str) -> None:
    path.parent.mkdir()
    path.write_text(content, "utf-8")


async def add(sessions: Sessions, count: int) -> None:
    async with sessions() as session:
        add_entries(session, count)
        await session.commit()


async def unsealed(sessions: Sessions) -> int:
    async with sessions() as session:
        query = select(func.count()).select_from(AuditEntry).where(AuditEntry.position.is_(None))
        return await session.scalar(query) or 0


@asynccontextmanager
async def sealing(sessions: Sessions, keys: Keys, path: Path) -> AsyncIterator[None]:
    """A worker's sealing in this process, stopped at the end."""
    stopping = asyncio.Event()
    task = asyncio.create_task(seal_log(sessions, keys.sealing, path, stopping))
    try:
        yield
    finally:
        stopping.set()
        await asyncio.wait_for(task, 5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / audit.HEADS_FILE


async def test_what_was_decided_is_sealed_within_about_a_second_and_its_head_is_kept(
    sessions: Sessions, keys: Keys, path: Path
):
    async with sealing(sessions, keys, path):
        await add(sessions, 3)
        await eventually(lambda: positions_in(path) == [3], 3)
        await add(sessions, 2)
        await eventually(lambda: positions_in(path) == [3, 5], 3)
    assert (await check(sessions, keys, *heads_in(path))).is_clean


async def test_without_decisions_nothing_is_written(sessions: Sessions, keys: Keys, path: Path):
    async with sealing(sessions, keys, path):
        await asyncio.sleep(0.2)
    assert not path.parent.exists()


async def test_a_worker_that_is_told_to_stop_seals_what_is_there(sessions: Sessions, keys: Keys, path: Path):
    async with sealing(sessions, keys, path):
        await asyncio.sleep(0.2)
        await add(sessions, 4)
    assert positions_in(path) == [4]


async def test_what_piled_up_is_sealed_in_one_go(sessions: Sessions, keys: Keys, path: Path):
    await add(sessions, BATCH * 2 + 5)
    async with sealing(sessions, keys, path):
        await eventually(lambda: positions_in(path) == [BATCH, BATCH * 2, BATCH * 2 + 5])
    assert await unsealed(sessions) == 0


async def test_heads_that_a_killed_worker_did_not_write_are_added(
    sessions: Sessions, keys: Keys, path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit, "PAGE", 2)
    heads = await chain(sessions, keys, 1, 1, 1, 1, 1)
    # The last thing it did was to write half a line.
    write(path, heads[0].line() + "\n" + heads[1].line()[:50])
    async with sealing(sessions, keys, path):
        await eventually(lambda: path.read_text("utf-8").count("\n") == 5)
    assert heads_in(path) == heads


async def test_several_workers_write_each_head_once(sessions: Sessions, keys: Keys, path: Path):
    other = path.with_name("elsewhere.jsonl")
    async with sealing(sessions, keys, path), sealing(sessions, keys, path), sealing(sessions, keys, other):
        for _ in range(4):
            await add(sessions, 2)
            await asyncio.sleep(0.4)
        await eventually(lambda: positions_in(path)[-1:] == [8] == positions_in(other)[-1:])
    assert heads_in(path) == heads_in(other)
    assert positions_in(path) == sorted(set(positions_in(path)))
    assert (await check(sessions, keys, *heads_in(path))).is_clean


async def test_a_log_that_was_put_back_raises_an_alarm_and_its_later_heads_stay(
    sessions: Sessions, keys: Keys, path: Path
):
    async with sealing(sessions, keys, path):
        await add(sessions, 5)
        await eventually(lambda: positions_in(path) == [5], 3)
    before = heads_in(path)
    await tamper(sessions, "DELETE FROM audit_entries", "DELETE FROM audit_seals")
    with structlog.testing.capture_logs() as said:
        async with sealing(sessions, keys, path):
            await add(sessions, 3)
            await eventually(lambda: positions_in(path) == [5, 3], 3)
            await add(sessions, 4)
            await eventually(lambda: positions_in(path) == [5, 3, 7], 3)
    assert [line["event"] for line in said] == ["audit_log_put_back"]
    assert heads_in(path)[0] == before[0]
    assert not (await check(sessions, keys, *heads_in(path))).is_clean


async def test_tables_that_somebody_has_been_at_raise_an_alarm(sessions: Sessions, keys: Keys, path: Path):
    await chain(sessions, keys, 3, 3)
    await tamper(sessions, "DELETE FROM audit_entries WHERE position > 4")
    await add(sessions, 1)
    with structlog.testing.capture_logs() as said:
        async with sealing(sessions, keys, path):
            await eventually(lambda: positions_in(path) == [3, 6, 7], 3)
    assert "audit_log_tampered" in [line["event"] for line in said]


async def test_sealing_goes_on_where_the_file_cannot_be_written(
    sessions: Sessions, keys: Keys, path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit, "EVERY_SECONDS", 0.05)
    path.parent.write_text("in the way")
    with structlog.testing.capture_logs() as said:
        async with sealing(sessions, keys, path):
            await add(sessions, 2)

            async def sealed() -> bool:
                return await unsealed(sessions) == 0

            await eventually(sealed, 3)
            path.parent.unlink()
            await eventually(lambda: positions_in(path) == [2], 3)
    assert "audit_heads_not_kept" in [line["event"] for line in said]


async def test_a_database_that_is_away_is_waited_for(
    sessions: Sessions, keys: Keys, path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audit, "EVERY_SECONDS", 0.05)
    failures: list[Exception] = [RuntimeError("a defect"), ConnectionRefusedError("nobody listens")]

    def opened() -> Any:
        if failures:
            raise failures.pop()
        return sessions()

    await add(sessions, 2)
    with structlog.testing.capture_logs() as said:
        async with sealing(cast(Sessions, opened), keys, path):
            await eventually(lambda: positions_in(path) == [2], 3)
    assert [line["event"] for line in said] == ["database_away", "sealing_failed"]


async def test_it_ends_though_the_database_is_away(keys: Keys, path: Path):
    def opened() -> Any:
        raise ConnectionRefusedError("nobody listens")

    async with sealing(cast(Sessions, opened), keys, path):
        await asyncio.sleep(0.1)


async def test_a_head_that_another_process_has_written_meanwhile_is_not_doubled(
    sessions: Sessions, keys: Keys, path: Path
):
    first, second = await chain(sessions, keys, 2, 2)
    ours, theirs = HeadsFile(path), HeadsFile(path)
    assert (ours.look(), theirs.look()) == (0, 0)
    assert theirs.keep([first, second], own=[])
    assert ours.keep([first, second], own=[first])
    assert heads_in(path) == [first, second]
    third = await seal(sessions, keys, entries=1)
    assert third
    assert ours.keep([third], own=[third])
    assert (ours.look(), HeadsFile(path).look()) == (5, 5)
