"""The key file: what seals secrets and signs access tokens. Made at the first start, readable by its owner only."""

import hmac
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from domain.base.keyring import Keyring

KEY_BYTES = 32


class KeyFileError(Exception):
    """The key file cannot be read or made; the message says why."""


@dataclass(frozen=True)
class Keys:
    """Keys of one installation."""

    keyring: Keyring
    signing: bytes = field(repr=False)

    def derived(self, purpose: str) -> str:
        """A secret for one purpose, the same in every process of the installation."""
        return hmac.new(self.signing, purpose.encode(), "sha256").hexdigest()


def load_keys(path: Path) -> Keys:
    """Read the key file, or make one; two processes that start at once end up with the same keys."""
    try:
        if not path.exists():
            _make(path)
        content = json.loads(path.read_text("utf-8"))
        keys = {name: _key(key) for name, key in content["keys"].items()}
        if content["current"] not in keys:
            raise ValueError("the current key is not among the keys")
        return Keys(Keyring(content["current"], keys), _key(content["signing"], longer=True))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyFileError(f"The key file {path} is unusable ({error}). Set QICAI_KEY_FILE.") from error


def _key(text: str, *, longer: bool = False) -> bytes:
    key = bytes.fromhex(text)
    if len(key) < KEY_BYTES or (len(key) > KEY_BYTES and not longer):
        raise ValueError(f"a key has {len(key)} bytes instead of {KEY_BYTES}")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    name = f"k{secrets.token_hex(4)}"
    content = {
        "current": name,
        "keys": {name: secrets.token_hex(KEY_BYTES)},
        "signing": secrets.token_hex(KEY_BYTES),
    }
    # Not the process id: in a container it is the same at every start, and a crash leaves the draft behind.
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    try:
        # A link fails where the name exists: whoever comes second uses the keys of the first.
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
