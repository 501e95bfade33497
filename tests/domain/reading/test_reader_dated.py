"""Rows with a past are shown as they were on a date; who sees them is as-now all the same."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.reading.reader import row_where, rows_by_id, stretch
from domain.reading.selection import Branch, Page, Selection
from domain.units.models import Unit
from tests.factories.history import BEFORE, MOVED, move_north_county
from tests.factories.statements import statements_of
from tests.factories.units import Tree, actor_at, plant_tree

ALL = Page(size=20, total=True)
FACTS = frozenset({"name", "code"})
ABOVE = Selection(
    FACTS, (Branch("parent", "parent", Selection(FACTS, (Branch("parent", "parent", Selection(FACTS)),))),)
)


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    planted = await plant_tree(session)
    await move_north_county(session, planted)
    return planted


async def shown(session: AsyncSession, actor: Actor, tree: Tree, name: str, as_of: date | None) -> Any:
    ids = [tree[name].id]
    return (await rows_by_id(session, actor, Unit, ABOVE, ids=ids, as_of=as_of)).get(ids[0])


@pytest.mark.parametrize(
    ("as_of", "name", "code", "above"),
    [
        (BEFORE, "north county", "T6", "east city"),
        (MOVED, "new county", "T60", "west city"),
        (None, "new county", "T60", "west city"),
    ],
)
async def test_a_unit_is_shown_with_the_name_the_code_and_the_units_above_of_the_date(
    session: AsyncSession, tree: Tree, as_of: date | None, name: str, code: str, above: str
):
    record = await shown(session, Actor.operator(), tree, "north county", as_of)
    assert (record.name, record.code, record.branches["parent"].name) == (name, code, above)
    town = await shown(session, Actor.operator(), tree, "north town", as_of)
    assert town.branches["parent"].name == name
    assert town.branches["parent"].branches["parent"].name == above


async def test_before_it_was_opened_a_unit_is_not_there(session: AsyncSession, tree: Tree):
    assert await shown(session, Actor.operator(), tree, "north county", date(2010, 5, 3)) is None
    assert await shown(session, Actor.operator(), tree, "north county", date(2010, 5, 4)) is not None


async def test_children_are_those_of_the_date(session: AsyncSession, tree: Tree):
    wanted = Selection(FACTS, (Branch("children", "children", Selection(FACTS), ALL),))
    for as_of, east, west in (
        (BEFORE, ["north county", "south county"], ["far county"]),
        (MOVED, ["south county"], []),
    ):
        ids = [tree["east city"].id, tree["west city"].id]
        found = await rows_by_id(session, Actor.operator(), Unit, wanted, ids=ids, as_of=as_of)
        below = {record.name: record.branches["children"] for record in found.values()}
        assert sorted(node.name for node in below["east city"].nodes) == east
        assert below["east city"].total_count == len(east)
        assert sorted(node.name for node in below["west city"].nodes) == sorted(west or ["far county", "new county"])


async def test_a_list_is_narrowed_to_what_lay_below_a_path_on_the_date(session: AsyncSession, tree: Tree):
    async def names(as_of: date | None) -> list[str]:
        found = await stretch(
            session, Actor.operator(), Unit, Selection(FACTS), page=ALL, under=tree["east city"].path, as_of=as_of
        )
        assert found.total_count == len(found.edges)
        return sorted(node.name for node in found.nodes)

    assert await names(BEFORE) == ["east city", "north county", "north town", "south county"]
    assert await names(MOVED) == await names(None) == ["east city", "south county"]


async def test_a_unit_is_found_by_the_code_of_the_date_only(session: AsyncSession, tree: Tree):
    for as_of, code, found in ((BEFORE, "T6", True), (BEFORE, "T60", False), (None, "T6", False), (None, "T60", True)):
        record = await row_where(session, Actor.operator(), Unit, Selection(FACTS), where=[("code", code)], as_of=as_of)
        assert (record is not None) is found


async def test_who_sees_a_unit_is_as_now_whatever_the_date_asked_about(session: AsyncSession, tree: Tree):
    east, west = actor_at(tree["east city"]), actor_at(tree["west city"])
    for as_of in (BEFORE, MOVED, None):
        assert await shown(session, east, tree, "north county", as_of) is None
        assert await shown(session, west, tree, "north county", as_of) is not None


async def test_a_date_costs_no_further_statement(session: AsyncSession, engine: AsyncEngine, tree: Tree):
    counts = []
    wanted = Selection(FACTS, (*ABOVE.branches, Branch("children", "children", ABOVE, ALL)))
    for as_of in (None, BEFORE):
        with statements_of(engine) as statements:
            await stretch(session, Actor.operator(), Unit, wanted, page=ALL, as_of=as_of)
        counts.append(len(statements))
    assert counts[0] == counts[1]
