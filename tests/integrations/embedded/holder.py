"""A process that holds a lease, for tests to start, to let go and to kill; and what they look at meanwhile."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import asyncpg
import redis

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 30.0

# It does not keep what it is given: a lease lasts as long as the process.
SCRIPT = """
import gc, json, sys
from pathlib import Path
from integrations.embedded import EmbeddedError, lease
try:
    leased = lease(Path(sys.argv[1]), **json.loads(sys.argv[2]))
    said = {"database_url": leased.database_url, "redis_url": leased.redis_url}
    del leased
    gc.collect()
except EmbeddedError as error:
    said = {"error": str(error)}
print(json.dumps(said), flush=True)
sys.stdin.read()
"""


class Holder:
    """Starts at once; `urls` and `error` wait until it has got its lease or an error."""

    def __init__(
        self,
        data_dir: Path,
        *,
        prefix: Sequence[str] = (),
        python: str = sys.executable,
        path: str = "",
        **options: bool,
    ) -> None:
        self._said: dict[str, Any] | None = None
        self.process = subprocess.Popen(
            [*prefix, python, "-c", SCRIPT, str(data_dir), json.dumps({"durable": False, **options})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,
        )

    @property
    def said(self) -> dict[str, Any]:
        if self._said is None:
            assert self.process.stdout is not None
            self._said = json.loads(self.process.stdout.readline() or b'{"error": "it died"}')
        return self._said

    @property
    def error(self) -> str:
        return str(self.said["error"])

    @property
    def database_url(self) -> str:
        assert "error" not in self.said, self.error
        return str(self.said["database_url"])

    @property
    def redis_url(self) -> str:
        assert "error" not in self.said, self.error
        return str(self.said["redis_url"])

    async def query(self, sql: str) -> Any:
        return await query(self.database_url, sql)

    def valkey(self) -> redis.Redis:
        return redis.Redis.from_url(self.redis_url)

    @property
    def valkey_pid(self) -> int:
        with self.valkey() as client:
            return int(client.info("server")["process_id"])

    def end(self) -> None:
        """Let it come to its end by itself."""
        self.process.communicate(timeout=PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


async def query(database_url: str, sql: str) -> Any:
    """The first value that a statement returns."""
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def postmaster(data_dir: Path) -> int:
    return int((data_dir / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def supervisors(data_dir: Path) -> list[int]:
    """All that ever looked after this folder, in their order."""
    try:
        log = (data_dir / "log" / "supervisor.log").read_text()
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [int(pid) for pid in re.findall(r"Supervisor (\d+) looks after", log)]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # Where nobody collects orphans, the dead keep their numbers.
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether something becomes true while we wait."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def gone(*pids: int) -> bool:
    return eventually(lambda: not any(alive(pid) for pid in pids))
