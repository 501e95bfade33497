"""Sealing gives every committed entry one place, never waits for an act, and makes no act wait."""

import asyncio
import re

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit.models import AuditEntry, AuditSeal
from domain.audit.seals import BATCH, heads_after, newest_head, seal_next
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.audit import add_entries, chain, check, entries_of, seal, tamper
from tests.factories.units import NOW


async def test_entries_get_places_one_after_the_other_in_the_order_of_sealing(sessions: Sessions, keys: Keys):
    heads = await chain(sessions, keys, 3, 2)
    entries = await entries_of(sessions)
    assert [entry.position for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.id for entry in entries] == sorted(entry.id for entry in entries)
    assert [head.position for head in heads] == [3, 5]
    assert [head.hash for head in heads] == [entries[2].hash, entries[4].hash]
    assert len({entry.hash for entry in entries}) == 5


async def test_nothing_to_seal_writes_nothing(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, 2)
    async with sessions() as session:
        assert await seal_next(session, keys.sealing, now=NOW) is None
        await session.commit()
        assert len((await session.execute(select(AuditSeal))).all()) == 1


async def test_an_act_that_commits_late_comes_later_in_the_chain(sessions: Sessions, keys: Keys):
    async with sessions() as slow:
        add_entries(slow, 1, act="slow")
        await slow.flush()
        first = await seal(sessions, keys, entries=2)
        await slow.commit()
    last = await seal(sessions, keys)
    assert (first and first.position, last and last.position) == (2, 3)
    assert [entry.act for entry in await entries_of(sessions)] == ["schedulePost", "schedulePost", "slow"]
    assert (await check(sessions, keys)).is_clean


async def test_an_act_that_is_rolled_back_leaves_no_entry(sessions: Sessions, keys: Keys):
    async with sessions() as session:
        add_entries(session, 3)
        await session.flush()
        await session.rollback()
    assert await seal(sessions, keys) is None


async def test_only_one_worker_seals_at_a_time(sessions: Sessions, keys: Keys):
    async with sessions() as first, sessions() as second:
        add_entries(first, 2)
        await first.commit()
        assert await seal_next(first, keys.sealing, now=NOW) is not None
        assert await seal_next(second, keys.sealing, now=NOW) is None
        await first.commit()
        assert await seal_next(second, keys.sealing, now=NOW) is None
        assert [head.position for head in await heads_after(second, 0, limit=9)] == [2]


async def test_workers_that_seal_side_by_side_make_one_whole_chain(sessions: Sessions, keys: Keys):
    async def add(count: int) -> None:
        async with sessions() as session:
            for _ in range(count):
                add_entries(session, 2)
                await session.commit()

    async def seal_often() -> None:
        for _ in range(30):
            await seal(sessions, keys)

    await asyncio.gather(add(20), add(20), seal_often(), seal_often(), seal_often())
    await seal(sessions, keys)
    report = await check(sessions, keys)
    assert (report.is_clean, report.entries, report.unsealed) == (True, 80, 0)
    assert report.seals > 3


async def test_an_act_that_moves_entries_makes_sealing_wait_for_nothing(sessions: Sessions, keys: Keys):
    async with sessions() as mover:
        add_entries(mover, 2, unit_path="0.1")
        add_entries(mover, 1, unit_path="0.2")
        await mover.commit()
        await mover.execute(update(AuditEntry).where(AuditEntry.unit_path == "0.1").values(unit_path="0.3"))
        head = await asyncio.wait_for(seal(sessions, keys), 5)
        assert head
        assert head.position == 1
        await mover.commit()
    head = await seal(sessions, keys)
    assert head
    assert head.position == 3
    # A unit that moves takes its entries with it: that is no tampering.
    await tamper(sessions, "UPDATE audit_entries SET unit_path = '0.9'")
    assert (await check(sessions, keys, head)).is_clean


async def test_more_than_a_batch_takes_several_seals(sessions: Sessions, keys: Keys):
    async with sessions() as session:
        add_entries(session, BATCH + 1)
        await session.commit()
    heads = [await seal(sessions, keys), await seal(sessions, keys), await seal(sessions, keys)]
    assert [head and head.position for head in heads] == [BATCH, BATCH + 1, BATCH + 1]
    assert (await check(sessions, keys)).seals == 2


async def test_sealing_goes_on_after_tampering_but_never_over_it(sessions: Sessions, keys: Keys):
    await chain(sessions, keys, 3)
    await tamper(sessions, "UPDATE audit_seals SET position = 2")
    async with sessions() as session:
        add_entries(session, 1)
        await session.commit()
        sealed = await seal_next(session, keys.sealing, now=NOW)
        await session.commit()
    assert sealed
    assert (sealed.head.position, sealed.is_whole) == (4, False)
    assert not (await check(sessions, keys)).is_clean


@pytest.mark.parametrize("limit", [1, 5])
async def test_heads_behind_a_position_come_in_order(sessions: Sessions, keys: Keys, limit: int):
    heads = await chain(sessions, keys, 1, 1, 1)
    async with sessions() as session:
        assert await heads_after(session, 1, limit=limit) == heads[1 : 1 + limit]
        assert await newest_head(session) == heads[-1]


async def test_of_a_long_log_only_what_is_not_sealed_is_read(session: AsyncSession):
    await session.execute(
        text(
            "INSERT INTO audit_entries (id, at, act, about, unit_path, details, position, hash) "
            "SELECT gen_random_uuid(), now(), 'a', 'Post', '0', '{}', NULLIF(n, 20000), '' "
            "FROM generate_series(1, 20000) n"
        )
    )
    await session.execute(text("ANALYZE audit_entries"))
    unsealed = "SELECT id FROM audit_entries WHERE position IS NULL ORDER BY id LIMIT 1000 FOR NO KEY UPDATE"
    last = "SELECT max(position) FROM audit_entries"
    page = "SELECT id FROM audit_entries WHERE position BETWEEN 10 AND 20 ORDER BY position"
    for query in (unsealed, last, page):
        plan = "\n".join((await session.execute(text(f"EXPLAIN {query}"))).scalars())
        assert re.search(r"Index (Only )?Scan", plan), plan
        assert "Seq Scan" not in plan, plan
    await session.rollback()
