"""What a campaign still lacks before its window."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.dates import day_of
from domain.campaigns.models import Campaign, CampaignLesson, CampaignQuota
from domain.lessons.models import Lesson
from domain.posts.models import Delivery, Post, stands
from domain.posts.plans import is_posted
from domain.posts.queries import awaiting_approval
from domain.posts.quotas import asked_of
from domain.terms import AccountState, DeliveryState, LessonState
from domain.units.models import Unit


@dataclass(frozen=True)
class Readiness:
    """What there is, and what stands in the way, as far as somebody sees it."""

    posts: int
    not_approved: int
    held_posts: int
    held_deliveries: int
    lessons_not_showcase: int
    outside_window: int
    units_without_account: int
    lessons_without_post: int

    @property
    def is_ready(self) -> bool:
        lacking = (
            self.not_approved,
            self.held_posts,
            self.held_deliveries,
            self.lessons_not_showcase,
            self.outside_window,
            self.units_without_account,
            self.lessons_without_post,
        )
        return self.posts > 0 and not any(lacking)


async def readiness_of(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Readiness]:
    """The same of several campaigns in one statement."""
    posts = [Post.campaign_id == Campaign.id, Post.cancelled_at.is_(None)]
    posts.append(within_reach(actor, Permission.POST_VIEW, Post.unit_path))
    counts: dict[str, Any] = {
        "posts": select(func.count()).where(*posts),
        "not_approved": select(func.count()).where(*posts, awaiting_approval(Post)),
        "held_posts": select(func.count()).where(*posts, Post.held_at.is_not(None)),
        "held_deliveries": _deliveries(actor, stands(Delivery, DeliveryState.HELD)),
        "lessons_not_showcase": select(func.count(Lesson.id.distinct())).where(
            *posts, Lesson.id == Post.lesson_id, Lesson.state != LessonState.SHOWCASE
        ),
        "outside_window": _deliveries(actor, _outside_window()),
        "units_without_account": _without_account(actor),
        "lessons_without_post": _without_post(actor),
    }
    columns = [query.correlate(Campaign).scalar_subquery() for query in counts.values()]
    rows = await session.execute(select(Campaign.id, *columns).where(Campaign.id.in_(ids)))
    return {campaign_id: Readiness(**dict(zip(counts, found, strict=True))) for campaign_id, *found in rows}


def _deliveries(actor: Actor, condition: Any) -> Any:
    return (
        select(func.count())
        .select_from(Delivery)
        .join(Post, Post.id == Delivery.post_id)
        .where(
            Post.campaign_id == Campaign.id,
            within_reach(actor, Permission.POST_VIEW, Delivery.unit_path),
            condition,
        )
    )


def _outside_window() -> Any:
    """Due, but not yet out, on a day that does not count."""
    day = day_of(Delivery.due_at)
    waiting = stands(Delivery, DeliveryState.SCHEDULED, DeliveryState.WAITING, DeliveryState.HELD)
    return and_(waiting, or_(day < Campaign.window_from, day > Campaign.window_to))


def _without_account(actor: Actor) -> Any:
    """Units of which something is asked, and for which no account is active."""
    has_account = exists().where(Account.unit_id == Unit.id, Account.state == AccountState.ACTIVE)
    return (
        select(func.count(Unit.id.distinct()))
        .select_from(CampaignQuota)
        .join(Unit, and_(*asked_of(Campaign)))
        .where(
            CampaignQuota.campaign_id == Campaign.id,
            within_reach(actor, Permission.ACCOUNT_VIEW, Unit.path),
            ~has_account.correlate(Unit),
        )
    )


def _without_post(actor: Actor) -> Any:
    """Lessons of the campaign that no post promotes yet."""
    has_post = exists().where(is_posted(), within_reach(actor, Permission.POST_VIEW, Post.unit_path))
    return (
        select(func.count())
        .select_from(CampaignLesson)
        .where(CampaignLesson.campaign_id == Campaign.id, ~has_post.correlate(CampaignLesson))
    )
