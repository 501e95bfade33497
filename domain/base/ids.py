"""New ids: time-ordered UUIDs (version 7) and short codes for links."""

import base64
import os
import secrets
import time
from datetime import datetime
from uuid import UUID

# No vowels and no look-alikes: a code is read aloud over the phone and must not spell a word.
CODE_ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
CODE_LENGTH = 10
LETTERS = bytes(ord(CODE_ALPHABET[byte % len(CODE_ALPHABET)]) for byte in range(256))
UNEVEN = bytes(range(256 - 256 % len(CODE_ALPHABET), 256))


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, then 74 random bits, so that keys grow with time."""
    return _uuid7(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big"))


def first_id_at(instant: datetime) -> UUID:
    """The least id that could be made at an instant: what was made earlier has smaller ones."""
    return _uuid7(int(instant.timestamp() * 1000), 0)


def _uuid7(milliseconds: int, random: int) -> UUID:
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def name_of_row(noun: str, row_id: UUID) -> str:
    """The id by which a row is known outside, whatever its noun."""
    return base64.urlsafe_b64encode(f"{noun}:{row_id}".encode()).decode().rstrip("=")


def new_code() -> str:
    """A short code for a link: 10 characters of 28, about 48 bits."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def new_codes(count: int) -> list[str]:
    """Many of them at once: one by one, 44,000 cost half a second."""
    letters = b""
    while len(letters) < count * CODE_LENGTH:
        # Bytes beyond the last whole round of the alphabet are dropped, so that every letter is as likely as another.
        letters += os.urandom((count + 1) * CODE_LENGTH).translate(LETTERS, UNEVEN)
    text = letters.decode("ascii")
    return [text[start : start + CODE_LENGTH] for start in range(0, count * CODE_LENGTH, CODE_LENGTH)]
