"""A series: many posts of one unit through the same accounts, each at its own time, scheduled in one act (系列微博)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.posts.audiences import add_deliveries, check_content, plan_of
from domain.posts.models import Post
from domain.posts.plans import keep_in
from domain.posts.promotions import Promotion, checked_timing, promotion_of
from domain.refusals import Invalid, Reason
from domain.terms import Lateness, Level

POSTS_LIMIT = 100
DELIVERIES_LIMIT = 50_000


@dataclass(frozen=True)
class Series:
    """The posts of a series, the earliest first, and what they come to; `unit_id` and `unit_path` say whose it is."""

    unit_id: UUID
    unit_path: str
    post_ids: list[str]
    accounts: int
    deliveries: int
    by_release: int


async def schedule_series(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    lesson_id: UUID,
    unit_id: UUID,
    within_unit_id: UUID | None = None,
    campaign_id: UUID | None = None,
    levels: Sequence[Level],
    posts: Sequence[dict[str, Any]],
    lateness: Lateness | None = None,
) -> Series:
    """Schedule all of them or, where one cannot be, none: each has its own text and time, and is approved by itself."""
    if not 1 <= len(posts) <= POSTS_LIMIT:
        raise Invalid(Reason.SERIES_SIZE, path="posts", limit=POSTS_LIMIT)
    promotion = await promotion_of(
        session,
        actor,
        lesson_id=lesson_id,
        unit_id=unit_id,
        within_unit_id=within_unit_id,
        campaign_id=campaign_id,
        levels=levels,
        lateness=lateness,
    )
    audience = promotion.audience
    if len(posts) * len(audience.accounts) > DELIVERIES_LIMIT:
        raise Invalid(Reason.SERIES_TOO_LARGE, path="posts", limit=DELIVERIES_LIMIT)
    written = _written(actor, promotion, posts, now=now)
    session.add_all(written)
    await session.flush()
    if campaign_id is not None:
        await keep_in(session, campaign_id, [lesson_id], now=now)
    planned = [(post, plan_of(post, None, audience, waits_for_upper=False)) for post in written]
    await add_deliveries(session, audience, planned)
    return Series(
        unit_id=promotion.unit.id,
        unit_path=promotion.unit.path,
        post_ids=[str(post.id) for post in written],
        accounts=len(audience.accounts),
        deliveries=len(posts) * len(audience.accounts),
        by_release=audience.by_release,
    )


def _written(actor: Actor, promotion: Promotion, posts: Sequence[dict[str, Any]], *, now: datetime) -> list[Post]:
    """The posts, the earliest first."""
    written: dict[str, Post] = {}
    for place, each in enumerate(posts):
        timing = checked_timing(each["publish_at"], None, 0, now=now, path=f"posts.{place}.publishAt")
        check_content(each["text"], None, promotion.audience, path=f"posts.{place}.text")
        post = promotion.post(actor, timing, now=now, text=each["text"])
        if post.text in written:
            # Platforms refuse what an account has just said.
            raise Invalid(Reason.SERIES_REPEATS, path=f"posts.{place}.text")
        post.spread_seconds = 0
        written[post.text] = post
    return sorted(written.values(), key=lambda post: post.publish_at)
