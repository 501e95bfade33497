"""Pure decisions about the tree: how China's divisions become units, and what an import changes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from domain.terms import Level, UnitKind

NATION = "0"
XPCC = "66"
# The industry-system League committees stand beside the provinces (38 = 31 provinces + the Corps + these six).
INDUSTRY_SYSTEMS = {
    "IS1": "铁道团委",
    "IS2": "民航团委",
    "IS3": "中直机关团工委",
    "IS4": "中央国家机关团工委",
    "IS5": "中央金融团工委",
    "IS6": "中央企业团工委",
}
LEVEL_OF_LENGTH = {2: Level.PROVINCIAL, 4: Level.PREFECTURE, 6: Level.COUNTY, 9: Level.GRASSROOTS}
PARENT_LENGTH = {9: 6, 6: 4, 4: 2}


# Five digits of base 36 number 60 million units; one width makes the order of paths the order of numbers.
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
LABEL_WIDTH = 5


def label(number: int) -> str:
    """A unit's number as one step of a path."""
    digits = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        digits = DIGITS[digit] + digits
    return digits.rjust(LABEL_WIDTH, "0")


@dataclass(frozen=True)
class Division:
    """A row of the divisions list: kind is R (regular), V (virtual) or S (statistical)."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class PlannedUnit:
    """A unit as the lists want it, or as the database has it; `parent` is the code of the unit above."""

    code: str
    name: str
    level: Level
    kind: UnitKind
    parent: str | None


@dataclass(frozen=True)
class Tree:
    """The planned units, parents first, and what was done to the rows that did not fit."""

    units: list[PlannedUnit]
    left_out: list[Division]
    skipping: list[PlannedUnit]
    statistical: Counter[Level]
    corps_cities: int


def plan_tree(divisions: Iterable[Division], *, corps: Mapping[str, str], corps_cities: Mapping[str, str]) -> Tree:
    """Turn the lists into the five-level tree.

    `corps` holds code and name of the Corps' divisions, `corps_cities` the city code of those that have one.
    Virtual rows have no volunteer body: they are left out, and their children report to the next real unit
    above. That makes units which skip a level; this is lawful and counted. Rows that exist for statistics only
    stay, marked so, because farms and development zones among them have bodies of their own.
    """
    rows = {d.code: d for d in divisions}
    left_out = [d for d in rows.values() if d.kind == "V"]
    units = [PlannedUnit(NATION, "全国", Level.NATIONAL, UnitKind.TERRITORIAL, None)]
    units += [_planned(d, rows, corps_cities) for d in rows.values() if d.kind != "V" and len(d.code) == 2]
    units += [
        PlannedUnit(code, name, Level.PROVINCIAL, UnitKind.INDUSTRY_SYSTEM, NATION)
        for code, name in INDUSTRY_SYSTEMS.items()
    ]
    units += [
        PlannedUnit(
            code,
            name if code == XPCC else f"新疆生产建设兵团{name}",
            Level.PROVINCIAL if code == XPCC else Level.PREFECTURE,
            UnitKind.XPCC,
            NATION if code == XPCC else XPCC,
        )
        for code, name in corps.items()
    ]
    units += [_planned(d, rows, corps_cities) for d in rows.values() if d.kind != "V" and len(d.code) > 2]
    level_of = {u.code: u.level for u in units}
    return Tree(
        units=sorted(units, key=lambda u: u.level.depth),
        left_out=left_out,
        skipping=[u for u in units if u.parent and u.level.depth > level_of[u.parent].depth + 1],
        statistical=Counter(u.level for u in units if u.kind is UnitKind.STATISTICAL),
        corps_cities=sum(u.code in corps_cities for u in units),
    )


def _planned(row: Division, rows: Mapping[str, Division], corps_cities: Mapping[str, str]) -> PlannedUnit:
    kind = UnitKind.STATISTICAL if row.kind == "S" else UnitKind.TERRITORIAL
    parent = corps_cities.get(row.code)
    if parent:
        kind = UnitKind.XPCC
    return PlannedUnit(row.code, row.name, LEVEL_OF_LENGTH[len(row.code)], kind, parent or _parent(row, rows))


def _parent(row: Division, rows: Mapping[str, Division]) -> str:
    length = len(row.code)
    while length in PARENT_LENGTH:
        length = PARENT_LENGTH[length]
        above = rows[row.code[:length]]
        if above.kind != "V":
            return above.code
    return NATION


@dataclass(frozen=True)
class Changes:
    """What an import does: units to open and to rename, codes to close; moves are shown, not made."""

    created: list[PlannedUnit] = field(default_factory=list)
    changed: list[PlannedUnit] = field(default_factory=list)
    moved: list[PlannedUnit] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    unchanged: int = 0


def changes_between(known: Mapping[str, PlannedUnit], planned: Iterable[PlannedUnit]) -> Changes:
    """Compare by code; a unit that is listed no more is closed, never deleted.

    A unit whose parent differs is only reported: moving one moves who may act for it, which a person decides.
    """
    changes = Changes()
    wanted = {unit.code: unit for unit in planned}
    for code, unit in wanted.items():
        old = known.get(code)
        if old is None:
            changes.created.append(unit)
            continue
        if old.parent != unit.parent:
            changes.moved.append(unit)
        if (old.name, old.kind) != (unit.name, unit.kind):
            changes.changed.append(unit)
    changes.closed.extend(sorted(set(known) - set(wanted), key=lambda code: (-len(code), code)))
    touched = {unit.code for unit in changes.created + changes.changed + changes.moved}
    return replace(changes, unchanged=len(wanted) - len(touched))
