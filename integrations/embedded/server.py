"""A server as the supervisor sees it: started when first asked for, kept alive, stopped at the end."""

import asyncio
import functools
import locale
import logging
import os
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from integrations.embedded import logs
from integrations.embedded.errors import EmbeddedError
from integrations.embedded.locks import try_lock
from integrations.embedded.places import Places
from integrations.embedded.privileges import end_with_parent

READY_WITHIN = 50.0
FREE_WITHIN = 20.0
RESTARTS = 5
RESTARTS_WITHIN = 60.0
PAUSE_AFTER_FAILURE = 1.0
SHORTEST_PAUSE = 0.005
LONGEST_PAUSE = 0.25

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Launch:
    """What to run, where, and what the child does between fork and exec."""

    arguments: Sequence[str | Path]
    folder: Path
    become: Callable[[], None] = lambda: None


class Server(ABC):
    """One of the two servers; the parts that differ are in the classes below it."""

    name: str
    title: str
    variable: str
    ready: bytes
    # Signals to stop it with, each with the seconds it is given to follow.
    stops: tuple[tuple[signal.Signals, float], ...]

    def __init__(self, places: Places, *, durable: bool) -> None:
        self.places = places
        self.durable = durable
        self._child: subprocess.Popen[bytes] | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    @property
    @abstractmethod
    def url(self) -> str:
        """The address for clients, once it runs."""

    @abstractmethod
    async def prepare(self, lock: int) -> Launch:
        """Make its data ready; short-lived programs for that inherit the lock too."""

    async def ensure(self) -> None:
        """Return when it runs and accepts connections."""
        async with self._turn:
            if not self._running:
                await self._start()
            if self._keeper is None or self._keeper.done():
                self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Stop it, at last by force."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        child = self._child
        if child is None:
            return
        for number, seconds in self.stops:
            if child.poll() is None:
                child.send_signal(number)
                await ended(child, within=seconds)
        logger.info("%s stopped with status %s.", self.title, child.returncode)

    def failure(self, why: str, start: int | None = None) -> EmbeddedError:
        quoted = f" {logs.ending(self.places.log(self.name), start)}\n" if start is not None else " "
        return EmbeddedError(
            f"The embedded {self.title} in {self.places.data} {why}.{quoted}"
            f"Set {self.variable} to a server of your own, or QICAI_DATA_DIR to another folder."
        )

    async def run(self, launch: Launch, lock: int, *, text: str = "") -> None:
        """Run a short-lived program to its end."""
        start = logs.size(self.places.log(self.name))
        with tempfile.TemporaryFile() as stdin:
            stdin.write(text.encode())
            stdin.seek(0)
            child = self._spawn(launch, lock, on_orphaned=signal.SIGKILL, stdin=stdin)
        try:
            await ended(child)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        if child.returncode != 0:
            program = Path(launch.arguments[0]).name
            raise self.failure(f"could not be set up: {program} ended with status {child.returncode}", start)

    @property
    def _running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    async def _start(self) -> None:
        lock = await self._free()
        try:
            logs.begin(self.places.log(self.name))
            launch = await self.prepare(lock)
            start = logs.size(self.places.log(self.name))
            self._child = self._spawn(launch, lock, on_orphaned=self.stops[0][0])
        except (OSError, subprocess.SubprocessError) as error:
            raise self.failure(f"could not be started: {error}") from error
        finally:
            os.close(lock)
        await self._answering(self._child, start)
        logger.info("%s runs as process %s.", self.title, self._child.pid)

    async def _free(self) -> int:
        """Wait until no process of an earlier server is left: all of them hold this lock."""
        deadline = time.monotonic() + FREE_WITHIN
        try:
            while (lock := try_lock(self.places.server_lock(self.name))) is None:
                if time.monotonic() > deadline:
                    raise self.failure("is still held by processes of another supervisor, perhaps another user's")
                await asyncio.sleep(SHORTEST_PAUSE)
        except OSError as error:
            raise self.failure(f"could not be started: {error}") from error
        return lock

    async def _answering(self, child: subprocess.Popen[bytes], start: int) -> None:
        log = self.places.log(self.name)
        deadline = time.monotonic() + READY_WITHIN
        while self.ready not in logs.written_since(log, start):
            if child.poll() is not None:
                raise self.failure(f"did not start, it ended with status {child.returncode}", start)
            if time.monotonic() > deadline:
                child.kill()
                raise self.failure(f"was not ready within {READY_WITHIN:.0f} seconds", start)
            await asyncio.sleep(SHORTEST_PAUSE)

    async def _keep(self) -> None:
        """Start it again when it dies by itself, but not forever."""
        deaths: list[float] = []
        while True:
            if self._child is not None:
                await ended(self._child)
            deaths = [moment for moment in deaths if time.monotonic() - moment < RESTARTS_WITHIN]
            if len(deaths) >= RESTARTS:
                logger.error("%s died again; it is left alone until somebody asks for it.", self.title)
                return
            deaths.append(time.monotonic())
            logger.warning("%s died; it is started again.", self.title)
            async with self._turn:
                try:
                    if not self._running:
                        await self._start()
                except EmbeddedError as error:
                    logger.error("%s", error)
                    await asyncio.sleep(PAUSE_AFTER_FAILURE)

    def _spawn(
        self, launch: Launch, lock: int, *, on_orphaned: signal.Signals, stdin: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a child with its output in the log; a pipe would keep whoever waits for its end waiting."""
        parent = os.getpid()

        def between_fork_and_exec() -> None:
            launch.become()
            # After the last change of credentials, which would undo it.
            end_with_parent(on_orphaned, parent)

        with logs.open_log(self.places.log(self.name)) as log:
            return subprocess.Popen(  # noqa: S603 - a program of the wheel.
                launch.arguments,
                stdin=stdin or subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=launch.folder,
                env=_environment(),
                pass_fds=(lock,),
                preexec_fn=between_fork_and_exec,
            )


async def ended(child: subprocess.Popen[bytes], *, within: float | None = None) -> bool:
    """Wait for the end of a child without a thread: what is forked beside threads may never get to exec."""
    deadline = None if within is None else time.monotonic() + within
    pause = SHORTEST_PAUSE
    while child.poll() is None:
        if deadline is not None and time.monotonic() > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 1.2, LONGEST_PAUSE)
    return True


@functools.cache
def locale_name() -> str:
    """C.UTF-8 where the C library knows it; the order of texts is PostgreSQL's own in any case."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C.UTF-8"


def _environment() -> dict[str, str]:
    """Nothing of the caller's settings and secrets: the servers outlive the caller and serve others."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {**kept, "LC_ALL": locale_name(), "TZ": "UTC"}
