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
    """The documents of each kit; none once a lesson of it is no showcase lesson any more, or says something else."""
    query = select(PressKit).where(PressKit.id.in_(ids), PressKit.state == HandoutState.READY)
    kits = (await session.scalars(query)).all()
    told = {kit.id: _told(kit) for kit in kits}
    rows = await session.execute(
        select(Lesson.id, Lesson.revision).where(
            Lesson.id.in_({lesson_id for each in told.values() for lesson_id in each}),
            Lesson.state == LessonState.SHOWCASE,
        )
    )
    standing: dict[UUID, int | None] = dict(rows.all())
    found: dict[UUID, list[Document]] = {kit_id: [] for kit_id in ids}
    for kit in kits:
        # One that does not say of which lessons it tells is as good as one whose lessons are gone.
        if told[kit.id] and told[kit.id].items() <= standing.items():
            found[kit.id] = documents_in(PressKit.folder, kit.id, kit.documents, expires_at=kit.expires_at)
    return found


def _told(kit: PressKit) -> dict[UUID, int | None]:
    """Which revisions of which lessons it tells."""
    if kit.lesson_id is not None:
        return {kit.lesson_id: kit.revision}
    return {UUID(lesson_id): revision for lesson_id, revision in kit.revisions.items()}
