"""Everything at once, until stopped."""

import asyncio
import signal
import time
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from sqlalchemy.exc import SQLAlchemyError

from api.cli.processes import Child, child
from api.cli.sandbox import Control
from api.cli.seed import seed
from api.cli.services import CannotStart, Services, open_services


def up() -> int:
    """Run API, worker, sandbox and embedded servers; stops with Ctrl-C, or when one of them ends by itself."""
    console = Console(soft_wrap=True, highlight=False)
    # As Ctrl-C does it: even while data are being prepared. Children stop by themselves if this is cut short.
    # A shell that starts a job in the background lets it ignore Ctrl-C; said here, it is heard all the same.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        with open_services() as services, ExitStack() as stack:
            ended = _run(services, console, stack)
            raise CannotStart(_told(ended, _log(services)))
    except (KeyboardInterrupt, SQLAlchemyError) as error:
        # Stopped in the middle of a transaction, the session may complain of that louder than of the stop.
        if not _is_stop(error):
            raise
        console.print("Stopped.")
        return 0


def _is_stop(error: BaseException | None) -> bool:
    """Ctrl-C, or what came of the cancellation by which asyncio passes it on."""
    while error is not None and not isinstance(error, KeyboardInterrupt | asyncio.CancelledError):
        error = error.__context__
    return error is not None


def _run(services: Services, console: Console, stack: ExitStack) -> Child:
    """Start everything and watch it; returns whichever ends by itself."""
    log = _log(services)
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
        f"  Logs      {log.resolve()}\n"
    )
    stack.callback(console.print, "Stopping ...")
    while True:
        for one in (sandbox, api, worker):
            if one.process.poll() is not None:
                return one
        time.sleep(0.2)


def _told(ended: Child, log: Path) -> str:
    """What to do when one of the processes is gone."""
    file = {"serve": "api", "work": "worker"}.get(ended.name, ended.name)
    code = ended.process.returncode
    how = f"was ended by signal {-code}" if code < 0 else f"ended by itself with code {code}"
    return (
        f"`qicai {ended.name}` {how}, so everything was stopped; {(log / file).resolve()}.log may tell why. "
        "No post is lost or doubled by this: run `make up` again."
    )


def _log(services: Services) -> Path:
    return services.settings.data_dir / "log"
