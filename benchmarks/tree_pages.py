"""The nation's page and a township's page, at 44,703 divisions and 100,000 accounts.

    .venv/bin/python -m benchmarks.tree_pages

The floor is the same facts asked for by hand-written SQL over the bare driver, in the same process and run. Needs
nothing but the embedded PostgreSQL; the country is real, the accounts are synthetic.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.base.ids import new_id
from domain.terms import HostKind, Role
from domain.units.commands import import_units
from domain.units.divisions import STATE_ON, shipped_tree
from domain.units.models import Unit
from integrations.database import open_engine, open_sessions
from migrations.apply import migrate
from schema.context import Context
from schema.root import build_schema
from tests.factories.servers import own_servers

ROUNDS = 200
# Nobody logs in here.
NO_DOOR: Any = None
ACCOUNTS = 100_000
PAGE = """query Page($code: String!) {
  unit(code: $code) {
    id code name level kind openedOn
    ancestors { id name level }
    children(first: 20) { nodes { id code name level } pageInfo { hasNextPage endCursor } }
    accounts(first: 20) { nodes { id screenName state } }
  }
}"""
COVERAGE = "{ coverage { levels { level units withoutAccount activeAccounts silentAccounts } } }"
SILENT = "{ silentAccounts(first: 20) { nodes { id screenName unit { name } } } }"
UNHEARD = "{ units(withoutAccount: true, first: 20) { nodes { id code name level } } }"
COUNTS = "query Counts($id: ID!) { unitCounts(withinId: $id) { levels { level count } } }"
FLOOR = (
    "SELECT id, code, name, level, kind, opened_on, path FROM units WHERE code = $1 AND closed_on IS NULL",
    "SELECT id, name, level FROM units WHERE path = ANY($1::text[]) ORDER BY path",
    "SELECT id, code, name, level FROM units WHERE parent_id = $1 ORDER BY path LIMIT 21",
    "SELECT id, screen_name, state FROM accounts WHERE unit_id = $1 ORDER BY unit_path, id LIMIT 21",
)
FLOOR_COUNTS = "SELECT level, count(*) FROM units WHERE closed_on IS NULL AND path >= $1 AND path < $2 GROUP BY level"


async def fill(engine: AsyncEngine) -> User:
    """The country, 100,000 synthetic accounts spread over it, and a national administrator."""
    now = datetime.now(UTC)
    async with open_sessions(engine)() as session:
        await import_units(session, Actor.operator(), now=now, tree=shipped_tree(), effective_on=STATE_ON)
        await session.execute(
            text(
                "INSERT INTO hosts (id, kind, name, api_url, app_key, app_secret, safe_domain, settling_seconds, "
                "created_at) VALUES (gen_random_uuid(), :kind, 'synthetic', '', '', '', '', 1, now())"
            ),
            {"kind": HostKind.WEIBO.value},
        )
        await session.execute(
            text(
                """
                INSERT INTO accounts (id, unit_id, unit_path, level, host_id, uid, screen_name, state, state_since,
                    token, created_at)
                SELECT gen_random_uuid(), u.id, u.path, u.level, h.id, u.number || '-' || n, u.name || n, 'ACTIVE',
                    now(), '', now()
                FROM hosts h, units u, generate_series(1, 3) n ORDER BY n, u.number LIMIT :limit
                """
            ),
            {"limit": ACCOUNTS},
        )
        nation = (await session.execute(select(Unit).where(Unit.parent_id.is_(None)))).scalar_one()
        user = User(id=new_id(), login="admin", name="admin", unit_id=nation.id, unit_path=nation.path, created_at=now)
        session.add(user)
        await session.flush()
        role = {"role": Role.ADMINISTRATOR, "unit_id": nation.id, "unit_path": nation.path, "valid_from": now}
        session.add(Grant(user_id=user.id, **role))
        await session.commit()
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE"))
    return user


async def timed(act: Callable[[], Awaitable[Any]]) -> float:
    """The median of many rounds, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def floor(driver: asyncpg.Connection, code: str) -> None:
    """The page by hand: what no framework could be faster than."""
    unit = await driver.fetchrow(FLOOR[0], code)
    steps = unit["path"].split(".")[:-1]
    above = [".".join(steps[: place + 1]) + "." for place in range(len(steps) - 1)]
    await driver.fetch(FLOOR[1], above)
    await driver.fetch(FLOOR[2], unit["id"])
    await driver.fetch(FLOOR[3], unit["id"])


async def measure(engine: AsyncEngine, driver: asyncpg.Connection, user: User) -> None:
    schema, sessions = build_schema(), open_sessions(engine)

    async def ask(document: str, **variables: Any) -> Any:
        async def wake(_work: str) -> None: ...

        context = Context(sessions=sessions, now=datetime.now(UTC), user_id=user.id, wake=wake, door=NO_DOOR)
        answer = await schema.execute(document, variables, context_value=context)
        if answer.errors:
            raise RuntimeError(answer.errors)
        return answer.data

    town = await driver.fetchval("SELECT code FROM units WHERE level = 'GRASSROOTS' ORDER BY path OFFSET 20000 LIMIT 1")
    print(f"{'page':<22}{'GraphQL ms':>12}{'SQL floor ms':>14}{'ratio':>8}")
    for name, code in (("nation", "0"), ("township", town)):
        ours = await timed(lambda code=code: ask(PAGE, code=code))
        least = await timed(lambda code=code: floor(driver, code))
        print(f"{name:<22}{ours:>12.2f}{least:>14.2f}{ours / least:>8.1f}")
        unit = (await ask(PAGE, code=code))["unit"]
        path = await driver.fetchval("SELECT path FROM units WHERE code = $1", code)
        ours = await timed(lambda unit=unit: ask(COUNTS, id=unit["id"]))
        least = await timed(lambda path=path: driver.fetch(FLOOR_COUNTS, path, path[:-1] + "/"))
        print(f"{name + ', counts':<22}{ours:>12.2f}{least:>14.2f}{ours / least:>8.1f}")
    # At their slowest: every unit has an account that is active and none was silent, so all are looked through.
    for name, document in (("coverage", COVERAGE), ("silent accounts", SILENT), ("unheard units", UNHEARD)):
        print(f"{'nation, ' + name:<22}{await timed(lambda document=document: ask(document)):>12.2f}")


async def main() -> None:
    with own_servers(postgres=True, durable=True) as server:
        engine = open_engine(str(server.database_url))
        await migrate(engine)
        user = await fill(engine)
        plain = str(server.database_url).replace("postgresql+asyncpg://", "postgresql://")
        driver = await asyncpg.connect(plain, ssl=False)
        await measure(engine, driver, user)
        await driver.close()
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
