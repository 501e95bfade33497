"""Exclusive locks on files, which the kernel releases when the last process that holds them is gone."""

import contextlib
import os
import sys
import time
from pathlib import Path

if sys.platform != "win32":
    import fcntl

PAUSE = 0.02


def try_lock(path: Path) -> int | None:
    """Lock the file and return its descriptor, or None when somebody else holds it."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        # The last holder may have removed the file while we opened it: then the lock is worth nothing.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def wait_for_lock(path: Path, *, seconds: float) -> int | None:
    """Lock the file as soon as it is free, or return None when it is still held after so many seconds."""
    deadline = time.monotonic() + seconds
    while (descriptor := try_lock(path)) is None:
        if time.monotonic() > deadline:
            return None
        time.sleep(PAUSE)
    return descriptor
