"""Reads of lessons: what differs between revisions, and what a lesson was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.lessons.content import Content, lines
from domain.lessons.differences import FieldChange, changes
from domain.lessons.models import Lesson, LessonRevision
from domain.refusals import NotFound
from domain.units.models import Unit


async def lesson_changes(
    session: AsyncSession, actor: Actor, *, lesson_id: UUID, earlier: int, later: int
) -> list[FieldChange]:
    """What differs between two revisions of a lesson whose unit's lessons the actor views."""
    rows = await session.execute(
        select(LessonRevision.number, LessonRevision.content).where(
            LessonRevision.lesson_id == lesson_id,
            LessonRevision.number.in_((earlier, later)),
            within_reach(actor, Permission.LESSON_VIEW, LessonRevision.unit_path),
        )
    )
    found = {row.number: lines(Content.of(row.content)) for row in rows}
    if not {earlier, later} <= found.keys():
        raise NotFound("lessonrevision", path="lessonId")
    return changes(found[earlier], found[later])


@dataclass(frozen=True)
class Origin:
    """What a lesson was made of, as it has to be named with it (改编来源)."""

    lesson_id: UUID
    revision: int
    title: str
    unit: str


async def origins(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Origin]:  # noqa: ARG001 - a measure
    """What each lesson was made of: to be told with it, whoever reads, as licences demand."""
    original = aliased(Lesson)
    rows = await session.execute(
        select(
            Lesson.id,
            original.id,
            Lesson.adapted_from_revision,
            LessonRevision.content["title"].astext,
            Unit.name,
        )
        .join(original, original.id == Lesson.adapted_from_id)
        .join(Unit, Unit.id == original.unit_id)
        .join(
            LessonRevision,
            and_(
                LessonRevision.lesson_id == original.id,
                LessonRevision.number == Lesson.adapted_from_revision,
            ),
        )
        .where(Lesson.id.in_(ids))
    )
    return {row[0]: Origin(*row[1:]) for row in rows}
