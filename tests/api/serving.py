"""The API as a process of its own, over servers that a test may take away."""

import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from api.cli.processes import child
from integrations.embedded import Lease, lease

PATIENCE = 20.0
CLOSED = "127.0.0.1:9"


@dataclass
class Own:
    """One embedded server of the test's own; it can be killed, and started again at the same address."""

    folder: Path
    postgres: bool

    def start(self) -> None:
        # With durability: what was acknowledged is expected back after a kill.
        self.lease: Lease = lease(self.folder, postgres=self.postgres, valkey=not self.postgres)

    @property
    def url(self) -> str:
        return str(self.lease.database_url if self.postgres else self.lease.redis_url)

    def kill(self) -> None:
        """Kill its supervisor, with which it ends; nobody is left to start it again."""
        log = (self.folder / "log" / "supervisor.log").read_text()
        os.kill(int(re.findall(r"Supervisor (\d+) looks after", log)[-1]), signal.SIGKILL)
        self.lease.close()

    @property
    def postmaster(self) -> int:
        """PostgreSQL itself; when it is killed, its supervisor starts it again."""
        words = (self.folder / "postgres" / "postmaster.pid").read_text().split()
        return int(words[0]) if words else 0


@contextmanager
def own(folder: Path, *, postgres: bool) -> Iterator[Own]:
    server = Own(folder, postgres)
    server.start()
    try:
        yield server
    finally:
        server.lease.close()


@dataclass
class Served:
    """The API at its address."""

    http: httpx.Client
    url: str
    log: Path

    def ready(self) -> dict[str, object]:
        answer = self.http.get("/readyz")
        content: dict[str, object] = answer.json()
        return {"code": answer.status_code, **content}

    def becomes(self, status: str) -> bool:
        """Whether it comes to say so while we wait."""
        deadline = time.monotonic() + PATIENCE
        while self.ready()["status"] != status:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True

    def metric(self, name: str) -> float | None:
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.http.get("/metrics").text, re.MULTILINE)
        return float(found[1]) if found else None


@contextmanager
def served(folder: Path, *, key_file: Path, database_url: str, redis_url: str, **settings: str) -> Iterator[Served]:
    """`qicai serve` until the block ends."""
    log = folder / "api.log"
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "QICAI_DATA_DIR": str(folder),
        "QICAI_KEY_FILE": str(key_file),
        "QICAI_PORT": "0",
        **settings,
    }
    with (
        child("serve", environment=environment, log=log) as api,
        httpx.Client(base_url=api.said, timeout=30, trust_env=False) as http,
    ):
        yield Served(http, api.said, log)
