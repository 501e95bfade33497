"""Roll-ups reckoned anew in Python, without any of the code that keeps them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.dates import today
from domain.engagement.models import Rollup, Snapshot
from domain.engagement.rollups import EVERYTHING, KEY, standing
from domain.hosts.models import Host
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState, Facet, HostKind, Level
from domain.units.models import Unit

METRICS = ("reposts", "comments", "likes", "reads")
Key = tuple[str, Facet, UUID, date, Level, HostKind]


@dataclass
class Sum:
    """What the posts under one key come to."""

    published: int = 0
    gone: int = 0
    values: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METRICS, 0))
    known: dict[str, int] = field(default_factory=lambda: dict.fromkeys(METRICS, 0))
    as_of: datetime | None = None


async def recount(session: AsyncSession) -> dict[Key, Sum]:
    """What every unit, campaign, lesson, account and day comes to, from deliveries and snapshots."""
    last: dict[UUID, Any] = {}
    rows = await session.execute(select(Snapshot.__table__).order_by(Snapshot.slot))
    for row in rows:
        last[row.delivery_id] = row
    found: dict[Key, Sum] = defaultdict(Sum)
    query = (
        select(Delivery.__table__, Post.campaign_id, Post.lesson_id, Unit.level, Host.kind)
        .join(Post, Post.id == Delivery.post_id)
        .join(Unit, Unit.id == Delivery.unit_id)
        .join(Account, Account.id == Delivery.account_id)
        .join(Host, Host.id == Account.host_id)
        .where(Delivery.state == DeliveryState.PUBLISHED)
    )
    for row in await session.execute(query):
        facets = {
            Facet.ALL: EVERYTHING,
            Facet.CAMPAIGN: row.campaign_id,
            Facet.LESSON: row.lesson_id,
            Facet.ACCOUNT: row.account_id,
        }
        for step in row.unit_path.split(".")[:-1]:
            for facet, facet_id in facets.items():
                if facet_id is not None:
                    key = (step, facet, facet_id, today(row.published_at), row.level, row.kind)
                    _add(found[key], row, last.get(row.id))
    return dict(found)


def _add(total: Sum, delivery: Any, reading: Any) -> None:
    total.published += 1
    total.gone += delivery.gone_at is not None
    if reading is None:
        return
    total.as_of = max(total.as_of or reading.taken_at, reading.taken_at)
    for name in METRICS:
        value = getattr(reading, name)
        total.values[name] += value or 0
        total.known[name] += value is not None


async def stored(session: AsyncSession, *, with_marked: bool = True) -> dict[Key, Sum]:
    """What is stored, with what the marked deliveries change of it, or without."""
    table: Any = standing(lambda _columns: [true()]) if with_marked else Rollup.__table__
    found = {}
    for row in await session.execute(select(table)):
        values = {name: int(getattr(row, name)) for name in METRICS}
        known = {name: getattr(row, f"{name}_known") for name in METRICS}
        key: Any = tuple(getattr(row, name) for name in KEY)
        assert key not in found
        found[key] = Sum(row.published, row.gone, values, known, row.as_of)
    return found
