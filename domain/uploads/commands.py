"""Acts on files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.base.ids import new_id
from domain.refusals import Invalid, QuotaExceeded, Reason
from domain.terms import UploadPurpose
from domain.units.queries import unit_within
from domain.uploads.models import Upload
from domain.uploads.rules import BYTES_A_DAY, FILES_A_DAY, FILES_LIMIT, KEPT, LIFE, TERMS, check_file


@dataclass(frozen=True)
class Begun:
    """Uploads in the order of the files, as plain data: id, and until when there is an address for it."""

    uploads: list[dict[str, str]]
    unit_id: UUID
    unit_path: str


async def begin_uploads(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    purpose: UploadPurpose,
    files: Sequence[Mapping[str, Any]],
) -> Begun:
    """Begin to hand in files for a unit; nothing of them is seen before they are here, whole and sound."""
    unit = await unit_within(session, actor, unit_id=unit_id, permission=TERMS[purpose].permission, path="unitId")
    if len(files) > FILES_LIMIT:
        raise Invalid(Reason.TOO_MANY, path="files", limit=FILES_LIMIT)
    await _spend(session, actor, now=now, sizes=[file["size"] for file in files])
    told = []
    for place, file in enumerate(files):
        kind = check_file(purpose, file["name"], file["content_type"], file["size"], path=f"files.{place}")
        upload = Upload(
            id=new_id(),
            unit_id=unit.id,
            unit_path=unit.path,
            purpose=purpose,
            kind=kind,
            size=file["size"],
            created_at=now,
            created_by=actor.user_id,
        )
        session.add(upload)
        told.append({"id": str(upload.id), "until": (now + LIFE).isoformat()})
    await session.flush()
    return Begun(told, unit.id, unit.path)


async def _spend(session: AsyncSession, actor: Actor, *, now: datetime, sizes: Sequence[int]) -> None:
    """Refuse more than a person hands in within a day; whoever asks twice at once waits for the first."""
    await session.execute(select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True))
    query = select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.created_by == actor.user_id, Upload.created_at > now - KEPT
    )
    count, size = (await session.execute(query)).one()
    if count + len(sizes) > FILES_A_DAY or size + sum(sizes) > BYTES_A_DAY:
        raise QuotaExceeded(Reason.UPLOADS_SPENT, path="files", files=FILES_A_DAY, megabytes=BYTES_A_DAY // 1024**2)
