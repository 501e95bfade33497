"""PostgreSQL: the engine, sessions, and whether it answers."""

import asyncio
import re

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

Sessions = async_sessionmaker[AsyncSession]
PING_SECONDS = 2.0
# How long a door may stand still inside a transaction. The gate is a lock: whoever held it for longer, be it that its
# machine was frozen, would keep the whole programme from posting, or everybody from stopping a post.
STILL_SECONDS = 5.0
# Everything that says "the database is away": while it answers, while it starts, and while nobody listens.
AWAY = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
_PASSING = (DBAPIError, PoolTimeout, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
# A value that the driver cannot write is its error of no class; what it says of it stands behind.
_AT_FAULT = (IntegrityError, ProgrammingError, DataError, asyncpg.DataError)


def open_engine(
    url: str, *, pool_size: int = 10, statement_seconds: float = 0, still_seconds: float = 0
) -> AsyncEngine:
    """An engine that notices broken connections before it hands them out.

    A statement that runs longer than `statement_seconds` is broken off by the server, and a transaction in which
    nothing is said for `still_seconds` is undone and its connection closed; 0 sets no limit.
    """
    settings = {
        "application_name": "qicai",
        "jit": "off",
        # A county's page and the nation's want different plans of one statement: a plan made for neither of them
        # costs the county two hundred times as much, planning anew costs a fraction of a millisecond.
        "plan_cache_mode": "force_custom_plan",
        "statement_timeout": f"{statement_seconds * 1000:.0f}",
        "idle_in_transaction_session_timeout": f"{still_seconds * 1000:.0f}",
    }
    return create_async_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_pre_ping=True,
        # A statement's values, sealed tokens among them, have no place in a log.
        hide_parameters=True,
        connect_args={"timeout": 5, "server_settings": settings},
    )


def driver_url(url: str) -> str:
    """Accept `postgres://`, `postgresql://` and `sslmode` as people write them; we speak through asyncpg."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            url = "postgresql+asyncpg://" + url.removeprefix(prefix)
    return re.sub(r"([?&])sslmode=", r"\1ssl=", url)


def open_sessions(engine: AsyncEngine) -> Sessions:
    """Sessions whose rows stay readable after a commit."""
    return async_sessionmaker(engine, expire_on_commit=False)


def is_away(error: BaseException) -> bool:
    """Whether the database was away: the same statement may succeed later, which one at fault never does."""
    said = getattr(getattr(error, "orig", None), "__cause__", None)
    return isinstance(error, _PASSING) and not isinstance(error, _AT_FAULT) and not isinstance(said, _AT_FAULT)


async def answers(engine: AsyncEngine) -> bool:
    """Whether PostgreSQL answers a query now."""
    try:
        async with asyncio.timeout(PING_SECONDS), engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    except AWAY:
        return False
    return True
