"""What came in by an address that we gave out: it was permitted then, and the address is the proof."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

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


async def keep_picture(session: AsyncSession, *, upload_id: UUID, now: datetime, seen: Seen) -> Picture | None:
    """The picture of an upload: this one, or the one that came first; None where the upload is forgotten.

    Its bytes are in the store already, so whoever sees it can have it.
    """
    # The path is copied: nobody moves the unit meanwhile.
    await tree_stands(session)
    upload = (
        await session.execute(select(Upload).where(Upload.id == upload_id).with_for_update(read=True))
    ).scalar_one_or_none()
    if upload is None:
        return None
    row = {
        "id": upload.id,
        "unit_id": upload.unit_id,
        "unit_path": upload.unit_path,
        "created_at": now,
        "created_by": upload.created_by,
    }
    await session.execute(insert(Picture).values(**row, **vars(seen)).on_conflict_do_nothing())
    return await session.get(Picture, upload.id)
