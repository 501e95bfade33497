"""Where the programme has no voice: units without an active account, and accounts that were silent for long."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.accounts.queries import Coverage, coverage_counts, silent, without_account
from domain.terms import AccountState, Level, Role
from domain.units.models import Unit
from tests.factories.accounts import Office
from tests.factories.deliveries import change
from tests.factories.units import NOW, actor_at

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
WARNED = datetime(2026, 5, 18, tzinfo=UTC)
# 1 nation, 20 provinces, 2 prefectures in each, 4,939 counties spread over them; 12 accounts each, less every tenth.
PLANT = """
WITH shape AS (
  SELECT n, CASE WHEN n = 1 THEN 0 WHEN n <= 21 THEN 1 WHEN n <= 61 THEN 2 + (n - 22) / 2 ELSE 22 + (n - 62) % 40 END up
  FROM generate_series(1, 5000) n
), placed AS (
  SELECT n, gen_random_uuid() AS id,
    CASE WHEN n = 1 THEN 'NATIONAL' WHEN n <= 21 THEN 'PROVINCIAL'
         WHEN n <= 61 THEN 'PREFECTURE' ELSE 'COUNTY' END AS level,
    CASE WHEN n = 1 THEN '00001.'
         WHEN n <= 21 THEN '00001.' || lpad(n::text, 5, '0') || '.'
         WHEN n <= 61 THEN '00001.' || lpad(up::text, 5, '0') || '.' || lpad(n::text, 5, '0') || '.'
         ELSE '00001.' || lpad((2 + (up - 22) / 2)::text, 5, '0') || '.' || lpad(up::text, 5, '0') || '.'
              || lpad(n::text, 5, '0') || '.' END AS path,
    up
  FROM shape
)
INSERT INTO units (id, number, code, name, level, kind, parent_id, path, territory_path, opened_on, upper_posting)
SELECT p.id, p.n, 'T' || p.n, 'unit ' || p.n, p.level, 'TERRITORIAL', a.id, p.path, p.path, DATE '2010-05-04', 'DIRECT'
FROM placed p LEFT JOIN placed a ON a.n = p.up ORDER BY p.n
"""
CONNECT = """
INSERT INTO accounts (id, unit_id, unit_path, level, host_id, uid, screen_name, state, state_since, token, created_at,
                      last_posted_at)
SELECT gen_random_uuid(), u.id, u.path, u.level, :host, u.number || '-' || k, 'account', 'ACTIVE', :now, 'k1:00', :old,
       CASE WHEN u.number % 100 = 7 THEN NULL ELSE CAST(:now AS timestamptz) END
FROM units u, generate_series(1, 12) k WHERE u.number % 10 <> 3
"""


def units_without(actor: Actor, under: str = "") -> Select[Any]:
    """As the reading module asks for a page of them."""
    entity: Any = aliased(Unit)
    conditions = (without_account(actor, entity), below(entity.path, under))
    return select(entity.id, entity.name, entity.path).where(*conditions).order_by(entity.path).limit(21)


def accounts_silent(actor: Actor, under: str = "") -> Select[Any]:
    entity: Any = aliased(Account)
    reached = within_reach(actor, Permission.ACCOUNT_VIEW, entity.unit_path)
    conditions = (reached, silent(entity, WARNED), below(entity.unit_path, under))
    return select(entity.id, entity.screen_name).where(*conditions).order_by(entity.unit_path, entity.id).limit(21)


async def names(session: AsyncSession, statement: Select[Any]) -> list[str]:
    return [row[1] for row in (await session.execute(statement)).all()]


async def test_a_unit_whose_accounts_are_all_out_of_use_has_none(office: Office, session: AsyncSession):
    nation = await office.somebody("nation")
    assert await names(session, units_without(nation)) == ["north town", "west city"]
    for unit, state in (("west", AccountState.SUSPENDED), ("north county", AccountState.UNAUTHORIZED)):
        await change(session, await office.account(unit), state=state)
    assert set(await names(session, units_without(nation))) == {"north county", "north town", "west", "west city"}
    assert await names(session, units_without(nation, office.tree["west"].path)) == ["west", "west city"]
    assert await names(session, units_without(await office.somebody("north county"))) == ["north county", "north town"]


async def test_a_closed_unit_lacks_nothing(office: Office, session: AsyncSession):
    town = await session.get_one(Unit, office.tree["north town"].id)
    await change(session, town, closed_on=NOW.date())
    assert await names(session, units_without(await office.somebody("east"))) == []


async def test_silence_counts_from_the_last_post_or_from_the_connection(office: Office, session: AsyncSession):
    nation = await office.somebody("nation")
    times: dict[str, dict[str, Any]] = {
        "east": {"last_posted_at": WARNED},
        "west": {"last_posted_at": WARNED - timedelta(seconds=1)},
        "north county": {"created_at": LONG_AGO},
        "south county": {"created_at": LONG_AGO, "last_posted_at": NOW},
        "far county": {"created_at": LONG_AGO, "state": AccountState.SUSPENDED},
    }
    for unit, columns in times.items():
        await change(session, await office.account(unit), **columns)
    assert set(await names(session, accounts_silent(nation))) == {"west account", "north county account"}
    assert await names(session, accounts_silent(nation, office.tree["east"].path)) == ["north county account"]
    assert await names(session, accounts_silent(await office.somebody("west"))) == ["west account"]


async def test_coverage_is_counted_per_level_within_reach(office: Office, session: AsyncSession):
    await change(session, await office.account("west"), state=AccountState.SUSPENDED)
    await change(session, await office.account("north county"), last_posted_at=LONG_AGO)

    async def told(actor: Actor, within_path: str | None = None) -> list[Coverage]:
        return await coverage_counts(session, actor, within_path=within_path, silent_since=WARNED)

    assert await told(await office.somebody("nation")) == [
        Coverage(Level.NATIONAL, 1, 0, 1, 0),
        Coverage(Level.PROVINCIAL, 2, 1, 1, 0),
        Coverage(Level.PREFECTURE, 2, 1, 1, 0),
        Coverage(Level.COUNTY, 3, 0, 3, 1),
        Coverage(Level.GRASSROOTS, 1, 1, 0, 0),
    ]
    east = await told(await office.somebody("nation"), office.tree["north county"].path)
    assert east[3:] == [Coverage(Level.COUNTY, 1, 0, 1, 1), Coverage(Level.GRASSROOTS, 1, 1, 0, 0)]
    county = await told(await office.somebody("far county"))
    assert [c for c in county if c.units] == [Coverage(Level.COUNTY, 1, 0, 1, 0)]


@pytest.mark.parametrize("role", [Role.PARTNER_EDUCATION, Role.PARTNER_WOMEN])
async def test_a_partner_learns_nothing_of_accounts_from_units(office: Office, session: AsyncSession, role: Role):
    partner = await office.somebody("nation", role)
    assert await names(session, units_without(partner)) == []
    counts = await coverage_counts(session, partner, within_path=None, silent_since=WARNED)
    assert all((c.units, c.without_account, c.active_accounts) == (0, 0, 0) for c in counts)


@pytest.fixture
async def country(office: Office, session: AsyncSession) -> dict[str, Unit]:
    """5,000 units and 54,000 accounts, with statistics, in place of the small tree."""
    for table in ("account_events", "accounts", "unit_places", "unit_versions", "grants", "users", "units"):
        await session.execute(text(f"DELETE FROM {table}"))
    await session.execute(text(PLANT))
    await session.execute(text(CONNECT), {"host": office.host.id, "now": NOW, "old": LONG_AGO})
    await session.execute(text("ANALYZE units, accounts"))
    await session.commit()
    rows = (await session.execute(select(Unit).where(Unit.number.in_([1, 2, 100])))).scalars()
    return {unit.level.value: unit for unit in rows}


async def plan_of(session: AsyncSession, statement: Select[Any]) -> str:
    words = str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
    plan = (await session.execute(text(f"EXPLAIN (FORMAT JSON) {words.replace(':', chr(92) + ':')}"))).scalar_one()
    return json.dumps(plan)


@pytest.mark.parametrize("level", ["NATIONAL", "PROVINCIAL", "COUNTY"])
async def test_pages_of_coverage_are_read_by_index(country: dict[str, Unit], session: AsyncSession, level: str):
    actor = actor_at(country[level])
    for statement in (units_without(actor), accounts_silent(actor)):
        plan = await plan_of(session, statement)
        assert "Index" in plan
        assert '"Seq Scan"' not in plan
        begun = time.perf_counter()
        await session.execute(statement)
        assert time.perf_counter() - begun < 0.1


async def test_a_province_is_counted_by_index(country: dict[str, Unit], session: AsyncSession):
    counts = await coverage_counts(session, actor_at(country["PROVINCIAL"]), within_path=None, silent_since=WARNED)
    assert [c.units for c in counts][:3] == [0, 1, 2]
    assert counts[3].units > 200
    whole = await coverage_counts(session, actor_at(country["NATIONAL"]), within_path=None, silent_since=WARNED)
    assert sum(c.units for c in whole) == 5000
    assert sum(c.without_account for c in whole) == 500
    assert sum(c.active_accounts for c in whole) == 54_000
    assert sum(c.silent_accounts for c in whole) == 600
