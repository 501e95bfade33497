"""Strangers who guess at a name keep its owner out neither of the devices used before nor of changing the password."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.base.keyring import KeySet
from domain.logins.devices import LIFE, device_token
from integrations.database import Sessions
from tests.factories.logins import (
    LINKS,
    OTHER,
    PASSWORD,
    MemoryDoor,
    add_person,
    change,
    link_for,
    log_in,
    logged_in,
    redeem,
)
from tests.factories.statements import statements_of
from tests.factories.units import NOW

WRONG = "wrong every time"
pytestmark = pytest.mark.usefixtures("cheap_passwords")


async def locked_by_strangers(sessions: Sessions, login: str = "li") -> None:
    while await log_in(sessions, login, WRONG) != "LOGIN_LOCKED":
        pass


@pytest.mark.parametrize("browser", [False, True])
async def test_the_owner_comes_in_on_a_device_used_before_whatever_strangers_guess(
    sessions: Sessions, session: AsyncSession, browser: bool
):
    await add_person(session)
    token = (await log_in(sessions, browser=browser)).device_token
    await locked_by_strangers(sessions)
    assert await log_in(sessions) == "LOGIN_LOCKED"
    for _ in range(8):
        assert await log_in(sessions, " LI", WRONG, device_token=token) in ("LOGIN_REFUSED", "LOGIN_LOCKED")
    later = NOW + timedelta(minutes=2)
    again = await log_in(sessions, "LI", browser=browser, device_token=token, now=later)
    # It is the same device, for as long again from now on.
    assert again.device_token.split(".")[1] == token.split(".")[1]
    assert again.device_token != token
    # That the owner came in gives strangers no more tries.
    assert await log_in(sessions) == "LOGIN_LOCKED"


async def test_a_device_gets_no_more_tries_than_a_stranger(sessions: Sessions, session: AsyncSession):
    await add_person(session)
    token = (await log_in(sessions)).device_token
    heard = [await log_in(sessions, "li", WRONG, device_token=token) for _ in range(8)]
    assert heard == ["LOGIN_REFUSED"] * 6 + ["LOGIN_LOCKED"] * 2
    assert await log_in(sessions, device_token=token) == "LOGIN_LOCKED"
    # Nor does it lock anybody else.
    other = await log_in(sessions)
    assert other.device_token != token
    assert not isinstance(await log_in(sessions, device_token=other.device_token), str)


async def test_whoever_comes_in_on_a_device_has_guessed_nothing_there(sessions: Sessions, session: AsyncSession):
    await add_person(session)
    token = (await log_in(sessions)).device_token
    for _ in range(3):
        assert [await log_in(sessions, "li", WRONG, device_token=token) for _ in range(4)] == ["LOGIN_REFUSED"] * 4
        assert not isinstance(await log_in(sessions, device_token=token), str)


async def test_a_token_of_another_name_or_forged_or_of_a_dropped_key_counts_as_a_stranger(
    sessions: Sessions, session: AsyncSession
):
    user = await add_person(session)
    token = (await log_in(sessions)).device_token
    await locked_by_strangers(sessions)
    dropped: Any = MemoryDoor(sessions, links=KeySet("links2", {"links2": b"n" * 32}))
    assert await log_in(sessions, device_token=token, door=dropped) == "LOGIN_LOCKED"
    for given in (None, "", "none of ours", device_token("wu", LINKS, now=NOW), token[:-1]):
        assert await log_in(sessions, device_token=given) == "LOGIN_LOCKED"
    assert (await log_in(sessions, device_token=token)).user_id == user.id


async def test_a_token_that_nobody_came_in_by_for_half_a_year_counts_as_a_stranger(
    sessions: Sessions, session: AsyncSession
):
    await add_person(session)
    token = (await log_in(sessions)).device_token
    now = NOW + LIFE
    while await log_in(sessions, "li", WRONG, now=now) != "LOGIN_LOCKED":
        pass
    assert await log_in(sessions, device_token=token, now=now) == "LOGIN_LOCKED"
    assert not isinstance(await log_in(sessions, device_token=token, now=NOW + LIFE - timedelta(seconds=1)), str)


async def test_a_new_password_opens_what_wrong_ones_had_locked_on_a_device(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    token = (await log_in(sessions)).device_token
    while await log_in(sessions, "li", WRONG, device_token=token) != "LOGIN_LOCKED":
        pass
    await redeem(sessions, await link_for(session, user), now=NOW + timedelta(seconds=1))
    now = NOW + timedelta(seconds=2)
    assert not isinstance(await log_in(sessions, "li", OTHER, device_token=token, now=now), str)


async def test_with_a_token_known_and_unknown_names_cost_the_same(
    engine: AsyncEngine, sessions: Sessions, session: AsyncSession
):
    await add_person(session)
    sent = {}
    for login in ("li", "nobody"):
        with statements_of(engine) as sent[login]:
            assert (
                await log_in(sessions, login, WRONG, device_token=device_token(login, LINKS, now=NOW))
                == "LOGIN_REFUSED"
            )
    assert sent["li"] == sent["nobody"]


async def test_strangers_do_not_keep_anybody_from_changing_the_password(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    here, _ = await logged_in(session, user, sessions=sessions)
    await locked_by_strangers(sessions)
    assert not isinstance(await change(sessions, user, PASSWORD, session_id=here.session_id), str)


async def test_each_session_guesses_at_the_old_password_by_itself(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    here, _ = await logged_in(session, user, sessions=sessions)
    there, _ = await logged_in(session, user, sessions=sessions)
    heard = [await change(sessions, user, WRONG, session_id=there.session_id) for _ in range(7)]
    assert heard == ["PASSWORD_WRONG"] * 6 + ["LOGIN_LOCKED"]
    assert await change(sessions, user, PASSWORD, session_id=there.session_id) == "LOGIN_LOCKED"
    assert not isinstance(await log_in(sessions), str)
    assert not isinstance(await change(sessions, user, PASSWORD, session_id=here.session_id), str)


async def test_whoever_changed_the_password_has_guessed_nothing(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    here, _ = await logged_in(session, user, sessions=sessions)
    old, new = PASSWORD, OTHER
    for _ in range(3):
        heard = [await change(sessions, user, WRONG, new, session_id=here.session_id) for _ in range(4)]
        assert heard == ["PASSWORD_WRONG"] * 4
        assert not isinstance(await change(sessions, user, old, new, session_id=here.session_id), str)
        old, new = new, old
