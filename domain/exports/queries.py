"""Reads of exports for those who watch them."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.exports.models import Export
from domain.exports.work import UNDER_WAY
from domain.refusals import NotFound
from domain.terms import ExportState


@dataclass(frozen=True)
class Progress:
    """How far an export is."""

    state: ExportState
    rows_done: int
    rows_total: int | None

    @property
    def is_settled(self) -> bool:
        """Whether no worker moves it any more."""
        return self.state not in UNDER_WAY


async def progress_of(session: AsyncSession, actor: Actor, *, export_id: UUID) -> Progress:
    """How far one of the actor's own is; to all others there is none."""
    query = select(Export.state, Export.rows_done, Export.rows_total)
    found = (
        await session.execute(query.where(Export.id == export_id, Export.requested_by == actor.user_id))
    ).one_or_none()
    if found is None:
        raise NotFound("export", path="exportId")
    return Progress(*found)
