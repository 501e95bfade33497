"""Reads of lessons: what differs between revisions, what is found in one, and what a lesson was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.lessons.content import Content, lines
from domain.lessons.differences import FieldChange, changes
from domain.lessons.models import Lesson, LessonRevision
from domain.lessons.rules import texts_of
from domain.refusals import Conflict, NotFound, Reason
from domain.terms import LessonState
from domain.units.models import Unit
from domain.wording.findings import Finding
from domain.wording.queries import findings_by_id
from domain.wording.rules import TEXT_LIMIT


async def lesson_changes(
    session: AsyncSession, actor: Actor, *, lesson_id: UUID, earlier: int, later: int
) -> list[FieldChange]:
    """What differs between two revisions of a lesson whose unit's lessons the actor views."""
    rows = await session.execute(
        select(LessonRevision.number, LessonRevision.content, LessonRevision.erased_at).where(
            LessonRevision.lesson_id == lesson_id,
            LessonRevision.number.in_((earlier, later)),
            within_reach(actor, Permission.LESSON_VIEW, LessonRevision.unit_path),
        )
    )
    found = {}
    for number, content, erased_at in rows:
        if erased_at is not None:
            raise Conflict(Reason.REVISION_ERASED, number=number)
        found[number] = lines(Content.of(content))
    if not {earlier, later} <= found.keys():
        raise NotFound("lessonrevision", path="lessonId")
    return changes(found[earlier], found[later])


async def wording_of_lessons(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[Finding]]:
    """Of each lesson, what is found in its newest revision, which is the one that is showcased next.

    A finding quotes: whoever may not read that revision is told of the one that is shown. What is longer than is
    checked is not searched on.
    """
    columns = (Lesson.title, Lesson.service, Lesson.theme, Lesson.text, Lesson.authors, Lesson.plan, Lesson.attachments)
    # The row holds the newest one itself, but where that waits beside what is public.
    newer = and_(
        LessonRevision.lesson_id == Lesson.id,
        LessonRevision.number == Lesson.version,
        Lesson.version != Lesson.revision,
        within_reach(actor, Permission.LESSON_VIEW, LessonRevision.unit_path),
    )
    rows = await session.execute(
        select(Lesson.id, *columns, LessonRevision.content).outerjoin(LessonRevision, newer).where(Lesson.id.in_(ids))
    )
    texts = {row.id: texts_of(Content.of_row(row) if row.content is None else Content.of(row.content)) for row in rows}
    cut = {row_id: {field: text[:TEXT_LIMIT] for field, text in fields.items()} for row_id, fields in texts.items()}
    return await findings_by_id(session, cut)


@dataclass(frozen=True)
class Origin:
    """What a lesson was made of, as it has to be named with it (改编来源); empty where that is not to be seen."""

    lesson_id: UUID | None = None
    revision: int | None = None
    title: str | None = None
    unit: str | None = None


async def origins(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Origin]:
    """What each lesson was made of: to be told with it, as licences demand, to whoever may see that.

    A title that never was public is for those who view the lessons of its unit.
    """
    original = aliased(Lesson)
    is_viewed = within_reach(actor, Permission.LESSON_VIEW, original.unit_path)
    # One that was erased has none.
    then = func.nullif(LessonRevision.content["title"].astext, "")
    taken = and_(LessonRevision.lesson_id == original.id, LessonRevision.number == Lesson.adapted_from_revision)
    rows = await session.execute(
        select(
            Lesson.id,
            or_(is_viewed, original.state == LessonState.SHOWCASE),
            original.id,
            Lesson.adapted_from_revision,
            func.coalesce(case((is_viewed, then)), original.title),
            Unit.name,
        )
        .join(original, original.id == Lesson.adapted_from_id)
        .join(Unit, Unit.id == original.unit_id)
        .join(LessonRevision, taken)
        .where(Lesson.id.in_(ids))
    )
    return {lesson_id: Origin(*facts) if is_seen else Origin() for lesson_id, is_seen, *facts in rows}


async def public_origin(session: AsyncSession, lesson_id: UUID) -> tuple[str, str] | None:
    """The title and unit of what a lesson was made of, as far as everybody may know them."""
    origin = (await origins(session, Actor.public(), ids=[lesson_id])).get(lesson_id)
    if origin is None or origin.title is None or origin.unit is None:
        return None
    return origin.title, origin.unit
