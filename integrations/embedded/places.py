"""Where the embedded servers keep their data, and the short folder where their sockets are."""

import hashlib
import os
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from integrations.embedded.errors import EmbeddedError


@dataclass(frozen=True)
class Places:
    """All paths that follow from one data folder, which must be absolute and free of symbolic links."""

    data: Path

    @cached_property
    def runtime(self) -> Path:
        """The folder for sockets: a socket path may have 107 bytes, which a data folder easily exceeds.

        It depends on nothing but the user and the data folder. With `TMPDIR` or `XDG_RUNTIME_DIR` in it, a
        cron job and a login shell would not find each other's supervisor.
        """
        digest = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:10]
        return Path(f"/tmp/qicai-{os.getuid()}-{digest}")  # noqa: S108 - open_runtime() checks whose it is.

    @property
    def start_lock(self) -> Path:
        return self.runtime / "start.lock"

    @property
    def supervisor_socket(self) -> Path:
        return self.runtime / "supervisor.sock"

    @property
    def postgres(self) -> Path:
        return self.data / "postgres"

    @property
    def password(self) -> Path:
        return self.data / "postgres.password"

    @property
    def valkey(self) -> Path:
        return self.data / "valkey"

    @property
    def valkey_socket(self) -> Path:
        return self.runtime / "valkey.sock"

    def log(self, name: str) -> Path:
        return self.data / "log" / f"{name}.log"

    def server_lock(self, name: str) -> Path:
        return self.data / f"{name}.lock"

    def open_data(self) -> None:
        """Create the data folder, or say why it cannot be used."""
        try:
            self.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self.data, str(error)) from error
        if not os.access(self.data, os.R_OK | os.W_OK | os.X_OK):
            raise _unusable(self.data, "it is not writable")

    def open_runtime(self) -> None:
        """Create the folder for sockets; one that somebody else could have prepared is refused."""
        try:
            self.runtime.mkdir(mode=0o700)
        except FileExistsError:
            pass
        except OSError as error:
            raise _unusable(self.data, f"its folder for sockets cannot be made: {error}") from error
        found = self.runtime.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) != 0o700:
            raise _unusable(
                self.data,
                f"{self.runtime}, where its sockets belong, is not a folder of yours with mode 0700",
            )


def _unusable(data: Path, why: str) -> EmbeddedError:
    return EmbeddedError(
        f"The data folder {data} cannot be used: {why}. "
        "Set QICAI_DATA_DIR to another folder that you can write to, "
        "or DATABASE_URL and REDIS_URL to servers of your own."
    )
