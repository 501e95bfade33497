"""Reads of the tree: what an actor may use, and what an import compares."""

from datetime import date

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.refusals import NotFound, NotPermitted
from domain.terms import Level, Role
from domain.units.queries import counts_per_level, unit_within
from tests.factories.deliveries import change
from tests.factories.units import actor_at, plant_tree

EDIT = Permission.UNIT_EDIT


async def test_a_unit_within_the_grant_is_found(session: AsyncSession):
    tree = await plant_tree(session)
    found = await unit_within(
        session, actor_at(tree["east"]), unit_id=tree["north town"].id, permission=EDIT, path="unitId"
    )
    assert found.name == "north town"


async def test_a_unit_elsewhere_is_as_if_it_were_not(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotFound) as caught:
        await unit_within(session, actor_at(tree["east"]), unit_id=tree["west"].id, permission=EDIT, path="unitId")
    assert caught.value.path == ("unitId",)


async def test_a_unit_within_the_grant_of_a_lesser_role_is_not_permitted(session: AsyncSession):
    tree = await plant_tree(session)
    viewer = actor_at(tree["east"], Role.VIEWER)
    with pytest.raises(NotPermitted):
        await unit_within(session, viewer, unit_id=tree["east"].id, permission=EDIT, path="unitId")


async def test_a_unit_that_never_was_is_not_found(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotFound) as caught:
        await unit_within(session, actor_at(tree["nation"]), unit_id=new_id(), permission=EDIT, path="unitId")
    assert (caught.value.path, caught.value.facts) == (("unitId",), {"what": "unit"})


async def test_a_closed_unit_is_not_found(session: AsyncSession):
    tree = await plant_tree(session)
    await change(session, tree["north town"], closed_on=date(2026, 1, 1))
    with pytest.raises(NotFound):
        await unit_within(
            session, actor_at(tree["nation"]), unit_id=tree["north town"].id, permission=EDIT, path="unitId"
        )


async def test_units_are_counted_per_level_within_reach(session: AsyncSession):
    tree = await plant_tree(session)
    assert list((await counts_per_level(session, actor_at(tree["nation"]))).values()) == [1, 2, 2, 3, 1]
    assert list((await counts_per_level(session, actor_at(tree["east"]))).values()) == [0, 1, 1, 2, 1]
    assert list((await counts_per_level(session, Actor(new_id(), "nobody", ()))).values()) == [0, 0, 0, 0, 0]


async def test_a_closed_unit_is_not_counted(session: AsyncSession):
    tree = await plant_tree(session)
    await change(session, tree["north town"], closed_on=date(2026, 1, 1))
    assert (await counts_per_level(session, actor_at(tree["nation"])))[Level.GRASSROOTS] == 0
