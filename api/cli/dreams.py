"""The wishes of the demo: every body of the second level shows thirty of them in one window (中国梦·七彩梦).

The order of May 2013 asked each provincial body for at least 30 in half a month. Here the window is compressed, and the
wishes are invented: they name no child, no school and no place but the body's own.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.table import Table
from sqlalchemy import select

from api.auth import issue_token
from api.cli import client
from api.cli.client import LIFE, ApiClient
from api.cli.services import Services, open_database
from domain.access.actor import Actor
from domain.base.dates import today
from domain.people.commands import enrol
from domain.terms import Level, Role
from domain.units.models import Unit
from integrations.database import open_sessions
from schema._base import global_id

EACH = 30
# So many bodies schedule side by side.
SIDE_BY_SIDE = 4
# Until the first is due there is time to schedule and approve them all.
LEAD = timedelta(seconds=8)
TITLE = "中国梦·七彩梦(演示)"
WISHES = (
    "想当一名乡村教师,教更小的孩子认字",
    "想造一座桥,让过河的路近一点",
    "想学会弹吉他,在六一那天弹给同学听",
    "想当医生,给爷爷奶奶看腰腿",
    "想种一棵会开花的树,写上全班的名字",
    "想去海边,捡一个能听见风声的贝壳",
    "想当消防员,第一个跑进浓烟里",
    "想写一本书,里面有村口的老槐树",
    "想当邮递员,把信送到每一座山上",
    "想开一家面馆,让夜里干活的人吃上热的",
    "想当飞行员,从天上找一找自己家的屋顶",
    "想养一群蜜蜂,把蜂蜜寄给远处的亲人",
    "想学游泳,也教会同学怎样不溺水",
    "想当木匠,给教室做一排新书架",
    "想看一次升旗,站在最前面",
    "想当天文学家,给一颗星星起名字",
    "想学做一桌年夜饭,等大家都到齐",
    "想当足球运动员,踢进决定性的一球",
    "想修好家里的收音机,听远处的天气",
    "想当兽医,救活生病的小羊",
    "想画一幅和操场一样长的画",
    "想坐一次火车,从起点一直坐到终点",
    "想当护林员,认得每一种鸟叫",
    "想发明一盏不用电的灯",
    "想当记者,把好消息告诉所有人",
    "想跑完一次马拉松,最后一段和朋友一起跑",
    "想当厨师,做出没有人尝过的味道",
    "想学会手语,和更多的人说话",
    "想当考古学家,挖出一口古老的钟",
    "想有一间图书室,下雨天也亮着灯",
)


@dataclass(frozen=True)
class Quota:
    """What each body was asked for, and what came of it, in the order of the tree."""

    rows: list[dict[str, Any]]

    @property
    def is_met(self) -> bool:
        return bool(self.rows) and all(row["isMet"] for row in self.rows)

    def told(self) -> dict[str, int]:
        """In figures, for programs."""
        met = sum(row["isMet"] for row in self.rows)
        return {"asked": len(self.rows), "met": met, "posts": sum(row["published"] for row in self.rows)}


def asked_of_each() -> dict[str, Any]:
    """What the campaign asks of the second level, in a window that a demo across midnight does not leave."""
    now = today(datetime.now(UTC))
    window = {"windowFrom": now.isoformat(), "windowTo": (now + timedelta(days=1)).isoformat()}
    return {"title": TITLE, **window, "quotas": [{"level": "PROVINCIAL", "minimum": EACH}]}


@dataclass(frozen=True)
class Body:
    """A body of the second level, with the tokens of whoever writes for it and of whoever approves."""

    unit: str
    name: str
    writes: str
    approves: str


async def bodies_of(services: Services) -> list[Body]:
    """Every body of the second level, each with two invented people; a second demo finds them."""
    now = datetime.now(UTC)
    found = []
    async with open_database(services) as engine, open_sessions(engine)() as session:
        query = select(Unit).where(Unit.level == Level.PROVINCIAL, Unit.closed_on.is_(None)).order_by(Unit.path)
        for unit in (await session.scalars(query)).all():
            tokens = []
            for role, word in ((Role.MEDIA_MANAGER, "media"), (Role.ADMINISTRATOR, "admin")):
                login, name = f"dreams-{unit.code}-{word}".lower(), f"{unit.name}{role.zh}(演示)"
                user = await enrol(session, Actor.operator(), now=now, login=login, name=name, role=role, unit=unit)
                tokens.append(issue_token(services.keys.login, user.id, now=now, life=LIFE))
            found.append(Body(global_id("Unit", unit.id), unit.name, *tokens))
        await session.commit()
    return found


async def show_dreams(
    front: ApiClient, bodies: Sequence[Body], console: Console, *, lesson: str, campaign: str, over: timedelta
) -> int:
    """Each body's media manager schedules its thirty, and its administrator approves them; answers how many."""
    start = datetime.now(UTC) + LEAD
    turns = asyncio.Semaphore(SIDE_BY_SIDE)

    async def of(body: Body) -> int:
        given = {"lessonId": lesson, "campaignId": campaign, "unitId": body.unit, "levels": ["PROVINCIAL"]}
        posts = [
            {"text": f"【七彩梦】{body.name}的一个孩子{wish}。", "publishAt": (start + over * place / EACH).isoformat()}
            for place, wish in enumerate(WISHES)
        ]
        async with turns:
            writer, approver = front.as_(body.writes), front.as_(body.approves)
            made = (await writer.ask(client.SERIES, input={**given, "posts": posts}))["scheduleSeries"]
            seen = [{"postId": post_id, "expectedVersion": 1} for post_id in made["postIds"]]
            await approver.ask(client.APPROVE_ALL, input={"posts": seen})
            return int(made["deliveries"])

    began = datetime.now(UTC)
    count = sum(await asyncio.gather(*(of(body) for body in bodies)))
    console.print(
        f"{len(bodies)} bodies scheduled {count:,} wishes (invented), each approved by a second person of the body, "
        f"in {(datetime.now(UTC) - began).total_seconds():.1f} s"
    )
    return count


async def quota_of(front: ApiClient, *, campaign: str, nation: str) -> Quota:
    """How far each body has come, as the nation sees it."""
    answer = await front.ask(client.QUOTA, campaignId=campaign, withinId=nation)
    return Quota([row for row in answer["campaignProgress"] if row["level"] == "PROVINCIAL"])


def print_quota(console: Console, quota: Quota) -> None:
    """Each body against its own minimum, in the order of the tree: no ranking."""
    table = Table(title=f"Wishes by body, at least {EACH} asked of each (its other posts count too)")
    for column in ("body", "asked", "published", "met"):
        table.add_column(column, justify="left" if column == "body" else "right")
    for row in quota.rows:
        met = "yes" if row["isMet"] else "no"
        table.add_row(row["name"], str(row["minimum"]), f"{row['published']:,}", met)
    console.print(table)
