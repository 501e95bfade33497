"""Reads of lessons."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.models import Lesson
from domain.lessons.rules import texts_of
from domain.wording.findings import Finding
from domain.wording.queries import findings_by_id
from domain.wording.rules import TEXT_LIMIT


async def wording_of_lessons(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[Finding]]:
    """Of each lesson, what is found in its title, theme and text; what is longer than is checked is not searched on."""
    rows = await session.execute(select(Lesson.id, Lesson.title, Lesson.theme, Lesson.text).where(Lesson.id.in_(ids)))
    texts = {row.id: {field: text[:TEXT_LIMIT] for field, text in texts_of(row).items()} for row in rows}
    return await findings_by_id(session, texts)
