"""What a press kit says, as things stand when a worker makes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.dates import today
from domain.calendar.models import Occasion
from domain.campaigns.models import Campaign
from domain.handouts.making import Held
from domain.lessons.content import Content
from domain.lessons.models import Lesson
from domain.lessons.queries import public_origin
from domain.press.models import PressKit
from domain.press.queries import showcased_in
from domain.press.sheets import Desk, Sheet, of_campaign, of_lesson
from domain.refusals import Conflict, Reason
from domain.terms import LessonState
from domain.units.models import Unit


@dataclass(frozen=True)
class Told:
    """What a kit says, by which revisions of its lessons, with the keys of its pictures in the order of their words."""

    sheet: Sheet
    keys: tuple[str, ...]
    # Of its lesson, or of those of its campaign by their ids.
    revision: int | None = None
    revisions: Mapping[str, int] = field(default_factory=dict)


async def told(session: AsyncSession, held: Held, *, now: datetime, address: str) -> Told:
    """What a kit is to say as things stand now; refused where there is nothing to say."""
    query = select(PressKit, Unit.name).join(Unit, Unit.id == PressKit.unit_id).where(PressKit.id == held.row_id)
    kit: Any
    kit, unit = (await session.execute(query)).one()
    words = tuple((each["caption"], each["credit"]) for each in kit.pictures)
    page = f"lessons/{kit.lesson_id}" if kit.campaign_id is None else f"campaigns/{kit.campaign_id}"
    desk = Desk(unit=unit, contact=kit.contact, day=today(now), address=f"{address}/{page}", pictures=words)
    keys = tuple(each["key"] for each in kit.pictures)
    # One of the two is there: a constraint of the table says so.
    of = _of_campaign if kit.lesson_id is None else _of_lesson
    return await of(session, kit.campaign_id or kit.lesson_id, desk, keys)


async def _of_lesson(session: AsyncSession, lesson_id: UUID, desk: Desk, keys: tuple[str, ...]) -> Told:
    query = select(Lesson, Unit.name).join(Unit, Unit.id == Lesson.unit_id).where(Lesson.id == lesson_id)
    lesson, origin = (await session.execute(query)).one()
    if lesson.state is not LessonState.SHOWCASE:
        raise Conflict(Reason.LESSON_NOT_SHOWCASE)
    earlier = await public_origin(session, lesson_id)
    since = None if lesson.showcased_at is None else today(lesson.showcased_at)
    sheet = of_lesson(desk, Content.of_row(lesson), origin=origin, since=since, made_of=earlier)
    return Told(sheet, keys, revision=lesson.revision)


async def _of_campaign(session: AsyncSession, campaign_id: UUID, desk: Desk, keys: tuple[str, ...]) -> Told:
    query = (
        select(Campaign, Unit.name, Occasion.name)
        .join(Unit, Unit.id == Campaign.unit_id)
        .outerjoin(Occasion, Occasion.id == Campaign.occasion_id)
        .where(Campaign.id == campaign_id)
    )
    campaign, owner, occasion = (await session.execute(query)).one()
    lessons = await showcased_in(session, campaign_id=campaign_id)
    if not lessons:
        raise Conflict(Reason.CAMPAIGN_WITHOUT_SHOWCASE)
    names = dict(
        (await session.execute(select(Unit.id, Unit.name).where(Unit.id.in_({x.unit_id for x in lessons})))).all()
    )
    sheet = of_campaign(
        desk,
        title=campaign.title,
        owner=owner,
        occasion=(occasion, campaign.occasion_date),
        window=(campaign.window_from, campaign.window_to),
        lessons=[(Content.of_row(lesson), names[lesson.unit_id]) for lesson in lessons],
    )
    return Told(sheet, keys, revisions={str(lesson.id): lesson.revision for lesson in lessons})
