"""Acts on exports."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.exports.kinds import KINDS
from domain.exports.models import Export
from domain.exports.rules import UNDER_WAY_EACH, Filters, check_filters, hinders_cancelling
from domain.handouts import making
from domain.handouts.rows import Handout
from domain.handouts.rules import opens
from domain.press.models import PressKit
from domain.refusals import Conflict, NotFound, QuotaExceeded, Reason
from domain.reports.models import CampaignReport
from domain.terms import ExportFormat, ExportKind, HandoutState, Language, Level
from domain.units.queries import unit_within

HANDOUTS: Sequence[type[Handout]] = (Export, PressKit, CampaignReport)


@dataclass(frozen=True)
class Discarded:
    """A file that nobody is given any more: whose unit it was made for."""

    unit_id: UUID
    unit_path: str
    discarded: bool = True


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


async def discard_handout(session: AsyncSession, actor: Actor, *, now: datetime, handout_id: UUID) -> Discarded:
    """Want an export, a press kit or a report no more, as whoever asked for it or as an administrator of its unit.

    It is given to nobody from now on, and its files go with all that are over.
    """
    row = await _handout(session, handout_id)
    if actor.person_id is None or row.asked_by != actor.person_id:
        # An export is shown to nobody else; the others to whoever sees what they tell of.
        shown_by = Permission.UNIT_SET if isinstance(row, Export) else Permission(f"{row.noun}:view")
        if not actor.holds(shown_by, at=row.unit_path):
            raise NotFound(type(row).__name__.lower(), path="handoutId")
        actor.require(Permission.UNIT_SET, at=row.unit_path, path="handoutId")
    row.state, row.finished_at, row.expires_at = HandoutState.CANCELLED, row.finished_at or now, now
    await session.flush()
    return Discarded(row.unit_id, row.unit_path)


async def _handout(session: AsyncSession, handout_id: UUID) -> Handout:
    for model in HANDOUTS:
        query = select(model).where(model.id == handout_id).with_for_update()
        if (row := (await session.scalars(query)).one_or_none()) is not None:
            return row
    raise NotFound("node", path="handoutId")
