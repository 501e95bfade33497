"""Reads of engagement: totals over many posts, and the followers of accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.accounts import budgets
from domain.accounts.models import Account
from domain.engagement.models import FollowerCount, Snapshot
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState, Level


@dataclass(frozen=True)
class Total:
    """A sum over posts: None where no post reports it; `known` of `expected` posts were read at least once."""

    value: int | None
    known: int
    expected: int
    as_of: datetime | None


@dataclass(frozen=True)
class LevelEngagement:
    """What came of a campaign at one level (分级传播数据)."""

    level: Level
    deliveries: int
    published: int
    reposts: Total
    comments: Total
    likes: Total
    reads: Total


async def engagement_by_level(
    session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]
) -> dict[UUID, list[LevelEngagement]]:
    """For each campaign its levels, from the last snapshot of every post within the actor's reach."""
    last = (
        select(Snapshot)
        .where(Snapshot.delivery_id == Delivery.id)
        .order_by(Snapshot.slot.desc())
        .limit(1)
        .lateral("last")
    )
    metrics = ("reposts", "comments", "likes", "reads")
    rows = await session.execute(
        select(
            Post.campaign_id,
            Account.level,
            func.count(),
            func.count().filter(Delivery.state == DeliveryState.PUBLISHED),
            func.max(last.c.taken_at),
            *(func.sum(last.c[name]) for name in metrics),
            *(func.count(last.c[name]) for name in metrics),
        )
        .select_from(Post)
        .join(Delivery, Delivery.post_id == Post.id)
        .join(Account, Account.id == Delivery.account_id)
        .outerjoin(last, last.c.delivery_id == Delivery.id)
        .where(
            Post.campaign_id.in_(ids),
            within_reach(actor, Permission.POST_VIEW, Delivery.unit_path),
        )
        .group_by(Post.campaign_id, Account.level)
    )
    found: dict[UUID, list[LevelEngagement]] = {campaign_id: [] for campaign_id in ids}
    for campaign_id, level, deliveries, published, as_of, *figures in rows:
        totals = [
            Total(None if value is None else int(value), known, published, as_of)
            for value, known in zip(figures[:4], figures[4:], strict=True)
        ]
        found[campaign_id].append(LevelEngagement(level, deliveries, published, *totals))
    for levels in found.values():
        levels.sort(key=lambda row: row.level.depth)
    return found


async def followers_today(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, int | None]:
    """How many follow each of these accounts today; nothing of one that was not counted yet."""
    query = select(FollowerCount.account_id, FollowerCount.count)
    rows = await session.execute(query.where(FollowerCount.account_id.in_(ids), FollowerCount.day == budgets.today()))
    return dict(rows.all())
