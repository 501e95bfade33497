"""Device tokens: by one, a device on which a person came in before is told from strangers who guess at the name.

It opens nothing and is kept nowhere here: it only decides in whose lane a guess counts.
"""

import hmac
import re
import secrets
from datetime import datetime

from domain.base.keyring import KeySet

NONCE_BYTES = 16
# The id of a key, the nonce, the proof.
TOKEN = re.compile(r"(.+)\.([0-9a-f]{32})\.([0-9a-f]{64})")


def device_token(login: str, keys: KeySet, *, nonce: str | None = None) -> str:
    """The token of a device for one login name, made from the current key; a device that has a nonce keeps it."""
    known, key_id = keys.keys, keys.current
    nonce = nonce or secrets.token_hex(NONCE_BYTES)
    return f"{key_id}.{nonce}.{_proof(login, nonce, known[key_id])}"


def nonce_of(token: str | None, login: str, keys: KeySet) -> str | None:
    """The nonce of a token that was made for this login name; None for any other, as for no token at all."""
    found = TOKEN.fullmatch(token or "")
    key = keys.keys.get(found[1]) if found else None
    if found is None or key is None or not hmac.compare_digest(_proof(login, found[2], key), found[3]):
        return None
    return found[2]


def lane_of(nonce: str, *, password_set_at: datetime | None) -> str:
    """The lane of a device in the guard; with a new password it starts anew, since the old one's guesses are void."""
    return f"device {nonce} {password_set_at}"


def _proof(login: str, nonce: str, key: bytes) -> str:
    return hmac.new(key, f"qicai device {login} {nonce}".encode(), "sha256").hexdigest()
