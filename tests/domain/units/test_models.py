"""What the database itself refuses of the tree."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.terms import Level, UnitKind
from domain.units.models import Unit
from tests.factories.deliveries import change
from tests.factories.units import Tree, plant_tree


def another(tree: Tree, **columns: Any) -> Unit:
    facts: dict[str, Any] = {
        "id": new_id(),
        "number": 100,
        "code": "T100",
        "name": "another",
        "level": Level.PROVINCIAL,
        "kind": UnitKind.TERRITORIAL,
        "parent_id": tree["nation"].id,
        "path": f"{tree['nation'].path}00100.",
        "territory_path": f"{tree['nation'].path}00100.",
        "opened_on": date(2020, 1, 1),
    }
    return Unit(**(facts | columns))


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"parent_id": None}, "ck_units_only_nation_has_no_parent"),
        ({"level": Level.NATIONAL}, "ck_units_only_nation_has_no_parent"),
        ({"closed_on": date(2019, 12, 31)}, "ck_units_period"),
        ({"code": "T2"}, "uq_units_code_open"),
        ({"number": 2}, "uq_units_number"),
        ({"path": "00001.00002."}, "uq_units_path"),
    ],
)
async def test_a_unit_against_the_rules_is_refused(session: AsyncSession, columns: dict[str, Any], constraint: str):
    tree = await plant_tree(session)
    session.add(another(tree, **columns))
    with pytest.raises(IntegrityError, match=constraint):
        await session.flush()
    await session.rollback()


async def test_the_code_of_a_closed_unit_is_free_again(session: AsyncSession):
    tree = await plant_tree(session)
    await change(session, tree["west"], closed_on=date(2026, 1, 1))
    session.add(another(tree, code=tree["west"].code))
    await session.commit()
