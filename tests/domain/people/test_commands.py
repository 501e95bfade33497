"""Roles given and ended: what is done, and every way up that is shut."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, Scope
from domain.access.models import Grant, User
from domain.access.queries import actor_of
from domain.base.ids import new_id
from domain.logins.models import LoginLink
from domain.people.commands import disable_user, end_grant, grant_role, send_reset_link
from domain.refusals import Refusal
from domain.terms import Reach, Role
from domain.units.models import Unit
from integrations.keys import Keys
from tests.factories.people import add_keeper, grants_of
from tests.factories.units import NOW, Tree, add_user, plant_tree

DAY = timedelta(days=1)


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


async def give(session: AsyncSession, actor: Actor, user: User, unit: Unit, role: Role, **more: Any) -> Grant:
    return await grant_role(session, actor, now=NOW, user_id=user.id, unit_id=unit.id, role=role, **more)


async def refused(act: Any) -> tuple[str, tuple[str, ...]]:
    with pytest.raises(Refusal) as caught:
        await act
    return caught.value.code, caught.value.path


async def only_grant(session: AsyncSession, user: User) -> Grant:
    return (await session.execute(select(Grant).where(Grant.user_id == user.id))).scalar_one()


async def test_a_role_is_given_from_now_on_with_who_gave_it(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], Role.VIEWER, login="li")
    grant = await give(session, actor, li, tree["north county"], Role.ADMINISTRATOR, reach=Reach.VIEW)
    await session.commit()
    assert (grant.valid_from, grant.valid_to, grant.granted_by) == (NOW, None, actor.user_id)
    now = await actor_of(session, li.id, now=NOW)
    assert now is not None
    assert Scope(Role.ADMINISTRATOR, grant.unit_id, tree["north county"].path, Reach.VIEW) in now.scopes


async def test_a_role_may_begin_later_and_end(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], Role.VIEWER, login="li")
    await give(session, actor, li, tree["east"], Role.MEDIA_MANAGER, valid_from=NOW + DAY, valid_to=NOW + 2 * DAY)
    for at, held in ((NOW, 1), (NOW + DAY, 2), (NOW + 2 * DAY, 1)):
        then = await actor_of(session, li.id, now=at)
        assert then is not None
        assert len(then.scopes) == held


@pytest.mark.parametrize(
    ("begins", "ends", "field"),
    [
        (-DAY, None, "validFrom"),
        (-timedelta(microseconds=1), DAY, "validFrom"),
        (None, -DAY, "validTo"),
        (None, timedelta(), "validTo"),
        (DAY, DAY, "validTo"),
        (2 * DAY, DAY, "validTo"),
    ],
)
async def test_a_grant_does_not_begin_in_the_past_and_is_not_over_at_once(
    session: AsyncSession, tree: Tree, begins: timedelta | None, ends: timedelta | None, field: str
):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], Role.VIEWER, login="li")
    period = {
        "valid_from": None if begins is None else NOW + begins,
        "valid_to": None if ends is None else NOW + ends,
    }
    asked = give(session, actor, li, tree["east city"], Role.MEDIA_MANAGER, **period)
    assert await refused(asked) == ("GRANT_PERIOD", (field,))


@pytest.mark.parametrize("field", ["valid_from", "valid_to"])
async def test_an_instant_without_zone_is_refused(session: AsyncSession, tree: Tree, field: str):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], Role.VIEWER, login="li")
    instant = {field: (NOW + DAY).replace(tzinfo=None)}
    asked = give(session, actor, li, tree["east city"], Role.MEDIA_MANAGER, **instant)
    assert (await refused(asked))[0] == "TIME_WITHOUT_ZONE"


async def test_the_same_grant_is_not_given_twice_for_one_time(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["nation"])
    li = await add_user(session, tree["east"], Role.VIEWER, login="li", valid_from=NOW, valid_to=NOW + DAY)
    assert await refused(give(session, actor, li, tree["east"], Role.VIEWER)) == ("GRANT_THERE", ("userId",))
    # After it has ended, over another unit, and with another reach it is another grant.
    await give(session, actor, li, tree["east"], Role.VIEWER, valid_from=NOW + DAY)
    await give(session, actor, li, tree["west"], Role.VIEWER)
    await give(session, actor, li, tree["east"], Role.VIEWER, reach=Reach.FIND)
    assert len(await grants_of(session, li.id)) == 4


@pytest.mark.parametrize(
    ("role", "at", "given", "over", "code"),
    [
        # An administrator of a county makes somebody administrator of the province, or of the own county.
        (Role.ADMINISTRATOR, "north county", Role.ADMINISTRATOR, "east", "NOT_FOUND"),
        (Role.ADMINISTRATOR, "north county", Role.ADMINISTRATOR, "north county", "GRANT_FROM_ABOVE"),
        (Role.ADMINISTRATOR, "north county", Role.AUDITOR, "north county", "GRANT_FROM_ABOVE"),
        (Role.ADMINISTRATOR, "north county", Role.VIEWER, "south county", "NOT_FOUND"),
        (Role.MEDIA_MANAGER, "north county", Role.VIEWER, "north county", "NOT_PERMITTED"),
        (Role.MEDIA_MANAGER, "nation", Role.VIEWER, "north county", "NOT_PERMITTED"),
        (Role.AUDITOR, "nation", Role.VIEWER, "north county", "NOT_PERMITTED"),
        (Role.PARTNER_WOMEN, "nation", Role.VIEWER, "north county", "NOT_PERMITTED"),
    ],
)
async def test_nobody_gives_what_is_not_theirs_to_give(
    session: AsyncSession, tree: Tree, role: Role, at: str, given: Role, over: str, code: str
):
    actor = await add_keeper(session, tree[at], role)
    li = await add_user(session, tree["north county"], Role.VIEWER, login="li")
    assert (await refused(give(session, actor, li, tree[over], given)))[0] == code
    assert len(await grants_of(session, li.id)) == 1


async def test_nobody_gives_a_role_to_themselves(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["nation"])
    keeper = await session.get_one(User, actor.user_id)
    for role in Role:
        assert await refused(give(session, actor, keeper, tree["east"], role)) == ("GRANT_TO_SELF", ("role",))


async def test_a_reach_that_only_looks_gives_nothing(session: AsyncSession, tree: Tree):
    keeper = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], Role.VIEWER, login="li")
    for reach in (Reach.VIEW, Reach.FIND):
        scope = Scope(Role.ADMINISTRATOR, tree["east"].id, tree["east"].path, reach)
        looking = Actor(keeper.user_id, "looking", (scope,))
        assert (await refused(give(session, looking, li, tree["east city"], Role.VIEWER)))[0] in (
            "NOT_PERMITTED",
            "NOT_FOUND",
        )


async def test_nothing_is_given_over_a_closed_unit(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["nation"])
    li = await add_user(session, tree["east city"], Role.VIEWER, login="li")
    await session.execute(update(Unit).where(Unit.id == tree["north town"].id).values(closed_on=NOW.date()))
    asked = give(session, actor, li, tree["north town"], Role.VIEWER)
    assert await refused(asked) == ("NOT_FOUND", ("unitId",))


async def test_a_person_who_cannot_even_be_found_gets_nothing(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    wang = await add_user(session, tree["west"], Role.VIEWER, login="wang")
    asked = give(session, actor, wang, tree["east"], Role.VIEWER)
    assert await refused(asked) == ("NOT_FOUND", ("userId",))
    finding = Scope(Role.ADMINISTRATOR, tree["nation"].id, tree["nation"].path, Reach.FIND)
    wider = Actor(actor.user_id, "wider", (*actor.scopes, finding))
    await give(session, wider, wang, tree["east"], Role.VIEWER)


async def test_nobody_and_a_disabled_person_get_nothing(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["nation"])
    li = await add_user(session, tree["east"], Role.VIEWER, login="li")
    await disable_user(session, actor, now=NOW, user_id=li.id, reason="借调")
    assert await refused(give(session, actor, li, tree["west"], Role.VIEWER)) == ("USER_DISABLED", ("userId",))
    nobody = grant_role(session, actor, now=NOW, user_id=new_id(), unit_id=tree["east"].id, role=Role.VIEWER)
    assert await refused(nobody) == ("NOT_FOUND", ("userId",))


async def test_a_grant_ends_now_with_who_ended_it(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], login="li")
    grant = await end_grant(session, actor, now=NOW, grant_id=(await only_grant(session, li)).id, reason="换届")
    assert (grant.valid_to, grant.ended_by) == (NOW, actor.user_id)
    gone = await actor_of(session, li.id, now=NOW)
    assert gone is not None
    assert gone.scopes == ()
    again = end_grant(session, actor, now=NOW + DAY, grant_id=grant.id, reason="换届")
    assert await refused(again) == ("GRANT_ENDED", ("grantId",))


async def test_a_grant_that_has_an_end_may_end_earlier(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], login="li", valid_to=NOW + DAY)
    grant = await end_grant(session, actor, now=NOW, grant_id=(await only_grant(session, li)).id, reason="换届")
    assert grant.valid_to == NOW


async def test_a_grant_is_taken_back_before_it_begins(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], login="li", valid_from=NOW + DAY)
    grant_id = (await only_grant(session, li)).id
    grant = await end_grant(session, actor, now=NOW, grant_id=grant_id, reason="误授")
    assert (grant.valid_from, grant.valid_to) == (NOW + DAY, NOW + DAY)
    for at in (NOW, NOW + DAY, NOW + 2 * DAY):
        then = await actor_of(session, li.id, now=at)
        assert then is not None
        assert then.scopes == ()
    assert (await refused(end_grant(session, actor, now=NOW, grant_id=grant_id, reason="误授")))[0] == "GRANT_ENDED"
    # What was taken back neither counts as held nor bars the way to the login.
    await give(session, actor, li, tree["east city"], Role.ADMINISTRATOR, valid_from=NOW + DAY)


@pytest.mark.parametrize(
    ("role", "at", "held", "over", "code"),
    [
        # The grant of the level above, of a peer, of a sibling, and by those who give nothing.
        (Role.ADMINISTRATOR, "north county", Role.ADMINISTRATOR, "east", "NOT_FOUND"),
        (Role.ADMINISTRATOR, "north county", Role.ADMINISTRATOR, "north county", "GRANT_FROM_ABOVE"),
        (Role.ADMINISTRATOR, "north county", Role.AUDITOR, "north county", "GRANT_FROM_ABOVE"),
        (Role.ADMINISTRATOR, "north county", Role.VIEWER, "south county", "NOT_FOUND"),
        (Role.MEDIA_MANAGER, "north county", Role.VIEWER, "north county", "NOT_PERMITTED"),
        (Role.AUDITOR, "nation", Role.VIEWER, "north county", "NOT_PERMITTED"),
        (Role.PARTNER_EDUCATION, "nation", Role.VIEWER, "north county", "NOT_FOUND"),
    ],
)
async def test_nobody_ends_what_is_not_theirs_to_give(
    session: AsyncSession, tree: Tree, role: Role, at: str, held: Role, over: str, code: str
):
    actor = await add_keeper(session, tree[at], role)
    li = await add_user(session, tree[over], held, login="li")
    grant = await only_grant(session, li)
    asked = end_grant(session, actor, now=NOW, grant_id=grant.id, reason="换届")
    assert await refused(asked) == (code, ("grantId",))
    assert grant.valid_to is None


async def test_nobody_ends_their_own_grant_nor_one_that_is_not_there(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["nation"])
    own = await only_grant(session, await session.get_one(User, actor.user_id))
    assert (await refused(end_grant(session, actor, now=NOW, grant_id=own.id, reason="x")))[0] == "GRANT_TO_SELF"
    assert (await refused(end_grant(session, actor, now=NOW, grant_id=new_id(), reason="x")))[0] == "NOT_FOUND"


async def test_ending_and_disabling_take_a_reason(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], login="li")
    grant = await only_grant(session, li)
    ending = end_grant(session, actor, now=NOW, grant_id=grant.id, reason=" ")
    assert await refused(ending) == ("TEXT_EMPTY", ("reason",))
    disabling = disable_user(session, actor, now=NOW, user_id=li.id, reason="")
    assert await refused(disabling) == ("TEXT_EMPTY", ("reason",))


async def test_the_operator_is_no_user_in_what_is_written(session: AsyncSession, tree: Tree, keys: Keys):
    li = await add_user(session, tree["nation"], login="li")
    grant = await give(session, Actor.operator(), li, tree["nation"], Role.AUDITOR)
    await end_grant(session, Actor.operator(), now=NOW, grant_id=grant.id, reason="x")
    await send_reset_link(session, Actor.operator(), now=NOW, keys=keys.links, user_id=li.id)
    assert (grant.granted_by, grant.ended_by) == (None, None)
    assert await session.scalar(select(LoginLink.created_by)) is None
