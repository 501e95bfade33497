"""People change their passwords and end sessions, and nobody else does it for them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.logins import commands, passwords
from domain.refusals import Conflict, NotAuthenticated, NotFound, NotPermitted
from domain.terms import Role, SessionEnd, SessionKind
from domain.units.models import Unit
from integrations.database import Sessions
from tests.factories.logins import (
    OTHER,
    PASSWORD,
    MemoryDoor,
    add_person,
    change,
    ends,
    link_for,
    log_in,
    logged_in,
    redeem,
)
from tests.factories.people import add_grant
from tests.factories.units import NOW, actor_at, add_user, plant_tree

DAY = timedelta(days=1)


async def test_another_password_ends_every_other_session(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    here, _ = await logged_in(session, user, sessions=sessions)
    await logged_in(session, user, sessions=sessions, now=NOW + timedelta(seconds=1))
    token = await link_for(session, user)
    answer = await change(sessions, user, PASSWORD, session_id=here.session_id)
    assert answer.sessions_ended == 1
    assert await ends(session) == [None, SessionEnd.PASSWORD_SET]
    assert await redeem(sessions, token) == "LINK_UNUSABLE"
    assert await log_in(sessions) == "LOGIN_REFUSED"
    assert not isinstance(await log_in(sessions, "li", OTHER), str)


@pytest.mark.usefixtures("cheap_passwords")
async def test_the_old_password_is_guarded_like_a_login(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    heard = [await change(sessions, user, "wrong every time") for _ in range(7)]
    assert heard == ["PASSWORD_WRONG"] * 6 + ["LOGIN_LOCKED"]
    assert await change(sessions, user, PASSWORD) == "LOGIN_LOCKED"


async def test_no_connection_is_held_while_the_old_password_is_looked_at(
    engine: AsyncEngine, sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    user = await add_person(session)
    held = []

    async def watched(*_given: str | None) -> bool:
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        return False

    await session.close()
    monkeypatch.setattr(passwords, "matches", watched)
    assert await change(sessions, user, PASSWORD) == "PASSWORD_WRONG"
    assert held == [0]


async def test_the_new_one_must_be_better_than_that(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    assert await change(sessions, user, PASSWORD, "li") == "PASSWORD_TOO_SHORT"
    assert await change(sessions, user, PASSWORD, "x7" * 101) == "PASSWORD_TOO_LONG"
    assert not isinstance(await log_in(sessions), str)


async def test_whoever_is_no_person_has_no_password(sessions: Sessions, session: AsyncSession):
    actor = actor_at(Unit(id=UUID(int=1), path="1."))
    given: dict[str, Any] = {"door": MemoryDoor(sessions), "session_id": None, "old": PASSWORD, "new": OTHER}
    with pytest.raises(NotAuthenticated):
        await commands.change_password(session, actor, now=NOW, **given)


async def test_of_two_changes_at_once_one_is_done(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    answers = await asyncio.gather(*(change(sessions, user, PASSWORD, f"lantern number {n}") for n in range(3)))
    assert [answer for answer in answers if isinstance(answer, str)] == ["PASSWORD_WRONG"] * 2


async def test_logging_out_ends_the_own_session_and_takes_the_cookie(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, door = await logged_in(session, user, sessions=sessions, kind=SessionKind.BROWSER)
    actor = actor_at(await session.get_one(Unit, user.unit_id), user_id=user.id)
    for ended in (True, False):
        given: dict[str, Any] = {"door": door, "session_id": login.session_id}
        assert (await commands.log_out(session, actor, now=NOW, **given)).ended is ended
    assert door.cookies[1:] == [None, None]
    assert await ends(session) == [SessionEnd.LOGGED_OUT]


async def test_a_machine_has_no_session_to_log_out_of(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    await logged_in(session, user, sessions=sessions)
    actor = actor_at(await session.get_one(Unit, user.unit_id), user_id=user.id)
    given: dict[str, Any] = {"door": MemoryDoor(sessions), "session_id": None}
    assert not (await commands.log_out(session, actor, now=NOW, **given)).ended
    assert await ends(session) == [None]


async def test_whoever_looks_after_a_person_may_end_a_session(sessions: Sessions, session: AsyncSession):
    tree = await plant_tree(session)
    user = await add_user(session, tree["east city"], Role.MEDIA_MANAGER, login="wu")
    login, _ = await logged_in(session, user, sessions=sessions)

    async def end(actor: Any) -> bool:
        return (await commands.end_session(session, actor, now=NOW, session_id=login.session_id)).ended

    for stranger in (actor_at(tree["west"]), actor_at(tree["north county"]), actor_at(tree["east"], Role.VIEWER)):
        with pytest.raises(NotFound) as refused:
            await end(stranger)
        assert refused.value.path == ("sessionId",)
    with pytest.raises(NotPermitted):
        await end(actor_at(tree["east"], Role.AUDITOR))
    assert await ends(session) == [None]
    assert await end(actor_at(tree["east"]))
    assert not await end(actor_at(tree["east"]))
    assert await ends(session) == [SessionEnd.ENDED]


async def test_whoever_could_not_have_given_all_that_a_person_holds_ends_no_session(
    sessions: Sessions, session: AsyncSession
):
    tree = await plant_tree(session)
    peer = await add_user(session, tree["east city"], login="peer")
    risen = await add_user(session, tree["east city"], Role.VIEWER, login="risen")
    await add_grant(session, risen, tree["nation"], valid_from=NOW + DAY)
    for user in (peer, risen):
        login, _ = await logged_in(session, user, sessions=sessions)
        with pytest.raises(Conflict) as refused:
            await commands.end_session(session, actor_at(tree["east city"]), now=NOW, session_id=login.session_id)
        assert (refused.value.code, refused.value.path) == ("USER_HOLDS_MORE", ("sessionId",))
        ended = await commands.end_session(session, actor_at(tree["nation"]), now=NOW, session_id=login.session_id)
        assert ended.ended


async def test_anybody_may_end_a_session_of_their_own(sessions: Sessions, session: AsyncSession):
    tree = await plant_tree(session)
    user = await add_user(session, tree["east city"], Role.VIEWER, login="wu")
    login, _ = await logged_in(session, user, sessions=sessions)
    actor = actor_at(tree["east city"], Role.VIEWER, user_id=user.id)
    assert (await commands.end_session(session, actor, now=NOW, session_id=login.session_id)).ended


async def test_a_session_that_does_not_exist_is_not_found(session: AsyncSession):
    actor = actor_at(Unit(id=UUID(int=1), path="1."))
    with pytest.raises(NotFound):
        await commands.end_session(session, actor, now=NOW, session_id=UUID(int=9))
