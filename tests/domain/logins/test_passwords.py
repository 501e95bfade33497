"""Passwords are hashed with Argon2id, a few at a time, and nothing tells whether there was one to compare with."""

import asyncio
import re
import time
from typing import Literal

import pytest
from argon2 import PasswordHasher

from domain.logins import passwords
from domain.refusals import QuotaExceeded
from tests.factories.logins import OTHER, PASSWORD, hash_of, wide


async def test_a_password_matches_its_hash_and_no_other():
    made = await passwords.hashed(PASSWORD)
    assert await passwords.matches(made, PASSWORD)
    assert not await passwords.matches(made, OTHER)
    assert not await passwords.matches(made, PASSWORD.title())
    assert not await passwords.matches(made, "")


async def test_a_hash_names_its_costs_and_has_a_salt_of_its_own():
    one, other = await passwords.hashed(PASSWORD), await passwords.hashed(PASSWORD)
    assert one != other
    assert re.match(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$", one)


async def test_an_input_method_may_give_another_width():
    assert await passwords.matches(await passwords.hashed(wide("Lantern2026!!")), "Lantern2026!!")


async def test_whoever_has_no_password_has_none_that_matches():
    for given in ("", PASSWORD, passwords.DECOY):
        assert not await passwords.matches(None, given)
    assert not await passwords.matches("no hash at all", PASSWORD)


async def test_a_password_that_is_too_long_is_never_right():
    long = "x7" * 101
    assert not await passwords.matches(await passwords.hashed(long), long)


def test_a_hash_of_other_costs_is_outdated():
    assert passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD))
    assert not passwords.is_outdated(hash_of(PASSWORD))
    assert not passwords.is_outdated(passwords.DECOY)


async def test_no_more_than_two_hash_at_a_time(monkeypatch: pytest.MonkeyPatch):
    running, most = 0, 0

    class Slow(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            nonlocal running, most
            running += 1
            most = max(most, running)
            time.sleep(0.02)
            running -= 1
            return True

    monkeypatch.setattr(passwords, "HASHER", Slow())
    await asyncio.gather(*(passwords.matches("hash", "password") for _ in range(8)))
    assert most == 2


async def test_the_loop_goes_on_while_a_password_is_hashed():
    hashing = asyncio.ensure_future(passwords.hashed(PASSWORD))
    ticks = 0
    while not hashing.done():
        await asyncio.sleep(0)
        ticks += 1
    assert ticks > 10


async def test_whoever_comes_when_the_queue_is_full_is_sent_away_at_once():
    with passwords.turn():
        pass
    turns = [passwords.turn() for _ in range(passwords.QUEUE)]
    for place in turns:
        place.__enter__()
    try:
        with pytest.raises(QuotaExceeded) as refused, passwords.turn():
            pytest.fail("there was no place")
        assert (refused.value.code, refused.value.retryable) == ("LOGINS_BUSY", True)
    finally:
        for place in turns:
            place.__exit__(None, None, None)
    with passwords.turn():
        pass
