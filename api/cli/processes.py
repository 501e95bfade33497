"""Child processes of `qicai up` and `qicai demo`: started, listened to, and stopped by their process id."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from api.cli.services import CannotStart

READY_SECONDS = 60.0
STOP_SECONDS = 15.0

# A log that is larger than this when its process starts is begun anew.
LOG_BYTES = 20 * 1024 * 1024


@dataclass
class Child:
    """A `qicai` command in a process of its own. It ends when its parent does, however that ends."""

    name: str
    process: subprocess.Popen[bytes]
    said: str

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


@contextmanager
def child(name: str, *arguments: str, environment: Mapping[str, str], log: Path | None = None) -> Iterator[Child]:
    """Run `qicai <name>` until the block ends; it is ready when it has said its first line."""
    command = [sys.executable, "-m", "api.cli.main", name, "--child", *arguments]
    if log is not None:
        log.parent.mkdir(parents=True, exist_ok=True)
        if log.exists() and log.stat().st_size > LOG_BYTES:
            # The one before is kept, older ones are not.
            log.replace(log.with_name(f"{log.name}.1"))
    with log.open("ab") if log else _stderr() as errors:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own command
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    started = Child(name, process, "")
    try:
        started.said = _first_line(process, name, log)
        yield started
    finally:
        started.stop()


def stop_with_parent(stop: Callable[[], object]) -> None:
    """Call `stop` when the parent is gone: its end of our standard input closes with it, even by kill -9.

    What does not end then is ended, since nobody is left to lose patience with it.
    """

    def watch() -> None:
        # Not through `sys.stdin`: a thread that waits in it makes the interpreter abort at its end.
        while os.read(0, 1):
            pass
        stop()
        time.sleep(STOP_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent-watch").start()


def announce(text: str) -> None:
    """Say the line the parent waits for."""
    # A parent that is gone hears nothing; that it is gone is noticed elsewhere.
    with contextlib.suppress(BrokenPipeError):
        os.write(1, f"{text}\n".encode())


def _first_line(process: subprocess.Popen[bytes], name: str, log: Path | None) -> str:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        ready, _, _ = select.select([process.stdout], [], [], 0.2)
        if ready:
            line = process.stdout.readline().decode().strip()
            if line:
                return line
        if process.poll() is not None:
            raise CannotStart(f"`qicai {name}` ended at once.{_tail(log)}")
    raise CannotStart(f"`qicai {name}` was not ready within {READY_SECONDS:g} s.{_tail(log)}")


def _tail(log: Path | None) -> str:
    if log is None:
        return ""
    lines = log.read_text("utf-8", "replace").splitlines()[-5:]
    return f" The last lines of {log}:\n" + "\n".join(lines)


@contextmanager
def _stderr() -> Iterator[int]:
    yield sys.stderr.fileno()
