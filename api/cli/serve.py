"""The long-running commands: API, worker, sandbox, each one process."""

import asyncio
import contextlib
import errno
import signal
import socket

import uvicorn

from api.app import create_app
from api.cli.processes import announce, stop_with_parent
from api.cli.sandbox import sandbox_config, take_place
from api.cli.services import CannotStart, open_services, read_keys, read_settings
from integrations.sandbox.server import SandboxServer


def serve_api(*, child: bool) -> None:
    """Serve the API until stopped."""
    with open_services(quiet=child) as services:
        settings = services.settings
        listening = listen(settings.host, settings.port, "QICAI_PORT")
        app = create_app(settings, database_url=services.database_url, redis_url=services.redis_url, keys=services.keys)
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=5,
                server_header=False,
                ws_max_size=settings.body_limit,
            )
        )
        url = f"http://{settings.host}:{listening.getsockname()[1]}"
        _run_server(server, listening, url, child=child)


def serve_sandbox(*, child: bool) -> None:
    """Serve the sandbox host until stopped."""
    settings = read_settings()
    take_place(settings.data_dir)
    keys = read_keys(settings)
    listening = listen("127.0.0.1", settings.sandbox_port, "QICAI_SANDBOX_PORT")
    port = listening.getsockname()[1]
    server = SandboxServer(sandbox_config(settings, keys), "127.0.0.1", port)
    _run_server(server, listening, f"http://127.0.0.1:{port}", child=child)


def run_worker(*, child: bool) -> None:
    """Work until stopped."""
    # Here, so that an API process does not show a worker's counters, which it never moves.
    from workers.main import work

    with open_services(quiet=child) as services:

        async def until_stopped() -> None:
            stopping = asyncio.Event()
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, stopping.set)
            if child:
                stop_with_parent(lambda: loop.call_soon_threadsafe(stopping.set))
                announce("working")
            await work(
                services.settings,
                database_url=services.database_url,
                redis_url=services.redis_url,
                keys=services.keys,
                stopping=stopping,
            )

        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(until_stopped())


def listen(host: str, port: int, variable: str) -> socket.socket:
    """A listening socket, or a message that names the variable to set."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        taken = error.errno in (errno.EADDRINUSE, errno.EACCES)
        remedy = f"Set {variable} to another port." if taken else "Set QICAI_HOST to an address of this machine."
        raise CannotStart(f"Cannot listen on {host}:{port} ({error.strerror}). {remedy}") from error
    return listening


def _run_server(server: uvicorn.Server, listening: socket.socket, url: str, *, child: bool) -> None:
    def stop() -> None:
        server.should_exit = True

    async def run() -> None:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        # uvicorn tells nobody when it has started.
        while not server.started and not serving.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        if server.started:
            announce(url)
        await serving

    if child:
        stop_with_parent(stop)
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(run())


def _loop_factory() -> "type[asyncio.AbstractEventLoop] | None":
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.Loop
