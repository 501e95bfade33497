"""Every migration carries over the data of every earlier release."""

import re
from typing import Any

import asyncpg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.base.models import Base
from domain.engagement.folding import fold
from domain.tables import metadata
from integrations.database import open_sessions
from migrations.apply import config, head, migrate
from tests.factories.rollups import recount, stored
from tests.migrations.conftest import Fresh
from tests.migrations.releases import KEYRING, STEPS, dump, files, invent

MAPPERS = {mapper.class_.__tablename__: mapper for mapper in Base.registry.mappers}


def content_of(revision: str) -> str:
    return files()[revision].read_text("utf-8")


async def load(engine: AsyncEngine, statements: str) -> None:
    """Run a file as it stands; several statements in one go are the driver's own ability."""
    plain = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


async def keys_in(engine: AsyncEngine, tables: set[str]) -> dict[str, set[Any]]:
    """The primary keys of all rows by table, read without any model."""
    async with engine.connect() as connection:
        return {
            table: set(await connection.execute(text(f"SELECT {', '.join(_key_columns(table))} FROM {table}")))
            for table in tables
        }


def _key_columns(table: str) -> list[str]:
    return [column.name for column in metadata.tables[table].primary_key]


@pytest.mark.parametrize("revision", sorted(files()))
async def test_rows_of_a_release_are_there_and_readable_after_every_later_migration(fresh: Fresh, revision: str):
    engine, statements = await fresh(), content_of(revision)
    assert await migrate(engine, to=revision) == (None, revision)
    await load(engine, statements)
    tables = set(re.findall(r"(?m)^INSERT INTO (\w+)$", statements)) & set(metadata.tables)
    before = await keys_in(engine, tables)
    assert all(before.values())
    assert await migrate(engine) == (revision, head())
    async with open_sessions(engine)() as session:
        for table, keys in before.items():
            mapper = MAPPERS[table]
            rows = (await session.execute(select(mapper.class_))).scalars().all()
            found = {tuple(getattr(row, key.name) for key in mapper.primary_key) for row in rows}
            assert {tuple(key) for key in keys} <= found, table


@pytest.mark.parametrize("revision", sorted(files()))
async def test_sealed_tokens_of_a_release_can_still_be_opened(fresh: Fresh, revision: str):
    engine = await fresh()
    await migrate(engine, to=revision)
    await load(engine, content_of(revision))
    await migrate(engine)
    async with engine.connect() as connection:
        rows = (await connection.execute(text("SELECT id, token FROM accounts"))).all()
    assert rows
    assert {KEYRING.open(token, row=f"accounts:token:{row_id}") for row_id, token in rows} == {"token"}


@pytest.mark.parametrize("revision", sorted(files()))
async def test_what_a_release_had_published_is_counted_after_the_upgrade(fresh: Fresh, revision: str):
    engine = await fresh()
    await migrate(engine, to=revision)
    await load(engine, content_of(revision))
    await migrate(engine)
    async with open_sessions(engine)() as session:
        expected = await recount(session)
        assert expected
        assert await stored(session) == expected
        await fold(session, limit=100)
        assert await stored(session, with_marked=False) == expected


def test_every_revision_that_another_one_follows_has_its_data():
    revisions = [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()]
    assert revisions[0] == head()
    lacking = [revision for revision in revisions[1:] if revision not in files() and revision not in STEPS]
    assert lacking == [], "write them at their own revision: .venv/bin/python -m tests.migrations.releases"
    # A file without its revision could not be loaded, so it is not one that waits for it.
    assert set(files()) <= set(revisions)
    assert files()


@pytest.mark.parametrize("revision", sorted(files()))
def test_a_data_file_holds_rows_of_invented_people_only(revision: str):
    content = content_of(revision)
    assert "INSERT INTO users" in content
    assert set(re.findall(r"https?://([\w.]+)", content)) <= {"127.0.0.1", "qicai.example", "weibo.example"}


async def test_the_dump_of_invented_rows_makes_the_same_rows_again(fresh: Fresh):
    filled, copied = await fresh(), await fresh()
    for engine in (filled, copied):
        await migrate(engine)
    async with open_sessions(filled)() as session:
        await invent(session)
    async with filled.connect() as connection:
        first = await dump(connection)
    await load(copied, first)
    async with copied.connect() as connection:
        assert await dump(connection) == first
    assert {name for name in metadata.tables if f"INSERT INTO {name}\n" in first} == set(metadata.tables)
