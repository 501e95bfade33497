"""The one process per data folder that owns its servers, and stops them when its last client is gone."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from integrations.embedded.errors import EmbeddedError
from integrations.embedded.locks import try_lock
from integrations.embedded.places import Places
from integrations.embedded.postgres import Postgres
from integrations.embedded.server import Server
from integrations.embedded.valkey import Valkey

LOOK_AGAIN = 0.05
KINDS: dict[str, type[Server]] = {kind.name: kind for kind in (Postgres, Valkey)}

logger = logging.getLogger(__name__)


class Supervisor:
    """Every connection is a lease; the last one that ends, ends all."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._servers: dict[str, Server] = {}
        self._clients: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._told_to_stop = False

    async def run(self, first: socket.socket) -> None:
        """Serve the client that started us and all that come later, until none is left."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._stop)
        path = self.places.supervisor_socket
        listener = await asyncio.start_unix_server(self._serve, path)
        logger.info("Supervisor %s looks after %s.", os.getpid(), self.places.data)
        self._serve(*await asyncio.open_connection(sock=first))
        lock = await self._nobody_left()
        # Whoever comes now must not find us; with the lock held nobody comes, but after SIGTERM somebody may.
        listener.close()
        path.unlink(missing_ok=True)
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await asyncio.gather(*(server.stop() for server in self._servers.values()))
        if lock is not None:
            self._sweep()
        logger.info("Supervisor %s leaves.", os.getpid())

    def _stop(self) -> None:
        self._told_to_stop = True
        self._changed.set()

    async def _nobody_left(self) -> int | None:
        """Return with the lock on starts when all clients are gone, without it when told to stop."""
        while not self._told_to_stop:
            await self._changed.wait()
            self._changed.clear()
            if self._clients or self._told_to_stop:
                continue
            # A client holds this lock until it has its answer, so under it there is nobody on the way to us.
            try:
                lock = try_lock(self.places.start_lock)
            except FileNotFoundError:
                # Somebody cleaned up behind our back, sockets included, so nobody can come.
                return None
            if lock is not None and not self._clients:
                return lock
            if lock is not None:
                os.close(lock)
            await asyncio.sleep(LOOK_AGAIN)
            self._changed.set()
        return None

    def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = asyncio.create_task(self._hold(reader, writer))
        self._clients.add(client)
        client.add_done_callback(self._gone)

    def _gone(self, client: asyncio.Task[None]) -> None:
        self._clients.discard(client)
        self._changed.set()

    async def _hold(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a client, then wait until it is gone; it never says more."""
        try:
            answer = await self._answer(json.loads(await reader.readline()))
            writer.write(json.dumps(answer).encode() + b"\n")
            await writer.drain()
            await reader.read()
        except (ConnectionError, ValueError) as error:
            logger.warning("A client left early: %s", error)
        finally:
            writer.close()

    async def _answer(self, request: dict[str, Any]) -> dict[str, str | None]:
        try:
            need: list[str] = request["need"]
            starts = [self._ensure(name, durable=request["durable"]) for name in need]
            # Both come to an end before the answer, so that none is on its way when we leave.
            for failure in await asyncio.gather(*starts, return_exceptions=True):
                if failure is not None:
                    raise failure
            urls = {name: self._servers[name].url for name in need}
        except EmbeddedError as error:
            logger.error("%s", error)
            return {"error": str(error)}
        return {"database_url": urls.get("postgres"), "redis_url": urls.get("valkey")}

    async def _ensure(self, name: str, *, durable: bool) -> None:
        server = self._servers.setdefault(name, KINDS[name](self.places, durable=durable))
        if durable and not server.durable:
            raise server.failure("runs without care for its data, because a test or a trial started it")
        await server.ensure()

    def _sweep(self) -> None:
        """Remove the folder for sockets; whoever waits for the lock in it will notice and make a new one."""
        for leftover in self.places.runtime.iterdir():
            if leftover != self.places.start_lock:
                leftover.unlink()
        self.places.start_lock.unlink()
        # Somebody may be in it again already.
        with contextlib.suppress(OSError):
            self.places.runtime.rmdir()


def main() -> None:
    """Run for `python -m integrations.embedded.supervisor DATA_FOLDER DESCRIPTOR_OF_THE_FIRST_CLIENT`."""
    # The caller waits for the end of the process it started, and the fork goes on as nobody's child.
    if os.fork():
        os._exit(0)
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    places = Places(Path(sys.argv[1]))
    first = socket.socket(fileno=int(sys.argv[2]))
    try:
        asyncio.run(_run(places, first))
    except Exception:
        logger.exception("The supervisor failed.")
        raise


async def _run(places: Places, first: socket.socket) -> None:
    await Supervisor(places).run(first)


if __name__ == "__main__":
    main()
