"""Who the PostgreSQL server runs as: it refuses root, and whoever tries us in a container often is root."""

import ctypes
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from integrations.embedded.errors import EmbeddedError
from integrations.embedded.places import Places

NOBODY = 65534
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
PR_SET_SECUREBITS = 28
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
SECBIT_NO_SETUID_FIXUP = 1 << 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION = 0x20080522

_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """Who a server is, as seen by the kernel, and where that one finds its programs and puts its socket."""

    uid: int
    programs: Path
    sockets: Path
    socket_mode: str
    become: Callable[[], None]

    def leave(self, places: Places) -> None:
        """Remove the folder for its socket, if it had to have one of its own."""
        if self.sockets != places.runtime:
            shutil.rmtree(self.sockets, ignore_errors=True)


def choose(places: Places, install: Path) -> Identity:
    """The first identity that PostgreSQL accepts and that reaches its programs, its data and its socket."""
    as_user, as_root = (_as_we_are, _in_namespace), (_in_namespace, _nobody_with_access, _nobody_with_copy)
    obstacles = []
    for offer in as_user if os.getuid() else as_root:
        try:
            identity = offer(places, install)
            try:
                _try(identity, places)
            except BaseException:
                identity.leave(places)
                raise
        except (OSError, subprocess.SubprocessError) as error:
            obstacles.append(f"- {(offer.__doc__ or '').rstrip('.')}: {error}")
        else:
            return identity
    raise EmbeddedError(
        f"The embedded PostgreSQL finds no user to run as (it refuses root) with access to {places.data}:\n"
        + "\n".join(obstacles)
        + "\nSet DATABASE_URL to a server of your own, start as an ordinary user, "
        "or set QICAI_DATA_DIR to a folder that every user can reach."
    )


def own(folder: Path, uid: int) -> None:
    """Give a folder to a user, itself last, so that a change cut short is noticed and done again."""
    if folder.stat().st_uid == uid:
        return
    gid = NOBODY if uid == NOBODY else os.getgid()
    for parent, folders, files in os.walk(folder, topdown=False):
        for name in (*folders, *files):
            os.chown(Path(parent) / name, uid, gid, follow_symlinks=False)
    os.chown(folder, uid, gid)


def end_with_parent(signal_number: int, parent: int) -> None:
    """In a new child: be sent a signal when the supervisor is gone, however it went."""
    if sys.platform != "linux":
        return
    _call("prctl", PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        os._exit(1)


def _as_we_are(places: Places, install: Path) -> Identity:
    """The same user."""
    return Identity(os.getuid(), install / "bin", places.runtime, "0700", lambda: None)


def _in_namespace(places: Places, install: Path) -> Identity:
    """The same user by another name, in a user namespace."""
    return Identity(os.getuid(), install / "bin", places.runtime, "0700", _enter_namespace)


def _nobody_with_access(places: Places, install: Path) -> Identity:
    """The user nobody with access to all files."""
    return Identity(NOBODY, install / "bin", places.runtime, "0700", _become_nobody_with_access)


def _nobody_with_copy(places: Places, install: Path) -> Identity:
    """The user nobody with a copy of the programs."""
    copies = places.data / "programs"
    shutil.rmtree(copies, ignore_errors=True)
    copy = copies / install.parent.name / install.name
    shutil.copytree(install, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "doc"))
    libraries = install.parent.with_name(f"{install.parent.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, copies / libraries.name, symlinks=True)
    for path in (copies, *copies.rglob("*")):
        # Whoever may read or execute it, everybody may; this is public software.
        mode = path.stat().st_mode
        path.chmod(mode | (mode & 0o500) >> 3 | (mode & 0o500) >> 6)
    # Only the password guards this socket, because root without its usual rights must get at it too.
    # Its name cannot be known before, so nobody can have put something else there for us to give away.
    sockets = Path(tempfile.mkdtemp(prefix="qicai-", dir=places.runtime.parent))
    sockets.chmod(0o755)
    own(sockets, NOBODY)
    return Identity(NOBODY, copy / "bin", sockets, "0777", _become_nobody)


def _try(identity: Identity, places: Places) -> None:
    """Try it out, because no list of kernels and containers that allow it would be complete."""

    def enter() -> None:
        try:
            identity.become()
            if not os.access(places.data, os.X_OK) or not os.access(identity.sockets, os.W_OK | os.X_OK):
                raise PermissionError("the folders for data and sockets are out of reach")
        except OSError as error:
            os.write(sys.stderr.fileno(), str(error).encode())
            os._exit(1)

    # This is how far initdb comes before it writes: it is not root, finds the server, and has a name.
    tried = subprocess.run(  # noqa: S603 - a program of the wheel.
        [identity.programs / "initdb", "--show", "-D", places.postgres],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd="/",
        env={},
        preexec_fn=enter,
        timeout=10,
        check=False,
    )
    if tried.returncode != 0:
        raise PermissionError(tried.stderr.strip())


def _enter_namespace() -> None:
    """Look like an ordinary user to PostgreSQL, while all files stay root's."""
    uid, gid = os.getuid(), os.getgid()
    _call("unshare", CLONE_NEWUSER)
    name = _uid_with_name()
    for file, text in (("setgroups", "deny"), ("uid_map", f"{name} {uid} 1"), ("gid_map", f"{name} {gid} 1")):
        Path("/proc/self", file).write_text(text)


def _uid_with_name() -> int:
    """An ordinary user that the system knows: initdb asks for the name, and small containers know few."""
    try:
        return pwd.getpwuid(NOBODY).pw_uid
    except KeyError:
        return next((entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid != 0), NOBODY)


def _become_nobody() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def _become_nobody_with_access() -> None:
    """Be nobody, but pass closed folders such as root's home, where data and programs often are."""
    # Without this bit the kernel drops the capabilities with the change of user, and access(2), by which
    # PostgreSQL looks for its own program, would go on ignoring them.
    _call("prctl", PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP)
    _become_nobody()
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    kept = 1 << CAP_DAC_OVERRIDE
    _call("capset", header, (ctypes.c_uint32 * 6)(kept, kept, kept, 0, 0, 0))
    _call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _call(name: str, *arguments: object) -> None:
    """Call the C library; numbers go as long, which is what prctl(2) expects."""
    given = [ctypes.c_ulong(each) if isinstance(each, int) else each for each in arguments]
    if getattr(_LIBC, name)(*given) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
