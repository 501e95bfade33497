"""Secrets at rest: AES-GCM with a key id, bound to the row they belong to."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE_BYTES = 12


class SecretUnreadable(Exception):
    """A sealed value cannot be opened: its key is gone, or it was altered or moved from another row."""


@dataclass(frozen=True)
class KeySet:
    """Named 256-bit keys: `current` makes, every key checks. Its repr shows no key."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)


class Keyring(KeySet):
    """The keys of sealed columns: `current` seals, every key opens."""

    def seal(self, secret: str, *, row: str) -> str:
        """Encrypt for one row, named as `table:column:id`; the result reads `key id:hex`."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, secret.encode(), row.encode())
        return f"{self.current}:{(nonce + sealed).hex()}"

    def open(self, sealed: str, *, row: str) -> str:
        """Decrypt what was sealed for this row; raises `SecretUnreadable` for any other."""
        key_id, _, body = sealed.partition(":")
        key = self.keys.get(key_id)
        if key is None:
            raise SecretUnreadable(f"the key {key_id!r} is not in the key file")
        try:
            data = bytes.fromhex(body)
            return AESGCM(key).decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], row.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise SecretUnreadable("the value was altered, or sealed for another row") from error
