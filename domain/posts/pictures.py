"""The picture that a post carries, and which pictures nobody uses."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import first_id_at
from domain.posts.models import Post
from domain.refusals import NotFound
from domain.uploads.models import Picture, Upload
from domain.uploads.rules import KEPT, key_of

# Whoever took a picture in the last moment has finished with it by then.
SPARED = timedelta(hours=1)
# So many rows go in one transaction.
AT_A_TIME = 500


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


async def forget_unused(session: AsyncSession, *, now: datetime) -> dict[UUID, str | None]:
    """Forget uploads a day after they were begun, and pictures that no post carries.

    Answers what may be left of them in the store: by id, the key that stays, if any. The caller clears the rest away
    before it commits, so that what it could not clear comes up again.
    """
    oldest = first_id_at(now - KEPT - SPARED)
    unused = select(Picture.id).where(Picture.id < oldest, ~_is_used()).limit(AT_A_TIME)
    locked = list(await session.scalars(unused.with_for_update(skip_locked=True)))
    # Asked again now that no post can begin to refer to them: one may have come in between.
    dropped = delete(Picture).where(Picture.id.in_(locked), ~_is_used()).returning(Picture.id)
    gone = list(await session.scalars(dropped.execution_options(synchronize_session=False)))
    over = select(Upload.id).where(Upload.id < oldest).limit(AT_A_TIME).with_for_update(skip_locked=True)
    ended = delete(Upload).where(Upload.id.in_(over)).returning(Upload.id)
    forgotten = await session.scalars(ended.execution_options(synchronize_session=False))
    left: dict[UUID, str | None] = dict.fromkeys((*gone, *forgotten))
    kept = await session.execute(select(Picture.id, Picture.sha256, Picture.kind).where(Picture.id.in_(left)))
    return left | {picture_id: key_of(picture_id, digest, kind) for picture_id, digest, kind in kept}
