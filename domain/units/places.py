"""Where units stood: places follow from the versions of a unit and of all units above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from domain.units.rules import label


@dataclass(frozen=True)
class Link:
    """Between which units an open unit stood from a date to a date; the end is exclusive, `date.max` is none."""

    unit_id: UUID
    parent_id: UUID
    # The unit in whose territory it lay: the parent, unless another was named.
    land_id: UUID
    start: date
    end: date


@dataclass(frozen=True)
class Place:
    """The paths of a unit from a date to a date."""

    start: date
    end: date
    path: str
    territory_path: str


def places_since(
    day: date, links: Sequence[Link], numbers: Mapping[UUID, int], outside: Mapping[UUID, Sequence[Place]]
) -> dict[UUID, list[Place]]:
    """The places from a day on of all units that `links` speak of; `outside` holds those of other units above them.

    A unit's level lies below those of its parent and of its land, so this comes to an end.
    """
    own: dict[UUID, list[Link]] = {unit_id: [] for unit_id in numbers}
    for link in links:
        own[link.unit_id].append(link)
    found: dict[UUID, list[Place]] = {}

    def of(unit_id: UUID) -> Sequence[Place]:
        if unit_id not in own:
            return outside.get(unit_id, ())
        if unit_id not in found:
            step = f"{label(numbers[unit_id])}."
            pieces = [
                Place(start, end, above.path + step, land.territory_path + step)
                for link in own[unit_id]
                for above in of(link.parent_id)
                for land in of(link.land_id)
                if (start := max(day, link.start, above.start, land.start))
                < (end := min(link.end, above.end, land.end))
            ]
            found[unit_id] = joined(pieces)
        return found[unit_id]

    for unit_id in own:
        of(unit_id)
    return found


def joined(pieces: Sequence[Place]) -> list[Place]:
    """The same places in order, with neighbours of one path made one."""
    whole: list[Place] = []
    for piece in sorted(pieces, key=lambda piece: piece.start):
        last = whole[-1] if whole else None
        if last is not None and last.end == piece.start and _paths(last) == _paths(piece):
            whole[-1] = replace(last, end=piece.end)
        else:
            whole.append(piece)
    return whole


def before(day: date, pieces: Sequence[Place]) -> list[Place]:
    """What of some places lies before a day."""
    return [replace(piece, end=min(piece.end, day)) for piece in pieces if piece.start < day]


def _paths(place: Place) -> tuple[str, str]:
    return place.path, place.territory_path
