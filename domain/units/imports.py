"""Bringing a list of divisions into the tree: everything at once the first time, by proposals ever after."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.base.ids import new_id
from domain.base.prepared import kept_plans
from domain.terms import UnitActKind, UnitActState
from domain.units.acts import plain, subject
from domain.units.changes import Facts
from domain.units.models import Unit, UnitAct, UnitPlace, UnitVersion, unit_numbers
from domain.units.proposals import KnownUnit, Proposal, comparison_of, kinds_of
from domain.units.queries import tree_turns
from domain.units.rules import PlannedUnit, Tree, label
from domain.units.tree import version_row

NULLS = {"render_nulls": True}


@dataclass(frozen=True)
class Imported:
    """What came of an import: units opened, or acts proposed by kind, beside those that were proposed before."""

    opened: int = 0
    proposed: Counter[UnitActKind] = field(default_factory=Counter)
    known: int = 0
    unchanged: int = 0


async def bring(session: AsyncSession, *, now: datetime, tree: Tree, effective_on: date) -> Imported:
    """Open every unit of the list where there are none; else propose what would make the tree agree with it."""
    await tree_turns(session)
    known = await known_units(session)
    if not known:
        await _open_all(session, tree.units, on=effective_on)
        return Imported(opened=len(tree.units))
    comparison = comparison_of(known, tree.units)
    fresh = await _not_yet_proposed(session, comparison.proposals, on=effective_on)
    if fresh:
        # Sorted, because ids made within one millisecond are not in order, and proposals are accepted in theirs.
        ids = sorted(new_id() for _ in fresh)
        rows = [_row(p, act_id, now=now, on=effective_on) for p, act_id in zip(fresh, ids, strict=True)]
        await session.execute(insert(UnitAct), rows, execution_options=NULLS)
    earlier = len(comparison.proposals) - len(fresh)
    return Imported(proposed=kinds_of(fresh), known=earlier, unchanged=comparison.unchanged)


async def known_units(session: AsyncSession) -> dict[str, KnownUnit]:
    """Every open unit by its code, parents first."""
    parent, land = aliased(Unit), aliased(Unit)
    rows = await session.execute(
        select(Unit.code, Unit.name, Unit.level, Unit.kind, parent.code, land.code, Unit.id, Unit.path)
        .outerjoin(parent, parent.id == Unit.parent_id)
        .outerjoin(land, land.id == Unit.territory_id)
        .where(Unit.closed_on.is_(None))
        .order_by(func.length(Unit.path), Unit.path)
    )
    return {row[0]: KnownUnit(*row[:6], id=row.id, path=row.path) for row in rows}


async def _open_all(session: AsyncSession, units: Sequence[PlannedUnit], *, on: date) -> None:
    numbers = await session.execute(select(unit_numbers.next_value()).select_from(func.generate_series(1, len(units))))
    ids: dict[str, UUID] = {unit.code: new_id() for unit in units}
    places: dict[str, tuple[str, str]] = {}
    rows: list[dict[str, Any]] = []
    versions: list[dict[str, Any]] = []
    for unit, number in zip(units, numbers.scalars(), strict=True):
        step = f"{label(number)}."
        path, territory_path = places.get(unit.parent or "", ("", ""))
        if unit.territory is not None:
            _, territory_path = places[unit.territory]
        places[unit.code] = (path + step, territory_path + step)
        facts = Facts(unit.code, unit.name, unit.kind, _id(ids, unit.parent), _id(ids, unit.territory))
        row = {"id": ids[unit.code], "number": number, "level": unit.level, **vars(facts), "opened_on": on}
        rows.append(row | _paths(places[unit.code]))
        versions.append(version_row(row["id"], facts, on))
    stood = [{"unit_id": ids[code], "valid_from": on, **_paths(paths)} for code, paths in places.items()]
    # Tables, not models: nothing of this is wanted as objects, and it is a good deal faster.
    async with kept_plans(session):
        await session.execute(insert(Unit.__table__), rows)  # type: ignore[arg-type]
        await session.execute(insert(UnitVersion.__table__), versions)  # type: ignore[arg-type]
        await session.execute(insert(UnitPlace.__table__), stood)  # type: ignore[arg-type]


def _id(ids: dict[str, UUID], code: str | None) -> UUID | None:
    return None if code is None else ids[code]


def _paths(paths: tuple[str, str]) -> dict[str, str]:
    return {"path": paths[0], "territory_path": paths[1]}


async def _not_yet_proposed(session: AsyncSession, proposals: Sequence[Proposal], *, on: date) -> list[Proposal]:
    """Nobody is asked twice: not what still waits, and not what was dismissed of a list of that day or a later one."""
    waiting = UnitAct.state.in_((UnitActState.PROPOSED, UnitActState.PLANNED))
    dismissed = (UnitAct.state == UnitActState.DISMISSED) & (UnitAct.effective_on >= on)
    rows = await session.execute(select(UnitAct.kind, UnitAct.details).where(or_(waiting, dismissed)))
    there = {_sameness(row.kind, row.details) for row in rows}
    return [proposal for proposal in proposals if _sameness(proposal.kind, plain(proposal.given)) not in there]


def _sameness(kind: UnitActKind, details: dict[str, Any]) -> bytes:
    return orjson.dumps([kind.value, details], option=orjson.OPT_SORT_KEYS)


def _row(proposal: Proposal, act_id: UUID, *, now: datetime, on: date) -> dict[str, Any]:
    return {
        "id": act_id,
        "kind": proposal.kind,
        "state": UnitActState.PROPOSED,
        "unit_id": subject(proposal.kind, proposal.given),
        "unit_path": proposal.decided_at,
        "effective_on": on,
        "reason": f"依据截至 {on.isoformat()} 的行政区划清单",
        "details": plain(proposal.given),
        "proposed_at": now,
    }
