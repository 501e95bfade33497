"""The sandbox host as a command, and the way to speak to its control side."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from api.cli.services import CannotStart
from integrations.keys import Keys
from integrations.sandbox.config import SandboxConfig
from integrations.settings import Settings

CLIENT_ID = "1000000007"
KEY_HEADER = "X-Sandbox-Key"


def sandbox_config(settings: Settings, keys: Keys) -> SandboxConfig:
    """One sandbox per data folder.

    Repeated texts are not refused: a platform that hides a repetition could not testify against us.
    """
    folder = settings.data_dir / "sandbox"
    folder.mkdir(parents=True, exist_ok=True)
    return SandboxConfig(
        client_id=CLIENT_ID,
        client_secret=keys.derived("sandbox application"),
        redirect_uris=(settings.callback_url,),
        safe_domain=settings.public_domain,
        control_key=keys.derived("sandbox control"),
        state_file=folder / "journal.jsonl",
        growth_seconds=settings.sandbox_growth_seconds,
        refuse_duplicates=False,
        limit_scale=settings.sandbox_limit_scale,
    )


def scaled(limit: int, settings: Settings) -> int:
    """A limit of Weibo's as the sandbox has it: what we count ourselves must not be narrower, nor wider."""
    return max(1, round(limit * settings.sandbox_limit_scale))


def take_place(data_dir: Path) -> int:
    """Hold the data folder's only place for a sandbox until the process ends, or refuse."""
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(data_dir / "sandbox.lock", os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise CannotStart(
            f"The data folder {data_dir} cannot be used ({error}). Set QICAI_DATA_DIR to another."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise CannotStart(
            f"Another sandbox works on {data_dir.resolve()} (is `qicai up` or `qicai demo` running?). "
            "Stop it, or set QICAI_DATA_DIR to another folder."
        ) from error
    return descriptor


@dataclass(frozen=True)
class Control:
    """The control side of a running sandbox."""

    url: str
    key: str

    def call(self, method: str, path: str, *, json: Any = None) -> Any:
        answer = httpx.request(
            method,
            f"{self.url.rstrip('/')}/_sandbox/{path}",
            headers={KEY_HEADER: self.key},
            json=json,
            timeout=30,
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json()
