"""Files of people against real tables: what is made, what is told, and what a repetition does."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.access.queries import actor_of
from domain.logins import links
from domain.logins.models import LoginLink
from domain.people.commands import Invitations, disable_user, edit_user, invite_users
from domain.people.queries import open_links
from domain.refusals import Conflict, Refusal
from domain.terms import LinkPurpose, Reach, Role, RowPolicy
from domain.units.models import Unit
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.logins import OTHER, MemoryDoor, redeem
from tests.factories.people import add_grant, add_keeper
from tests.factories.statements import statements_of
from tests.factories.units import NOW, Tree, add_user, plant_tree

HEAD = "login,name,unit,role,reach,until"


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


async def invite(
    session: AsyncSession, actor: Actor, keys: Keys, unit: Unit, *lines: str, now: datetime = NOW, **more: Any
) -> Invitations:
    file = "\n".join([HEAD, *lines])
    done = await invite_users(session, actor, now=now, keys=keys.links, unit_id=unit.id, file=file, **more)
    await session.commit()
    return done


def told(done: Invitations) -> list[tuple[Any, ...]]:
    """Row, outcome and codes."""
    return [(row["row"], row["outcome"], *(p["code"] for p in row["problems"])) for row in done.rows]


async def count(session: AsyncSession, model: Any) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def tokens(session: AsyncSession, actor: Actor, keys: Keys, now: datetime = NOW) -> dict[str, str]:
    """The links that the actor may hand over, by login."""
    people = dict((await session.execute(select(User.id, User.login))).all())
    found = await open_links(session, actor, user_ids=list(people), now=now)
    return {people[user_id]: links.show(link, keys.links) for user_id, link in found.items()}


async def test_everybody_in_the_file_is_made_known_with_a_role_and_a_link(
    session: AsyncSession, tree: Tree, keys: Keys
):
    actor = await add_keeper(session, tree["east"])
    done = await invite(
        session, actor, keys, tree["east"], "li,李,T4,ADMINISTRATOR,,2026-12-31", "wang,王,T6,微博管理员,查看,"
    )
    assert told(done) == [(2, "CREATED"), (3, "CREATED")]
    assert (done.created, done.existing, done.refused) == (2, 0, 0)
    assert (done.unit_id, done.unit_path) == (tree["east"].id, tree["east"].path)
    rows = await session.execute(
        select(User.login, User.name, User.unit_path, Grant.role, Grant.reach, Grant.valid_to, Grant.granted_by)
        .join(Grant, Grant.user_id == User.id)
        .where(User.id != actor.user_id)
        .order_by(User.login)
    )
    # The last day is a day in China.
    end = datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert rows.all() == [
        ("li", "李", tree["east city"].path, Role.ADMINISTRATOR, Reach.ACT, end, actor.user_id),
        ("wang", "王", tree["north county"].path, Role.MEDIA_MANAGER, Reach.VIEW, None, actor.user_id),
    ]
    purposes = (await session.execute(select(LoginLink.purpose, LoginLink.created_by))).all()
    assert purposes == [(LinkPurpose.INVITATION, actor.user_id)] * 2
    assert (await tokens(session, actor, keys)).keys() == {"li", "wang"}


async def test_rows_with_faults_are_told_and_left_out(session: AsyncSession, tree: Tree, keys: Keys):
    actor = await add_keeper(session, tree["north county"], login="keeper")
    await add_user(session, tree["south county"], login="taken")
    done = await invite(
        session,
        actor,
        keys,
        tree["north county"],
        "li,李,T6,VIEWER",
        "li2,李,T6,ADMINISTRATOR",  # not from the own level
        "li3,李,T9,ADMINISTRATOR",
        "li4,李,T7,VIEWER",  # a sibling
        "li5,李,T2,VIEWER",  # the level above
        "li6,李,T99,VIEWER",  # nowhere
        "taken,李,T6,VIEWER",
        "keeper,Keeper,T6,VIEWER",  # oneself
        "li,李,T6,VIEWER",  # once more
        "?,,T6,KING",
    )
    assert told(done) == [
        (2, "CREATED"),
        (3, "REFUSED", "GRANT_FROM_ABOVE"),
        (4, "CREATED"),
        (5, "REFUSED", "NOT_FOUND"),
        (6, "REFUSED", "NOT_FOUND"),
        (7, "REFUSED", "NOT_FOUND"),
        (8, "REFUSED", "LOGIN_TAKEN"),
        (9, "REFUSED", "GRANT_TO_SELF"),
        (10, "REFUSED", "LOGIN_TWICE"),
        (11, "REFUSED", "LOGIN_UNUSABLE", "NAME_UNUSABLE", "WORD_UNKNOWN"),
    ]
    assert (done.created, done.existing, done.refused) == (2, 0, 8)
    assert done.rows[3]["problems"][0]["path"] == ["unit"]
    assert await count(session, User) == 4


@pytest.mark.parametrize("line", ["bad,坏,T99,VIEWER", "bad,,T6,VIEWER", "bad,坏,T2,ADMINISTRATOR"])
async def test_one_fault_may_keep_all_back(session: AsyncSession, tree: Tree, keys: Keys, line: str):
    actor = await add_keeper(session, tree["east"])
    lines = ("li,李,T6,VIEWER", line)
    done = await invite(session, actor, keys, tree["east"], *lines, policy=RowPolicy.REJECT_ALL)
    assert [row[1] for row in told(done)] == ["LEFT_OUT", "REFUSED"]
    assert (done.created, done.refused, await count(session, User)) == (0, 1, 1)
    assert done.rows[0]["user_id"] is None
    good = await invite(session, actor, keys, tree["east"], lines[0], policy=RowPolicy.REJECT_ALL)
    assert told(good) == [(2, "CREATED")]


async def test_the_same_file_again_changes_nothing_and_shows_the_same_links(
    session: AsyncSession, tree: Tree, keys: Keys
):
    actor = await add_keeper(session, tree["east"])
    lines = ("li,李,T4,VIEWER,,2026-12-31", "wang,王,T6,VIEWER")
    await invite(session, actor, keys, tree["east"], *lines)
    first = await tokens(session, actor, keys)
    later = NOW + timedelta(days=3)
    again = await invite(session, actor, keys, tree["east"], *lines, now=later)
    assert told(again) == [(2, "EXISTS"), (3, "EXISTS")]
    assert await tokens(session, actor, keys, later) == first
    assert (await count(session, User), await count(session, Grant), await count(session, LoginLink)) == (3, 3, 2)


async def test_whoever_let_the_link_pass_gets_another_one_by_the_same_file(
    session: AsyncSession, tree: Tree, keys: Keys
):
    actor = await add_keeper(session, tree["east"])
    lines = ("li,李,T4,VIEWER", "wang,王,T6,VIEWER")
    await invite(session, actor, keys, tree["east"], *lines)
    await session.execute(update(User).where(User.login == "wang").values(password_set_at=NOW, password_hash="x"))
    later = NOW + timedelta(days=15)
    assert await tokens(session, actor, keys, later) == {}
    await invite(session, actor, keys, tree["east"], *lines, now=later)
    assert (await tokens(session, actor, keys, later)).keys() == {"li"}


@pytest.mark.parametrize(
    "line",
    [
        "li,张,T4,VIEWER",
        "li,李,T6,VIEWER",
        "li,李,T4,MEDIA_MANAGER",
        "li,李,T4,VIEWER,FIND",
        "li,李,T4,VIEWER,,2026-12-31",
    ],
)
async def test_a_row_that_differs_from_what_is_there_is_refused(
    session: AsyncSession, tree: Tree, keys: Keys, line: str
):
    actor = await add_keeper(session, tree["east"])
    await invite(session, actor, keys, tree["east"], "li,李,T4,VIEWER")
    assert told(await invite(session, actor, keys, tree["east"], line)) == [(2, "REFUSED", "LOGIN_TAKEN")]
    assert await count(session, Grant) == 2


async def test_a_disabled_person_is_not_invited_again_by_a_file(session: AsyncSession, tree: Tree, keys: Keys):
    actor = await add_keeper(session, tree["east"])
    done = await invite(session, actor, keys, tree["east"], "li,李,T4,VIEWER")
    user_id = (await session.execute(select(User.id).where(User.login == "li"))).scalar_one()
    assert done.rows[0]["user_id"] == str(user_id)
    await disable_user(session, actor, now=NOW, user_id=user_id, reason="借调")
    again = await invite(session, actor, keys, tree["east"], "li,李,T4,VIEWER")
    assert told(again) == [(2, "REFUSED", "LOGIN_TAKEN")]
    assert await tokens(session, actor, keys) == {}


async def test_a_file_shows_no_link_of_somebody_who_holds_more(session: AsyncSession, tree: Tree, keys: Keys):
    """A county names the login of a person who waits to become the province's: it must not come by the link."""
    county = await add_keeper(session, tree["north county"], login="county")
    province = await add_keeper(session, tree["east"], login="province")
    await invite(session, county, keys, tree["north county"], "li,李,T6,VIEWER")
    li = (await session.execute(select(User).where(User.login == "li"))).scalar_one()
    await add_grant(session, li, tree["east"], Role.MEDIA_MANAGER)
    for now in (NOW, NOW + timedelta(days=30)):
        again = await invite(session, county, keys, tree["north county"], "li,李,T6,VIEWER", now=now)
        assert told(again) == [(2, "EXISTS")]
        assert await tokens(session, county, keys, now) == {}
    # The one that the county made opens nothing any more, so whoever may looks for another.
    assert await tokens(session, province, keys) == {}
    assert told(await invite(session, province, keys, tree["east"], "li,李,T6,VIEWER")) == [(2, "EXISTS")]
    assert (await tokens(session, province, keys)).keys() == {"li"}


async def test_a_person_who_moved_to_another_unit_shows_no_link_to_the_old_one(
    session: AsyncSession, tree: Tree, keys: Keys
):
    county = await add_keeper(session, tree["north county"], login="county")
    province = await add_keeper(session, tree["east"], login="province")
    await invite(session, province, keys, tree["east"], "li,李,T6,VIEWER")
    assert (await tokens(session, county, keys)).keys() == {"li"}
    li = (await session.execute(select(User.id).where(User.login == "li"))).scalar_one()
    await edit_user(session, province, now=NOW, user_id=li, unit_id=tree["south county"].id)
    assert await tokens(session, county, keys) == {}
    assert (await tokens(session, province, keys)).keys() == {"li"}


@pytest.mark.parametrize(
    ("role", "at", "into", "code"),
    [
        (Role.MEDIA_MANAGER, "north county", "north county", "NOT_PERMITTED"),
        (Role.AUDITOR, "nation", "north county", "NOT_PERMITTED"),
        (Role.ADMINISTRATOR, "north county", "east", "NOT_FOUND"),
        (Role.ADMINISTRATOR, "north county", "south county", "NOT_FOUND"),
    ],
)
async def test_only_administrators_invite_and_only_into_their_own(
    session: AsyncSession, tree: Tree, keys: Keys, role: Role, at: str, into: str, code: str
):
    actor = await add_keeper(session, tree[at], role)
    with pytest.raises(Refusal) as caught:
        await invite(session, actor, keys, tree[into], "li,李,T6,VIEWER")
    assert (caught.value.code, caught.value.path) == (code, ("unitId",))


async def test_units_outside_the_one_named_are_not_there_for_this_file(session: AsyncSession, tree: Tree, keys: Keys):
    actor = await add_keeper(session, tree["nation"])
    done = await invite(session, actor, keys, tree["east"], "li,李,T3,VIEWER", "wang,王,T6,VIEWER")
    assert [row[1] for row in told(done)] == ["REFUSED", "CREATED"]


async def test_whoever_is_invited_may_act_at_once_but_not_for_longer_than_said(
    session: AsyncSession, tree: Tree, keys: Keys
):
    actor = await add_keeper(session, tree["east"])
    done = await invite(session, actor, keys, tree["east"], "li,李,T4,VIEWER,,2026-06-01")
    (li,) = (await session.execute(select(User.id).where(User.login == "li"))).scalars()
    assert done.created == 1
    # The first of June is over in China at four in the afternoon of Greenwich.
    for at, scopes in (
        (NOW, 1),
        (datetime(2026, 6, 1, 15, 59, tzinfo=UTC), 1),
        (datetime(2026, 6, 1, 16, tzinfo=UTC), 0),
    ):
        then = await actor_of(session, li, now=at)
        assert then is not None
        assert len(then.scopes) == scopes


@pytest.mark.parametrize("policy", RowPolicy)
async def test_of_two_files_at_once_with_one_login_the_second_is_refused(
    session: AsyncSession, sessions: Sessions, tree: Tree, keys: Keys, policy: RowPolicy
):
    east, west = [await add_keeper(session, tree[name], login=name) for name in ("east", "west")]
    first = "\n".join([HEAD, "li,李,T4,VIEWER", "both,两,T4,VIEWER"])
    second = "\n".join([HEAD, "both,两,T5,VIEWER", "wang,王,T5,VIEWER"])
    async with sessions() as one, sessions() as other:
        await invite_users(one, east, now=NOW, keys=keys.links, unit_id=tree["east"].id, file=first)
        given = {"unit_id": tree["west"].id, "file": second, "policy": policy}
        waiting = asyncio.create_task(invite_users(other, west, now=NOW, keys=keys.links, **given))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        await one.commit()
        if policy is RowPolicy.REJECT_ALL:
            with pytest.raises(Conflict) as caught:
                await waiting
            assert caught.value.code == "LOGIN_TAKEN"
            await other.rollback()
        else:
            assert told(await waiting) == [(2, "REFUSED", "LOGIN_TAKEN"), (3, "CREATED")]
            await other.commit()
    assert await count(session, User) == (4 if policy is RowPolicy.REJECT_ALL else 5)


async def test_whoever_was_invited_comes_in_while_the_one_who_invited_is_in_office(
    sessions: Sessions, session: AsyncSession, tree: Tree, keys: Keys
):
    county = await add_keeper(session, tree["north county"], login="county")
    province = await add_keeper(session, tree["east"], login="province")
    lines = "li,李,T6,MEDIA_MANAGER", "wang,王,T6,VIEWER"
    await invite(session, county, keys, tree["north county"], *lines)
    handed = await tokens(session, county, keys)
    door = MemoryDoor(sessions, links=keys.links)
    assert (await redeem(sessions, handed["li"], OTHER, door=door)).login == "li"
    await session.execute(update(Grant).where(Grant.user_id == county.user_id).values(valid_to=NOW))
    await session.commit()
    assert await redeem(sessions, handed["wang"], OTHER, door=door) == "LINK_UNUSABLE"
    # What opens nothing is not shown as open, and the file of the successor makes another.
    assert await tokens(session, province, keys) == {}
    assert told(await invite(session, province, keys, tree["north county"], lines[1])) == [(2, "EXISTS")]
    anew = await tokens(session, province, keys)
    assert (await redeem(sessions, anew["wang"], OTHER, door=door)).login == "wang"


@pytest.mark.parametrize("people", [1, 40])
async def test_a_file_costs_the_same_for_one_and_for_many(
    session: AsyncSession, engine: AsyncEngine, tree: Tree, keys: Keys, people: int
):
    actor = await add_keeper(session, tree["east"])
    lines = [f"p{n},人{n},T{4 if n % 2 else 6},VIEWER" for n in range(people)]
    with statements_of(engine) as first:
        await invite(session, actor, keys, tree["east"], *lines)
    with statements_of(engine) as again:
        await invite(session, actor, keys, tree["east"], *lines)
    with statements_of(engine) as shown:
        assert len(await tokens(session, actor, keys)) == people
    # Of the last, one asks for the logins.
    assert (len(first), len(again), len(shown)) == (10, 10, 4), [*first, *again]
    assert await count(session, User) == people + 1
