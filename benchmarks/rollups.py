"""A year of the nation and of Guangdong: stored roll-ups beside a live count of the same, at 200,000 posts.

    .venv/bin/python -m benchmarks.rollups

Both are asked for in the same process and run, by their own statements; the country is real, all else synthetic.
Needs nothing but the embedded PostgreSQL.
"""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from benchmarks.tree_pages import fill
from domain.access.actor import Actor, below
from domain.engagement.folding import fold
from domain.engagement.queries import answer, children, question_of
from domain.engagement.rollups import parts_now
from domain.engagement.rules import METRICS
from domain.engagement.top import top_posts
from domain.posts.models import Delivery
from domain.reading.selection import Page, Selection
from domain.terms import Metric
from domain.units.models import Unit
from integrations.database import open_engine, open_sessions
from migrations.apply import migrate
from tests.factories.servers import own_servers

ROUNDS = 20
BATCH = 500
TWENTY = Page(size=20)
SINCE, UNTIL = date(2026, 1, 1), date(2027, 1, 1)
# Two posts through each account, a hundred posts in a year, each read once; every fifth of a campaign.
ROWS = (
    """
    INSERT INTO lessons (id, unit_id, unit_path, title, service, theme, text, state, created_at)
    SELECT gen_random_uuid(), id, path, 'lesson', 'STUDY_HELP', '', '', 'SHOWCASE', now() FROM units
    WHERE parent_id IS NULL
    """,
    """
    INSERT INTO campaigns (id, unit_id, unit_path, title, created_at)
    SELECT gen_random_uuid(), id, path, 'campaign', now() FROM units WHERE parent_id IS NULL
    """,
    """
    INSERT INTO posts (id, unit_id, unit_path, lesson_id, campaign_id, text, publish_at, spread_seconds, created_at,
        created_by)
    SELECT gen_random_uuid(), l.unit_id, l.unit_path, l.id, CASE WHEN n % 5 = 0 THEN c.id END, 'text',
        timestamptz '2026-01-01 02:00Z' + n * interval '3.6 days', 0, now(), u.id
    FROM lessons l, campaigns c, users u, generate_series(0, 99) n
    """,
    """
    INSERT INTO deliveries (id, post_id, account_id, unit_id, unit_path, text, code, key, state, due_at, try_at, tries,
        looks, host_post_id, published_at)
    SELECT gen_random_uuid(), p.id, a.id, a.unit_id, a.unit_path, 'text', a.number || '-' || n, gen_random_uuid(),
        'PUBLISHED', p.publish_at, p.publish_at, 1, 0, 'x', p.publish_at
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS number FROM accounts) a, generate_series(0, 1) n,
        (SELECT *, row_number() OVER (ORDER BY publish_at) - 1 AS number FROM posts) p
    WHERE p.number = (a.number * 2 + n) % 100
    """,
    """
    INSERT INTO snapshots (id, delivery_id, slot, taken_at, reposts, comments, likes)
    SELECT gen_random_uuid(), id, 0, published_at + interval '1 day', (random() * 100)::int, (random() * 50)::int,
        (random() * 1000)::int FROM deliveries
    """,
)


async def count_all(engine: AsyncEngine) -> tuple[int, float]:
    """Let the worker's own step count everything; answers how many marks, and in how many seconds."""
    marks, began = 0, time.perf_counter()
    while True:
        async with open_sessions(engine)() as session:
            done = await fold(session, limit=BATCH)
            await session.commit()
        marks += done
        if not done:
            return marks, time.perf_counter() - began


async def timed(session: AsyncSession, act: Callable[[], Awaitable[Any]]) -> float:
    """The median of many rounds, in milliseconds."""
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await act()
        taken.append((time.perf_counter() - began) * 1000)
    await session.commit()
    return statistics.median(taken)


async def live(session: AsyncSession, path: str) -> Any:
    """The same by day, level and platform, counted from deliveries and their last snapshots."""
    parts = parts_now(below(Delivery.unit_path, path)).subquery()
    by = [parts.c[name] for name in ("day", "level", "host_kind")]
    sums = [of(parts.c[name]) for of in (func.sum, func.count) for name in METRICS]
    whole = select(*by, func.count(), *sums, func.max(parts.c.taken_at)).group_by(*by)
    return (await session.execute(whole.where(parts.c.day >= SINCE, parts.c.day < UNTIL))).all()


async def measure(session: AsyncSession) -> None:
    nation = (await session.execute(select(Unit).where(Unit.parent_id.is_(None)))).scalar_one()
    province = (await session.execute(select(Unit).where(Unit.name == "广东省"))).scalar_one()
    print(f"{'a year of':<22}{'stored ms':>12}{'live ms':>12}{'ratio':>8}{'children ms':>13}{'top 20 ms':>12}")
    for name, unit in (("the nation", nation), ("Guangdong", province)):
        asked = question_of(Actor.operator(), unit=unit, since=SINCE, until=UNTIL)
        stored = await timed(session, lambda asked=asked: answer(session, asked))
        counted = await timed(session, lambda unit=unit: live(session, unit.path))
        beneath = await timed(session, lambda asked=asked: children(session, asked))
        top = await timed(
            session,
            lambda asked=asked: top_posts(
                session, Actor.operator(), Selection(), question=asked, metric=Metric.LIKES, page=TWENTY
            ),
        )
        print(f"{name:<22}{stored:>12.1f}{counted:>12.1f}{counted / stored:>8.1f}{beneath:>13.1f}{top:>12.1f}")
    told = (await answer(session, question_of(Actor.operator(), unit=nation, since=SINCE, until=UNTIL))).total
    if told.published != sum(row[3] for row in await live(session, nation.path)):
        raise RuntimeError("they differ")


async def main() -> None:
    with own_servers(postgres=True, durable=True) as server:
        engine = open_engine(str(server.database_url))
        await migrate(engine)
        await fill(engine)
        async with engine.begin() as connection:
            # Else each check of a foreign key, and each mark, would be planned anew.
            await connection.execute(text("SET LOCAL plan_cache_mode = auto"))
            for statement in ROWS:
                await connection.execute(text(statement))
        async with engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.execute(text("VACUUM ANALYZE"))
        marks, seconds = await count_all(engine)
        print(f"{marks:,} marks counted in {seconds:.0f} s: {marks / seconds:,.0f} a second, {BATCH} a transaction")
        async with engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.execute(text("VACUUM ANALYZE"))
            rows = await plain.execute(text("SELECT count(*), pg_total_relation_size('rollups') >> 20 FROM rollups"))
            print("{:,} rows of roll-ups, {:,} MB".format(*rows.one()))
        async with open_sessions(engine)() as session:
            await measure(session)
            await session.execute(
                text("INSERT INTO rollup_marks (delivery_id) SELECT id FROM deliveries LIMIT :few"), {"few": BATCH}
            )
            await session.commit()
            print(f"and with {BATCH} marks waiting:")
            await measure(session)
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
