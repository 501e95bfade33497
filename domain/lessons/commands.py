"""Acts on lessons."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.words import said
from domain.lessons.models import Lesson
from domain.lessons.rules import hinders_showcase, texts_of
from domain.refusals import Conflict, NotFound, Reason
from domain.terms import LessonState, ServiceKind
from domain.units import queries as units
from domain.wording.queries import words_in_force
from domain.wording.rules import check_approval, check_length, findings_in


async def create_lesson(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    title: str,
    service: ServiceKind,
    theme: str,
    text: str,
) -> Lesson:
    """Write down a lesson of a unit, as a draft."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.LESSON_EDIT, path="unitId")
    lesson = Lesson(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        title=said(title, "title"),
        service=service,
        theme=theme.strip(),
        text=said(text, "text"),
        state=LessonState.DRAFT,
        created_at=now,
    )
    session.add(lesson)
    await session.flush()
    return lesson


async def showcase_lesson(
    session: AsyncSession, actor: Actor, *, now: datetime, lesson_id: UUID, wording_seen: bool = False
) -> Lesson:
    """Make a lesson a showcase lesson (示范课程), which may then be promoted, and is there for the public to read."""
    query = select(Lesson).where(Lesson.id == lesson_id).with_for_update()
    lesson = (await session.execute(query)).scalar_one_or_none()
    if lesson is None:
        raise NotFound("lesson", path="lessonId")
    actor.require(Permission.LESSON_SHOWCASE, at=lesson.unit_path, path="lessonId", what="lesson")
    if hinders_showcase(lesson):
        raise Conflict(Reason.LESSON_ALREADY_SHOWCASE, path="lessonId")
    texts = texts_of(lesson)
    for text in texts.values():
        check_length(text, path="lessonId")
    check_approval(findings_in(texts, await words_in_force(session)), wording_seen=wording_seen, path="lessonId")
    lesson.state = LessonState.SHOWCASE
    lesson.showcased_at = now
    await session.flush()
    return lesson
