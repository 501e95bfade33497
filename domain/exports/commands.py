"""Acts on exports."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.base.ids import new_id
from domain.exports.kinds import KINDS
from domain.exports.models import Export
from domain.exports.rules import A_DAY_EACH, UNDER_WAY_EACH, Filters, check_filters
from domain.exports.work import UNDER_WAY, ends_by, is_under_way
from domain.refusals import Conflict, NotFound, QuotaExceeded, Reason
from domain.terms import ExportFormat, ExportKind, ExportState, Language, Level
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
    # Whoever asks twice at once waits here for the first.
    await session.execute(select(User.id).where(User.id == actor.user_id).with_for_update(key_share=True))
    own = select(Export).where(Export.requested_by == actor.user_id)
    under_way = (await session.scalars(own.where(is_under_way()))).all()
    for export in under_way:
        if all(getattr(export, name) == value for name, value in asked.items()):
            return export
    if len(under_way) >= UNDER_WAY_EACH:
        raise QuotaExceeded(Reason.EXPORTS_UNDER_WAY, limit=UNDER_WAY_EACH)
    today = own.where(Export.requested_at > now - timedelta(days=1))
    if (await session.scalar(select(func.count()).select_from(today.subquery())) or 0) >= A_DAY_EACH:
        raise QuotaExceeded(Reason.FILES_SPENT, limit=A_DAY_EACH)
    export = Export(
        id=new_id(),
        unit_path=unit.path,
        state=ExportState.WAITING,
        requested_at=now,
        requested_by=actor.user_id,
        **asked,
    )
    session.add(export)
    await session.flush()
    return export


async def cancel_export(session: AsyncSession, actor: Actor, *, now: datetime, export_id: UUID) -> Export:
    """Want an export of one's own no more; whatever there is of it is not kept."""
    query = select(Export).where(Export.id == export_id, Export.requested_by == actor.user_id).with_for_update()
    export = (await session.execute(query)).scalar_one_or_none()
    if export is None:
        raise NotFound("export", path="exportId")
    if export.state not in UNDER_WAY:
        raise Conflict(Reason.EXPORT_ENDED, path="exportId")
    ends_by(export, ExportState.CANCELLED, now=now)
    await session.flush()
    return export
