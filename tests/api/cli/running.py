"""The command `qicai` as a real process, and what is left of processes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from integrations.embedded.places import Places

ROOT = Path(__file__).resolve().parents[3]


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Nothing of the machine's own set-up, and a data folder of the test's own."""
    bare = {
        n: v for n, v in os.environ.items() if not n.startswith("QICAI_") and n not in ("DATABASE_URL", "REDIS_URL")
    }
    return {**bare, "QICAI_DATA_DIR": str(folder), "QICAI_PORT": "0", "QICAI_SANDBOX_PORT": "0", **settings}


def qicai(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "api.cli.main", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(folder, **settings),
        timeout=300,
    )


def alive(pid: int) -> bool:
    """Whether a process runs; where nobody collects orphans, the dead keep their numbers."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def processes_about(folder: Path) -> set[int]:
    """All living processes that work in this folder, or name it or its folder of sockets."""
    names = [os.fsencode(folder), os.fsencode(Places(folder).runtime)]
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid():
            try:
                said = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
                said += os.fsencode((entry / "cwd").readlink())
            except (FileNotFoundError, PermissionError, ProcessLookupError):
                continue
            if any(name in said for name in names) and alive(int(entry.name)):
                found.add(int(entry.name))
    return found


def eventually(holds: Callable[[], bool], *, seconds: float = 20.0) -> bool:
    """Whether something becomes true while we wait."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
