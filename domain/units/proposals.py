"""What a newer list of divisions says of the tree: acts to propose, each of them explained by one rule. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.terms import UnitActKind
from domain.units.rules import PlannedUnit


@dataclass(frozen=True)
class KnownUnit(PlannedUnit):
    """An open unit of the tree, as an import compares it."""

    id: UUID = field(kw_only=True)
    path: str = field(kw_only=True)


@dataclass(frozen=True)
class Proposal:
    """An act that would bring the tree nearer to the list, with the arguments of its command.

    A unit that is not open yet is named by its code, as `parent_code` instead of `parent_id`.
    """

    kind: UnitActKind
    given: dict[str, Any]
    # The path where it is decided.
    decided_at: str


@dataclass
class Comparison:
    """What is to be proposed, in an order in which it can be accepted, and how many units are as listed."""

    proposals: list[Proposal] = field(default_factory=list)
    unchanged: int = 0


def comparison_of(known: Mapping[str, KnownUnit], planned: Iterable[PlannedUnit]) -> Comparison:
    """Compare the open units, by their codes, with a list that names parents first."""
    wanted = {unit.code: unit for unit in planned}
    pairs = _Pairs(known, wanted)
    renamed = [p for code, old in pairs.old.items() if (p := pairs.rename(wanted[code], old)) is not None]
    opened = [pairs.opening(unit) for code, unit in wanted.items() if code not in pairs.old]
    gone = [unit for code, unit in known.items() if code not in pairs.new]
    merged = {unit.code: into for unit in gone if (into := pairs.taken_over_by(unit)) is not None}
    moved = [
        p
        for code, old in pairs.old.items()
        if old.parent not in merged and (p := pairs.move(wanted[code], old)) is not None
    ]
    # From below, so that each has nothing below it any more when its turn comes.
    closed = [
        Proposal(UnitActKind.CLOSE, {"unit_id": unit.id, "successor_id": None}, pairs.above(unit))
        for unit in sorted(gone, key=lambda unit: (-unit.level.depth, unit.path))
        if unit.code not in merged
    ]
    mergers = [
        Proposal(UnitActKind.MERGE, {"unit_ids": [known[code].id], "into_id": into.id}, pairs.above(into))
        for code, into in merged.items()
    ]
    proposals = [*renamed, *opened, *mergers, *moved, *closed]
    touched = {p.given.get("unit_id") for p in proposals} | {each.id for each in gone}
    return Comparison(proposals, sum(unit.id not in touched for unit in known.values()))


class _Pairs:
    """Which listed unit is which known one: by its code, else by its level and name."""

    def __init__(self, known: Mapping[str, KnownUnit], wanted: Mapping[str, PlannedUnit]) -> None:
        self.known, self.wanted = known, wanted
        # By the code of the list, and by the code of the tree.
        self.old: dict[str, KnownUnit] = {}
        self.new: dict[str, PlannedUnit] = {}
        for code, unit in wanted.items():
            if code in known and known[code].level is unit.level:
                self._pair(unit, known[code])
        self._pair_by_name()
        # As the list has them, parents first.
        self.old = {code: self.old[code] for code in wanted if code in self.old}

    def _pair(self, unit: PlannedUnit, old: KnownUnit) -> None:
        self.old[unit.code], self.new[old.code] = old, unit

    def _pair_by_name(self) -> None:
        """A new code for a unit: alone with its name below the same parent, or else alone with it in the country."""
        depths = sorted({unit.level.depth for code, unit in self.wanted.items() if code not in self.old})
        for depth in depths:
            for key in (lambda unit, parent: (unit.name, parent), lambda unit, _: unit.name):
                fresh = [u for c, u in self.wanted.items() if c not in self.old and u.level.depth == depth]
                gone = [u for c, u in self.known.items() if c not in self.new and u.level.depth == depth]
                by_key = _alone(fresh, key, lambda unit: self.parent_code(unit.parent))
                others = _alone(gone, key, lambda unit: unit.parent)
                for each in by_key.keys() & others.keys():
                    self._pair(by_key[each], others[each])

    def parent_code(self, code: str | None) -> str | None:
        """The code that the tree has for a unit of the list; the list's own where the tree has none."""
        return self.old[code].code if code in self.old else code

    def above(self, unit: PlannedUnit) -> str:
        """The path of the nearest open unit above one of the list or of the tree."""
        source: Mapping[str, PlannedUnit] = self.known if isinstance(unit, KnownUnit) else self.wanted
        found: PlannedUnit | None = source.get(unit.parent or "")
        while found is not None:
            near = found if isinstance(found, KnownUnit) else self.old.get(found.code)
            if near is not None:
                return near.path
            found = source.get(found.parent or "")
        return unit.path if isinstance(unit, KnownUnit) else ""

    def rename(self, unit: PlannedUnit, old: KnownUnit) -> Proposal | None:
        """Another name, kind or code."""
        if (unit.code, unit.name, unit.kind) == (old.code, old.name, old.kind):
            return None
        given = {
            "unit_id": old.id,
            "code": unit.code if unit.code != old.code else None,
            "name": unit.name if unit.name != old.name else None,
            "kind": unit.kind if unit.kind is not old.kind else None,
        }
        return Proposal(UnitActKind.RENAME, given, self.above(old))

    def opening(self, unit: PlannedUnit) -> Proposal:
        """A unit of which nothing is known."""
        given = {"code": unit.code, "name": unit.name, "level": unit.level, "kind": unit.kind}
        given |= self._reference("parent", unit.parent) | self._reference("territory", unit.territory)
        return Proposal(UnitActKind.OPEN, given, self.above(unit))

    def move(self, unit: PlannedUnit, old: KnownUnit) -> Proposal | None:
        """Another parent, or another territory."""
        is_moved = self.parent_code(unit.parent) != old.parent
        is_relocated = self.parent_code(unit.territory) != old.territory
        if not is_moved and not is_relocated:
            return None
        given = {"unit_id": old.id, "leaves_territory": is_relocated and unit.territory is None}
        given |= self._reference("parent", unit.parent if is_moved else None)
        given |= self._reference("territory", unit.territory if is_relocated else None)
        return Proposal(UnitActKind.MOVE, given, self.above(old))

    def taken_over_by(self, unit: KnownUnit) -> KnownUnit | None:
        """The one unit of its level below which all those stand now that stood below a unit no longer listed."""
        listed = [self.new[c] for c, child in self.known.items() if child.parent == unit.code and c in self.new]
        heirs = {child.parent for child in listed}
        heir = self.old.get(heirs.pop() or "") if len(heirs) == 1 else None
        return heir if heir is not None and heir.level is unit.level else None

    def _reference(self, name: str, code: str | None) -> dict[str, Any]:
        if code is None or code in self.old:
            return {f"{name}_id": None if code is None else self.old[code].id}
        return {f"{name}_id": None, f"{name}_code": code}


def _alone(
    units: Iterable[Any], key: Callable[[Any, str | None], Hashable], parent: Callable[[Any], str | None]
) -> dict[Hashable, Any]:
    """The units that are alone with their key."""
    grouped: dict[Hashable, list[Any]] = defaultdict(list)
    for unit in units:
        grouped[key(unit, parent(unit))].append(unit)
    return {each: group[0] for each, group in grouped.items() if len(group) == 1}


def kinds_of(proposals: Iterable[Proposal]) -> Counter[UnitActKind]:
    """How many acts of which kind."""
    return Counter(proposal.kind for proposal in proposals)
