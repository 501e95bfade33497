"""The shipped lists make the tree we say they make."""

import gzip
from collections import Counter

import pytest

from domain.terms import Level, UnitKind
from domain.units.divisions import ListUnusable, shipped_tree, tree_of
from domain.units.rules import NATION, XPCC, PlannedUnit, Tree


@pytest.fixture(scope="module")
def tree() -> Tree:
    return shipped_tree()


@pytest.fixture(scope="module")
def units(tree: Tree) -> dict[str, PlannedUnit]:
    return {unit.code: unit for unit in tree.units}


def test_there_are_as_many_units_per_level_as_the_product_says(tree: Tree):
    assert len(tree.units) == 44_713
    assert Counter(unit.level for unit in tree.units) == {
        Level.NATIONAL: 1,
        Level.PROVINCIAL: 38,
        Level.PREFECTURE: 347,
        Level.COUNTY: 2_975,
        Level.GRASSROOTS: 41_352,
    }


def test_no_code_occurs_twice(tree: Tree, units: dict[str, PlannedUnit]):
    assert len(units) == len(tree.units)


def test_no_unit_is_an_orphan_and_every_one_stands_below_its_parent(units: dict[str, PlannedUnit]):
    orphans = [u.code for u in units.values() if u.parent is not None and u.parent not in units]
    assert orphans == []
    wrong = [u.code for u in units.values() if u.parent and u.level.depth <= units[u.parent].level.depth]
    assert wrong == []


def test_every_unit_reaches_the_nation(units: dict[str, PlannedUnit]):
    for unit in units.values():
        above, steps = unit, 0
        while above.parent is not None:
            above, steps = units[above.parent], steps + 1
        assert above.code == NATION
        assert steps <= 4


def test_twelve_virtual_rows_are_left_out(tree: Tree, units: dict[str, PlannedUnit]):
    assert Counter(len(division.code) for division in tree.left_out) == {4: 9, 6: 3}
    assert {division.kind for division in tree.left_out} == {"V"}
    assert units.keys().isdisjoint(division.code for division in tree.left_out)


def test_a_hundred_and_eighty_three_units_skip_a_level(tree: Tree):
    assert Counter(unit.level for unit in tree.skipping) == {Level.COUNTY: 106, Level.GRASSROOTS: 77}


def test_the_corps_has_fourteen_divisions_of_which_twelve_have_a_city(tree: Tree, units: dict[str, PlannedUnit]):
    divisions = [unit for unit in units.values() if unit.parent == XPCC]
    cities = [unit for unit in units.values() if unit.kind is UnitKind.XPCC and unit.level is Level.COUNTY]
    assert len(divisions) == 14
    assert len(cities) == tree.corps_cities == 12
    assert len({city.parent for city in cities}) == 12
    assert {city.parent for city in cities} < {division.code for division in divisions}


def test_rows_for_statistics_are_counted(tree: Tree):
    assert tree.statistical == {Level.COUNTY: 124, Level.GRASSROOTS: 2_710}


def test_every_name_is_written_and_trimmed(tree: Tree):
    assert [unit for unit in tree.units if not unit.name or unit.name != unit.name.strip()] == []


LIST = "code,name,kind\n44,广东省,R\n4401,广州市,R\n440118,增城区,R\n440118001,荔城街道,R\n"


@pytest.mark.parametrize(
    "content",
    # Packed without the time: the test processes have to agree on what there is to test.
    [LIST.encode(), b"\xef\xbb\xbf" + LIST.encode(), gzip.compress(LIST.encode(), mtime=0)],
    ids=["plain", "with a byte order mark", "packed"],
)
def test_a_newer_list_is_read_packed_or_not(content: bytes):
    planned = {unit.code: unit for unit in tree_of(content).units}
    assert (planned["440118"].name, planned["440118"].parent) == ("增城区", "4401")
    # What no list holds comes along: the nation, the Corps, the six industry systems.
    assert {"0", XPCC, "IS1"} < planned.keys()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lacks the columns code, name, kind"),
        (b"code,name\n", "lacks the columns kind"),
        (b"code,name,kind\n", "no rows"),
        (b"\xff\xfe\x00", "no text in UTF-8"),
        (b"\x1f\x8bbroken", "no text in UTF-8"),
        (f"{LIST}440118,又一个,R\n".encode(), "line 6 (440118 又一个): the code is listed twice"),
        (f"{LIST}440299001,镇,R\n".encode(), "the division above it, 440299, is not listed before it"),
        (f"{LIST}4402x,市,R\n".encode(), "a code has 2, 4, 6 or 9 digits"),
        (f"{LIST}4402, ,R\n".encode(), "the name is empty"),
        (f"{LIST}4402,韶关市,X\n".encode(), "the kind is R"),
        (f"{LIST}4402\n".encode(), "the name is empty"),
    ],
)
def test_a_list_that_cannot_be_used_says_where_and_why(content: bytes, said: str):
    with pytest.raises(ListUnusable) as refused:
        tree_of(content)
    assert said in str(refused.value)
