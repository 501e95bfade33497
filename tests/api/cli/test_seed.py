"""What seeding says of the tree it planted."""

from api.cli.seed import describe
from domain.terms import Level, UnitKind
from domain.units.divisions import shipped_tree
from domain.units.rules import Changes, Division, PlannedUnit, Tree, changes_between

COUNTY = PlannedUnit("110101", "东城区", Level.COUNTY, UnitKind.TERRITORIAL, "11")
TOWN = PlannedUnit("441900003", "东城街道", Level.GRASSROOTS, UnitKind.TERRITORIAL, "4419")
LEFT_OUT = [Division("1101", "市辖区", "V"), Division("4690", "省直辖", "V"), Division("441900", "东莞", "V")]


def test_the_shipped_tree_is_described_with_the_figures_of_the_data():
    tree = shipped_tree()
    said = describe(tree, changes_between({}, tree.units))
    first, left_out, skipping, statistical = said.split("\n  ")
    assert (
        first == f"{len(tree.units):,} created, 0 changed, 0 closed, 0 moves left for a person to decide, 0 as before"
    )
    assert left_out.startswith(f"left out: {len(tree.left_out)} virtual rows")
    assert skipping.startswith("skip a level lawfully: 106 counties and 77 townships; 12 more,")
    assert statistical.startswith("marked statistical: ")


def test_each_row_that_does_not_fit_is_counted_by_its_kind():
    tree = Tree([COUNTY, TOWN], LEFT_OUT, [COUNTY, TOWN, TOWN], shipped_tree().statistical, 3)
    said = describe(
        tree, Changes(created=[TOWN], changed=[COUNTY, COUNTY], closed=["1", "2", "3"], moved=[], unchanged=4)
    )
    assert "1 created, 2 changed, 3 closed, 0 moves left for a person to decide, 4 as before" in said
    assert "3 virtual rows without a body of their own (2 prefectures, 1 county placeholders)" in said
    assert "1 counties and 2 townships; 3 more" in said
