"""How paths are built, and how lists of divisions become the tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.terms import Level, UnitKind
from domain.units.rules import (
    INDUSTRY_SYSTEMS,
    LABEL_WIDTH,
    NATION,
    XPCC,
    Division,
    PlannedUnit,
    Tree,
    label,
    plan_tree,
)

CORPS = {"66": "新疆生产建设兵团", "6601": "第一师", "6611": "第十一师"}
CORPS_CITIES = {"659002": "6601"}
SMALL = [
    Division("44", "广东省", "R"),
    Division("65", "新疆维吾尔自治区", "R"),
    Division("4401", "广州市", "R"),
    Division("4419", "东莞市", "R"),
    Division("6590", "自治区直辖县级行政区划", "V"),
    Division("440106", "天河区", "R"),
    Division("440171", "开发区", "S"),
    Division("441900", "东莞市", "V"),
    Division("659002", "阿拉尔市", "R"),
    Division("659099", "某县级市", "R"),
    Division("440106001", "五山街道", "R"),
    Division("441900003", "东城街道", "R"),
    Division("659002400", "某团场", "S"),
]


@pytest.fixture(scope="module")
def tree() -> Tree:
    return plan_tree(SMALL, corps=CORPS, corps_cities=CORPS_CITIES)


@pytest.fixture(scope="module")
def units(tree: Tree) -> dict[str, PlannedUnit]:
    return {unit.code: unit for unit in tree.units}


def test_the_nation_is_the_only_unit_without_a_parent(tree: Tree):
    assert [unit for unit in tree.units if unit.parent is None] == [
        PlannedUnit(NATION, "全国", Level.NATIONAL, UnitKind.TERRITORIAL, None)
    ]


def test_an_ordinary_unit_reports_to_the_one_its_code_begins_with(units: dict[str, PlannedUnit]):
    chain = ["440106001", "440106", "4401", "44", NATION]
    assert [units[code].parent for code in chain[:-1]] == chain[1:]
    assert [units[code].level for code in chain] == list(reversed(Level))


def test_a_virtual_row_is_left_out_and_its_children_report_above_it(tree: Tree, units: dict[str, PlannedUnit]):
    assert {division.code for division in tree.left_out} == {"6590", "441900"}
    assert units["441900003"].parent == "4419"
    assert units["659099"].parent == "65"
    assert {unit.code for unit in tree.skipping} == {"441900003", "659099"}


def test_a_city_of_the_corps_reports_to_its_division(tree: Tree, units: dict[str, PlannedUnit]):
    assert (units["659002"].parent, units["659002"].kind) == ("6601", UnitKind.XPCC)
    assert units["6601"] == PlannedUnit("6601", "新疆生产建设兵团第一师", Level.PREFECTURE, UnitKind.XPCC, XPCC, "65")
    assert units["6611"].parent == XPCC
    assert units[XPCC] == PlannedUnit(XPCC, "新疆生产建设兵团", Level.PROVINCIAL, UnitKind.XPCC, NATION)
    assert tree.corps_cities == 1


def test_only_the_divisions_of_the_corps_lie_in_another_units_territory(units: dict[str, PlannedUnit]):
    lodged = {code: unit.territory for code, unit in units.items() if unit.territory is not None}
    assert lodged == {"6601": "65", "6611": "65"}


def test_the_industry_systems_stand_beside_the_provinces(units: dict[str, PlannedUnit]):
    systems = {code: unit for code, unit in units.items() if unit.kind is UnitKind.INDUSTRY_SYSTEM}
    assert {code: unit.name for code, unit in systems.items()} == INDUSTRY_SYSTEMS
    assert {(unit.level, unit.parent) for unit in systems.values()} == {(Level.PROVINCIAL, NATION)}


def test_rows_for_statistics_stay_and_are_marked(tree: Tree, units: dict[str, PlannedUnit]):
    assert units["440171"].kind is units["659002400"].kind is UnitKind.STATISTICAL
    assert tree.statistical == {Level.COUNTY: 1, Level.GRASSROOTS: 1}


def test_parents_come_first(tree: Tree):
    seen: set[str | None] = {None}
    for unit in tree.units:
        assert unit.parent in seen
        seen.add(unit.code)


numbers = st.integers(min_value=0, max_value=36**LABEL_WIDTH - 1)


@given(numbers, numbers)
def test_labels_have_one_width_and_the_order_of_their_numbers(one: int, other: int):
    assert len(label(one)) == len(label(other)) == LABEL_WIDTH
    assert (label(one) < label(other)) is (one < other)
    assert (label(one).encode() < label(other).encode()) is (one < other)
    assert int(label(one), 36) == one


@given(numbers)
def test_a_label_is_no_step_or_end_of_a_path(number: int):
    assert label(number).isalnum()
    assert label(number) == label(number).lower()
