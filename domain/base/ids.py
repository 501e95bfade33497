"""New ids: time-ordered UUIDs (version 7) and short codes for links."""

import os
import secrets
import time
from uuid import UUID

# No vowels and no look-alikes: a code is read aloud over the phone and must not spell a word.
CODE_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
CODE_LENGTH = 10


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits, so that keys grow with time."""
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def new_code() -> str:
    """A short code for a link: 10 characters of 28, about 48 bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
