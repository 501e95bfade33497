"""The act of asking for a press kit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.calendar.models import Occasion
from domain.campaigns.models import Campaign
from domain.handouts import making
from domain.handouts.rules import opens
from domain.lessons.desk import visible_lesson
from domain.lessons.models import Lesson
from domain.lessons.rules import hinders_scheduling
from domain.posts.models import Approval, Post
from domain.posts.rules import approves
from domain.press.models import PressKit
from domain.press.queries import showcased_in
from domain.press.rules import checked_contact, checked_words
from domain.refusals import Conflict, Invalid, NotFound, Reason
from domain.units.queries import unit_within
from domain.uploads.models import Picture
from domain.uploads.rules import key_of
from domain.wording.findings import BLOCKS
from domain.wording.queries import words_in_force
from domain.wording.rules import check_approval, findings_in


async def request_press_kit(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    contact: str,
    lesson_id: UUID | None = None,
    campaign_id: UUID | None = None,
    pictures: Sequence[Mapping[str, Any]] = (),
    wording_seen: bool = False,
) -> PressKit:
    """Ask for what newspapers are given about a showcase lesson or a campaign; a worker makes it."""
    unit = await unit_within(session, actor, unit_id=unit_id, permission=Permission.LESSON_SCHEDULE, path="unitId")
    if (lesson_id is None) == (campaign_id is None):
        raise Invalid(Reason.PRESS_SUBJECT, path="lessonId")
    await making.wait_for_turn(session, actor)
    await making.check_day(session, actor, PressKit, now=now)
    lesson = None if lesson_id is None else await _lesson(session, actor, lesson_id)
    campaign = None if campaign_id is None else await _campaign(session, actor, campaign_id)
    line, words = checked_contact(contact), checked_words(pictures)
    await _check_wording(session, line, words, of=await _named(session, campaign), wording_seen=wording_seen)
    about = Post.lesson_id == lesson.id if lesson else Post.campaign_id == campaign_id
    keys = [
        await _picture(session, each["picture_id"], Post.unit_id == unit.id, about, path=f"pictures.{place}.pictureId")
        for place, each in enumerate(pictures)
    ]
    kit = PressKit(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        lesson_id=lesson_id,
        campaign_id=campaign_id,
        contact=line,
        pictures=[
            {"key": key, "caption": caption, "credit": credit}
            for key, (caption, credit) in zip(keys, words, strict=True)
        ],
        asked_by=actor.person_id,
        **opens(now),
    )
    session.add(kit)
    await session.flush()
    return kit


async def _check_wording(
    session: AsyncSession,
    line: str,
    words: Sequence[tuple[str, str]],
    *,
    of: Mapping[str, str],
    wording_seen: bool,
) -> None:
    """Look through what nobody has looked through yet; that an office has a telephone is no reason to ask."""
    texts = {"contact": line, **of}
    for place, (caption, credit) in enumerate(words):
        texts |= {f"pictures.{place}.caption": caption, f"pictures.{place}.credit": credit}
    findings = findings_in(texts, await words_in_force(session))
    counted = [each for each in findings if each.field != "contact" or each.severity is BLOCKS]
    path = counted[0].field if counted else ""
    check_approval(counted, wording_seen=wording_seen, path="campaignId" if path in of else path)


async def _named(session: AsyncSession, campaign: Campaign | None) -> dict[str, str]:
    """What a campaign and its occasion are called."""
    if campaign is None:
        return {}
    name = await session.scalar(select(Occasion.name).where(Occasion.id == campaign.occasion_id))
    return {"campaign.title": campaign.title, "campaign.occasion.name": name or ""}


async def _lesson(session: AsyncSession, actor: Actor, lesson_id: UUID) -> Lesson:
    lesson = await visible_lesson(session, actor, lesson_id)
    if hinders_scheduling(lesson):
        raise Conflict(Reason.LESSON_NOT_SHOWCASE, path="lessonId")
    return lesson


async def _campaign(session: AsyncSession, actor: Actor, campaign_id: UUID) -> Campaign:
    """One that the actor sees, and that has something to tell."""
    campaign = await session.get(Campaign, campaign_id)
    view = Permission.CAMPAIGN_VIEW
    if campaign is None or not (
        actor.holds(view, at=campaign.unit_path) or actor.stands_below(view, at=campaign.unit_path)
    ):
        raise NotFound("campaign", path="campaignId")
    if not await showcased_in(session, campaign_id=campaign_id):
        raise Conflict(Reason.CAMPAIGN_WITHOUT_SHOWCASE, path="campaignId")
    return campaign


async def _picture(session: AsyncSession, picture_id: UUID, *where: Any, path: str) -> str:
    """The key of a picture that a second person approved in a post of this unit about the same thing."""
    query = (
        select(Picture)
        .join(Post, Post.picture_id == Picture.id)
        .join(Approval, Approval.post_id == Post.id)
        .where(Picture.id == picture_id, *approves(Approval, Post), *where)
        .limit(1)
    )
    picture = (await session.execute(query)).scalar_one_or_none()
    if picture is None:
        raise Conflict(Reason.PICTURE_NOT_APPROVED, path=path)
    return key_of(picture.id, picture.sha256, picture.kind)
