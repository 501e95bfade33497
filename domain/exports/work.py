"""The life of an export: claimed with a lease, read page by page, and ended in one of three ways."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, literal_column, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.queries import actor_of
from domain.campaigns.models import Campaign
from domain.exports.kinds import KINDS
from domain.exports.models import Export
from domain.exports.rules import KEPT, ROWS_LIMIT, TRIES, Filters
from domain.exports.saying import about
from domain.reading import reader
from domain.reading.selection import Page, Record, Selection, Stretch
from domain.refusals import Conflict, Reason
from domain.terms import ExportFormat, ExportKind, ExportState, Language
from domain.units.models import Unit

# So many ended exports are forgotten in one transaction: it stays open while the store is asked.
AT_A_TIME = 20
UNDER_WAY = (ExportState.WAITING, ExportState.RUNNING)


@dataclass(frozen=True)
class Claim:
    """An export in the hands of one worker, as plain data."""

    export_id: UUID
    fence: int
    tries: int
    kind: ExportKind
    format: ExportFormat
    language: Language
    filters: Filters
    unit_id: UUID
    requested_by: UUID


@dataclass(frozen=True)
class Begun:
    """How many rows there are, and what the file says of itself."""

    total: int
    about: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Made:
    """A file that is whole: how many rows it holds, and what its bytes are."""

    rows: int
    size: int
    sha256: str


def is_under_way() -> ColumnElement[bool]:
    """One that has not ended; written out, so that the planner sees the partial index."""
    return Export.state.in_([literal_column(f"'{state.value}'") for state in UNDER_WAY])


def ends_by(export: Export, state: ExportState, *, now: datetime) -> None:
    """Let it end without a file; what there is of one goes with the row."""
    export.state, export.ended_at, export.lease_until, export.expires_at = state, now, None, now + KEPT


async def claim(session: AsyncSession, *, limit: int, lease: timedelta) -> list[Claim]:
    """Take what waits, and what a worker that is gone has left; the longest-waiting first."""
    is_due = and_(Export.state == ExportState.WAITING, or_(Export.try_at.is_(None), Export.try_at <= func.now()))
    is_left = and_(Export.state == ExportState.RUNNING, Export.lease_until <= func.now())
    found = (
        select(Export.id)
        .where(is_under_way(), or_(is_due, is_left), Export.tries < TRIES)
        .order_by(Export.requested_at, Export.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = await session.scalars(
        update(Export)
        .where(Export.id.in_(found.scalar_subquery()))
        .values(
            state=ExportState.RUNNING,
            lease_until=func.now() + lease,
            fence=Export.fence + 1,
            tries=Export.tries + 1,
            began_at=func.coalesce(Export.began_at, func.now()),
            rows_done=0,
            rows_total=None,
        )
        .returning(Export)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return [_claim(export) for export in taken]


def _claim(export: Export) -> Claim:
    names = ("fence", "tries", "kind", "format", "language", "unit_id", "requested_by")
    given: dict[str, Any] = {name: getattr(export, name) for name in names}
    return Claim(export_id=export.id, filters=Filters.of(export.filters), **given)


async def give_up(session: AsyncSession) -> int:
    """End those that were begun often enough and are in nobody's hands; answers how many."""
    is_left = or_(Export.state == ExportState.WAITING, Export.lease_until <= func.now())
    done = await session.execute(
        _ended(ExportState.FAILED, problem=Reason.FILE_GAVE_UP.name)
        .where(is_under_way(), Export.tries >= TRIES, is_left)
        .returning(Export.id)
    )
    return len(done.all())


async def begin(session: AsyncSession, claim: Claim, *, now: datetime) -> Begun:
    """How many rows there are, and what the file says; refused where they are too many, or not to be seen any more."""
    actor, unit = await _reached(session, claim, now=now)
    found = await _stretch(session, actor, claim, unit, Selection(), Page(rows=False, total=True))
    if (total := found.total_count or 0) > ROWS_LIMIT:
        raise Conflict(Reason.EXPORT_TOO_LARGE)
    # Whoever narrows to a campaign that is not to be seen learns nothing of it.
    ids = [claim.filters.campaign_id] if claim.filters.campaign_id else []
    seen = await reader.rows_by_id(session, actor, Campaign, Selection(frozenset({"title"})), ids=ids)
    campaign = next((row.title for row in seen.values()), None)
    return Begun(total, about(claim.kind, claim.filters, claim.language, unit=unit.name, campaign=campaign, at=now))


async def page(
    session: AsyncSession, claim: Claim, *, now: datetime, after: UUID | None, size: int
) -> Sequence[Record]:
    """The next rows in the order of their ids, which no edit and no move changes, under the reach of this moment."""
    actor, unit = await _reached(session, claim, now=now)
    kind = KINDS[claim.kind]
    # A cursor holds what a caller would send.
    cursor = None if after is None else (str(after),)
    return (await _stretch(session, actor, claim, unit, kind.selection, Page(size=size, cursor=cursor))).nodes


async def advance(session: AsyncSession, claim: Claim, *, rows: int, total: int | None, lease: timedelta) -> bool:
    """Say how far it is and hold it longer; False where it is in this worker's hands no more."""
    done = await session.execute(
        update(Export)
        .where(*_is_held(claim))
        .values(rows_done=rows, rows_total=total, lease_until=func.now() + lease)
        .returning(Export.id)
        .execution_options(synchronize_session=False)
    )
    return done.one_or_none() is not None


async def finish(session: AsyncSession, claim: Claim, made: Made, *, now: datetime) -> bool:
    """The file is in the store; refused where whoever asked for it may not see its rows any more."""
    await _reached(session, claim, now=now)
    facts = {"rows_done": made.rows, "rows_total": made.rows, "size": made.size, "sha256": made.sha256}
    return await _settled(session, claim, ExportState.DONE, **facts)


async def fail(session: AsyncSession, claim: Claim, *, problem: str) -> bool:
    """It comes to no file, for a reason that whoever asked for it is told."""
    return await _settled(session, claim, ExportState.FAILED, problem=problem)


async def put_back(session: AsyncSession, claim: Claim, *, wait: timedelta, counts_as_try: bool) -> None:
    """Leave it to whoever comes next, after a while."""
    tries = claim.tries if counts_as_try else claim.tries - 1
    await session.execute(
        update(Export)
        .where(*_is_held(claim))
        .values(state=ExportState.WAITING, lease_until=None, try_at=func.now() + wait, tries=tries)
        .execution_options(synchronize_session=False)
    )


async def is_cancelled(session: AsyncSession, claim: Claim) -> bool:
    """Whether nobody wants what was made; forgotten altogether counts as well."""
    state = await session.scalar(select(Export.state).where(Export.id == claim.export_id))
    return state in (None, ExportState.CANCELLED)


async def take_expired(session: AsyncSession, *, now: datetime) -> dict[UUID, str | None]:
    """Lock some that are over; the caller clears their files away, whole, then forgets those it cleared."""
    over = select(Export.id).where(Export.expires_at <= now).order_by(Export.expires_at).limit(AT_A_TIME)
    return dict.fromkeys(await session.scalars(over.with_for_update(skip_locked=True)))


async def forget(session: AsyncSession, cleared: Mapping[UUID, str | None]) -> None:
    """Forget what was taken and is cleared away."""
    await session.execute(delete(Export).where(Export.id.in_(cleared)).execution_options(synchronize_session=False))


async def _reached(session: AsyncSession, claim: Claim, *, now: datetime) -> tuple[Actor, Unit]:
    """Whoever asked, as that person is now, and the unit as it stands now."""
    actor = await actor_of(session, claim.requested_by, now=now)
    unit = await session.get_one(Unit, claim.unit_id, populate_existing=True)
    if actor is None or not actor.holds(KINDS[claim.kind].permission, at=unit.path):
        raise Conflict(Reason.EXPORT_REACH_LOST)
    return actor, unit


async def _stretch(
    session: AsyncSession, actor: Actor, claim: Claim, unit: Unit, selection: Selection, page: Page
) -> Stretch:
    kind = KINDS[claim.kind]

    def narrowed(entity: Any) -> ColumnElement[bool]:
        return and_(true(), *kind.narrowed(entity, claim.filters))

    return await reader.stretch(
        session, actor, kind.model, selection, page=page, under=unit.path, also=[narrowed], order=("id",)
    )


async def _settled(session: AsyncSession, claim: Claim, state: ExportState, **facts: Any) -> bool:
    done = await session.execute(_ended(state, **facts).where(*_is_held(claim)).returning(Export.id))
    return done.one_or_none() is not None


def _is_held(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return Export.id == claim.export_id, Export.state == ExportState.RUNNING, Export.fence == claim.fence


def _ended(state: ExportState, **facts: Any) -> Any:
    ended = {"state": state, "ended_at": func.now(), "lease_until": None, "expires_at": func.now() + KEPT}
    return update(Export).values(**ended, **facts).execution_options(synchronize_session=False)
