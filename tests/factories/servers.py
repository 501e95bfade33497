"""Servers of a test's own, which it may kill; and how long one waits for something."""

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import asyncpg
from redis.asyncio import Redis

from integrations.embedded import Lease, lease
from integrations.embedded.places import Places
from tests.integrations.embedded.holder import gone, postmaster, supervisors

PATIENCE = 20.0


@contextmanager
def own_servers(*, postgres: bool = False, valkey: bool = False, durable: bool = False) -> Iterator[Lease]:
    """Embedded servers in a folder of their own, gone afterwards. Killing one loses nothing only if `durable`."""
    folder = Path(tempfile.mkdtemp(prefix="qicai-test-")).resolve()
    # Another user must be able to reach what it owns below.
    folder.chmod(0o755)
    data = folder / "data"
    try:
        with lease(data, postgres=postgres, valkey=valkey, durable=durable) as held:
            yield held
        assert gone(*supervisors(data))
    finally:
        shutil.rmtree(Places(data).runtime, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def valkey(url: str) -> AsyncIterator[Redis]:
    """A plain client, to look and to break."""
    client = Redis.from_url(url)
    try:
        yield client
    finally:
        await client.aclose()


async def connect(database_url: str) -> asyncpg.Connection:
    """A plain connection, to look and to break."""
    return await asyncpg.connect(database_url.replace("+asyncpg", ""))


def replaced(data_dir: Path, killed: int) -> bool:
    """Whether another PostgreSQL has taken the place of the killed one."""
    try:
        return postmaster(data_dir) != killed
    except (FileNotFoundError, IndexError, ValueError):
        return False


def own_database_number(redis_url: str) -> str:
    """Where a test process has its own queue: all share one Valkey."""
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 7 + 8
    return f"{redis_url}?db={number}"


async def eventually(holds: Callable[[], Awaitable[bool] | bool], seconds: float = PATIENCE) -> None:
    """Wait until something is so, and fail if it is not in time."""
    deadline = time.monotonic() + seconds
    while True:
        answer = holds()
        if answer if isinstance(answer, bool) else await answer:
            return
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        await asyncio.sleep(0.02)
