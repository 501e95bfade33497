"""Databases that a test may fill, upgrade and spoil: empty ones, dropped afterwards."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from domain.base.ids import new_code
from integrations.database import open_engine

Fresh = Callable[[], Awaitable[AsyncEngine]]


@asynccontextmanager
async def empty_database(beside: str) -> AsyncIterator[str]:
    """The address of a new database on the same server."""
    name = f"qicai_fresh_{new_code()}"
    admin = create_async_engine(beside, isolation_level="AUTOCOMMIT")
    try:
        async with admin.connect() as connection:
            await connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
        yield make_url(beside).set(database=name).render_as_string(hide_password=False)
        async with admin.connect() as connection:
            await connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    finally:
        await admin.dispose()


@pytest.fixture
async def fresh(database_url: str) -> AsyncIterator[Fresh]:
    """Makes engines, each on an empty database of its own."""
    async with AsyncExitStack() as stack:

        async def make() -> AsyncEngine:
            engine = open_engine(await stack.enter_async_context(empty_database(database_url)))
            stack.push_async_callback(engine.dispose)
            return engine

        yield make
