"""Which paths of today a change alters, known before anything is written."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import below
from domain.units.changes import Change, Facts, Scene, Standing
from domain.units.models import Unit, unit_numbers
from domain.units.rules import label


@dataclass
class Seat:
    """Where a unit stands now, and where it will."""

    id: UUID
    number: int
    name: str
    path: str
    territory_path: str
    # The unit it stands below: for a closed one whoever took over, else the last parent.
    anchor_id: UUID | None
    land_id: UUID | None


@dataclass
class Moves:
    """The paths of today that a change alters, by unit, before and after."""

    old: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    new: dict[UUID, tuple[str, str]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    numbers: dict[UUID, int] = field(default_factory=dict)

    @property
    def paths(self) -> dict[str, str]:
        """Old paths and new ones, of the units that had one and get another."""
        return {old[0]: self.new[unit][0] for unit, old in self.old.items() if old[0] != self.new[unit][0]}


async def moves_of(session: AsyncSession, scene: Scene, change: Change) -> Moves:
    """Which paths of today the change alters: those of the units whose links change, and of all below them."""
    numbers = await _new_numbers(session, list(change.opened))
    roots = [scene.units[unit_id] for unit_id in relinked(scene, change) if unit_id not in change.opened]
    seats = await _seats(session, roots)
    inside = set(seats) | set(change.opened)
    for unit_id in inside:
        _reseat(seats, unit_id, change, numbers)
    anchors = {seat.anchor_id for seat in seats.values()} | {seat.land_id for seat in seats.values()}
    outside = await _seats_by_id(session, {each for each in anchors if each is not None} - set(seats))
    moves = Moves(numbers=numbers)
    for unit_id in inside:
        seat = seats[unit_id]
        if unit_id not in change.opened:
            moves.old[unit_id] = (seat.path, seat.territory_path)
        moves.new[unit_id] = (
            _path(seats | outside, inside, unit_id, "anchor_id", "path"),
            _path(seats | outside, inside, unit_id, "land_id", "territory_path"),
        )
    changed = {*change.facts, *change.closed}
    touched = [seat for seat in seats.values() if seat.id in changed or moves.old.get(seat.id) != moves.new[seat.id]]
    renamed = [scene.units[unit_id].facts.name for unit_id in changed - set(seats)]
    moves.names = renamed + [seat.name for seat in sorted(touched, key=lambda seat: moves.new[seat.id])]
    return moves


def relinked(scene: Scene, change: Change) -> list[UUID]:
    """The units whose place follows from other units than before, or that have one no more."""
    units = scene.units
    linked = [
        unit_id
        for unit_id, facts in change.facts.items()
        if unit_id in change.opened or unit_id in change.reopened or _links(facts) != _links(units[unit_id].facts)
    ]
    return [*change.closed, *linked]


def _links(facts: Facts) -> tuple[UUID | None, UUID | None]:
    return facts.parent_id, facts.territory_id


async def _new_numbers(session: AsyncSession, ids: list[UUID]) -> dict[UUID, int]:
    if not ids:
        return {}
    numbers = await session.execute(select(unit_numbers.next_value()).select_from(func.generate_series(1, len(ids))))
    return dict(zip(ids, numbers.scalars(), strict=True))


async def _seats(session: AsyncSession, roots: Collection[Standing]) -> dict[UUID, Seat]:
    """The units at and below some, by either link; closed ones too, since what they had stays below them."""
    if not roots:
        return {}
    ranges = [below(Unit.path, path) for path in _topmost(root.path for root in roots)]
    ranges += [below(Unit.territory_path, path) for path in _topmost(root.territory_path for root in roots)]
    return await _seats_where(session, or_(*ranges))


async def _seats_by_id(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Seat]:
    return await _seats_where(session, Unit.id.in_(ids)) if ids else {}


async def _seats_where(session: AsyncSession, condition: Any) -> dict[UUID, Seat]:
    names = ("id", "number", "name", "path", "territory_path", "parent_id", "territory_id", "closed_on", "successor_id")
    rows = await session.execute(select(*(getattr(Unit, name) for name in names)).where(condition))
    return {row.id: _seat(row) for row in rows}


def _seat(row: Any) -> Seat:
    anchor = row.parent_id if row.closed_on is None else row.successor_id or row.parent_id
    land = row.territory_id or row.parent_id if row.closed_on is None or row.successor_id is None else row.successor_id
    return Seat(row.id, row.number, row.name, row.path, row.territory_path, anchor, land)


def _topmost(paths: Iterable[str]) -> list[str]:
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return kept


def _reseat(seats: dict[UUID, Seat], unit_id: UUID, change: Change, numbers: Mapping[UUID, int]) -> None:
    """Say below whom a unit stands after the change."""
    facts = change.facts.get(unit_id)
    if unit_id in change.opened and facts is not None:
        seats[unit_id] = Seat(unit_id, numbers[unit_id], facts.name, "", "", None, None)
    if facts is not None:
        seats[unit_id].anchor_id = facts.parent_id
        seats[unit_id].land_id = facts.territory_id or facts.parent_id
    elif change.closed.get(unit_id) is not None:
        seats[unit_id].anchor_id = seats[unit_id].land_id = change.closed[unit_id]


def _path(seats: Mapping[UUID, Seat], inside: set[UUID], unit_id: UUID, link: str, kept: str) -> str:
    """The path of a unit by one link: units outside the change keep theirs."""
    seat = seats[unit_id]
    above: UUID | None = getattr(seat, link)
    if unit_id not in inside or above is None:
        path: str = getattr(seat, kept)
        return path
    return f"{_path(seats, inside, above, link, kept)}{label(seat.number)}."
