"""The picture that a post carries, and which files nobody uses."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import first_id_at
from domain.posts.models import Post
from domain.refusals import NotFound
from domain.uploads.models import LessonFile, Picture, Upload
from domain.uploads.rules import KEPT, key_of

# Whoever took a picture in the last moment has finished with it by then.
SPARED = timedelta(hours=1)
# So many rows of each kind go in one transaction: it stays open while the store is asked.
AT_A_TIME = 20
FILES: tuple[Any, ...] = (Picture, LessonFile)


def _is_used() -> Any:
    return exists().where(Post.picture_id == Picture.id)


async def picture_for(
    session: AsyncSession, *, picture_id: UUID | None, unit_id: UUID, now: datetime
) -> Picture | None:
    """The picture that a post of a unit is to carry; it must be one made for that unit, and stays until it is used."""
    if picture_id is None:
        return None
    # What is about to be forgotten may have lost its bytes already.
    lasts = or_(Picture.created_at > now - KEPT, _is_used())
    query = select(Picture).where(Picture.id == picture_id, Picture.unit_id == unit_id, lasts)
    found = (await session.execute(query.with_for_update(read=True, key_share=True))).scalar_one_or_none()
    if found is None:
        raise NotFound("picture", path="pictureId")
    return found


async def take_unused(session: AsyncSession, *, now: datetime) -> dict[UUID, str | None]:
    """Lock the oldest uploads begun more than a day ago, and what came of some and no post carries, no lesson names.

    Answers what may be left of them in the store: by id, the key that stays, if any. The caller clears the rest away
    while nobody can begin to use it, then forgets what it cleared; what it could not clear comes up again.
    """
    oldest = first_id_at(now - KEPT - SPARED)
    over = select(Upload.id).where(Upload.id < oldest).order_by(Upload.id).limit(AT_A_TIME)
    ended = await session.scalars(over.with_for_update(skip_locked=True))
    gone = [row_id for row in FILES for row_id in await _unused(session, row, oldest)]
    left: dict[UUID, str | None] = dict.fromkeys(sorted({*gone, *ended}))
    for row in FILES:
        stays = row.id.in_(left), row.id.not_in(gone)
        for file in await session.scalars(select(row).where(*stays)):
            left[file.id] = key_of(file.id, file.sha256, file.kind)
    return left


async def _unused(session: AsyncSession, row: Any, oldest: UUID) -> list[UUID]:
    is_used = _is_used() if row is Picture else LessonFile.named_at.is_not(None)
    unused = select(row.id).where(row.id < oldest, ~is_used).order_by(row.id).limit(AT_A_TIME)
    locked = list(await session.scalars(unused.with_for_update(skip_locked=True)))
    # Asked again now that nobody can begin to refer to them: one may have come in between.
    return list(await session.scalars(select(row.id).where(row.id.in_(locked), ~is_used)))


async def forget_unused(session: AsyncSession, cleared: Mapping[UUID, str | None]) -> None:
    """Forget what was taken and is cleared away; a file whose key stays, stays."""
    gone = [row_id for row_id, kept in cleared.items() if kept is None]
    for row, ids in ((Picture, gone), (LessonFile, gone), (Upload, list(cleared))):
        await session.execute(delete(row).where(row.id.in_(ids)).execution_options(synchronize_session=False))
