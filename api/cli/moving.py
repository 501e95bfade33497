"""The second part of the demo: a county goes to another prefecture, and last month is counted by both trees."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from api.cli import client
from api.cli.client import ApiClient
from api.cli.services import Services, open_database
from domain.access.actor import Actor
from domain.access.queries import user_by_login
from domain.accounts.models import Account
from domain.base.dates import begins, today
from domain.engagement.earlier import EarlierPost, record_earlier_posts
from domain.units.models import Unit
from integrations.database import open_sessions
from schema._base import row_of

# Two neighbouring prefectures of Guangdong, and the county that moves between them; the move is invented.
LEAVES, JOINS, COUNTY = "4401", "4413", "440118"
EACH = 2
TEXT = "上月活动回顾(演示数据)"
REASON = "演示:模拟区划调整"


@dataclass(frozen=True)
class Moved:
    """What last month's posts below each prefecture come to, by the tree of the time and by today's."""

    county: str
    on: str
    touched: int
    published: dict[str, dict[str, int]]


async def move_a_county(services: Services, front: ApiClient, console: Console, *, lesson: str) -> Moved:
    """Everything but the posts of last month, which are synthetic, goes through the API; the county goes back at last.

    An act of the same date replaces the one before it, so the tree is as it was, and the demo can be run again.
    """
    until = today(datetime.now(UTC)).replace(day=1)
    since = (until - timedelta(days=1)).replace(day=1)
    units = {code: (await front.ask(client.UNIT, code=code))["unit"] for code in (LEAVES, JOINS, COUNTY)}
    prefectures = {code: units[code] for code in (LEAVES, JOINS)}
    period = {"since": since.isoformat(), "until": until.isoformat()}
    if not sum((await _published(front, prefectures, period, "AS_NOW")).values()):
        await _enter(services, lesson=lesson, since=since)
    move = {"unitId": units[COUNTY]["id"], "effectiveOn": until.isoformat(), "reason": REASON}
    there = move | {"parentId": units[JOINS]["id"]}
    told = (await front.ask(client.MOVE, input=there | {"preview": True}))["moveUnit"]["touches"]
    console.print(
        f"From {until} on, {units[COUNTY]['name']} goes from {units[LEAVES]['name']} to {units[JOINS]['name']} "
        f"(invented). It would touch {told['units']} units and "
        + ", ".join(f"{row['count']:,} {row['table']}" for row in told["rows"])
    )
    await front.ask(client.MOVE, input=there)
    try:
        published = {tree: await _published(front, prefectures, period, tree) for tree in ("AS_THEN", "AS_NOW")}
    finally:
        await front.ask(client.MOVE, input=move | {"parentId": units[LEAVES]["id"]})
    return Moved(units[COUNTY]["name"], until.isoformat(), told["units"], published)


async def _published(
    front: ApiClient, prefectures: dict[str, Any], period: dict[str, str], tree: str
) -> dict[str, int]:
    found = {}
    for unit in prefectures.values():
        answer = await front.ask(client.PUBLICATIONS, withinId=unit["id"], tree=tree, **period)
        found[unit["name"]] = sum(level["published"] for level in answer["publications"]["levels"])
    return found


async def _enter(services: Services, *, lesson: str, since: date) -> None:
    """Synthetic posts of last month for every account at or below both prefectures."""
    _, lesson_id = row_of(lesson)
    now = datetime.now(UTC)
    async with open_database(services) as engine, open_sessions(engine)() as session:
        nation = (await session.execute(select(Unit).where(Unit.parent_id.is_(None)))).scalar_one()
        author = await user_by_login(session, "national-admin")
        paths = (await session.scalars(select(Unit.path).where(Unit.code.in_((LEAVES, JOINS))))).all()
        rows = await session.execute(select(Account.id, Account.unit_id, Account.unit_path).order_by(Account.unit_path))
        below = [row for row in rows if row.unit_path.startswith(tuple(paths))]
        posts = [_post(row, place, since) for row in below for place in range(EACH)]
        await record_earlier_posts(
            session,
            Actor.operator(),
            now=now,
            unit_id=nation.id,
            lesson_id=lesson_id,
            created_by=author.id if author else UUID(int=0),
            text=TEXT,
            posts=posts,
        )
        await session.commit()


def _post(account: Any, place: int, since: date) -> EarlierPost:
    at = begins(since + timedelta(days=3 + 7 * place)) + timedelta(hours=9)
    return EarlierPost(
        account_id=account.id,
        unit_id=account.unit_id,
        published_at=at,
        host_post_id=f"earlier-{account.id.hex}-{place}",
        host_url="",
        reposts=3 + place,
        comments=1 + place,
        likes=8 + place,
    )


def print_moved(console: Console, moved: Moved) -> None:
    """Both trees side by side."""
    table = Table(title=f"Posts of last month (synthetic), {moved.county} having moved on {moved.on}")
    table.add_column("below")
    table.add_column("as then", justify="right")
    table.add_column("as now", justify="right")
    for name, then in moved.published["AS_THEN"].items():
        table.add_row(name, f"{then:,}", f"{moved.published['AS_NOW'][name]:,}")
    console.print(table)
