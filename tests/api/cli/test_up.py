"""`qicai up` as a newcomer meets it: everything runs, is used, and is gone again."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.api.cli.running import ROOT, environment, eventually, processes_about, qicai

pytestmark = pytest.mark.faults

PATIENCE = 120.0


class Up:
    """A running `qicai up`, and what it has said."""

    def __init__(self, process: "subprocess.Popen[str]", output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def said(self) -> str:
        return self._output.read_text()

    def says(self, pattern: str) -> str:
        """Wait for a line and return what its group holds."""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(pattern, self.said, re.MULTILINE)):
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.1)
        return found[1]

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@contextmanager
def up(folder: Path, output: Path) -> Iterator[Up]:
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli.main", "up"],
            stdout=file,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            text=True,
            env=environment(folder),
        )
    try:
        yield Up(process, output)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "data"
    # Whatever the test found, nothing of it stays behind.
    for pid in processes_about(tmp_path / "data"):
        os.kill(pid, signal.SIGKILL)


def test_up_serves_a_newcomer_and_leaves_nothing_behind(folder: Path, tmp_path: Path):
    with up(folder, tmp_path / "first.txt") as first:
        _is_used(first, folder)
        _refuses_a_second_one(folder)
        # Itself, its three children, the supervisor, and both servers with PostgreSQL's own processes.
        assert len(processes_about(folder)) > 7
        assert first.end(signal.SIGTERM) == 0
        assert first.said.rstrip().endswith("Stopped.")
        assert "Traceback" not in first.said
    assert eventually(lambda: not processes_about(folder))
    for log in ("api", "worker", "sandbox"):
        assert "Traceback" not in (folder / "log" / f"{log}.log").read_text()

    # A second start finds what the first one made, and ends without a trace even when it is killed.
    with up(folder, tmp_path / "second.txt") as second:
        second.says(r"^  API +(\S+)$")
        assert len(processes_about(folder)) > 7
        assert re.search(r"Units: 0 opened, 44,\d+ as before, 0 changes proposed", second.said)
        second.end(signal.SIGKILL)
    assert eventually(lambda: not processes_about(folder))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_can_be_stopped_while_it_prepares(folder: Path, tmp_path: Path, number: signal.Signals):
    with up(folder, tmp_path / "output.txt") as starting:
        assert eventually(lambda: (folder / "log" / "sandbox.log").exists())
        time.sleep(1.5)
        assert starting.end(number) == 0
        assert "Qicai is up" not in starting.said
        assert "Traceback" not in starting.said
    assert eventually(lambda: not processes_about(folder))


def _is_used(running: Up, folder: Path) -> None:
    api = running.says(r"^  API +(http://127\.0\.0\.1:\d+/graphql)$")
    page = running.says(r"^  GraphiQL +(http://\S+/graphql) ")
    sandbox = running.says(r"^  Sandbox +(http://127\.0\.0\.1:\d+/) ")
    assert "qicai token" in running.says(r"^  Log in +(.*)$")
    said = qicai("token", "--login", "county-media", folder=folder)
    assert (said.returncode, said.stderr) == (0, "")
    with httpx.Client(timeout=20, trust_env=False) as http:
        query = {"query": "{ viewer { grants { role unit { code level } } } accounts(first: 1) { totalCount } }"}
        headers = {"Authorization": f"Bearer {said.stdout.strip()}"}
        answer = http.post(api, json=query, headers=headers).json()["data"]
        grant = {"role": "MEDIA_MANAGER", "unit": {"code": "440106", "level": "COUNTY"}}
        assert answer == {"viewer": {"grants": [grant]}, "accounts": {"totalCount": 1}}
        assert http.get(page, headers={"Accept": "text/html"}).status_code == 200
        assert http.get(sandbox).status_code == 200


def _refuses_a_second_one(folder: Path) -> None:
    done = qicai("up", folder=folder)
    assert done.returncode == 1
    assert "Another sandbox works on" in done.stderr
    assert "QICAI_DATA_DIR" in done.stderr
    assert "Traceback" not in done.stderr
