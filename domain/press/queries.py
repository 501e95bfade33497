"""Reads of press kits: which lessons a campaign shows, and which documents may still be handed out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.models import Lesson
from domain.posts.models import Post
from domain.press.models import PressKit
from domain.press.rules import key_of
from domain.terms import LessonState, PressFormat, PressKitState

LESSONS = 20


@dataclass(frozen=True)
class Document:
    """A document of a kit: its key in the store, and until when it is there."""

    format: PressFormat
    key: str
    sha256: str
    size: int
    expires_at: datetime


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
        .where(PressKit.id.in_(ids), PressKit.state == PressKitState.READY)
    )
    found: dict[UUID, list[Document]] = {kit_id: [] for kit_id in ids}
    for kit_id, documents, ends, told, state, revision in rows:
        if state is None or (state is LessonState.SHOWCASE and told == revision):
            found[kit_id] = [
                Document(kind, key_of(kit_id, kind, kept["sha256"]), kept["sha256"], kept["size"], ends)
                for kind in PressFormat
                if (kept := documents.get(kind.value))
            ]
    return found
