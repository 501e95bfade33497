"""The upgrade of 0.1.0 in use: its processes write meanwhile, and whatever breaks it off, it can be run again."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from migrations import dated_units
from migrations.apply import head, migrate
from tests.migrations.catalog import catalog
from tests.migrations.conftest import Fresh
from tests.migrations.test_apply import revision
from tests.migrations.test_releases import content_of, load

# One row of every table into which 0.1.0 inserts and that got new columns, with the columns it names.
OLD_ROWS = """
INSERT INTO units (id, number, code, name, level, kind, parent_id, path, opened_on)
SELECT gen_random_uuid(), 900, 'late', '晚到县', 'COUNTY', kind, parent_id, path || 'late.', '2026-07-01'
FROM units WHERE level = 'COUNTY' LIMIT 1;
INSERT INTO users (id, login, name, created_at) VALUES (gen_random_uuid(), 'late', 'Late', now());
INSERT INTO grants (id, user_id, role, unit_id, unit_path, valid_from)
SELECT gen_random_uuid(), p.id, 'VIEWER', u.id, u.path, now() FROM units u, users p
WHERE u.code = 'late' AND p.login = 'late';
INSERT INTO accounts (id, unit_id, unit_path, level, host_id, uid, screen_name, state, token, created_at)
SELECT gen_random_uuid(), u.id, u.path, u.level, h.id, 'late', 'late', 'ACTIVE', 'sealed', now()
FROM units u, hosts h WHERE u.code = 'late';
INSERT INTO deliveries (id, post_id, account_id, unit_path, text, code, key, state, due_at, try_at, tries, looks,
    published_at)
SELECT gen_random_uuid(), d.post_id, a.id, a.unit_path, 'text', 'late', gen_random_uuid(), 'PUBLISHED',
    d.due_at, d.try_at, 1, 0, '2026-07-02' FROM accounts a, (SELECT * FROM deliveries LIMIT 1) d WHERE a.uid = 'late';
"""
MANY = """
INSERT INTO deliveries (id, post_id, account_id, unit_path, text, code, key, state, due_at, try_at, tries, looks)
SELECT gen_random_uuid(), d.post_id, d.account_id, d.unit_path, 'text', 'many' || n, gen_random_uuid(), 'SCHEDULED',
    d.due_at, d.try_at, 0, 0 FROM (SELECT * FROM deliveries LIMIT 1) d, generate_series(1, 1000) n;
"""
# What the upgrade makes of old rows; the ids of versions are made up anew by each.
OUTCOME = {
    "units": "id, path, territory_path, upper_posting",
    "unit_versions": "unit_id, code, name, kind, parent_id, valid_from, valid_to, grams",
    "unit_places": "unit_id, valid_from, valid_to, path, territory_path",
    "users": "id, login, unit_id, unit_path",
    "grants": "id, reach",
    "accounts": "id, state_since, last_posted_at, is_brand, version",
    "deliveries": "id, unit_id",
}
CHANGE = re.compile(r"ALTER|DROP|INSERT|UPDATE|DELETE|CREATE EXTENSION|CREATE (UNIQUE )?INDEX CONCURRENTLY")
LOCKING_INDEX = re.compile(r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY)\w+ ON (\w+)")


class BrokenOff(Exception):
    """What a test throws between two statements of an upgrade."""


async def at_0001(fresh: Fresh, more: str = "") -> AsyncEngine:
    """A database as 0.1.0 left it."""
    engine = await fresh()
    await migrate(engine, to="0001")
    await load(engine, content_of("0001") + more)
    return engine


async def rows(engine: AsyncEngine, query: str) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(text(query))).all())


async def outcome(engine: AsyncEngine) -> dict[str, list[str]]:
    return {
        table: sorted(map(str, await rows(engine, f"SELECT {columns} FROM {table}")))
        for table, columns in OUTCOME.items()
    }


@contextmanager
def before_each_statement(engine: AsyncEngine, act: Callable[[str], None]) -> Iterator[None]:
    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        act(" ".join(statement.split()))

    event.listen(engine.sync_engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", listen)


async def late_row(engine: AsyncEngine) -> Any:
    """Whether everything about the late rows is as it should be, in the order of the comparison below."""
    [found] = await rows(
        engine,
        """
        SELECT u.territory_path = u.path, u.upper_posting, p.unit_id = u.id AND p.unit_path = u.path, g.reach,
            a.state_since = a.created_at, a.last_posted_at = d.published_at, d.unit_id = u.id, v.name, v.valid_from
        FROM units u JOIN accounts a ON a.unit_id = u.id JOIN deliveries d ON d.account_id = a.id
        JOIN grants g ON g.unit_id = u.id JOIN users p ON p.id = g.user_id
        JOIN unit_versions v ON v.unit_id = u.id JOIN unit_places l ON l.unit_id = u.id WHERE u.code = 'late'
        """,
    )
    return tuple(map(str, found))


AS_IT_SHOULD = ("True", "DIRECT", "True", "ACT", "True", "True", "True", "晚到县", "2026-07-01")


@pytest.mark.parametrize("stopped_at", ["0002", "0003"])
async def test_rows_that_0_1_0_writes_between_two_steps_do_not_stop_the_upgrade(fresh: Fresh, stopped_at: str):
    engine = await at_0001(fresh)
    await migrate(engine, to=stopped_at)
    await load(engine, OLD_ROWS)
    assert await migrate(engine) == (stopped_at, head())
    assert await late_row(engine) == AS_IT_SHOULD


async def test_rows_that_0_1_0_writes_after_the_last_look_do_not_stop_the_upgrade(fresh: Fresh):
    engine = await at_0001(fresh)
    await migrate(engine, to="0003")
    # The server itself writes them when the first requirement is about to be made, after everything was filled.
    once = "IF NOT EXISTS (SELECT FROM units WHERE code = 'late') THEN " + OLD_ROWS + " END IF;"
    await load(
        engine,
        f"""
        CREATE FUNCTION late() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {once} END $$;
        CREATE EVENT TRIGGER late ON ddl_command_start WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION late();
        """,
    )
    assert await migrate(engine) == ("0003", head())
    assert await late_row(engine) == AS_IT_SHOULD


async def test_units_that_0_1_0_renames_and_closes_after_the_fill_are_known_as_they_are(fresh: Fresh):
    engine = await at_0001(fresh)
    await migrate(engine, to="0003")
    await load(
        engine,
        """
        UPDATE units SET name = '新名' WHERE level = 'NATIONAL';
        UPDATE units SET closed_on = opened_on + 10 WHERE level = 'COUNTY';
        UPDATE units SET closed_on = opened_on WHERE level = 'PROVINCIAL';
        """,
    )
    await migrate(engine)
    joined = "FROM units u LEFT JOIN unit_versions v ON v.unit_id = u.id LEFT JOIN unit_places p ON p.unit_id = u.id"
    differing = "(v.name, v.valid_to, p.valid_to) IS DISTINCT FROM (u.name, u.closed_on, u.closed_on)"
    assert await rows(engine, f"SELECT DISTINCT u.level {joined} WHERE {differing}") == [("PROVINCIAL",)]
    # It was never open for a day, so no version of it can be.
    assert await rows(engine, f"SELECT v.id {joined} WHERE u.level = 'PROVINCIAL' AND v.id IS NOT NULL") == []


async def test_a_cancelled_fill_keeps_its_batches_and_the_next_run_ends_as_if_nothing_had_been(
    fresh: Fresh, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dated_units, "BATCH", 100)
    # The same ids in both, so that what comes of them can be compared.
    cancelled = await at_0001(fresh, MANY.replace("gen_random_uuid()", "md5(n::text)::uuid"))
    undisturbed = await at_0001(fresh, MANY.replace("gen_random_uuid()", "md5(n::text)::uuid"))
    running = asyncio.create_task(migrate(cancelled))
    batches = 0

    def cancel_at_the_fourth(statement: str) -> None:
        nonlocal batches
        batches += statement.startswith("UPDATE deliveries SET unit_id")
        if batches == 4:
            running.cancel()

    with before_each_statement(cancelled, cancel_at_the_fourth), pytest.raises(asyncio.CancelledError):
        await running
    assert await revision(cancelled) == "0002"
    [(filled, all_of_them)] = await rows(cancelled, "SELECT count(unit_id), count(*) FROM deliveries")
    assert 300 <= filled < all_of_them
    assert await migrate(cancelled) == ("0002", head())
    assert await migrate(undisturbed) == ("0001", head())
    assert await outcome(cancelled) == await outcome(undisturbed)
    assert await catalog(cancelled) == await catalog(undisturbed)


async def test_an_upgrade_broken_off_before_any_change_can_be_run_again(fresh: Fresh):
    engine, undisturbed = await at_0001(fresh), await at_0001(fresh)
    await migrate(undisturbed)
    reached: set[str] = set()

    def break_off_once(statement: str) -> None:
        # New tables are made in one transaction, so one place in it stands for all.
        if CHANGE.match(statement) and statement not in reached:
            reached.add(statement)
            raise BrokenOff

    with before_each_statement(engine, break_off_once):
        while await revision(engine) != head():
            with suppress(BrokenOff):
                await migrate(engine)
    assert len(reached) > 50
    assert await outcome(engine) == await outcome(undisturbed)
    assert await catalog(engine) == await catalog(undisturbed)


async def test_an_index_that_could_not_be_built_is_built_by_the_next_run(fresh: Fresh):
    second = """
    INSERT INTO units (id, number, code, name, level, kind, path, opened_on)
    SELECT gen_random_uuid(), 901, 'second', '第二', level, kind, 'second.', opened_on FROM units
    WHERE level = 'NATIONAL';
    """
    engine = await at_0001(fresh, second)
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('uq_units_nation')"
    for _ in range(2):
        with pytest.raises(DBAPIError, match="uq_units_nation"):
            await migrate(engine)
        assert await rows(engine, valid) == [(False,)]
    await load(engine, "DELETE FROM units WHERE code = 'second'")
    assert await migrate(engine) == ("0001", head())
    assert await rows(engine, valid) == [(True,)]


async def test_a_worker_that_holds_a_delivery_and_wants_its_account_is_in_no_deadlock_with_the_fill(fresh: Fresh):
    engine = await at_0001(fresh)
    await migrate(engine, to="0002")
    reached = asyncio.Event()

    def notice(statement: str) -> None:
        # What was locked when its batch came is waited for alone.
        if re.match(r"UPDATE deliveries .* WHERE id = ", statement):
            reached.set()

    async with engine.connect() as worker:
        held = "UPDATE deliveries SET looks = looks + 1 WHERE id = (SELECT id FROM deliveries ORDER BY id LIMIT 1)"
        account = (await worker.execute(text(f"{held} RETURNING account_id"))).scalar_one()
        with before_each_statement(engine, notice):
            running = asyncio.create_task(migrate(engine, to="0003"))
            await asyncio.wait_for(reached.wait(), 60)
            # All other deliveries are filled and free by now; the worker goes on to its account, and is let through.
            pause = "UPDATE accounts SET paused_until = now() WHERE id = :id"
            await worker.execute(text(pause), {"id": account})
            await worker.commit()
            assert await running == ("0002", "0003")
    assert await rows(engine, "SELECT id FROM deliveries WHERE unit_id IS NULL") == []


async def test_no_table_of_0_1_0_is_locked_while_its_rows_are_read_for_an_index_or_a_constraint(fresh: Fresh):
    engine = await at_0001(fresh)
    old = {name for (name,) in await rows(engine, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    statements: list[str] = []
    with before_each_statement(engine, statements.append):
        await migrate(engine)
    assert {"deliveries", "accounts", "grants", "users"} <= old
    assert [s for s in statements if (found := LOCKING_INDEX.match(s)) and found[1] in old] == []
    assert [s for s in statements if "ADD CONSTRAINT" in s and not s.endswith("NOT VALID")] == []
    required = [s.split()[2] for s in statements if "SET NOT NULL" in s]
    proven = [s.split()[2] for s in statements if re.search(r"VALIDATE CONSTRAINT ck_\w+_filled$", s)]
    assert required == proven == ["deliveries", "accounts", "units", "users"]


async def test_inserts_of_0_1_0_go_on_until_the_last_step_and_fail_after_it(fresh: Fresh):
    engine = await at_0001(fresh)
    for step in ("0002", "0003"):
        await migrate(engine, to=step)
        async with engine.connect() as connection:
            driver = await connection.get_raw_connection()
            assert driver.driver_connection is not None
            await driver.driver_connection.execute(f"BEGIN; {OLD_ROWS} ROLLBACK")
    await migrate(engine)
    for table in ("units", "users", "grants", "accounts", "deliveries"):
        [statement] = [s for s in OLD_ROWS.split(";\n") if s.strip().startswith(f"INSERT INTO {table} ")]
        # Rows of the release itself stand in for those that could not be written before.
        again = statement.replace("u.code = 'late'", "u.level = 'NATIONAL'").replace("p.login = 'late'", "true")
        with pytest.raises(Exception, match="null value in column"):
            await load(engine, again.replace("WHERE a.uid = 'late'", ""))


async def test_words_that_came_to_the_list_later_are_brought_and_what_the_nation_made_of_it_stays(fresh: Fresh):
    engine = await fresh()
    await migrate(engine, to="0020")
    own = "VALUES (gen_random_uuid(), '留守少年', 'BLOCKS', '改', 'change')"
    await load(
        engine,
        "DELETE FROM label_words WHERE word LIKE '留守%' AND word <> '留守儿';"
        "UPDATE label_words SET retired_at = now() WHERE word = '留守儿';"
        f"INSERT INTO label_words (id, word, severity, advice_zh, advice_en) {own};",
    )
    await migrate(engine)
    found = await rows(engine, "SELECT word, severity, retired_at IS NULL FROM label_words WHERE word LIKE '留守%'")
    assert {("留守娃", "WARNS", True), ("留守儿", "WARNS", False), ("留守少年", "BLOCKS", True)} <= set(
        map(tuple, found)
    )
    assert len([word for word, *_ in found if word == "留守少年"]) == 1
