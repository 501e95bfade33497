"""The actor of a user is made of the grants that are valid now."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Scope
from domain.access.models import Grant, User
from domain.access.queries import actor_of, actors_of, held_by, user_by_login
from domain.access.rules import Held
from domain.base.ids import new_id
from domain.terms import Reach, Role
from tests.factories.people import add_grant
from tests.factories.statements import statements_of
from tests.factories.units import NOW, Tree, add_user, plant_tree

DAY = timedelta(days=1)


async def disable(session: AsyncSession, user: User) -> None:
    await session.execute(update(User).where(User.id == user.id).values(disabled_at=NOW))
    await session.commit()


async def test_an_actor_holds_each_grant_with_its_place(session: AsyncSession):
    tree = await plant_tree(session)
    user = await add_user(session, tree["east"], Role.MEDIA_MANAGER, login="li")
    other = tree["far county"]
    session.add(
        Grant(
            id=new_id(),
            user_id=user.id,
            role=Role.VIEWER,
            unit_id=other.id,
            unit_path=other.path,
            valid_from=NOW - DAY,
        )
    )
    await session.commit()
    actor = await actor_of(session, user.id, now=NOW)
    assert actor is not None
    assert (actor.user_id, actor.name) == (user.id, "Li")
    assert set(actor.scopes) == {
        Scope(Role.MEDIA_MANAGER, tree["east"].id, tree["east"].path),
        Scope(Role.VIEWER, other.id, other.path),
    }


@pytest.mark.parametrize(
    ("begins", "ends", "counts"),
    [
        (-DAY, None, True),
        (-DAY, DAY, True),
        (timedelta(), None, True),
        (timedelta(microseconds=1), None, False),
        (DAY, None, False),
        (-DAY, timedelta(), False),
        (-2 * DAY, -DAY, False),
        (-DAY, timedelta(microseconds=1), True),
    ],
)
async def test_only_a_grant_valid_now_counts(
    session: AsyncSession, begins: timedelta, ends: timedelta | None, counts: bool
):
    tree = await plant_tree(session)
    until = None if ends is None else NOW + ends
    user = await add_user(session, tree["east"], valid_from=NOW + begins, valid_to=until)
    actor = await actor_of(session, user.id, now=NOW)
    assert actor is not None
    assert bool(actor.scopes) is counts


async def test_a_disabled_user_is_nobody(session: AsyncSession):
    user = await add_user(session, (await plant_tree(session))["nation"], login="li")
    assert await user_by_login(session, "li") is not None
    await disable(session, user)
    assert await actor_of(session, user.id, now=NOW) is None
    assert await user_by_login(session, "li") is None


async def test_several_people_are_read_at_once_each_with_what_they_hold(engine: AsyncEngine, session: AsyncSession):
    tree = await plant_tree(session)
    one, two, gone, over = [await add_user(session, tree["east"], login=name) for name in ("a", "b", "gone", "over")]
    await disable(session, gone)
    await session.execute(update(Grant).where(Grant.user_id == over.id).values(valid_to=NOW))
    with statements_of(engine) as sent:
        found = await actors_of(session, {one.id, two.id, gone.id, over.id, new_id()}, now=NOW)
        assert await actors_of(session, set(), now=NOW) == {}
    assert len(sent) == 1
    assert {user_id: len(actor.scopes) for user_id, actor in found.items()} == {one.id: 1, two.id: 1, over.id: 0}
    assert found[one.id] == await actor_of(session, one.id, now=NOW)


async def test_what_somebody_will_hold_counts_as_held_and_what_is_over_does_not(session: AsyncSession):
    tree = await plant_tree(session)
    user = await add_user(session, tree["east"], Role.VIEWER, login="li", reach=Reach.VIEW)
    await add_grant(session, user, tree["west"], Role.AUDITOR, valid_from=NOW + DAY)
    await add_grant(session, user, tree["nation"], valid_from=NOW - DAY, valid_to=NOW)
    await add_grant(session, user, tree["nation"], valid_from=NOW + DAY, valid_to=NOW + DAY)
    held = await held_by(session, [user.id, new_id()], now=NOW)
    assert held.keys() == {user.id}
    assert set(held[user.id]) == {
        Held(Role.VIEWER, tree["east"].path, Reach.VIEW),
        Held(Role.AUDITOR, tree["west"].path),
    }


async def test_an_unknown_user_is_nobody(session: AsyncSession):
    assert await actor_of(session, new_id(), now=NOW) is None
    assert await user_by_login(session, "nobody") is None


async def test_a_login_is_found_as_it_is_written(session: AsyncSession):
    tree: Tree = await plant_tree(session)
    user = await add_user(session, tree["nation"], login="li")
    await add_user(session, tree["nation"], login="lin")
    found = await user_by_login(session, "li")
    assert found is not None
    assert found.id == user.id
