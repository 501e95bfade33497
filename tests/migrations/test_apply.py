"""Bringing a database to the newest tables: once, by one at a time, to exactly what the models say."""

import asyncio
import time
from contextlib import AsyncExitStack, nullcontext
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.tables import metadata
from integrations.database import open_engine
from migrations.apply import LOCK, current, head, migrate
from tests.migrations.catalog import catalog
from tests.migrations.conftest import Fresh

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


async def revision(engine: AsyncEngine) -> str | None:
    async with engine.connect() as connection:
        return await connection.run_sync(current)


def differences(connection: Connection) -> list[Any]:
    """What Alembic would write into a new migration."""
    options = {"compare_type": True, "compare_server_default": True}
    found: list[Any] = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
    return found


async def test_an_empty_database_comes_to_the_newest_tables(fresh: Fresh):
    engine = await fresh()
    assert await revision(engine) is None
    assert await migrate(engine) == (None, head())
    assert await revision(engine) == head()
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_the_migrated_tables_are_those_of_the_models_to_the_last_constraint(fresh: Fresh):
    migrated, made = await fresh(), await fresh()
    await migrate(migrated)
    async with made.begin() as connection:
        await connection.execute(text("CREATE EXTENSION btree_gist"))
        await connection.run_sync(metadata.create_all)
    ours, models = await catalog(migrated), await catalog(made)
    for kind, found in ours.items():
        assert found == models[kind], kind
    assert {line.split()[0] for line in ours["sequences"]} == {"unit_numbers", "delivery_fences"}
    assert any("collate C" in line for line in ours["columns"])


async def test_a_change_of_the_tables_would_be_seen(fresh: Fresh):
    migrated, changed = await fresh(), await fresh()
    for engine in (migrated, changed):
        await migrate(engine)
    changes = {
        "columns": "ALTER TABLE posts ALTER COLUMN text DROP NOT NULL",
        "constraints": "ALTER TABLE grants DROP CONSTRAINT ck_grants_period",
        "indexes": "DROP INDEX ix_deliveries_turn",
        "sequences": "DROP SEQUENCE delivery_fences",
    }
    before = await catalog(migrated)
    for kind, change in changes.items():
        async with changed.begin() as connection:
            await connection.execute(text(change))
        assert before[kind] - (await catalog(changed))[kind], kind


async def test_a_database_at_the_newest_tables_is_left_as_it_is(fresh: Fresh):
    engine = await fresh()
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.execute(text("INSERT INTO login_guards (digest, failures, failed_at) VALUES ('a', 1, now())"))
        # A migration that did run again would need this lock, and give up waiting for it.
        await connection.execute(text("LOCK TABLE login_guards, units IN ACCESS SHARE MODE"))
        assert await migrate(engine) == (head(), head())
    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT digest FROM login_guards"))).scalars().all() == [b"a"]


async def test_two_at_once_take_turns(fresh: Fresh):
    engine = await fresh()
    other = open_engine(engine.url.render_as_string(hide_password=False))
    try:
        answers = await asyncio.gather(migrate(engine), migrate(other), migrate(engine))
    finally:
        await other.dispose()
    assert sorted(answers, key=str) == sorted([(None, head()), (head(), head()), (head(), head())], key=str)
    assert await revision(engine) == head()


async def test_the_lock_is_given_back_after_a_failure(fresh: Fresh):
    engine = await fresh()
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE posts (already integer)"))
    for _ in range(2):
        with pytest.raises(DBAPIError, match="posts"):
            await migrate(engine)
    # All or nothing: what the failed migration had made before is gone.
    assert await revision(engine) is None
    async with engine.connect() as connection:
        tables = (
            await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        ).scalars()
        assert set(tables) <= {"posts", "alembic_version"}
        free = await connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK})
        assert free.scalar_one() is True


async def test_a_migration_does_not_wait_long_for_a_lock(fresh: Fresh):
    engine = await fresh()
    async with engine.connect() as other:
        # Not committed: whoever makes a table of that name waits for the end of this.
        await other.execute(text("CREATE TABLE units (already integer)"))
        started = time.monotonic()
        with pytest.raises(DBAPIError, match="lock timeout"):
            await migrate(engine)
        assert time.monotonic() - started < 15
    assert await migrate(engine) == (None, head())


@pytest.mark.parametrize("fails", [False, True])
async def test_the_limit_on_waiting_does_not_stay_with_the_connections(fresh: Fresh, fails: bool):
    engine = await fresh()
    if fails:
        async with engine.begin() as connection:
            await connection.execute(text("CREATE TABLE posts (already integer)"))
    with pytest.raises(DBAPIError) if fails else nullcontext():
        await migrate(engine)
    async with AsyncExitStack() as stack:
        for _ in range(4):
            connection = await stack.enter_async_context(engine.connect())
            assert (await connection.execute(text("SHOW lock_timeout"))).scalar_one() == "0"


def test_every_migration_is_named_by_its_number_and_follows_the_one_before():
    files = sorted(path for path in VERSIONS.glob("[0-9]*.py"))
    assert [path.name[:4] for path in files] == [f"{number:04d}" for number in range(1, len(files) + 1)]
    for path, before in zip(files, [None, *files], strict=False):
        said: dict[str, Any] = {}
        exec(compile(path.read_text("utf-8"), path.name, "exec"), said)
        assert said["revision"] == path.name[:4]
        assert said["down_revision"] == (before.name[:4] if before else None)
    assert head() == files[-1].name[:4]
