"""What came in by an address that we gave out: it was permitted then, and the address is the proof."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.terms import FileKind, PictureKind, UploadPurpose
from domain.units.queries import tree_stands
from domain.uploads.models import LessonFile, Picture, Upload

Kept = Picture | LessonFile


@dataclass(frozen=True)
class Seen:
    """What is known of a file once it was looked into; of a picture, once it was decoded and written anew."""

    kind: PictureKind | FileKind
    size: int
    sha256: str
    width: int = 0
    height: int = 0
    # What a plain text says, so far as it is kept.
    text: str | None = None


async def expected(session: AsyncSession, upload_id: UUID) -> tuple[Upload, Kept | None] | None:
    """An upload, and what came of it already; None where it is forgotten, or its person disabled."""
    query = (
        select(Upload, Picture, LessonFile)
        .join(User, User.id == Upload.created_by)
        .outerjoin(Picture, Picture.id == Upload.id)
        .outerjoin(LessonFile, LessonFile.id == Upload.id)
        .where(Upload.id == upload_id, User.disabled_at.is_(None))
    )
    found = (await session.execute(query)).one_or_none()
    return None if found is None else (found[0], found[1] or found[2])


async def keep_file(session: AsyncSession, *, upload_id: UUID, now: datetime, given: str, seen: Seen) -> Kept | None:
    """What comes of an upload; None where the upload is forgotten, or another file, by its hash, came first.

    Its bytes are in the store already, so whoever sees it can have it.
    """
    # The path is copied: nobody moves the unit meanwhile.
    await tree_stands(session)
    upload = (
        await session.execute(select(Upload).where(Upload.id == upload_id).with_for_update())
    ).scalar_one_or_none()
    if upload is None:
        return None
    is_of_post = upload.purpose is UploadPurpose.POST_PICTURE
    if upload.sha256 is not None:
        kept: type[Kept] = Picture if is_of_post else LessonFile
        return await session.get(kept, upload.id) if upload.sha256 == given else None
    upload.sha256 = given
    file = _picture(upload, seen) if is_of_post else _lesson_file(upload, seen)
    file.created_at, file.created_by = now, upload.created_by
    session.add(file)
    await session.flush()
    return file


def _picture(upload: Upload, seen: Seen) -> Kept:
    shown = {name: value for name, value in vars(seen).items() if name != "text"}
    return Picture(id=upload.id, unit_id=upload.unit_id, unit_path=upload.unit_path, **shown)


def _lesson_file(upload: Upload, seen: Seen) -> Kept:
    place = {"unit_id": upload.unit_id, "unit_path": upload.unit_path}
    kind = FileKind[seen.kind.value]
    return LessonFile(id=upload.id, **place, kind=kind, size=seen.size, sha256=seen.sha256, text=seen.text)
