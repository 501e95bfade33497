"""What has to hold before a lesson is worked on, and how a revision is written."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.lessons.content import Content
from domain.lessons.models import Lesson, LessonRevision
from domain.lessons.rules import is_showcased_as_it_is
from domain.refusals import NotFound, edited_meanwhile
from domain.terms import LessonState
from domain.units.queries import locked_row


async def locked_lesson(
    session: AsyncSession,
    actor: Actor,
    lesson_id: UUID,
    permission: Permission,
    *,
    expected_version: int | None = None,
    given: Mapping[str, Any] | None = None,
) -> Lesson:
    """The lesson as it stands now, for this actor to work on; whoever else wants to waits."""
    lesson = await locked_row(session, Lesson, lesson_id)
    actor.require(permission, at=lesson.unit_path, path="lessonId", what="lesson")
    if expected_version is not None and lesson.version != expected_version:
        raise edited_meanwhile(lesson.version, expected_version, await _differing(session, lesson, given or {}))
    return lesson


async def visible_lesson(session: AsyncSession, actor: Actor, lesson_id: UUID) -> Lesson:
    """A lesson that the actor may see: a showcase lesson, or one of a unit whose lessons the actor views.

    It stays as it is until whoever asks has finished with it.
    """
    lesson = await session.get(Lesson, lesson_id, populate_existing=True, with_for_update={"read": True})
    if lesson is None:
        raise NotFound("lesson", path="lessonId")
    is_open = lesson.state is LessonState.SHOWCASE
    if not is_open and not actor.holds(Permission.LESSON_VIEW, at=lesson.unit_path):
        raise NotFound("lesson", path="lessonId")
    return lesson


async def newest(session: AsyncSession, lesson: Lesson) -> Content:
    """What the newest revision of a lesson says."""
    return await said_by(session, lesson, lesson.version)


async def said_by(session: AsyncSession, lesson: Lesson, number: int) -> Content:
    """What a revision of a lesson says."""
    if lesson.revision == number:
        return Content.of_row(lesson)
    query = select(LessonRevision.content).where(LessonRevision.lesson_id == lesson.id, LessonRevision.number == number)
    return Content.of((await session.execute(query)).scalar_one())


def take_part(lesson: Lesson, user_id: UUID | None) -> None:
    """Remember somebody who has a hand in what is to be showcased next."""
    if user_id is not None:
        lesson.took_part = sorted({*lesson.took_part, user_id})


def begin_revision(lesson: Lesson, author: UUID | None) -> None:
    """Count one more revision, by whom, and remember who wrote those before it."""
    if is_showcased_as_it_is(lesson):
        # A second person has decided on what all of them did.
        lesson.took_part, lesson.nominated_by = [], None
    else:
        take_part(lesson, lesson.written_by)
    lesson.version += 1
    lesson.written_by = author


async def write_revision(
    session: AsyncSession, lesson: Lesson, content: Content, *, now: datetime, reason: str | None = None
) -> None:
    """Keep what a lesson says from now on, by whoever wrote it."""
    session.add(LessonRevision(**_revision(lesson, content), reason=reason, written_at=now))
    await session.flush()


async def keep_revision(session: AsyncSession, lesson: Lesson) -> None:
    """See that what the row holds is kept: a process of the release before wrote no revisions."""
    values = _revision(lesson, Content.of_row(lesson)) | {"number": lesson.revision, "written_at": lesson.created_at}
    await session.execute(insert(LessonRevision).values(values).on_conflict_do_nothing())


def _revision(lesson: Lesson, content: Content) -> dict[str, Any]:
    return {
        "id": new_id(),
        "lesson_id": lesson.id,
        "unit_path": lesson.unit_path,
        "number": lesson.version,
        "content": content.kept(),
        "written_by": lesson.written_by,
    }


async def _differing(session: AsyncSession, lesson: Lesson, given: Mapping[str, Any]) -> str:
    """The names of the fields in which what was given is not what stands there now."""
    now = await newest(session, lesson)
    return ", ".join(name for name, value in given.items() if value is not None and getattr(now, name) != value) or "-"
