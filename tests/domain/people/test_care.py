"""Logins looked after: shut, opened, reset, moved, and by whom not."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.access.queries import actor_of
from domain.base.ids import new_id
from domain.logins import links
from domain.logins.models import LoginLink, Session
from domain.people.commands import disable_user, edit_user, enable_user, grant_role, send_reset_link
from domain.people.queries import care_of_logins
from domain.refusals import Refusal
from domain.terms import LinkPurpose, Role, SessionEnd, SessionKind
from domain.units.models import Unit
from integrations.keys import Keys
from tests.factories.people import add_grant, add_keeper, grants_of
from tests.factories.statements import statements_of
from tests.factories.units import NOW, Tree, actor_at, add_user, plant_tree

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


async def add_session(session: AsyncSession, user: User) -> None:
    times = {"created_at": NOW, "last_used_at": NOW, "expires_at": NOW + DAY}
    session.add(Session(user_id=user.id, kind=SessionKind.APP, label="phone", **times))
    await session.commit()


async def test_a_disabled_login_is_shut_with_its_sessions_and_links(session: AsyncSession, tree: Tree, keys: Keys):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], login="li")
    await add_session(session, li)
    await send_reset_link(session, actor, now=NOW, keys=keys.links, user_id=li.id)
    await disable_user(session, actor, now=NOW, user_id=li.id, reason="借调")
    await session.commit()
    assert (li.disabled_at, li.disabled_reason) == (NOW, "借调")
    assert await actor_of(session, li.id, now=NOW) is None
    ended = (await session.execute(select(Session.ended_at, Session.end))).all()
    assert ended == [(NOW, SessionEnd.DISABLED)]
    assert await session.scalar(select(func.count()).where(LoginLink.withdrawn_at.is_(None))) == 0
    again = disable_user(session, actor, now=NOW, user_id=li.id, reason="借调")
    assert await refused(again) == ("USER_DISABLED", ("userId",))
    # The grants stay, so that whoever comes back finds them.
    assert (await only_grant(session, li)).valid_to is None
    await enable_user(session, actor, now=NOW, user_id=li.id)
    back = await actor_of(session, li.id, now=NOW)
    assert back is not None
    assert len(back.scopes) == 1
    assert (await refused(enable_user(session, actor, now=NOW, user_id=li.id)))[0] == "USER_ENABLED"


async def test_of_whoever_leaves_for_good_every_grant_ends(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], login="li", valid_to=NOW - DAY)
    await add_grant(session, li, tree["east city"])
    await add_grant(session, li, tree["east"], valid_from=NOW + DAY)
    await disable_user(session, actor, now=NOW, user_id=li.id, reason="离任", is_leaving=True)
    await session.commit()
    ends = [(begins, ends) for _, _, begins, ends in await grants_of(session, li.id)]
    assert [(b, e) for b, e in ends][1:] == [(NOW, NOW), (NOW + DAY, NOW + DAY)]
    # What had ended before keeps its date.
    assert ends[0][1] == NOW - DAY
    await enable_user(session, actor, now=NOW + DAY, user_id=li.id)
    back = await actor_of(session, li.id, now=NOW + DAY)
    assert back is not None
    assert back.scopes == ()


ACTS = ["disable", "enable", "reset", "edit"]


async def do(session: AsyncSession, actor: Actor, act: str, user: User, keys: Keys) -> Any:
    asked = {"now": NOW, "user_id": user.id}
    if act == "disable":
        return await disable_user(session, actor, **asked, reason="x")
    if act == "enable":
        return await enable_user(session, actor, **asked)
    if act == "reset":
        return await send_reset_link(session, actor, **asked, keys=keys.links)
    return await edit_user(session, actor, **asked, name="另一个")


@pytest.mark.parametrize("act", ACTS)
async def test_a_login_is_looked_after_only_by_who_might_have_given_all_its_grants(
    session: AsyncSession, tree: Tree, keys: Keys, act: str
):
    actor = await add_keeper(session, tree["north county"])
    county = tree["north county"]
    people = {
        "superior": (await add_user(session, tree["east"], login="superior"), "NOT_FOUND"),
        "peer": (await add_user(session, county, login="peer"), "USER_HOLDS_MORE"),
        "auditor": (await add_user(session, county, Role.AUDITOR, login="auditor"), "USER_HOLDS_MORE"),
        "sibling": (await add_user(session, tree["south county"], Role.VIEWER, login="sibling"), "NOT_FOUND"),
    }
    risen = await add_user(session, county, Role.VIEWER, login="risen")
    await add_grant(session, risen, tree["east"])
    rising = await add_user(session, county, Role.VIEWER, login="rising")
    await add_grant(session, rising, tree["east"], valid_from=NOW + DAY)
    people |= {"risen": (risen, "USER_HOLDS_MORE"), "rising": (rising, "USER_HOLDS_MORE")}
    for user, code in people.values():
        assert await refused(do(session, actor, act, user, keys)) == (code, ("userId",))
    own = await session.get_one(User, actor.user_id)
    assert await refused(do(session, actor, act, own, keys)) == ("USER_IS_SELF", ("userId",))


@pytest.mark.parametrize("act", ["disable", "reset", "edit"])
async def test_what_is_over_bars_nobody(session: AsyncSession, tree: Tree, keys: Keys, act: str):
    actor = await add_keeper(session, tree["north county"])
    li = await add_user(session, tree["north county"], Role.VIEWER, login="li")
    await add_grant(session, li, tree["east"], valid_from=NOW - DAY, valid_to=NOW)
    await add_grant(session, li, tree["east"], valid_from=NOW + DAY, valid_to=NOW + DAY)
    await do(session, actor, act, li, keys)


@pytest.mark.parametrize("role", [Role.MEDIA_MANAGER, Role.AUDITOR, Role.VIEWER])
@pytest.mark.parametrize("act", ACTS)
async def test_only_administrators_look_after_logins(
    session: AsyncSession, tree: Tree, keys: Keys, act: str, role: Role
):
    actor = await add_keeper(session, tree["nation"], role)
    li = await add_user(session, tree["north county"], Role.VIEWER, login="li")
    code, _ = await refused(do(session, actor, act, li, keys))
    assert code == ("NOT_FOUND" if role is Role.VIEWER else "NOT_PERMITTED")


async def test_a_link_is_an_invitation_until_a_password_is_set(session: AsyncSession, tree: Tree, keys: Keys):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["east city"], login="li")
    await send_reset_link(session, actor, now=NOW, keys=keys.links, user_id=li.id)
    await session.execute(update(User).where(User.id == li.id).values(password_set_at=NOW, password_hash="x"))
    await send_reset_link(session, actor, now=NOW, keys=keys.links, user_id=li.id)
    made = await session.execute(select(LoginLink.purpose, LoginLink.created_by).order_by(LoginLink.purpose))
    assert made.all() == [(LinkPurpose.INVITATION, actor.user_id), (LinkPurpose.RESET, actor.user_id)]
    await disable_user(session, actor, now=NOW, user_id=li.id, reason="借调")
    asked = send_reset_link(session, actor, now=NOW, keys=keys.links, user_id=li.id)
    assert await refused(asked) == ("USER_DISABLED", ("userId",))


async def test_who_made_a_link_does_not_come_in_with_what_was_given_later(
    session: AsyncSession, tree: Tree, keys: Keys
):
    county, province = [await add_keeper(session, tree[name], login=name) for name in ("north county", "east")]
    li = await add_user(session, tree["north county"], Role.VIEWER, login="li")

    async def still_open() -> bool:
        rows = await session.execute(select(LoginLink).execution_options(populate_existing=True))
        return any(links.is_open(link, now=NOW) for link in rows.scalars())

    await send_reset_link(session, county, now=NOW, keys=keys.links, user_id=li.id)
    # Who made the link and who gives the role are one: nothing is gained.
    await give(session, county, li, tree["north county"], Role.MEDIA_MANAGER)
    assert await still_open()
    await give(session, province, li, tree["east"], Role.MEDIA_MANAGER)
    assert not await still_open()


async def test_a_person_is_renamed_and_moves_to_another_unit(session: AsyncSession, tree: Tree, keys: Keys):
    actor = await add_keeper(session, tree["east"])
    county = await add_keeper(session, tree["north county"], login="county")
    li = await add_user(session, tree["north county"], Role.VIEWER, login="li")
    await send_reset_link(session, county, now=NOW, keys=keys.links, user_id=li.id)
    south = tree["south county"]
    await edit_user(session, actor, now=NOW, user_id=li.id, name=" 李 四 ", unit_id=south.id)
    await session.commit()
    assert (li.name, li.unit_id, li.unit_path) == ("李 四", south.id, south.path)
    # Whoever looked after the login before does not come in by a link kept back.
    assert await session.scalar(select(func.count()).where(LoginLink.withdrawn_at.is_(None))) == 0
    await edit_user(session, actor, now=NOW, user_id=li.id)
    assert li.name == "李 四"


async def test_a_person_does_not_move_where_the_actor_looks_after_nobody(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["east"])
    li = await add_user(session, tree["north county"], Role.VIEWER, login="li")
    moving = edit_user(session, actor, now=NOW, user_id=li.id, unit_id=tree["west"].id)
    assert await refused(moving) == ("NOT_FOUND", ("unitId",))
    for name in ("", "  ", "李\u202e", "李" * 65):
        naming = edit_user(session, actor, now=NOW, user_id=li.id, name=name)
        assert await refused(naming) == ("NAME_UNUSABLE", ("name",))


@pytest.mark.parametrize("grants", [0, 12])
async def test_looking_after_a_login_costs_the_same_whatever_it_holds(
    session: AsyncSession, engine: AsyncEngine, tree: Tree, keys: Keys, grants: int
):
    actor = await add_keeper(session, tree["nation"])
    li = await add_user(session, tree["north county"], Role.VIEWER, login="li")
    for _ in range(grants):
        await add_grant(session, li, tree["east"])
        await add_session(session, li)
    with statements_of(engine) as sent:
        await disable_user(session, actor, now=NOW, user_id=li.id, reason="离任", is_leaving=True)
    assert len(sent) == 7, sent


async def test_nobody_in_particular_does_nothing(session: AsyncSession, tree: Tree, keys: Keys):
    li = await add_user(session, tree["nation"], login="li")
    for actor in (Actor.public(), Actor(new_id(), "nobody", ())):
        assert (await refused(give(session, actor, li, tree["east"], Role.VIEWER)))[0] == "NOT_FOUND"
        for act in ACTS:
            assert (await refused(do(session, actor, act, li, keys)))[0] == "NOT_FOUND"


async def test_the_nation_makes_a_second_national_administrator(session: AsyncSession, tree: Tree):
    actor = await add_keeper(session, tree["nation"])
    li = await add_user(session, tree["nation"], Role.VIEWER, login="li")
    await give(session, actor, li, tree["nation"], Role.ADMINISTRATOR)
    other = actor_at(tree["nation"], user_id=li.id)
    keeper = await session.get_one(User, actor.user_id)
    await disable_user(session, other, now=NOW, user_id=keeper.id, reason="离任")


async def test_what_a_level_further_up_shut_is_opened_there_or_above(session: AsyncSession, tree: Tree):
    nation, east = await add_keeper(session, tree["nation"]), await add_keeper(session, tree["east"], login="east")
    county = await add_keeper(session, tree["north county"], login="county")
    li = await add_user(session, tree["north county"], Role.VIEWER, login="li")
    await disable_user(session, east, now=NOW, user_id=li.id, reason="核查")
    assert await refused(enable_user(session, county, now=NOW, user_id=li.id)) == ("DECIDED_ABOVE", ("userId",))
    told = (await care_of_logins(session, county, ids=[li.id]))[li.id]["enable_user"]
    assert told is not None
    assert told.code == "DECIDED_ABOVE"
    assert (await care_of_logins(session, nation, ids=[li.id]))[li.id]["enable_user"] is None
    await enable_user(session, nation, now=NOW, user_id=li.id)
    # What the county decides by itself, it lifts by itself.
    await disable_user(session, county, now=NOW, user_id=li.id, reason="休假")
    await enable_user(session, county, now=NOW, user_id=li.id)
