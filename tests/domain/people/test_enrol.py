"""Enrolling: a person, a role, a place; asked of whoever may give it."""

from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.access.queries import actor_of
from domain.base.ids import new_id
from domain.people.commands import enrol
from domain.refusals import Conflict, NotPermitted
from domain.terms import Role
from domain.units.models import Unit
from tests.factories.people import add_keeper
from tests.factories.units import NOW, actor_at, add_user, plant_tree


async def enrol_li(session: AsyncSession, actor: Actor, unit: Unit, role: Role = Role.VIEWER) -> UUID:
    user = await enrol(session, actor, now=NOW, login="li", name="李", role=role, unit=unit)
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
    administrator = await add_keeper(session, tree["east"])
    await enrol_li(session, administrator, tree["north county"])
    with pytest.raises(Conflict) as refused:
        await enrol_li(session, administrator, tree["east"], Role.ADMINISTRATOR)
    assert refused.value.code == "GRANT_FROM_ABOVE"
    for name in ("west", "nation"):
        with pytest.raises(NotPermitted) as caught:
            await enrol_li(session, administrator, tree[name])
        assert caught.value.path == ("unitId",)
    assert await grants(session) == 2


@pytest.mark.parametrize("role", [Role.MEDIA_MANAGER, Role.VIEWER])
async def test_only_administrators_enrol(session: AsyncSession, role: Role):
    tree = await plant_tree(session)
    with pytest.raises(NotPermitted):
        await enrol_li(session, actor_at(tree["nation"], role), tree["east"])
    assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_a_login_is_kept_in_its_one_form(session: AsyncSession):
    tree = await plant_tree(session)
    for login in ("Li", " li ", "li"):
        user = await enrol(
            session, Actor.operator(), now=NOW, login=login, name="李", role=Role.VIEWER, unit=tree["east"]
        )
        assert user.login == "li"
    assert (await grants(session), user.unit_id, user.unit_path) == (1, tree["east"].id, tree["east"].path)


async def test_a_grant_says_who_gave_it(session: AsyncSession):
    tree = await plant_tree(session)
    giver = await add_user(session, tree["nation"], login="nation")
    await enrol_li(session, actor_at(tree["nation"], user_id=giver.id), tree["east"])
    await enrol_li(session, Actor.operator(), tree["west"])
    given = await session.execute(select(Grant.unit_path, Grant.granted_by).where(Grant.user_id != giver.id))
    assert dict(given.all()) == {tree["east"].path: giver.id, tree["west"].path: None}


async def test_nobody_enrols_anybody(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotPermitted):
        await enrol_li(session, Actor(new_id(), "nobody", ()), tree["east"])
