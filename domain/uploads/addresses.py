"""Addresses of our own that are good until an instant for whoever has them: the proof in them is made from our keys."""

import hmac
from datetime import datetime

from domain.base.keyring import KeySet


def signed(path: str, links: KeySet, *, until: datetime) -> str:
    """The path with its end and its proof."""
    ends = int(until.timestamp())
    return f"{path}?until={ends}&proof={_proof(path, ends, links.keys[links.current])}"


def holds(path: str, links: KeySet, *, until: str, proof: str, now: datetime) -> bool:
    """Whether an address is ours and not over, by whichever key it was made."""
    if not (until.isascii() and until.isdecimal() and len(until) < 12) or now.timestamp() >= int(until):
        return False
    proofs = [_proof(path, int(until), key) for key in links.keys.values()]
    return any(hmac.compare_digest(known.encode(), proof.encode()) for known in proofs)


def _proof(path: str, ends: int, key: bytes) -> str:
    return hmac.new(key, f"qicai address {path} {ends}".encode(), "sha256").hexdigest()
