"""The engine finds its way back, and whoever asks whether PostgreSQL answers gets an answer."""

import asyncio
import os
import signal
import socket
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from integrations.database import AWAY, answers, driver_url, is_away, open_engine
from tests.factories.servers import eventually, own_servers, replaced
from tests.integrations.embedded.holder import postmaster


@pytest.mark.parametrize(
    ("written", "driven"),
    [
        ("postgres://u:p@db.example/q", "postgresql+asyncpg://u:p@db.example/q"),
        ("postgresql://u:p@db.example/q", "postgresql+asyncpg://u:p@db.example/q"),
        ("postgresql+asyncpg://u@/q?host=/run/x", "postgresql+asyncpg://u@/q?host=/run/x"),
        ("postgres://u@db/q?sslmode=require", "postgresql+asyncpg://u@db/q?ssl=require"),
        ("postgres://u@db/q?port=5433&sslmode=disable", "postgresql+asyncpg://u@db/q?port=5433&ssl=disable"),
        ("postgres://u:sslmode=@db/q", "postgresql+asyncpg://u:sslmode=@db/q"),
    ],
)
def test_addresses_are_taken_as_people_write_them(written: str, driven: str):
    assert driver_url(written) == driven
    assert driver_url(driven) == driven


async def test_a_database_that_is_there_answers(engine: AsyncEngine):
    assert await answers(engine)


async def test_the_engine_accepts_sslmode(database_url: str):
    engine = open_engine(f"{database_url}{'&' if '?' in database_url else '?'}sslmode=disable")
    assert await answers(engine)
    await engine.dispose()


async def test_where_nobody_listens_there_is_no_answer():
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        engine = open_engine(f"postgresql://qicai:x@127.0.0.1:{nobody.getsockname()[1]}/qicai")
        assert not await answers(engine)
        await engine.dispose()


async def test_a_server_that_accepts_and_is_silent_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        engine = open_engine(f"postgresql://qicai:x@127.0.0.1:{silent.getsockname()[1]}/qicai")
        began = time.monotonic()
        assert not await answers(engine)
        assert time.monotonic() - began < 4
        await engine.dispose()


async def test_a_wrong_password_is_no_answer(servers):
    base = str(servers.database_url)
    engine = open_engine(base.replace(":", ":wrong", 2).replace(":wrong", ":", 1))
    assert not await answers(engine)
    await engine.dispose()


async def test_a_pool_that_is_used_up_is_no_answer_and_recovers(database_url: str):
    engine = open_engine(database_url, pool_size=1)
    async with engine.connect():
        assert not await answers(engine)
    assert await answers(engine)
    await engine.dispose()


async def test_a_transaction_in_which_nothing_is_said_is_undone_and_keeps_nobody_waiting(database_url: str):
    engine = open_engine(database_url, still_seconds=0.2)
    async with engine.connect() as still, engine.connect() as other:
        await still.execute(text("SELECT pg_advisory_xact_lock(1)"))
        await other.execute(text("SELECT pg_advisory_xact_lock(1)"))
        with pytest.raises(DBAPIError) as caught:
            await still.execute(text("SELECT 1"))
        assert is_away(caught.value)
        await still.invalidate()
    assert await answers(engine)
    await engine.dispose()


@pytest.mark.faults
async def test_the_pool_recovers_after_the_server_was_killed():
    with own_servers(postgres=True) as held:
        engine = open_engine(str(held.database_url), pool_size=4)
        try:
            # Every connection of the pool was in use, so that each has to be noticed as broken.
            assert all(await asyncio.gather(*(answers(engine) for _ in range(4))))
            killed = postmaster(held.data_dir)
            os.kill(killed, signal.SIGKILL)
            # Its children answer for a moment longer, so that an answer alone proves nothing.
            await eventually(lambda: replaced(held.data_dir, killed))
            await eventually(lambda: _answers(str(held.database_url)))
            assert all(await asyncio.gather(*(answers(engine) for _ in range(4))))
        finally:
            await engine.dispose()


async def _answers(url: str) -> bool:
    fresh = open_engine(url)
    try:
        return await answers(fresh)
    finally:
        await fresh.dispose()


async def test_a_statement_at_fault_is_told_from_a_database_that_is_away(engine: AsyncEngine):
    async with engine.connect() as connection:
        with pytest.raises(ProgrammingError) as wrong:
            await connection.execute(text("SELECT nonsense"))
        await connection.rollback()
        await connection.execute(text("CREATE TEMPORARY TABLE once (number int UNIQUE)"))
        with pytest.raises(IntegrityError) as twice:
            await connection.execute(text("INSERT INTO once VALUES (1), (1)"))
        await connection.rollback()
    for raised in (wrong, twice):
        assert isinstance(raised.value, SQLAlchemyError)
        assert not is_away(raised.value)
    assert not is_away(KeyError("a defect"))


async def test_a_connection_that_was_ended_by_the_server_is_a_database_that_is_away(database_url: str):
    engine, other = open_engine(database_url), open_engine(database_url)
    async with engine.connect() as connection, other.connect() as hand:
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        await hand.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        with pytest.raises(AWAY) as ended:
            await connection.execute(text("SELECT 1"))
        assert is_away(ended.value)
    assert await answers(engine)
    await engine.dispose()
    await other.dispose()
