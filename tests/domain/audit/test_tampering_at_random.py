"""Whatever is done to a sealed log, in whatever order: unless it ends as it was, the check says so."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from random import Random
from typing import Any, cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from domain.audit.heads import Head, Witness
from domain.audit.rules import GENESIS, chained
from domain.audit.verification import Walk
from domain.base.keyring import KeySet
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.audit import chain, check, tamper
from tests.factories.units import NOW

KEYS = KeySet("k", {"k": bytes(32)})
STRANGER = KeySet("k", {"k": bytes([1] * 32)})


@dataclass(frozen=True)
class Entry:
    """A row of the log as the walk takes it."""

    id: UUID
    details: str
    position: int
    hash: bytes = b""
    at: datetime = NOW
    actor_id: UUID | None = None
    act: str = "act"
    about: str = "Post"
    row_id: UUID | None = None
    unit_id: UUID | None = None


@dataclass
class Log:
    """The two tables."""

    entries: list[Entry] = field(default_factory=list)
    seals: list[Head] = field(default_factory=list)

    @classmethod
    def sealed(cls, batches: list[int]) -> "Log":
        log, digest = cls(), GENESIS
        for batch in batches:
            for _ in range(batch):
                position = len(log.entries) + 1
                entry = Entry(UUID(int=position), str(position), position)
                digest = chained(digest, entry)
                log.entries.append(replace(entry, hash=digest))
            log.seals.append(Head.signed(KEYS, position=len(log.entries), hash=digest, sealed_at=NOW))
        return log

    def is_clean(self, head: Head) -> bool:
        """With one head kept elsewhere, as `verify` compares it."""
        walk = Walk(Witness.of(KEYS))
        entries = sorted(self.entries, key=lambda entry: entry.position)
        walk.over(cast(Any, entries), cast(Any, sorted(self.seals, key=lambda seal: seal.position)))
        walk.end()
        kept = [entry.hash for entry in entries if entry.position == head.position]
        return not walk.findings.total and kept == [head.hash]


def alter(log: Log, place: int, other: int) -> None:
    log.entries[place] = replace(log.entries[place], details=str(other))


def alter_hash(log: Log, place: int, other: int) -> None:
    log.entries[place] = replace(log.entries[place], hash=bytes([other] * 32))


def delete(log: Log, place: int, _other: int) -> None:
    del log.entries[place]


def cut(log: Log, place: int, _other: int) -> None:
    position = log.entries[place].position
    log.entries = [entry for entry in log.entries if entry.position < position]
    log.seals = [seal for seal in log.seals if seal.position < position]


def swap(log: Log, place: int, other: int) -> None:
    one, two = log.entries[place], log.entries[other % len(log.entries)]
    log.entries[place] = replace(two, position=one.position)
    log.entries[other % len(log.entries)] = replace(one, position=two.position)


def put_in(log: Log, place: int, other: int) -> None:
    at = log.entries[place].position
    later = [replace(entry, position=entry.position + 1) for entry in log.entries if entry.position >= at]
    log.entries = [entry for entry in log.entries if entry.position < at]
    log.entries += [Entry(UUID(int=1000 + other), "new", at), *later]


def move_up(log: Log, _place: int, _other: int) -> None:
    log.entries = [replace(entry, position=number) for number, entry in enumerate(log.entries, 1)]


def make_anew(log: Log, place: int, _other: int) -> None:
    """Give every row from a place on a hash that fits."""
    digest = log.entries[place - 1].hash if place else GENESIS
    for number in range(place, len(log.entries)):
        digest = chained(digest, log.entries[number])
        log.entries[number] = replace(log.entries[number], hash=digest)


def sign_anew(log: Log, place: int, _other: int) -> None:
    """A stranger signs the chain as it stands now."""
    entry = log.entries[place]
    log.seals = [seal for seal in log.seals if seal.position < entry.position]
    log.seals.append(Head.signed(STRANGER, position=entry.position, hash=entry.hash, sealed_at=NOW))


def move_seal(log: Log, place: int, other: int) -> None:
    if log.seals:
        number = other % len(log.seals)
        log.seals[number] = replace(log.seals[number], position=log.entries[place].position)


WAYS: list[Callable[[Log, int, int], None]] = [
    alter,
    alter_hash,
    delete,
    cut,
    swap,
    put_in,
    move_up,
    make_anew,
    sign_anew,
    move_seal,
]
BATCHES = st.lists(st.integers(1, 4), min_size=1, max_size=4)
DEEDS = st.lists(st.tuples(st.sampled_from(WAYS), st.integers(0, 20), st.integers(0, 20)), max_size=6)


@given(BATCHES, DEEDS)
def test_a_log_is_clean_only_if_every_row_is_as_it_was_sealed(
    batches: list[int], deeds: list[tuple[Callable[[Log, int, int], None], int, int]]
):
    log, before = Log.sealed(batches), Log.sealed(batches)
    for way, place, other in deeds:
        if log.entries:
            way(log, place % len(log.entries), other)
    is_as_before = sorted(log.entries, key=lambda entry: entry.position) == before.entries
    if not is_as_before:
        assert not log.is_clean(before.seals[-1])
    elif log.seals == before.seals:
        assert log.is_clean(before.seals[-1])


CONTENT = (
    "SELECT id, at, actor_id, act, about, row_id, unit_id, details::text, position, hash FROM audit_entries "
    "ORDER BY position, id"
)
STATEMENTS = [
    "UPDATE audit_entries SET act = 'x' || :n WHERE position = :n",
    "UPDATE audit_entries SET at = at + interval '1 second' WHERE position = :n",
    "UPDATE audit_entries SET actor_id = (SELECT actor_id FROM audit_entries WHERE position = :n + 1) "
    "WHERE position = :n",
    "UPDATE audit_entries SET details = jsonb_set(details, '{text}', '\"x\"') WHERE position = :n",
    "DELETE FROM audit_entries WHERE position = :n",
    "DELETE FROM audit_entries WHERE position > :n",
    "UPDATE audit_entries SET position = NULL, hash = NULL WHERE position = :n",
    "UPDATE audit_entries SET position = position + 1000 WHERE position >= :n",
    "UPDATE audit_entries SET hash = sha256(hash) WHERE position = :n",
    "DELETE FROM audit_seals WHERE position >= :n",
    "UPDATE audit_seals SET hash = sha256(hash), key_id = key_id || :n WHERE position >= :n",
    "INSERT INTO audit_entries (id, at, act, about, unit_path, details, position, hash) "
    "SELECT gen_random_uuid(), now(), 'a', 'b', '0', '{}', max(position) + :n, sha256('') FROM audit_entries",
]


@pytest.mark.parametrize("seed", range(25))
async def test_a_log_that_was_tampered_with_by_statements_is_clean_only_if_nothing_came_of_it(
    sessions: Sessions, keys: Keys, seed: int
):
    random = Random(seed)
    heads = await chain(sessions, keys, 3, 2, 4)

    async def content() -> list[Any]:
        async with sessions() as session:
            return list((await session.execute(text(CONTENT))).all())

    before = await content()
    for statement in random.choices(STATEMENTS, k=random.randint(1, 4)):
        await tamper(sessions, statement.replace("|| :n", f"|| '{seed}'"), n=random.randint(1, 9))
    after, report = await content(), await check(sessions, keys, *heads)
    if after != before:
        assert not report.is_clean
    if report.is_clean:
        assert after == before
