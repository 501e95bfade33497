"""Child processes: ready when they say so, gone when their parent is, and quiet about it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from api.cli.processes import child
from api.cli.sandbox import take_place
from api.cli.services import CannotStart
from tests.api.cli.running import ROOT, alive, environment, eventually, qicai

pytestmark = pytest.mark.faults

# A parent that says the numbers of its child and itself, and then never looks at it again.
PARENT = """
import sys, time
from pathlib import Path
from api.cli.processes import child
with child("sandbox", environment={}, log=Path(sys.argv[1])) as sandbox:
    print(sandbox.process.pid, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, end: signal.Signals):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "sandbox.log")],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        env=environment(tmp_path),
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert alive(pid)
    parent.send_signal(end)
    parent.communicate(timeout=20)
    assert eventually(lambda: not alive(pid))
    assert "Traceback" not in (tmp_path / "sandbox.log").read_text()


@pytest.mark.parametrize("name", ["work", "serve", "sandbox"])
def test_a_child_that_is_stopped_ends_in_order(
    name: str, tmp_path: Path, key_file: Path, database_url: str, redis_url: str
):
    given = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "QICAI_KEY_FILE": str(key_file)}
    log = tmp_path / "child.log"
    with child(name, environment=environment(tmp_path, **given), log=log) as one:
        assert one.process.poll() is None
    assert one.process.returncode in (0, -signal.SIGTERM)
    # An interpreter that aborts at its end says so in its last words.
    assert "Fatal Python error" not in log.read_text()
    assert "Traceback" not in log.read_text()


def test_a_child_whose_parent_lets_go_ends_in_order(tmp_path: Path):
    log = tmp_path / "child.log"
    with child("sandbox", environment=environment(tmp_path), log=log) as one:
        assert one.process.stdin is not None
        one.process.stdin.close()
        one.process.wait(20)
    assert one.process.returncode == 0
    assert "Fatal Python error" not in log.read_text()


def test_a_child_that_cannot_start_gives_its_last_words(tmp_path: Path):
    log = tmp_path / "log" / "sandbox.log"
    given = environment(tmp_path, QICAI_SANDBOX_PORT="many")
    with (
        pytest.raises(CannotStart, match=r"(?s)`qicai sandbox` ended at once.*QICAI_SANDBOX_PORT") as refused,
        child("sandbox", environment=given, log=log),
    ):
        pytest.fail("it did not start")
    assert str(log) in str(refused.value)


def test_an_announcement_that_nobody_hears_is_no_failure():
    code = "import time; from api.cli.processes import announce; time.sleep(0.5); announce('ready')"
    speaker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    assert speaker.stdout is not None
    speaker.stdout.close()
    assert speaker.stderr is not None
    assert (speaker.stderr.read(), speaker.wait(20)) == (b"", 0)
    speaker.stderr.close()


def test_a_folder_has_one_place_for_a_sandbox(tmp_path: Path):
    held = take_place(tmp_path)
    try:
        done = qicai("sandbox", folder=tmp_path)
        assert done.returncode == 1
        assert f"Another sandbox works on {tmp_path}" in done.stderr
        assert "QICAI_DATA_DIR" in done.stderr
    finally:
        os.close(held)
    with child("sandbox", environment=environment(tmp_path), log=tmp_path / "sandbox.log") as sandbox:
        assert sandbox.said.startswith("http://127.0.0.1:")
        with pytest.raises(CannotStart, match="Another sandbox"):
            take_place(tmp_path)
    started = time.monotonic()
    os.close(take_place(tmp_path))
    assert time.monotonic() - started < 5
