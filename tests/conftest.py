"""Real servers for all tests: one PostgreSQL and one Valkey per run, one database per test process."""

import asyncio
import fcntl
import hashlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.base.keyring import Keyring, KeySet
from domain.tables import metadata
from integrations.database import Sessions, driver_url, open_engine, open_sessions
from integrations.embedded import Lease, lease
from integrations.keys import Keys
from migrations.apply import migrate

DATA = "QICAI_TESTS_DATA_DIR"
TEMPLATE = "qicai_template"
TABLES = [table.name for table in metadata.sorted_tables]
# TRUNCATE makes some 360 files and every connection's plans anew, however little was written; so a test's few rows are
# deleted, without a look at keys that lead to tables as empty. As TRUNCATE did, the lock waits for whoever writes.
EMPTY_ALL = f"""
DO $$
DECLARE
    one regclass;
BEGIN
    LOCK TABLE {", ".join(TABLES)} IN ACCESS EXCLUSIVE MODE;
    IF (SELECT sum(pg_relation_size(name)) FROM unnest('{{{",".join(TABLES)}}}'::regclass[]) AS name) > 2000000 THEN
        TRUNCATE {", ".join(TABLES)} CASCADE;
        RETURN;
    END IF;
    IF current_setting('is_superuser') = 'on' THEN
        SET LOCAL session_replication_role = replica;
    END IF;
    FOREACH one IN ARRAY '{{{",".join(reversed(TABLES))}}}'::regclass[] LOOP
        IF pg_relation_size(one) > 0 THEN
            EXECUTE 'DELETE FROM ' || one;
        END IF;
    END LOOP;
END $$"""


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process names the folder that all test processes share."""
    if not hasattr(config, "workerinput"):
        os.environ[DATA] = tempfile.mkdtemp(prefix="qicai-tests-")
    # Nothing of the machine's own set-up may reach a test.
    for name in list(os.environ):
        if name.startswith("QICAI_") and name != DATA:
            del os.environ[name]
    # A shell lets what it starts in the background ignore interrupts, and so would every process of a test: for ever.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ.pop(DATA), ignore_errors=True)


@pytest.fixture(scope="session")
def servers() -> Iterator[Lease]:
    """The embedded servers, without durability."""
    with lease(Path(os.environ[DATA]), durable=False) as held:
        yield held


@pytest.fixture(scope="session")
def redis_url(servers: Lease) -> str:
    return str(servers.redis_url)


@pytest.fixture(scope="session")
def database_url(servers: Lease) -> str:
    """A database of this test process, cloned from a migrated template.

    TEST_DATABASE_URL runs the suite on another server, where the user may create databases.
    """
    given = os.environ.get("TEST_DATABASE_URL")
    base = driver_url(given) if given else str(servers.database_url)
    name = "qicai_" + os.environ.get("PYTEST_XDIST_WORKER", "main")
    with (Path(os.environ[DATA]) / "template.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        asyncio.run(_clone(base, name))
    return _named(base, name)


@pytest.fixture(scope="session")
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_engine(database_url)
    yield opened
    await opened.dispose()


@pytest.fixture
async def sessions(engine: AsyncEngine) -> AsyncIterator[Sessions]:
    """Real sessions on empty tables; whatever a test commits is gone after it."""
    yield open_sessions(engine)
    async with engine.begin() as connection:
        await connection.exec_driver_sql(EMPTY_ALL)


@pytest.fixture
async def session(sessions: Sessions) -> AsyncIterator[AsyncSession]:
    async with sessions() as opened:
        yield opened


def some_keys() -> Keys:
    """Keys that only tests know: one in each set."""

    def one(name: str) -> KeySet:
        return KeySet(name, {name: hashlib.sha256(name.encode()).digest()})

    rows = Keyring("k1", {"k1": bytes(range(32))})
    return Keys(rows, one("login1"), one("links1"), one("sealing1"), b"known to tests only, 32 bytes or more")


@pytest.fixture(scope="session")
def keys() -> Keys:
    return some_keys()


async def _clone(base: str, name: str) -> None:
    plain = re.sub(r"^postgresql\+asyncpg://", "postgresql://", base)
    admin = await asyncpg.connect(plain)
    try:
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", TEMPLATE):
            await admin.execute(f"CREATE DATABASE {TEMPLATE}")
            migrated = open_engine(_named(base, TEMPLATE))
            await migrate(migrated)
            await migrated.dispose()
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    finally:
        await admin.close()


def _named(base: str, name: str) -> str:
    """The same server, another database."""
    address, question, query = base.partition("?")
    return f"{address.rsplit('/', 1)[0]}/{name}{question}{query}"
