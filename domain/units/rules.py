"""Pure decisions about the tree: how its paths are built, and how China's divisions become units."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.access.abilities import Ability, Hindrance
from domain.access.permissions import Permission
from domain.refusals import Reason
from domain.terms import Level, UnitActState, UnitKind

NATION = "0"
XPCC = "66"
XINJIANG = "65"
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


def grams(name: str) -> list[str]:
    """Each pair of neighbouring characters of a name, once: two Chinese characters suffice to find it."""
    return sorted({name[place : place + 2] for place in range(len(name) - 1)})


@dataclass(frozen=True)
class Division:
    """A row of the divisions list: kind is R (regular), V (virtual) or S (statistical)."""

    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class PlannedUnit:
    """A unit as the lists want it, or as the database has it; `parent` is the code of the unit above.

    `territory` is the code of the unit in whose territory it lies, where that is not the unit above.
    """

    code: str
    name: str
    level: Level
    kind: UnitKind
    parent: str | None
    territory: str | None = None


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
            # The Corps reports to the nation, and so do its divisions through it; the land is Xinjiang's.
            XINJIANG if code != XPCC and XINJIANG in rows else None,
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


def hinders_change(unit: Any) -> Reason | None:
    """Only an open unit is changed."""
    return None if unit.closed_on is None else Reason.UNIT_CLOSED


def hinders_end(unit: Any) -> Reason | None:
    """The nation stays where it is and what it is."""
    return Reason.NATION_STAYS if unit.level is Level.NATIONAL else hinders_change(unit)


def hinders_reopening(unit: Any) -> Reason | None:
    """Only a closed unit is opened again."""
    return Reason.UNIT_OPEN if unit.closed_on is None else None


def hinders_accepting(act: Any) -> Reason | None:
    """What is proposed, or failed when its day came, waits for somebody to accept it."""
    return None if act.state in ACCEPTED_FROM else Reason.ACT_DECIDED


def hinders_dismissing(act: Any) -> Reason | None:
    """What is not done yet can be dismissed."""
    return None if act.state in DISMISSED_FROM else Reason.ACT_DECIDED


ACCEPTED_FROM = (UnitActState.PROPOSED, UnitActState.FAILED)
DISMISSED_FROM = (*ACCEPTED_FROM, UnitActState.PLANNED)


NEEDS = frozenset({"closed_on", "level"})


def _ability(act: str, hindrance: Hindrance, *, is_decided_above: bool = True) -> Ability:
    return Ability(
        act, Permission.UNIT_EDIT, "path", is_decided_above=is_decided_above, hindrance=hindrance, needs=NEEDS
    )


def _there(act: str, permission: Permission, **more: Any) -> Ability:
    """What is begun at an open unit."""
    return Ability(act, permission, "path", hindrance=hinders_change, needs=NEEDS, **more)


# `open_unit` opens one below it, `merge_units` closes others into it.
UNIT_ABILITIES = (
    _ability("open_unit", hinders_change, is_decided_above=False),
    _ability("rename_unit", hinders_change),
    _ability("move_unit", hinders_end),
    _ability("merge_units", hinders_change),
    _ability("split_unit", hinders_end),
    _ability("close_unit", hinders_end),
    _ability("reopen_unit", hinders_reopening),
    _there("create_lesson", Permission.LESSON_EDIT),
    _there("create_campaign", Permission.CAMPAIGN_EDIT),
    _there("schedule_lesson", Permission.LESSON_SCHEDULE),
    _there("order_silence", Permission.SILENCE_EDIT),
    _there("write_guidance", Permission.GUIDANCE_EDIT),
    _there("invite_users", Permission.GRANT_EDIT),
    _there("grant_role", Permission.GRANT_EDIT),
    _there("set_upper_posting", Permission.UNIT_SET, is_for_itself=Reason.SETTING_OF_THE_UNIT),
)
UNIT_ACT_ABILITIES = (
    Ability("accept_unit_act", Permission.UNIT_EDIT, hindrance=hinders_accepting, needs=frozenset({"state"})),
    Ability("dismiss_unit_act", Permission.UNIT_EDIT, hindrance=hinders_dismissing, needs=frozenset({"state"})),
)
