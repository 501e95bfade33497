"""Which lessons a campaign promotes: planned before there are posts, and whatever its posts promote."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.campaigns.commands import locked_campaign
from domain.campaigns.models import Campaign, CampaignLesson
from domain.posts.models import Post
from domain.posts.promotions import check_lesson
from domain.refusals import Conflict, Invalid, Reason

LESSONS_LIMIT = 100


async def plan_lessons(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    campaign_id: UUID,
    add: Sequence[UUID] = (),
    remove: Sequence[UUID] = (),
) -> Campaign:
    """Name showcase lessons that a campaign is to promote, or no more; what is there already, or gone, stays so."""
    campaign, _ = await locked_campaign(session, actor, campaign_id=campaign_id)
    for name, ids in (("add", add), ("remove", remove)):
        if len(ids) > LESSONS_LIMIT:
            raise Invalid(Reason.TOO_MANY, path=name, limit=LESSONS_LIMIT)
    for place, lesson_id in enumerate(add):
        await check_lesson(session, actor, lesson_id, path=f"add.{place}")
    removed = CampaignLesson.campaign_id == campaign_id, CampaignLesson.lesson_id.in_(remove)
    # Whoever schedules a post of one of them waits, or is waited for.
    await session.execute(select(CampaignLesson.id).where(*removed).with_for_update())
    posted = set(await session.scalars(select(CampaignLesson.lesson_id).join(Post, is_posted()).where(*removed)))
    for place, lesson_id in enumerate(remove):
        if lesson_id in posted:
            raise Conflict(Reason.LESSON_POSTED, path=f"remove.{place}")
    await session.execute(delete(CampaignLesson).where(*removed))
    await keep_in(session, campaign_id, add, now=now)
    return campaign


async def keep_in(session: AsyncSession, campaign_id: UUID, lesson_ids: Sequence[UUID], *, now: datetime) -> None:
    """See that a campaign names what it promotes."""
    of_them = CampaignLesson.campaign_id == campaign_id, CampaignLesson.lesson_id.in_(lesson_ids)
    # Mostly it does: nobody who schedules waits for others who do then.
    named = select(CampaignLesson.lesson_id).where(*of_them).with_for_update(read=True, key_share=True)
    known = set(await session.scalars(named))
    # In one order, whoever writes: two that meet wait for each other's rows, never in a circle.
    for lesson_id in sorted(set(lesson_ids) - known):
        row = {"id": new_id(), "campaign_id": campaign_id, "lesson_id": lesson_id, "added_at": now}
        await session.execute(insert(CampaignLesson).values(row).on_conflict_do_nothing())


async def posts_of_lessons(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, int]:
    """For each lesson of a campaign how many posts of it promote that, as far as the actor sees."""
    rows = await session.execute(
        select(CampaignLesson.id, func.count())
        .join(Post, is_posted())
        .where(CampaignLesson.id.in_(ids), within_reach(actor, Permission.POST_VIEW, Post.unit_path))
        .group_by(CampaignLesson.id)
    )
    counts: dict[UUID, int] = dict(rows.all())
    return {row_id: counts.get(row_id, 0) for row_id in ids}


def is_posted() -> Any:
    """A post of the campaign, not cancelled, that promotes the lesson."""
    same = (Post.campaign_id == CampaignLesson.campaign_id) & (Post.lesson_id == CampaignLesson.lesson_id)
    return same & Post.cancelled_at.is_(None)
