"""What a command runs on: settings, keys, and the two servers, embedded or given."""

import sys
from dataclasses import dataclass
from typing import Self

from pydantic import ValidationError

from integrations.embedded import EmbeddedError, Lease, lease
from integrations.keys import KeyFileError, Keys, load_keys
from integrations.logs import set_up_logs
from integrations.settings import Settings


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
        keys = load_keys(settings.key_file or settings.data_dir / "keys.json")
    except (EmbeddedError, KeyFileError) as error:
        raise CannotStart(str(error)) from error
    return Services(
        settings=settings,
        keys=keys,
        database_url=settings.database_url or (held.database_url if held else None) or "",
        redis_url=settings.redis_url or (held.redis_url if held else None) or "",
        _lease=held,
    )


def _variable(field: str) -> str:
    return field.upper() if field.upper() in ("DATABASE_URL", "REDIS_URL") else f"QICAI_{field.upper()}"
