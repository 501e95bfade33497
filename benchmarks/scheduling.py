"""One lesson scheduled to every county, and to every unit of the country: seconds and statements.

    .venv/bin/python -m benchmarks.scheduling

Asked through GraphQL, as a front end would: permission, audience, texts, all facts of the preview, the commit. The
floor is a bare COPY of the same rows into the same table over the driver, in the same process and run. Needs nothing
but the embedded PostgreSQL; the country is real, the accounts are synthetic.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.tree_pages import NO_DOOR, fill
from domain.access.models import User
from domain.base.ids import new_code, new_id
from integrations.database import open_engine, open_sessions
from migrations.apply import migrate
from schema._base import global_id
from schema.context import Context
from schema.root import build_schema
from tests.factories.servers import own_servers

ROUNDS = 3
LEVELS = {"every county": ["COUNTY"], "every unit": ["NATIONAL", "PROVINCIAL", "PREFECTURE", "COUNTY", "GRASSROOTS"]}
AIMS = {"every county": 0.5, "every unit": 5.0}
SCHEDULE = """mutation Schedule($input: ScheduleLessonInput!) {
  scheduleLesson(input: $input) {
    ... on ScheduleLessonPayload {
      post { id publishAt } accounts byLevel { level count } samples { host text }
      clashes { count names } repeats { count names } held { reason count } byRelease
    }
    ... on Problem { code messageEn }
  }
}"""
COLUMNS = ("id", "post_id", "account_id", "unit_id", "unit_path", "text", "code", "key", "state", "due_at", "try_at")
COUNTED = "id, post_id, account_id, unit_id, unit_path, text, code, key, state, due_at, try_at, 0, 0"


async def prepare(engine: AsyncEngine) -> str:
    """One account for each unit, and a showcase lesson of the nation; answers its id."""
    async with open_sessions(engine)() as session:
        await session.execute(text("DELETE FROM accounts WHERE uid NOT LIKE '%-1'"))
        lesson_id = new_id()
        await session.execute(
            text(
                """
                INSERT INTO lessons (id, unit_id, unit_path, title, service, theme, text, state, created_at)
                SELECT :id, id, path, '防溺水安全教育', 'SELF_PROTECTION', '', '六个不。', 'SHOWCASE', now()
                FROM units WHERE parent_id IS NULL
                """
            ),
            {"id": lesson_id},
        )
        await session.commit()
    async with engine.connect() as connection:
        plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await plain.execute(text("VACUUM ANALYZE"))
    return global_id("Lesson", lesson_id)


async def seconds(act: Callable[[], Awaitable[Any]]) -> float:
    """The median of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


async def copied(driver: asyncpg.Connection, rows: list[Any]) -> None:
    """The same rows, with other ids, codes and keys, made before the clock starts."""
    began = time.perf_counter()
    async with driver.transaction():
        await driver.copy_records_to_table("deliveries", records=rows, columns=[*COLUMNS, "tries", "looks"])
    rows.append(time.perf_counter() - began)


async def floor(driver: asyncpg.Connection, count: int) -> float:
    """The median of bare COPYs of the rows that were scheduled last."""
    query = f"SELECT {COUNTED} FROM deliveries ORDER BY post_id DESC, id LIMIT {count}"
    taken = []
    for _ in range(ROUNDS):
        found = await driver.fetch(query)
        rows = [(new_id(), *row[1:6], new_code(), new_id(), *row[8:]) for row in sorted(found)]
        rows.sort(key=lambda row: row[0])
        await copied(driver, rows)
        taken.append(rows.pop())
    return statistics.median(taken)


async def measure(engine: AsyncEngine, driver: asyncpg.Connection, user: User, lesson_id: str) -> None:
    schema, sessions = build_schema(), open_sessions(engine)
    sent: list[str] = []
    event.listen(engine.sync_engine, "before_cursor_execute", lambda *given: sent.append(given[2]))

    async def schedule(levels: list[str], *, preview: bool, waits: bool = False) -> Any:
        async def wake(_work: str) -> None: ...

        sent.clear()
        now = datetime.now(UTC)
        context = Context(sessions=sessions, now=now, user_id=user.id, wake=wake, door=NO_DOOR)
        given = {
            "lessonId": lesson_id,
            "unitId": global_id("Unit", user.unit_id),
            "levels": levels,
            "text": "示范课程推介",
            "publishAt": (now + timedelta(days=1)).isoformat(),
            "spreadSeconds": 3600,
            "preview": preview,
            "waitsForUpper": waits,
        }
        answer = await schema.execute(SCHEDULE, {"input": given}, context_value=context)
        if answer.errors or "code" in answer.data["scheduleLesson"]:
            raise RuntimeError(answer.errors or answer.data)
        return answer.data["scheduleLesson"]

    print(f"{'to':<14}{'accounts':>10}{'statements':>12}{'preview s':>11}{'act s':>8}{'waiting s':>11}", end="")
    print(f"{'COPY floor s':>14}{'ratio':>7}{'aim s':>7}")
    for name, levels in LEVELS.items():
        count = (await schedule(levels, preview=True))["accounts"]
        preview = await seconds(lambda levels=levels: schedule(levels, preview=True))
        ours = await seconds(lambda levels=levels: schedule(levels, preview=False))
        statements = len(sent)
        waiting = await seconds(lambda levels=levels: schedule(levels, preview=False, waits=True))
        least = await floor(driver, count)
        print(f"{name:<14}{count:>10}{statements:>12}{preview:>11.2f}{ours:>8.2f}{waiting:>11.2f}", end="")
        print(f"{least:>14.2f}{ours / least:>7.1f}{AIMS[name]:>7.1f}")


async def main() -> None:
    with own_servers(postgres=True) as server:
        engine = open_engine(str(server.database_url))
        await migrate(engine)
        user = await fill(engine)
        lesson_id = await prepare(engine)
        plain = str(server.database_url).replace("postgresql+asyncpg://", "postgresql://")
        driver = await asyncpg.connect(plain, ssl=False)
        await measure(engine, driver, user, lesson_id)
        await driver.close()
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
