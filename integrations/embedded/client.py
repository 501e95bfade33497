"""Leasing the embedded servers: a connection to their supervisor, which is started when there is none."""

import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from integrations.embedded import logs
from integrations.embedded.errors import EmbeddedError
from integrations.embedded.locks import wait_for_lock
from integrations.embedded.places import Places

ANSWER_WITHIN = 60.0
# Somebody before us in the line may use up the whole time for an answer.
TURN_WITHIN = 90.0
ROOT = Path(__file__).resolve().parents[2]
INSTEAD = "Set DATABASE_URL and REDIS_URL to servers of your own, or QICAI_DATA_DIR to another folder."


@dataclass(frozen=True)
class Lease:
    """The right to use the embedded servers; they stop when the last lease of all processes is gone."""

    database_url: str | None
    redis_url: str | None
    data_dir: Path
    # A bare descriptor, because a socket object would close itself when nobody keeps the lease.
    _descriptors: list[int] = field(repr=False, compare=False)

    def close(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def lease(data_dir: Path, *, postgres: bool = True, valkey: bool = True, durable: bool = True) -> Lease:
    """Start what is needed of the embedded servers, or join them, and hold them until closed or ended."""
    if sys.platform == "win32":
        raise EmbeddedError("Windows has no embedded servers. Set DATABASE_URL and REDIS_URL to servers of your own.")
    places = Places(data_dir.expanduser().resolve())
    places.open_data()
    need = [name for name, wanted in (("postgres", postgres), ("valkey", valkey)) if wanted]
    request = json.dumps({"need": need, "durable": durable}).encode() + b"\n"
    with _turn(places):
        connection, answer = _joined(places, request) or _started(places, request)
    if "error" in answer:
        connection.close()
        raise EmbeddedError(answer["error"])
    return Lease(answer["database_url"], answer["redis_url"], places.data, [connection.detach()])


@contextlib.contextmanager
def _turn(places: Places) -> Iterator[None]:
    """One start at a time; a supervisor that is about to leave takes its turn too."""
    while True:
        try:
            places.open_runtime()
            descriptor = wait_for_lock(places.start_lock, seconds=TURN_WITHIN)
            break
        except FileNotFoundError:
            # A supervisor left and took its folder along.
            continue
    if descriptor is None:
        raise EmbeddedError(f"Another start of the embedded servers of {places.data} has not come to an end. {INSTEAD}")
    try:
        yield
    finally:
        os.close(descriptor)


def _joined(places: Places, request: bytes) -> tuple[socket.socket, dict[str, Any]] | None:
    """Ask the supervisor that runs; None when there is none, or it leaves without an answer."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(ANSWER_WITHIN)
        connection.connect(os.fspath(places.supervisor_socket))
        return connection, _ask(connection, request)
    except TimeoutError as error:
        connection.close()
        raise _silent(places, error, 0) from error
    except OSError:
        connection.close()
        return None


def _started(places: Places, request: bytes) -> tuple[socket.socket, dict[str, Any]]:
    """Start a supervisor with us as its first client."""
    start = 0
    # The first connection is inherited, so there is nothing to wait for and no moment without a client.
    connection, inherited = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(ANSWER_WITHIN)
    try:
        with inherited:
            start = logs.begin(places.log("supervisor"))
            _spawn(places, inherited.fileno())
        return connection, _ask(connection, request)
    except (OSError, subprocess.SubprocessError) as error:
        connection.close()
        raise _silent(places, error, start) from error


def _spawn(places: Places, descriptor: int) -> None:
    """Run the supervisor detached; it forks at once, so that it is nobody's zombie when it ends."""
    path = os.pathsep.join(filter(None, [os.fspath(ROOT), os.environ.get("PYTHONPATH")]))
    with logs.open_log(places.log("supervisor")) as log:
        subprocess.run(  # noqa: S603 - our own interpreter and module.
            [
                sys.executable,
                "-m",
                "integrations.embedded.supervisor",
                os.fspath(places.data),
                str(descriptor),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={**os.environ, "PYTHONPATH": path},
            pass_fds=(descriptor,),
            start_new_session=True,
            timeout=ANSWER_WITHIN,
            check=True,
        )


def _ask(connection: socket.socket, request: bytes) -> dict[str, Any]:
    connection.sendall(request)
    answer = b""
    while not answer.endswith(b"\n"):
        part = connection.recv(65536)
        if not part:
            raise ConnectionResetError("The supervisor left without an answer.")
        answer += part
    decoded: dict[str, Any] = json.loads(answer)
    return decoded


def _silent(places: Places, error: Exception, start: int) -> EmbeddedError:
    return EmbeddedError(
        f"The supervisor of the embedded servers of {places.data} gave no answer: {error}. "
        f"{logs.ending(places.log('supervisor'), start)}\n{INSTEAD}"
    )
