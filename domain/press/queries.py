"""Reads of press kits: which lessons a campaign shows, and which documents may still be handed out."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.handouts.rules import Document, documents_in
from domain.lessons.models import Lesson
from domain.posts.models import Post
from domain.press.models import PressKit
from domain.terms import HandoutState, LessonState

LESSONS = 20


async def showcased_in(session: AsyncSession, *, campaign_id: UUID) -> Sequence[Lesson]:
    """The showcase lessons that the posts of a campaign are about, the oldest first, so many of them as are told."""
    promoted = exists().where(Post.lesson_id == Lesson.id, Post.campaign_id == campaign_id, Post.cancelled_at.is_(None))
    query = select(Lesson).where(Lesson.state == LessonState.SHOWCASE, promoted).order_by(Lesson.id).limit(LESSONS)
    return list(await session.scalars(query))


async def documents_of(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[Document]]:  # noqa: ARG001 - a measure
    """The documents of each kit; none once its lesson is no showcase lesson any more, or says something else."""
    rows = await session.execute(
        select(PressKit.id, PressKit.documents, PressKit.expires_at, PressKit.revision, Lesson.state, Lesson.revision)
        .outerjoin(Lesson, Lesson.id == PressKit.lesson_id)
        .where(PressKit.id.in_(ids), PressKit.state == HandoutState.READY)
    )
    found: dict[UUID, list[Document]] = {kit_id: [] for kit_id in ids}
    for kit_id, documents, ends, told, state, revision in rows:
        if state is None or (state is LessonState.SHOWCASE and told == revision):
            found[kit_id] = documents_in(PressKit.folder, kit_id, documents, expires_at=ends)
    return found
