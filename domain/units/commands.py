"""Acts on the tree."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.units import queries
from domain.units.models import Unit, unit_numbers
from domain.units.rules import Changes, PlannedUnit, Tree, changes_between, label

IMPORT_LOCK = 7_013_001


async def import_units(session: AsyncSession, actor: Actor, *, tree: Tree, today: date) -> Changes:
    """Bring the tree to what the lists say: open what is new, rename what changed, close what is gone."""
    actor.require(Permission.UNIT_EDIT, at="")
    await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": IMPORT_LOCK})
    known = await queries.known_units(session)
    changes = changes_between({code: unit for code, (unit, _) in known.items()}, tree.units)
    await _open(session, changes.created, {code: path for code, (_, path) in known.items()}, today=today)
    await _rename(session, changes.changed)
    await _close(session, changes.closed, today=today)
    return changes


async def _open(session: AsyncSession, units: list[PlannedUnit], paths: dict[str, str], *, today: date) -> None:
    if not units:
        return
    numbers = await session.execute(select(unit_numbers.next_value()).select_from(func.generate_series(1, len(units))))
    rows: list[dict[str, Any]] = []
    ids: dict[str, UUID] = await _ids(session)
    for unit, number in zip(units, numbers.scalars(), strict=True):
        above = paths[unit.parent] if unit.parent else ""
        paths[unit.code] = f"{above}{label(number)}."
        ids[unit.code] = new_id()
        rows.append(
            {
                "id": ids[unit.code],
                "number": number,
                "code": unit.code,
                "name": unit.name,
                "level": unit.level,
                "kind": unit.kind,
                "parent_id": ids[unit.parent] if unit.parent else None,
                "path": paths[unit.code],
                "opened_on": today,
            }
        )
    await session.execute(insert(Unit), rows)


async def _ids(session: AsyncSession) -> dict[str, UUID]:
    rows = await session.execute(select(Unit.code, Unit.id).where(Unit.closed_on.is_(None)))
    return dict(rows.all())


async def _rename(session: AsyncSession, units: list[PlannedUnit]) -> None:
    if units:
        connection = await session.connection()
        await connection.execute(
            update(Unit)
            .where(Unit.code == bindparam("old"), Unit.closed_on.is_(None))
            .values(name=bindparam("name_now"), kind=bindparam("kind_now")),
            [{"old": unit.code, "name_now": unit.name, "kind_now": unit.kind} for unit in units],
        )


async def _close(session: AsyncSession, codes: list[str], *, today: date) -> None:
    if codes:
        await session.execute(
            update(Unit).where(Unit.code.in_(codes), Unit.closed_on.is_(None)).values(closed_on=today)
        )
