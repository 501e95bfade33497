"""What a unit may promote, when, and through which accounts: what has to hold before a post is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.campaigns.models import Campaign, CampaignQuota
from domain.lessons.models import Lesson
from domain.lessons.rules import hinders_scheduling
from domain.posts import rules, times
from domain.posts.audiences import Audience, audience_of
from domain.posts.models import Post
from domain.refusals import Conflict, NotFound, NotPermitted, Reason
from domain.terms import Lateness, Level, QuotaScope
from domain.units import queries as units
from domain.units.models import Unit


@dataclass(frozen=True)
class Promotion:
    """Which unit promotes which lesson, and through which accounts."""

    unit: Unit
    lesson_id: UUID
    campaign_id: UUID | None
    lateness: Lateness
    audience: Audience

    def post(self, actor: Actor, timing: times.Timing, *, now: datetime, text: str) -> Post:
        """A post of it, not yet written."""
        of = {"lesson_id": self.lesson_id, "campaign_id": self.campaign_id, "lateness": self.lateness}
        return post_of(actor, self.unit, timing, now=now, text=text, **of)


async def promotion_of(
    session: AsyncSession,
    actor: Actor,
    *,
    lesson_id: UUID,
    unit_id: UUID,
    within_unit_id: UUID | None,
    campaign_id: UUID | None,
    levels: Sequence[Level],
    lateness: Lateness | None,
) -> Promotion:
    """What a unit may promote, and through whom; refused where it may not."""
    unit = await units.unit_within(
        session, actor, unit_id=unit_id, permission=Permission.LESSON_SCHEDULE, path="unitId"
    )
    within = unit
    if within_unit_id is not None and within_unit_id != unit_id:
        within = await units.unit_within(
            session, actor, unit_id=within_unit_id, permission=Permission.LESSON_SCHEDULE, path="withinUnitId"
        )
    await check_lesson(session, actor, lesson_id, path="lessonId")
    campaign = await checked_campaign(session, actor, campaign_id, unit=unit, path="campaignId")
    chosen = (below(Account.unit_path, within.path), Account.level.in_(levels))
    audience = await audience_of(session, actor, unit, *chosen, path="levels")
    lateness = lateness or (campaign.lateness if campaign else Lateness.SEND)
    return Promotion(unit, lesson_id, campaign_id, lateness, audience)


def checked_timing(
    publish_at: datetime | None,
    publish_on: Mapping[str, str] | None,
    spread_seconds: int,
    *,
    now: datetime,
    path: str | None = None,
) -> times.Timing:
    """When a post goes out; refused where that is not to be."""
    timing = times.timing(publish_at, publish_on)
    rules.check_time(timing.instant, spread_seconds, now=now, path=path or timing.path)
    return timing


def post_of(actor: Actor, unit: Unit, timing: times.Timing, *, now: datetime, text: str, **of: Any) -> Post:
    return Post(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        text=text.strip(),
        publish_at=timing.instant,
        zone=timing.zone,
        wall_time=timing.wall_time,
        created_at=now,
        created_by=actor.user_id,
        **of,
    )


async def check_lesson(session: AsyncSession, actor: Actor, lesson_id: UUID, *, path: str) -> None:
    lesson = await session.get(Lesson, lesson_id)
    if lesson is None:
        raise NotFound("lesson", path=path)
    # A showcase lesson is there for every level; a draft is known to those who may see its unit's lessons.
    if hinders_scheduling(lesson):
        actor.require(Permission.LESSON_VIEW, at=lesson.unit_path, path=path, what="lesson")
        raise Conflict(Reason.LESSON_NOT_SHOWCASE, path=path)


async def checked_campaign(
    session: AsyncSession, actor: Actor, campaign_id: UUID | None, *, unit: Unit, path: str
) -> Campaign | None:
    """The campaign that a unit's post joins, if it may: one of whoever runs it, or one that asks posts of the unit."""
    if campaign_id is None:
        return None
    campaign = await session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("campaign", path=path)
    if not await _asks(session, campaign, unit):
        _require_edit(actor, campaign, unit, path=path)
    return campaign


def _require_edit(actor: Actor, campaign: Campaign, unit: Unit, *, path: str) -> None:
    """Whoever runs a campaign lets any post join; a unit below it is told that nothing is asked of its level."""
    try:
        actor.require(Permission.CAMPAIGN_EDIT, at=campaign.unit_path, path=path, what="campaign", seen_below=True)
    except NotPermitted as refusal:
        if unit.path.startswith(campaign.unit_path):
            raise Conflict(Reason.CAMPAIGN_ASKS_NOTHING, path=path) from refusal
        raise


async def _asks(session: AsyncSession, campaign: Campaign, unit: Unit) -> bool:
    """Whether a campaign of a level above asks posts of a unit, or of a level between whose posts are its own too."""
    if not unit.path.startswith(campaign.unit_path):
        return False
    rows = await session.execute(
        select(CampaignQuota.level, CampaignQuota.scope).where(CampaignQuota.campaign_id == campaign.id)
    )
    return any(
        level is unit.level or (scope is QuotaScope.WITH_BELOW and level.depth < unit.level.depth)
        for level, scope in rows
    )
