"""Acts on exports."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.exports.kinds import KINDS
from domain.exports.models import Export
from domain.exports.rules import UNDER_WAY_EACH, Filters, check_filters, hinders_cancelling
from domain.handouts import making
from domain.handouts.rules import opens
from domain.refusals import Conflict, NotFound, QuotaExceeded, Reason
from domain.terms import ExportFormat, ExportKind, HandoutState, Language, Level
from domain.units.queries import unit_within


async def request_export(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    kind: ExportKind,
    format: ExportFormat,
    unit_id: UUID,
    language: Language = Language.ZH_CN,
    levels: Sequence[Level] = (),
    since: date | None = None,
    until: date | None = None,
    campaign_id: UUID | None = None,
) -> Export:
    """Ask for a file of the rows of a unit and all below it; the same asked for again while it is made is that one."""
    unit = await unit_within(session, actor, unit_id=unit_id, permission=KINDS[kind].permission, path="unitId")
    filters = Filters(tuple(levels), since, until, campaign_id)
    check_filters(filters, KINDS[kind].filters)
    asked = {"kind": kind, "format": format, "language": language, "unit_id": unit.id, "filters": filters.kept()}
    await making.wait_for_turn(session, actor)
    own = select(Export).where(Export.asked_by == actor.person_id, making.is_under_way(Export))
    under_way = (await session.scalars(own)).all()
    for export in under_way:
        if all(getattr(export, name) == value for name, value in asked.items()):
            return export
    if len(under_way) >= UNDER_WAY_EACH:
        raise QuotaExceeded(Reason.EXPORTS_UNDER_WAY, limit=UNDER_WAY_EACH)
    await making.check_day(session, actor, Export, now=now)
    export = Export(id=new_id(), unit_path=unit.path, asked_by=actor.person_id, **opens(now), **asked)
    session.add(export)
    await session.flush()
    return export


async def cancel_export(session: AsyncSession, actor: Actor, *, now: datetime, export_id: UUID) -> Export:
    """Want an export of one's own no more; whatever there is of it is not kept."""
    query = select(Export).where(Export.id == export_id, Export.asked_by == actor.person_id).with_for_update()
    export = (await session.execute(query)).scalar_one_or_none()
    if export is None:
        raise NotFound("export", path="exportId")
    if hinders_cancelling(export):
        raise Conflict(Reason.EXPORT_ENDED, path="exportId")
    export.state, export.finished_at = HandoutState.CANCELLED, now
    await session.flush()
    return export
