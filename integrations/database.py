"""PostgreSQL: the engine, sessions, and whether it answers."""

import asyncio

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

Sessions = async_sessionmaker[AsyncSession]
PING_SECONDS = 2.0
# Everything that says "the database is away": while it answers, while it starts, and while nobody listens.
AWAY = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


def open_engine(url: str, *, pool_size: int = 10) -> AsyncEngine:
    """An engine that notices broken connections before it hands them out."""
    return create_async_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        connect_args={"timeout": 5, "server_settings": {"application_name": "qicai", "jit": "off"}},
    )


def driver_url(url: str) -> str:
    """Accept `postgres://` and `postgresql://` as people write them; we speak through asyncpg."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+asyncpg://" + url.removeprefix(prefix)
    return url


def open_sessions(engine: AsyncEngine) -> Sessions:
    """Sessions whose rows stay readable after a commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


async def answers(engine: AsyncEngine) -> bool:
    """Whether PostgreSQL answers a query now."""
    try:
        async with asyncio.timeout(PING_SECONDS), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except AWAY:
        return False
    return True
