"""Passwords: Argon2id, a few at a time, since each hash takes 64 MiB and a good part of a second."""

import asyncio
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from domain.logins.rules import PASSWORD_MAX, password_form
from domain.refusals import QuotaExceeded, Reason

T = TypeVar("T")

# Argon2id, 3 passes over 64 MiB: RFC 9106's choice where memory is short.
HASHER = PasswordHasher()
AT_A_TIME = 2
# Whoever comes after these would wait for more than a few seconds.
QUEUE = 50

_threads = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="passwords")
_waiting = 0


@contextmanager
def turn() -> Iterator[None]:
    """A place in the queue for hashing; refused at once where it is full, before anything is counted or read."""
    global _waiting
    if _waiting >= QUEUE:
        raise QuotaExceeded(Reason.LOGINS_BUSY)
    _waiting += 1
    try:
        yield
    finally:
        _waiting -= 1


async def hashed(password: str) -> str:
    """The hash of a password, with its parameters and a salt of its own."""
    return await _apart(HASHER.hash, password_form(password))


async def matches(password_hash: str | None, password: str) -> bool:
    """Whether this is the password; where there is none to compare with, it takes as long to say no."""
    if password_hash is None or len(password) > PASSWORD_MAX:
        await _apart(_verify, DECOY, "")
        return False
    return await _apart(_verify, password_hash, password_form(password))


def is_outdated(password_hash: str) -> bool:
    """Whether it was made with other parameters than are in use now."""
    return HASHER.check_needs_rehash(password_hash)


async def _apart(work: Callable[..., T], *given: str) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *given)


def _verify(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _decoy() -> str:
    """A hash by the parameters in use that belongs to no password: nobody knows what it would be made from."""
    salt, digest = (b64encode(os.urandom(n)).decode().rstrip("=") for n in (HASHER.salt_len, HASHER.hash_len))
    costs = f"m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


DECOY = _decoy()
