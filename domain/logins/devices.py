"""Device tokens: by one, a device on which a person came in before is told from strangers who guess at the name.

It opens nothing and is kept nowhere here: it only decides in whose lane a guess counts.
"""

import hmac
import re
import secrets
from datetime import datetime, timedelta

from domain.base.keyring import KeySet

NONCE_BYTES = 16
# A device on which nobody came in for so long is a stranger's.
LIFE = timedelta(days=180)
# The id of a key, the nonce, the second in which it was made, the proof.
TOKEN = re.compile(r"(.+)\.([0-9a-f]{32})\.([0-9]{1,11})\.([0-9a-f]{64})", re.ASCII)


def device_token(login: str, keys: KeySet, *, now: datetime, nonce: str | None = None) -> str:
    """The token of a device for one login name, made from the current key; a device that has a nonce keeps it."""
    known, key_id = keys.keys, keys.current
    made = f"{nonce or secrets.token_hex(NONCE_BYTES)}.{int(now.timestamp())}"
    return f"{key_id}.{made}.{_proof(login, made, known[key_id])}"


def nonce_of(token: str | None, login: str, keys: KeySet, *, now: datetime) -> str | None:
    """The nonce of a token that was made for this login name, and is not over; None for all else, as for no token."""
    found = TOKEN.fullmatch(token or "")
    key = keys.keys.get(found[1]) if found else None
    if found is None or key is None:
        return None
    _, nonce, second, proof = found.groups()
    is_ours = hmac.compare_digest(_proof(login, f"{nonce}.{second}", key), proof)
    return nonce if is_ours and now.timestamp() < int(second) + LIFE.total_seconds() else None


def lane_of(nonce: str, *, password_set_at: datetime | None) -> str:
    """The lane of a device in the guard; with a new password it starts anew, since the old one's guesses are void."""
    return f"device {nonce} {password_set_at}"


def _proof(login: str, made: str, key: bytes) -> str:
    return hmac.new(key, f"qicai device {login} {made}".encode(), "sha256").hexdigest()
