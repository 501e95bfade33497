"""Clicks on short links: added up for days, and shown to whoever sees the deliveries."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.posts.models import Delivery, Post
from domain.publicity.models import Click


@dataclass(frozen=True)
class DayClicks:
    """The clicks of one day."""

    day: date
    count: int


@dataclass(frozen=True)
class Clicks:
    """All clicks, and those of each day that had any."""

    total: int
    days: list[DayClicks]


async def add_clicks(session: AsyncSession, counts: Mapping[tuple[UUID, date], int]) -> None:
    """Add clicks by delivery and day to those that are there."""
    # In one order, whichever process writes: two that meet wait for each other's rows, never in a circle.
    rows = [{"delivery_id": key[0], "day": key[1], "count": counts[key]} for key in sorted(counts)]
    more = insert(Click).values(rows)
    grown = more.on_conflict_do_update(
        index_elements=["delivery_id", "day"], set_={"count": Click.count + more.excluded.count}
    )
    await session.execute(grown)


async def clicks_of_deliveries(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Clicks]:
    """For each delivery within the actor's reach how often its link was followed."""
    return await _clicks(session, actor, Delivery.id, ids)


async def clicks_of_posts(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Clicks]:
    """The same over the deliveries of each post."""
    return await _clicks(session, actor, Delivery.post_id, ids)


async def clicks_of_campaigns(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Clicks]:
    """The same over the posts of each campaign."""
    return await _clicks(session, actor, Post.campaign_id, ids)


async def _clicks(
    session: AsyncSession, actor: Actor, owner: InstrumentedAttribute[Any], ids: Sequence[UUID]
) -> dict[UUID, Clicks]:
    rows = await session.execute(
        select(owner, Click.day, func.sum(Click.count))
        .select_from(Click)
        .join(Delivery, Delivery.id == Click.delivery_id)
        .join(Post, Post.id == Delivery.post_id)
        .where(owner.in_(ids), within_reach(actor, Permission.POST_VIEW, Delivery.unit_path))
        .group_by(owner, Click.day)
        .order_by(Click.day)
    )
    found: dict[UUID, list[DayClicks]] = defaultdict(list)
    for row_id, day, count in rows:
        found[row_id].append(DayClicks(day, int(count)))
    return {row_id: Clicks(sum(day.count for day in found[row_id]), found[row_id]) for row_id in ids}
