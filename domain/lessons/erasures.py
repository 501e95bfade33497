"""What should never have been written down: a draft is discarded whole, a revision loses what it said."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.words import said
from domain.lessons import rules
from domain.lessons.content import Content
from domain.lessons.desk import locked_lesson
from domain.lessons.models import Lesson, LessonRevision, Nomination, Practice
from domain.refusals import Conflict, NotFound, Reason
from domain.terms import LessonState
from domain.units.queries import locked_row
from domain.uploads.models import LessonFile
from domain.wording.queries import check_texts


@dataclass(frozen=True)
class Discarded:
    """A lesson that is no more: whose it was, and how many revisions went with it."""

    unit_id: UUID
    unit_path: str
    revisions: int


async def discard_lesson(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    lesson_id: UUID,
    reason: str,
) -> Discarded:
    """Delete a draft that nothing was ever made of, with all that it said; the audit log keeps that it was done."""
    lesson = await locked_lesson(session, actor, lesson_id, Permission.LESSON_EDIT)
    await check_texts(session, {"reason": said(reason, "reason", limit=rules.WORDS_LONGEST)})
    if lesson.state is not LessonState.DRAFT:
        raise Conflict(Reason.LESSON_STAYS, path="lessonId", state=lesson.state)
    # Whoever is about to refer to it holds a lock that only this one waits for.
    await session.execute(select(Lesson.id).where(Lesson.id == lesson_id).with_for_update())
    if lesson.once_showcased or await _is_used(session, lesson_id):
        raise Conflict(Reason.LESSON_USED, path="lessonId")
    gone = await session.scalars(
        delete(LessonRevision).where(LessonRevision.lesson_id == lesson_id).returning(LessonRevision.content)
    )
    contents = [*gone, Content.of_row(lesson).kept()]
    await session.execute(delete(Lesson).where(Lesson.id == lesson_id).execution_options(synchronize_session=False))
    session.expunge(lesson)
    await _release(session, contents)
    return Discarded(lesson.unit_id, lesson.unit_path, len(contents) - 1)


async def erase_revision(
    session: AsyncSession, actor: Actor, *, now: datetime, revision_id: UUID, reason: str
) -> LessonRevision:
    """Take out of a revision what it said; that there was one stays, with who wrote it and when."""
    revision = await session.get(LessonRevision, revision_id)
    if revision is None:
        raise NotFound("lessonrevision", path="revisionId")
    lesson = await locked_row(session, Lesson, revision.lesson_id)
    if not actor.holds(Permission.LESSON_VIEW, at=lesson.unit_path):
        raise NotFound("lessonrevision", path="revisionId")
    actor.require(Permission.LESSON_SHOWCASE, at=lesson.unit_path, path="revisionId")
    await check_texts(session, {"reason": said(reason, "reason", limit=rules.WORDS_LONGEST)})
    await session.refresh(revision)
    if revision.number in (lesson.revision, lesson.version):
        raise Conflict(Reason.REVISION_SHOWN, path="revisionId")
    if revision.erased_at is None:
        before = revision.content
        # Whatever reads revisions goes on reading this one.
        revision.content = Content("", Content.of(before).service, "", "").kept()
        revision.reason, revision.erased_at = None, now
        await session.flush()
        await _release(session, [before])
    return revision


async def _is_used(session: AsyncSession, lesson_id: UUID) -> bool:
    """Nominated, adapted or taught; what is posted, planned or handed to newspapers was a showcase lesson once."""
    uses = (
        exists().where(Nomination.lesson_id == lesson_id),
        exists().where(Practice.lesson_id == lesson_id),
        exists().where(Lesson.adapted_from_id == lesson_id),
    )
    return any((await session.execute(select(*uses))).one())


async def _release(session: AsyncSession, contents: Iterable[Mapping[str, Any]]) -> None:
    """Let files be forgotten that no revision names any more."""
    ids = {each["file_id"] for kept in contents for each in kept.get("attachments", ())}
    query = select(LessonFile).where(LessonFile.id.in_(ids)).order_by(LessonFile.id).with_for_update()
    for file in await session.scalars(query):
        names_it = LessonRevision.content["attachments"].contains([{"file_id": str(file.id)}])
        if not await session.scalar(select(exists().where(names_it))):
            file.named_at = None
    await session.flush()
