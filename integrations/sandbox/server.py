"""The sandbox as a server of its own, which can also break connections."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from integrations.sandbox.answers import CONNECTION
from integrations.sandbox.app import create_app
from integrations.sandbox.config import SandboxConfig

_STOP_SECONDS = 2


class BreakableProtocol(HttpToolsProtocol):
    """HTTP that lets the application abort or close the connection it was asked over."""

    def on_message_begin(self) -> None:
        """Give the application the means to break off, as an extension of the ASGI scope."""
        super().on_message_begin()
        self.scope["extensions"] = {CONNECTION: {"abort": self.transport.abort, "close": self.transport.close}}


class SandboxServer(uvicorn.Server):
    """A server for one sandbox; `ready` is called with the base URL as soon as it listens."""

    def __init__(
        self,
        config: SandboxConfig,
        host: str = "127.0.0.1",
        port: int = 0,
        ready: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.app = create_app(config, clock)
        self._ready = ready
        super().__init__(
            uvicorn.Config(
                self.app,
                host=host,
                port=port,
                http=BreakableProtocol,
                ws="none",
                lifespan="on",
                access_log=False,
                log_config=None,
                server_header=False,
                # Shorter than this, idle connections of a busy client end in its face.
                timeout_keep_alive=75,
                timeout_graceful_shutdown=_STOP_SECONDS,
                backlog=4096,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then tell where."""
        await super().startup(sockets)
        if self.started and self._ready:
            self._ready(self.base_url)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the silences that faults have ordered, then stop."""
        self.app.state.host.stop()
        await super().shutdown(sockets)

    @property
    def base_url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8800`, without a slash at the end."""
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(
    config: SandboxConfig,
    host: str = "127.0.0.1",
    port: int = 0,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one, which `ready` hears of as a base URL."""
    with suppress(KeyboardInterrupt):
        SandboxServer(config, host, port, ready).run()
