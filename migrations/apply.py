"""Bring a database to the newest tables, one process at a time."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

LOCK = 7_013_000
# A migration that waits for a lock stops every reader behind it: better give up, and try again later.
LOCK_TIMEOUT = "4s"
TURN_SECONDS = 0.2


def config() -> Config:
    """Alembic's configuration, without a file."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent))
    found.set_main_option("path_separator", "os")
    return found


def head() -> str:
    """The newest revision in the code."""
    newest = ScriptDirectory.from_config(config()).get_current_head()
    if newest is None:
        raise LookupError("there are no migrations")
    return newest


def current(connection: Connection) -> str | None:
    """The revision a database stands at."""
    return MigrationContext.configure(connection).get_current_revision()


async def migrate(engine: AsyncEngine, *, to: str = "head") -> tuple[str | None, str | None]:
    """Apply what is missing under an advisory lock; answers the revision before and after."""
    async with engine.connect() as guard:
        # The lock is the session's, so it is gone with the process however that ends.
        await _turn(guard)
        try:
            async with engine.connect() as connection:
                try:
                    return await _apply(connection, to)
                finally:
                    # What was set on it is for migrations only.
                    await connection.invalidate()
        finally:
            await guard.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": LOCK})
            await guard.commit()


async def _turn(guard: AsyncConnection) -> None:
    """Wait for the lock by asking again: whoever waits inside a statement is in the way of an index built meanwhile.

    `CREATE INDEX CONCURRENTLY` waits for every older statement of the database, and the one that waits for the lock
    would wait for it.
    """
    while not await guard.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}):
        await guard.commit()
        await asyncio.sleep(TURN_SECONDS)
    await guard.commit()


async def _apply(connection: AsyncConnection, to: str) -> tuple[str | None, str | None]:
    before = await connection.run_sync(current)
    await connection.rollback()
    if before != (head() if to == "head" else to):
        await connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
        await connection.commit()
        await connection.run_sync(_upgrade, to)
        await connection.commit()
    return before, await connection.run_sync(current)


def _upgrade(connection: Connection, to: str) -> None:
    found = config()
    found.attributes["connection"] = connection
    command.upgrade(found, to)
