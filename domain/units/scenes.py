"""What an act has to know of the tree, read in a constant number of statements."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.terms import UnitActKind
from domain.units.changes import Facts, Given, Holder, Scene, Standing
from domain.units.models import Unit, UnitVersion

CLOSING = (UnitActKind.MERGE, UnitActKind.SPLIT, UnitActKind.CLOSE)


async def units_standing(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Standing]:
    """Units by id as they stand now; one that is not there is left out."""
    since = select(func.max(UnitVersion.valid_from)).where(UnitVersion.unit_id == Unit.id).scalar_subquery()
    rows = await session.execute(select(*Unit.__table__.columns, since.label("since")).where(Unit.id.in_(ids)))
    return {row.id: _standing(row) for row in rows}


async def scene_of(
    session: AsyncSession, kind: UnitActKind, given: Given, *, on: date, known: dict[UUID, Standing]
) -> Scene:
    """The scene of an act, with the units it names already known."""
    scene = Scene(on, dict(known))
    if kind in CLOSING:
        await _add_dependents(session, scene, given["unit_ids"] if "unit_ids" in given else [given["unit_id"]])
    codes = [given.get("code"), *(part["code"] for part in given.get("parts", ()))]
    if kind is UnitActKind.REOPEN and given["unit_id"] in known:
        codes.append(known[given["unit_id"]].facts.code)
    for holder in await _holders(session, [code for code in codes if code], on):
        scene.codes.setdefault(holder.code, []).append(Holder(holder.unit_id, holder.until))
    return scene


async def _add_dependents(session: AsyncSession, scene: Scene, closing: Collection[UUID]) -> None:
    depend = or_(Unit.parent_id.in_(closing), Unit.territory_id.in_(closing))
    open_ones = await session.execute(select(Unit.id).where(depend, Unit.closed_on.is_(None)).order_by(Unit.path))
    scene.dependents = list(open_ones.scalars())
    scene.units |= await units_standing(session, scene.dependents)
    depended = or_(UnitVersion.parent_id.in_(closing), UnitVersion.territory_id.in_(closing))
    left = select(func.max(UnitVersion.valid_to)).where(depended, UnitVersion.valid_to > scene.on)
    scene.left_on = await session.scalar(left) or date.min


async def _holders(session: AsyncSession, codes: Collection[str], on: date) -> Sequence[Any]:
    """Who has, or since a date has had, one of these codes, and until when."""
    if not codes:
        return ()
    had = or_(UnitVersion.valid_to.is_(None), UnitVersion.valid_to > on)
    query = select(UnitVersion.code, UnitVersion.unit_id, UnitVersion.valid_to.label("until"))
    return (await session.execute(query.where(UnitVersion.code.in_(codes), had))).all()


def _standing(row: Any) -> Standing:
    return Standing(
        id=row.id,
        number=row.number,
        level=row.level,
        facts=Facts(row.code, row.name, row.kind, row.parent_id, row.territory_id),
        path=row.path,
        territory_path=row.territory_path,
        opened_on=row.opened_on,
        closed_on=row.closed_on,
        successor_id=row.successor_id,
        since=row.closed_on or row.since or row.opened_on,
    )
