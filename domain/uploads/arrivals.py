"""What came in by an address that we gave out: it was permitted then, and the address is the proof."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.terms import PictureKind
from domain.units.queries import tree_stands
from domain.uploads.models import Picture, Upload


@dataclass(frozen=True)
class Seen:
    """What is known of a picture once it was decoded and written anew."""

    kind: PictureKind
    width: int
    height: int
    size: int
    sha256: str


async def expected(session: AsyncSession, upload_id: UUID) -> tuple[Upload, Picture | None] | None:
    """An upload, and the picture that came of it already; None where it is forgotten, or its person disabled."""
    query = (
        select(Upload, Picture)
        .join(User, User.id == Upload.created_by)
        .outerjoin(Picture, Picture.id == Upload.id)
        .where(Upload.id == upload_id, User.disabled_at.is_(None))
    )
    found = (await session.execute(query)).one_or_none()
    return None if found is None else (found[0], found[1])


async def keep_picture(
    session: AsyncSession, *, upload_id: UUID, now: datetime, given: str, seen: Seen
) -> Picture | None:
    """The picture of an upload; None where the upload is forgotten, or another file, by its hash, came first.

    Its bytes are in the store already, so whoever sees it can have it.
    """
    # The path is copied: nobody moves the unit meanwhile.
    await tree_stands(session)
    upload = (
        await session.execute(select(Upload).where(Upload.id == upload_id).with_for_update())
    ).scalar_one_or_none()
    if upload is None:
        return None
    if upload.sha256 is not None:
        return await session.get(Picture, upload.id) if upload.sha256 == given else None
    upload.sha256 = given
    picture = Picture(
        id=upload.id,
        unit_id=upload.unit_id,
        unit_path=upload.unit_path,
        created_at=now,
        created_by=upload.created_by,
        **vars(seen),
    )
    session.add(picture)
    await session.flush()
    return picture
