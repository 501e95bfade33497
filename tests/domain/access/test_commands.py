"""Enrolling: a person, a role, a place; asked of whoever may give it."""

from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.commands import enrol
from domain.access.models import Grant, User
from domain.access.queries import actor_of
from domain.base.ids import new_id
from domain.refusals import NotPermitted
from domain.terms import Role
from domain.units.models import Unit
from tests.factories.units import NOW, actor_at, plant_tree


async def enrol_li(session: AsyncSession, actor: Actor, unit: Unit, role: Role = Role.VIEWER) -> UUID:
    user = await enrol(session, actor, now=NOW, login="li", name="李", role=role, unit_id=unit.id, unit_path=unit.path)
    await session.commit()
    return user.id


async def grants(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(Grant)) or 0


async def test_whoever_is_enrolled_acts_from_now_on(session: AsyncSession):
    tree = await plant_tree(session)
    user_id = await enrol_li(session, Actor.operator(), tree["east"], Role.MEDIA_MANAGER)
    actor = await actor_of(session, user_id, now=NOW)
    assert actor is not None
    assert [(scope.role, scope.unit_id, scope.path) for scope in actor.scopes] == [
        (Role.MEDIA_MANAGER, tree["east"].id, tree["east"].path)
    ]


async def test_enrolling_twice_changes_nothing(session: AsyncSession):
    tree = await plant_tree(session)
    first = await enrol_li(session, Actor.operator(), tree["east"])
    second = await enrol_li(session, Actor.operator(), tree["east"])
    assert first == second
    assert await grants(session) == 1


async def test_another_role_and_another_place_are_further_grants(session: AsyncSession):
    tree = await plant_tree(session)
    people = {
        await enrol_li(session, Actor.operator(), tree["east"]),
        await enrol_li(session, Actor.operator(), tree["east"], Role.MEDIA_MANAGER),
        await enrol_li(session, Actor.operator(), tree["west"]),
    }
    assert len(people) == 1
    assert await grants(session) == 3


async def test_a_grant_that_ended_is_given_anew(session: AsyncSession):
    tree = await plant_tree(session)
    user_id = await enrol_li(session, Actor.operator(), tree["east"])
    await session.execute(update(Grant).values(valid_from=func.make_date(2020, 1, 1), valid_to=NOW))
    await session.commit()
    gone = await actor_of(session, user_id, now=NOW)
    await enrol_li(session, Actor.operator(), tree["east"])
    back = await actor_of(session, user_id, now=NOW)
    assert gone is not None
    assert back is not None
    assert (len(gone.scopes), len(back.scopes)) == (0, 1)


async def test_an_administrator_enrols_below_but_not_beside(session: AsyncSession):
    tree = await plant_tree(session)
    administrator = actor_at(tree["east"])
    await enrol_li(session, administrator, tree["north county"])
    for name in ("west", "nation"):
        with pytest.raises(NotPermitted) as caught:
            await enrol_li(session, administrator, tree[name])
        assert caught.value.path == ("unitId",)
    assert await grants(session) == 1


@pytest.mark.parametrize("role", [Role.MEDIA_MANAGER, Role.VIEWER])
async def test_only_administrators_enrol(session: AsyncSession, role: Role):
    tree = await plant_tree(session)
    with pytest.raises(NotPermitted):
        await enrol_li(session, actor_at(tree["nation"], role), tree["east"])
    assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_nobody_enrols_anybody(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotPermitted):
        await enrol_li(session, Actor(new_id(), "nobody", ()), tree["east"])
