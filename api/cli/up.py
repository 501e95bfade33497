"""Everything at once, until stopped."""

import asyncio
import signal
import threading
import time
from contextlib import ExitStack

from rich.console import Console

from api.cli.processes import Child, child
from api.cli.sandbox import Control
from api.cli.seed import seed
from api.cli.services import CannotStart, open_services


def up() -> int:
    """Run API, worker, sandbox and embedded servers; stops with Ctrl-C, or when one of them ends by itself."""
    console = Console()
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    with open_services() as services, ExitStack() as stack:
        settings = services.settings
        log = settings.data_dir / "log"
        sandbox = stack.enter_context(child("sandbox", environment={}, log=log / "sandbox.log"))
        control = Control(sandbox.said, services.keys.derived("sandbox control"))
        with console.status("Preparing data ..."):
            asyncio.run(seed(services, control, console.print))
        api = stack.enter_context(child("serve", environment={}, log=log / "api.log"))
        worker = stack.enter_context(child("work", environment={}, log=log / "worker.log"))
        console.print(
            "\nQicai is up. Stop it with Ctrl-C.\n"
            f"  API       {api.said}/graphql\n"
            f"  GraphiQL  {api.said}/graphql (open it in a browser)\n"
            f"  Sandbox   {sandbox.said}/ (what was posted; not Weibo)\n"
            "  Log in    header  Authorization: Bearer <token>,  token from  .venv/bin/qicai token\n"
            f"  Logs      {log.resolve()}\n",
            soft_wrap=True,
            highlight=False,
        )
        ended = _wait([sandbox, api, worker], stopping)
        console.print("Stopping ...")
    if ended is not None:
        raise CannotStart(f"`qicai {ended.name}` ended by itself; see {log.resolve()}.")
    return 0


def _wait(children: list[Child], stopping: threading.Event) -> Child | None:
    while not stopping.is_set():
        for one in children:
            if one.process.poll() is not None:
                return one
        time.sleep(0.2)
    return None
