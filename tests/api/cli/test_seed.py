"""What seeding says of the tree it planted."""

from collections import Counter
from pathlib import Path

import pytest

from api.cli.sandbox import sandbox_config, scaled
from api.cli.seed import describe
from domain.hosts.models import CALLS_PER_DAY, POSTS_PER_HOUR
from domain.terms import Level, UnitActKind, UnitKind
from domain.units.divisions import shipped_tree
from domain.units.imports import Imported
from domain.units.rules import Division, PlannedUnit, Tree
from integrations.keys import Keys
from integrations.settings import Settings

COUNTY = PlannedUnit("110101", "东城区", Level.COUNTY, UnitKind.TERRITORIAL, "11")
TOWN = PlannedUnit("441900003", "东城街道", Level.GRASSROOTS, UnitKind.TERRITORIAL, "4419")
LEFT_OUT = [Division("1101", "市辖区", "V"), Division("4690", "省直辖", "V"), Division("441900", "东莞", "V")]


def test_the_shipped_tree_is_described_with_the_figures_of_the_data():
    tree = shipped_tree()
    said = describe(tree, Imported(opened=len(tree.units)))
    first, left_out, skipping, statistical = said.split("\n  ")
    assert (
        first
        == f"{len(tree.units):,} opened, 0 as before, 0 changes proposed for a person to decide, 0 proposed before"
    )
    assert left_out.startswith(f"left out: {len(tree.left_out)} virtual rows")
    assert skipping.startswith("skip a level lawfully: 106 counties and 77 townships; 12 more,")
    assert statistical.startswith("marked statistical: ")


def test_each_row_that_does_not_fit_is_counted_by_its_kind():
    tree = Tree([COUNTY, TOWN], LEFT_OUT, [COUNTY, TOWN, TOWN], shipped_tree().statistical, 3)
    proposed = Counter({UnitActKind.RENAME: 2, UnitActKind.CLOSE: 3})
    said = describe(tree, Imported(proposed=proposed, known=1, unchanged=4))
    assert "0 opened, 4 as before, 5 changes proposed for a person to decide, 1 proposed before" in said
    assert "3 virtual rows without a body of their own (2 prefectures, 1 county placeholders)" in said
    assert "1 counties and 2 townships; 3 more" in said


@pytest.mark.parametrize("scale", [0.001, 0.5, 1, 100])
def test_accounts_at_the_sandbox_may_do_what_the_sandbox_lets_them(keys: Keys, tmp_path: Path, scale: float):
    settings = Settings(data_dir=tmp_path, sandbox_limit_scale=scale)
    sandbox = sandbox_config(settings, keys)
    assert scaled(CALLS_PER_DAY, settings) == sandbox.scaled(sandbox.requests_per_user_per_day)
    assert scaled(POSTS_PER_HOUR, settings) == sandbox.scaled(sandbox.posts_per_user_per_hour)
