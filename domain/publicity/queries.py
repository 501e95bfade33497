"""All that the public reads on the web: showcase lessons, and what is known of campaigns that have begun to go out.

Nobody is logged in here, so nothing is handed on but what these types name, and no row but those that are open.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from domain.calendar.models import Occasion
from domain.campaigns.models import Campaign
from domain.lessons.content import Attachment, Plan
from domain.lessons.models import SHOWN_SINCE, Lesson
from domain.lessons.queries import public_origin
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState, LessonState, Licence, PictureKind, ServiceKind
from domain.units.models import Unit


@dataclass(frozen=True)
class LessonLine:
    """A showcase lesson in a list."""

    id: UUID
    title: str
    service: ServiceKind
    theme: str
    text: str
    unit: str
    shown_since: datetime


@dataclass(frozen=True)
class LessonSheet:
    """A showcase lesson whole, as it was showcased; its authors are people, and are not told."""

    line: LessonLine
    plan: Plan
    # Title and unit of what it was made of.
    origin: tuple[str, str] | None
    # Those that anybody may pass on. Documents are not among them: their properties tell who made them.
    pictures: tuple[Attachment, ...]


@dataclass(frozen=True)
class CampaignLine:
    """A campaign in a list."""

    id: UUID
    title: str
    unit: str
    occasion: str | None
    occasion_date: date | None
    window_from: date | None
    window_to: date | None


@dataclass(frozen=True)
class Place:
    """Where a list goes on: after this lesson."""

    shown_since: datetime
    lesson_id: UUID


# The row of a showcase lesson holds the revision that was showcased, whatever was written since.
_LINE = (Lesson.id, Lesson.title, Lesson.service, Lesson.theme, Lesson.text, Unit.name, SHOWN_SINCE)
_CAMPAIGN = (
    Campaign.id,
    Campaign.title,
    Unit.name,
    Occasion.name,
    Campaign.occasion_date,
    Campaign.window_from,
    Campaign.window_to,
)
_IS_OPEN = Lesson.state == LessonState.SHOWCASE


async def public_lesson(session: AsyncSession, lesson_id: UUID) -> LessonSheet | None:
    """A showcase lesson; None for whatever is none."""
    query = select(*_LINE, Lesson.plan, Lesson.attachments).join(Unit, Unit.id == Lesson.unit_id)
    row = (await session.execute(query.where(Lesson.id == lesson_id, _IS_OPEN))).one_or_none()
    if row is None:
        return None
    *line, plan, attachments = row
    origin = await public_origin(session, lesson_id)
    return LessonSheet(LessonLine(*line), Plan.of(plan), origin, _pictures(attachments))


async def public_picture(session: AsyncSession, lesson_id: UUID, file_id: UUID) -> Attachment | None:
    """A picture of a showcase lesson that anybody may pass on."""
    kept = await session.scalar(select(Lesson.attachments).where(Lesson.id == lesson_id, _IS_OPEN))
    return next((each for each in _pictures(kept or ()) if each.file_id == str(file_id)), None)


async def public_lessons(session: AsyncSession, *, limit: int, after: Place | None = None) -> list[LessonLine]:
    """Showcase lessons, the newest first."""
    query = select(*_LINE).join(Unit, Unit.id == Lesson.unit_id).where(_IS_OPEN)
    if after is not None:
        query = query.where(tuple_(SHOWN_SINCE, Lesson.id) < tuple_(after.shown_since, after.lesson_id))
    rows = await session.execute(query.order_by(SHOWN_SINCE.desc(), Lesson.id.desc()).limit(limit))
    return _lines(rows.all())


async def public_campaign(session: AsyncSession, campaign_id: UUID) -> tuple[CampaignLine, list[LessonLine]] | None:
    """A campaign of which something went out, and the showcase lessons that it promoted by then."""
    query = _campaigns().where(Campaign.id == campaign_id)
    row = (await session.execute(query)).one_or_none()
    if row is None:
        return None
    promoted = exists().where(Post.campaign_id == campaign_id, Post.lesson_id == Lesson.id, _went_out())
    rows = await session.execute(
        select(*_LINE)
        .join(Unit, Unit.id == Lesson.unit_id)
        .where(_IS_OPEN, promoted)
        .order_by(SHOWN_SINCE.desc(), Lesson.id.desc())
    )
    return CampaignLine(*row), _lines(rows.all())


async def public_campaigns(session: AsyncSession, *, limit: int) -> list[CampaignLine]:
    """Campaigns of which something went out, the newest first."""
    rows = await session.execute(_campaigns().order_by(Campaign.id.desc()).limit(limit))
    return [CampaignLine(*row) for row in rows]


async def addresses(session: AsyncSession, *, limit: int) -> tuple[list[tuple[UUID, datetime]], list[UUID]]:
    """Every showcase lesson with its date, and every campaign of which something went out, the newest first."""
    lessons = await session.execute(
        select(Lesson.id, SHOWN_SINCE).where(_IS_OPEN).order_by(SHOWN_SINCE.desc(), Lesson.id.desc()).limit(limit)
    )
    campaigns = await session.scalars(select(Campaign.id).where(_has_begun()).order_by(Campaign.id.desc()).limit(limit))
    return [(row[0], row[1]) for row in lessons], list(campaigns)


async def target_of(session: AsyncSession, code: str) -> tuple[UUID, UUID] | None:
    """The delivery whose short link this is, and the showcase lesson it leads to."""
    row = (
        await session.execute(
            select(Delivery.id, Lesson.id)
            .join(Post, Post.id == Delivery.post_id)
            .join(Lesson, Lesson.id == Post.lesson_id)
            .where(Delivery.code == code, _IS_OPEN)
        )
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def _pictures(kept: Sequence[Mapping[str, Any]]) -> tuple[Attachment, ...]:
    attachments = (Attachment.of(each) for each in kept)
    return tuple(
        one for one in attachments if one.kind.value in PictureKind.__members__ and one.licence is not Licence.PROGRAMME
    )


def _campaigns() -> Any:
    named = select(*_CAMPAIGN).join(Unit, Unit.id == Campaign.unit_id)
    return named.outerjoin(Occasion, Occasion.id == Campaign.occasion_id).where(_has_begun())


def _has_begun() -> ColumnElement[bool]:
    """What is only planned is nobody's business yet."""
    return exists().where(Post.campaign_id == Campaign.id, _went_out()).correlate(Campaign)


def _went_out() -> ColumnElement[bool]:
    return exists().where(Delivery.post_id == Post.id, Delivery.state == DeliveryState.PUBLISHED).correlate(Post)


def _lines(rows: Any) -> list[LessonLine]:
    return [LessonLine(*row) for row in rows]
