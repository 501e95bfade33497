"""What a command runs on: settings, keys, and the two servers, embedded or given."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

# Relations name each other's tables, so whoever opens the database needs all of them.
from domain import tables as _tables  # noqa: F401
from integrations.database import open_engine
from integrations.embedded import EmbeddedError, Lease, lease
from integrations.keys import KeyFileError, Keys, load_keys
from integrations.logs import set_up_logs
from integrations.settings import Settings

UNDEFINED_TABLE = "42P01"
# Classes of PostgreSQL's codes: connection, authorization, no such database, no resources, shutting down or starting.
UNREACHABLE = ("08", "28", "3D", "53", "57")


class CannotStart(Exception):
    """A command cannot start; the message says why and which variable to set."""


@dataclass
class Services:
    """Held for the life of a process: its lease keeps the embedded servers running."""

    settings: Settings
    keys: Keys
    database_url: str
    redis_url: str
    _lease: Lease | None

    def close(self) -> None:
        if self._lease is not None:
            self._lease.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_settings() -> Settings:
    """The settings, or a message that names each variable at fault."""
    try:
        settings = Settings()
    except ValidationError as error:
        lines = [f"  {_variable(str(item['loc'][0]))}: {item['msg']}" for item in error.errors()]
        raise CannotStart("These settings cannot be used:\n" + "\n".join(lines)) from None
    set_up_logs(settings.log_level)
    return settings


def open_services(*, quiet: bool = False) -> Services:
    """Settings, keys, and both servers answering; says where the data lies unless `quiet`."""
    settings = read_settings()
    embedded = not settings.database_url or not settings.redis_url
    if embedded and not quiet:
        sys.stderr.write(f"Data folder: {settings.data_dir.resolve()} (QICAI_DATA_DIR sets another)\n")
    try:
        held = (
            lease(settings.data_dir, postgres=not settings.database_url, valkey=not settings.redis_url)
            if embedded
            else None
        )
    except EmbeddedError as error:
        raise CannotStart(str(error)) from error
    keys = read_keys(settings)
    return Services(
        settings=settings,
        keys=keys,
        database_url=settings.database_url or (held.database_url if held else None) or "",
        redis_url=settings.redis_url or (held.redis_url if held else None) or "",
        _lease=held,
    )


def key_path(settings: Settings) -> Path:
    """Where the key file is."""
    return settings.key_file or settings.data_dir / "keys.json"


def read_keys(settings: Settings) -> Keys:
    """The keys of the installation, or a message that names the variable."""
    try:
        return load_keys(key_path(settings))
    except KeyFileError as error:
        raise CannotStart(str(error)) from error


@asynccontextmanager
async def open_database(services: Services) -> AsyncIterator[AsyncEngine]:
    """The database for the length of a block; where it is away or has no tables, a message that says so."""
    try:
        engine = open_engine(services.database_url)
    except (ArgumentError, ValueError) as error:
        raise CannotStart(f"DATABASE_URL is not the address of a PostgreSQL server ({error}).") from error
    try:
        yield engine
    except DBAPIError as error:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state == UNDEFINED_TABLE:
            made = "`qicai migrate` makes them, `qicai up` fills them."
            raise CannotStart(f"The database has no tables yet; {made}") from error
        if state[:2] not in UNREACHABLE:
            raise
        raise CannotStart(f"PostgreSQL cannot be used ({error.orig}); DATABASE_URL says where it is.") from error
    except OSError as error:
        raise CannotStart(f"PostgreSQL cannot be reached ({error}); DATABASE_URL says where it is.") from error
    finally:
        await engine.dispose()


def _variable(field: str) -> str:
    return field.upper() if field.upper() in ("DATABASE_URL", "REDIS_URL") else f"QICAI_{field.upper()}"
