"""What is attached to a lesson: files that were handed in for its unit, named by its revisions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.words import said
from domain.lessons import rules
from domain.lessons.content import Attachment
from domain.refusals import Invalid, NotFound, Reason
from domain.uploads.models import LessonFile
from domain.uploads.rules import KEPT


async def attachments_for(
    session: AsyncSession,
    *,
    now: datetime,
    unit_id: UUID,
    given: Sequence[Mapping[str, Any]],
    before: Sequence[Attachment] = (),
) -> tuple[Attachment, ...]:
    """What a revision names: files handed in for the unit, and those that the lesson has already.

    From then on they are kept as long as a revision names them.
    """
    if len(given) > rules.ENTRIES:
        raise Invalid(Reason.TOO_MANY, path="attachments", limit=rules.ENTRIES)
    ids = [each["file_id"] for each in given]
    known: dict[str, Any] = {each.file_id: each for each in before}
    # What is about to be forgotten may have lost its bytes already.
    lasts = or_(LessonFile.created_at > now - KEPT, LessonFile.named_at.is_not(None))
    query = select(LessonFile).where(LessonFile.id.in_(ids), LessonFile.unit_id == unit_id, lasts)
    for file in await session.scalars(query.order_by(LessonFile.id).with_for_update()):
        file.named_at = file.named_at or now
        known[str(file.id)] = file
    return tuple(_attachment(each, known, f"attachments.{place}") for place, each in enumerate(given))


def _attachment(given: Mapping[str, Any], known: Mapping[str, Any], path: str) -> Attachment:
    file_id = str(given["file_id"])
    if file_id not in known:
        raise NotFound("lessonfile", path=f"{path}.fileId")
    file = known[file_id]
    return Attachment(
        file_id=file_id,
        title=said(given["title"], f"{path}.title", limit=rules.WORDS_LONGEST),
        kind=file.kind,
        size=file.size,
        sha256=file.sha256,
        licence=given["licence"],
        credit=rules.optional(given["credit"], f"{path}.credit"),
        text=file.text or "",
    )
