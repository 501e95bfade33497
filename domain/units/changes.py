"""What each kind of act makes of the tree from its date on, and when it cannot be done: pure, on what was read."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.refusals import Conflict, Invalid, Reason
from domain.terms import Level, UnitActKind, UnitKind

Given = Mapping[str, Any]
SPLIT_LEAST = 2
MERGE_LIMIT = 100


@dataclass(frozen=True)
class Facts:
    """What is true of an open unit, and may change by an act."""

    code: str
    name: str
    kind: UnitKind
    parent_id: UUID | None
    territory_id: UUID | None


@dataclass(frozen=True)
class Standing:
    """A unit as an act finds it."""

    id: UUID
    number: int
    level: Level
    facts: Facts
    path: str
    territory_path: str
    opened_on: date
    closed_on: date | None
    successor_id: UUID | None
    # Since when its facts are what they are; for a closed unit the day it was closed.
    since: date

    @property
    def is_open(self) -> bool:
        return self.closed_on is None


@dataclass(frozen=True)
class Holder:
    """A unit that has, or since the date of the act has had, a certain code; `until` is empty while it has it."""

    unit_id: UUID
    until: date | None


@dataclass
class Scene:
    """What an act has to know of the tree."""

    on: date
    units: dict[UUID, Standing]
    # The open units that stand directly below a unit, or lie in its territory, in the order of their paths.
    dependents: list[UUID] = field(default_factory=list)
    # Until when any other unit stood there after the date of the act.
    left_on: date = date.min
    codes: dict[str, list[Holder]] = field(default_factory=dict)


@dataclass
class Change:
    """The facts of open units from a date on, and the units that are no longer open from that date on."""

    on: date
    facts: dict[UUID, Facts] = field(default_factory=dict)
    opened: dict[UUID, Level] = field(default_factory=dict)
    reopened: set[UUID] = field(default_factory=set)
    # Who takes over what each closed unit had.
    closed: dict[UUID, UUID | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Asking:
    """A unit an act names, in which field, and what whoever decides must hold: there, or where the level above is."""

    unit_id: UUID
    field: str
    permission: Permission = Permission.UNIT_EDIT
    is_decided_above: bool = True


def asked_of(kind: UnitActKind, given: Given) -> list[Asking]:
    """The level above decides: over the parent of whatever is changed, and over the parents to be."""
    match kind:
        case UnitActKind.OPEN:
            asked = [Asking(given["parent_id"], "parentId", is_decided_above=False)]
        case UnitActKind.MERGE:
            asked = [Asking(given["into_id"], "intoId")]
            asked += [Asking(unit_id, f"unitIds.{place}") for place, unit_id in enumerate(given["unit_ids"])]
        case _:
            asked = [Asking(given["unit_id"], "unitId")]
    if kind in (UnitActKind.MOVE, UnitActKind.REOPEN) and given["parent_id"] is not None:
        asked.append(Asking(given["parent_id"], "parentId", is_decided_above=False))
    if given.get("successor_id") is not None:
        asked.append(Asking(given["successor_id"], "successorId"))
    if given.get("territory_id") is not None:
        # Whose land it is need only be known; nothing changes for that unit.
        asked.append(Asking(given["territory_id"], "territoryId", Permission.UNIT_FIND, is_decided_above=False))
    return asked


def change_of(kind: UnitActKind, given: Given, scene: Scene) -> Change:
    """What the act makes of the tree, or the refusal that says why it cannot be done."""
    return CHANGES[kind](given, scene)


def _opened(given: Given, scene: Scene) -> Change:
    unit_id, parent = new_id(), scene.units[given["parent_id"]]
    facts = Facts(given["code"], given["name"], given["kind"], parent.id, given["territory_id"])
    earliest = [*_above(scene, given["level"], facts), *_code(scene, unit_id, facts.code)]
    _date(scene, earliest)
    return Change(scene.on, facts={unit_id: facts}, opened={unit_id: given["level"]})


def _renamed(given: Given, scene: Scene) -> Change:
    unit = _open_unit(scene, given["unit_id"], "unitId")
    wanted = {name: given[name] for name in ("code", "name", "kind") if given[name] is not None}
    facts = replace(unit.facts, **wanted)
    if facts == unit.facts:
        raise Invalid(Reason.UNIT_UNCHANGED, path="name")
    _date(scene, [unit.since, *(_code(scene, unit.id, facts.code) if facts.code != unit.facts.code else ())])
    return Change(scene.on, facts={unit.id: facts})


def _moved(given: Given, scene: Scene) -> Change:
    unit = _not_nation(_open_unit(scene, given["unit_id"], "unitId"))
    territory_id = None if given["leaves_territory"] else given["territory_id"] or unit.facts.territory_id
    parent_id = given["parent_id"] or unit.facts.parent_id
    # Whoever names the parent as the land says no more than that the unit lies where its parent does.
    facts = replace(unit.facts, parent_id=parent_id, territory_id=None if territory_id == parent_id else territory_id)
    if facts == unit.facts:
        raise Invalid(Reason.UNIT_UNCHANGED, path="parentId")
    _date(scene, [unit.since, *_above(scene, unit.level, facts, unit.facts)])
    return Change(scene.on, facts={unit.id: facts})


def _merged(given: Given, scene: Scene) -> Change:
    into = _open_unit(scene, given["into_id"], "intoId")
    wanted = [unit_id for unit_id in dict.fromkeys(given["unit_ids"]) if unit_id != into.id]
    if not 1 <= len(wanted) <= MERGE_LIMIT or len(wanted) < len(given["unit_ids"]):
        raise Invalid(Reason.MERGE_UNITS, path="unitIds", limit=MERGE_LIMIT)
    merged = [_not_nation(_open_unit(scene, unit_id, "unitIds"), "unitIds") for unit_id in wanted]
    if any(unit.level is not into.level for unit in merged):
        raise Invalid(Reason.UNIT_LEVELS_DIFFER, path="unitIds")
    change = Change(scene.on, closed={unit.id: into.id for unit in merged})
    earliest = [into.opened_on, scene.left_on, *(unit.since for unit in merged)]
    for unit in _dependents(scene):
        change.facts[unit.id] = _instead(unit.facts, dict.fromkeys(change.closed, into.id))
        earliest.append(unit.since)
    _date(scene, earliest)
    return change


def _split(given: Given, scene: Scene) -> Change:
    unit = _not_nation(_open_unit(scene, given["unit_id"], "unitId"))
    parts: list[Given] = given["parts"]
    if len(parts) < SPLIT_LEAST:
        raise Invalid(Reason.SPLIT_PARTS, path="parts", least=SPLIT_LEAST)
    ids = [new_id() for _ in parts]
    change = Change(scene.on, closed={unit.id: ids[0]})
    part_of = {child_id: part_id for part_id, part in zip(ids, parts, strict=True) for child_id in part["child_ids"]}
    children = {other.id for other in _dependents(scene) if other.facts.parent_id == unit.id}
    if set(part_of) != children or sum(len(part["child_ids"]) for part in parts) != len(children):
        raise Invalid(Reason.SPLIT_CHILDREN, path="parts")
    earliest = [unit.since, scene.left_on]
    codes = [part["code"] for part in parts]
    for place, (part_id, part) in enumerate(zip(ids, parts, strict=True)):
        if part["code"] in codes[:place]:
            raise Conflict(Reason.UNIT_CODE_TAKEN, path=f"parts.{place}.code", unit_code=part["code"])
        earliest += _code(scene, unit.id, part["code"], f"parts.{place}.code")
        change.opened[part_id] = unit.level
        change.facts[part_id] = replace(unit.facts, code=part["code"], name=part["name"])
    for other in _dependents(scene):
        # What lies in its territory without standing below it goes with the first part.
        change.facts[other.id] = _instead(other.facts, {unit.id: ids[0]}, parent_id=part_of.get(other.id))
        earliest.append(other.since)
    _date(scene, earliest)
    return change


def _closed(given: Given, scene: Scene) -> Change:
    unit = _not_nation(_open_unit(scene, given["unit_id"], "unitId"))
    if scene.dependents:
        raise Conflict(Reason.UNIT_HAS_CHILDREN, path="unitId", count=len(scene.dependents))
    earliest = [unit.since, scene.left_on]
    if given["successor_id"] is not None:
        successor = _open_unit(scene, given["successor_id"], "successorId")
        if successor.id == unit.id:
            raise Invalid(Reason.UNIT_UNCHANGED, path="successorId")
        earliest.append(successor.opened_on)
    _date(scene, earliest)
    return Change(scene.on, closed={unit.id: given["successor_id"]})


def _reopened(given: Given, scene: Scene) -> Change:
    unit = scene.units[given["unit_id"]]
    if unit.is_open:
        raise Conflict(Reason.UNIT_OPEN, path="unitId")
    facts = replace(unit.facts, parent_id=given["parent_id"], territory_id=None)
    earliest = [unit.since, *_above(scene, unit.level, facts), *_code(scene, unit.id, facts.code, "unitId")]
    _date(scene, earliest)
    return Change(scene.on, facts={unit.id: facts}, reopened={unit.id})


CHANGES: dict[UnitActKind, Callable[[Given, Scene], Change]] = {
    UnitActKind.OPEN: _opened,
    UnitActKind.RENAME: _renamed,
    UnitActKind.MOVE: _moved,
    UnitActKind.MERGE: _merged,
    UnitActKind.SPLIT: _split,
    UnitActKind.CLOSE: _closed,
    UnitActKind.REOPEN: _reopened,
}


def _open_unit(scene: Scene, unit_id: UUID, path: str) -> Standing:
    unit = scene.units[unit_id]
    if not unit.is_open:
        raise Conflict(Reason.UNIT_CLOSED, path=path)
    return unit


def _not_nation(unit: Standing, path: str = "unitId") -> Standing:
    if unit.level is Level.NATIONAL:
        raise Invalid(Reason.NATION_STAYS, path=path)
    return unit


def _above(scene: Scene, level: Level, facts: Facts, earlier: Facts | None = None) -> Iterable[date]:
    """Since when the units it is newly to stand below have been open; each must be, and be of a level above."""
    for name, path in (("parent_id", "parentId"), ("territory_id", "territoryId")):
        unit_id = getattr(facts, name)
        if unit_id is None or (earlier is not None and unit_id == getattr(earlier, name)):
            continue
        above = _open_unit(scene, unit_id, path)
        if above.level.depth >= level.depth:
            raise Invalid(Reason.LEVEL_NOT_BELOW, path=path, level=level, above=above.level)
        if path == "territoryId" and above.territory_path != above.path:
            raise Invalid(Reason.TERRITORY_ELSEWHERE, path=path)
        yield above.opened_on


def _code(scene: Scene, unit_id: UUID, code: str, path: str = "code") -> Iterable[date]:
    """Until when other units had this code; none may have it still."""
    for holder in scene.codes.get(code, ()):
        if holder.unit_id == unit_id:
            continue
        if holder.until is None:
            raise Conflict(Reason.UNIT_CODE_TAKEN, path=path, unit_code=code)
        yield holder.until


def _date(scene: Scene, earliest: Iterable[date]) -> None:
    """What was decided for a later day stands: an act does not reach back behind it."""
    first = max(earliest)
    if scene.on < first:
        raise Invalid(Reason.ACT_TOO_EARLY, path="effectiveOn", date=first.isoformat())


def _dependents(scene: Scene) -> list[Standing]:
    return [scene.units[unit_id] for unit_id in scene.dependents]


def _instead(facts: Facts, instead: Mapping[UUID, UUID], *, parent_id: UUID | None = None) -> Facts:
    """The same links with other units in place of some."""
    parent = parent_id or _other(facts.parent_id, instead)
    territory = _other(facts.territory_id, instead)
    return replace(facts, parent_id=parent, territory_id=None if territory == parent else territory)


def _other(unit_id: UUID | None, instead: Mapping[UUID, UUID]) -> UUID | None:
    return None if unit_id is None else instead.get(unit_id, unit_id)
