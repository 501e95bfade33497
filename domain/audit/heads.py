"""Signed heads of the chain: one line of JSON that vouches for every entry up to its position."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from domain.audit.models import AuditSeal
from domain.audit.rules import instant
from domain.base.keyring import KeySet

# What is signed begins with what it is, so that no signature over anything else can pass for one.
PURPOSE = b"qicai audit head 1\n"
HASH_BYTES = 32


@dataclass(frozen=True)
class Head:
    """The chain up to a position, signed (链头)."""

    position: int
    hash: bytes
    sealed_at: datetime
    key_id: str
    signature: bytes

    @classmethod
    def signed(cls, keys: KeySet, *, position: int, hash: bytes, sealed_at: datetime) -> Self:
        """Sign with the current key."""
        # Each once and in this order: the file of keys may be replaced meanwhile.
        seeds, key_id = keys.keys, keys.current
        unsigned = cls(position, hash, sealed_at, key_id, b"")
        return replace(unsigned, signature=Ed25519PrivateKey.from_private_bytes(seeds[key_id]).sign(unsigned.message()))

    @classmethod
    def of(cls, seal: AuditSeal) -> Self:
        return cls(seal.position, seal.hash, seal.sealed_at, seal.key_id, seal.signature)

    @classmethod
    def parsed(cls, line: str | bytes) -> Self:
        """Read a line; raises `ValueError` where it is no head."""
        try:
            read = orjson.loads(line)
            head = cls(
                int(read["position"]),
                bytes.fromhex(read["hash"]),
                datetime.fromisoformat(read["sealedAt"]),
                str(read["keyId"]),
                bytes.fromhex(read["signature"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a signed head ({error!r})") from error
        if head.position < 1 or len(head.hash) != HASH_BYTES or head.sealed_at.tzinfo is None:
            raise ValueError("not a signed head")
        return head

    def line(self) -> str:
        """One line of JSON, to be kept elsewhere than the database."""
        return orjson.dumps({**self._facts(), "signature": self.signature.hex()}).decode()

    def message(self) -> bytes:
        """What is signed."""
        return PURPOSE + orjson.dumps(self._facts(), option=orjson.OPT_SORT_KEYS)

    def _facts(self) -> dict[str, Any]:
        return {
            "position": self.position,
            "hash": self.hash.hex(),
            "sealedAt": instant(self.sealed_at),
            "keyId": self.key_id,
        }


class Witness:
    """Public keys: whoever has them can check heads, and can sign none."""

    def __init__(self, named: Iterable[tuple[str | None, bytes]]) -> None:
        """Raises `ValueError` for what is no public key; one without a name is tried for every head."""
        keys = [(name, Ed25519PublicKey.from_public_bytes(key)) for name, key in named]
        self._named = {name: key for name, key in keys if name is not None}
        self._nameless = [key for name, key in keys if name is None]

    @classmethod
    def of(cls, keys: KeySet) -> Self:
        """With the keys of an installation, those no longer in use among them: what they signed stays signed."""
        return cls(public_keys(keys).items())

    def vouches(self, head: Head) -> bool:
        """Whether one of the keys signed this head."""
        named = self._named.get(head.key_id)
        keys = self._nameless if named is None else [named, *self._nameless]
        return any(_verifies(key, head) for key in keys)


def public_keys(keys: KeySet) -> dict[str, bytes]:
    """The public half of each key, by its name."""
    return {
        name: Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        for name, seed in keys.keys.items()
    }


def _verifies(key: Ed25519PublicKey, head: Head) -> bool:
    try:
        key.verify(head.signature, head.message())
    except InvalidSignature:
        return False
    return True
