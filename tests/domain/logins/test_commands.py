"""People log in; whatever is wrong is told in one way, and counted."""

import asyncio
from datetime import timedelta
from typing import Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.models import User
from domain.logins import commands, passwords
from domain.logins.models import LoginGuard, RefreshToken, Session
from domain.terms import SessionKind
from domain.units.models import Unit
from integrations.database import Sessions
from tests.factories.logins import OTHER, PASSWORD, add_person, ends, give_password, log_in, logged_in
from tests.factories.statements import statements_of
from tests.factories.units import NOW, add_user

DAY = timedelta(days=1)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords are compared with, by their costs."""
    found: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            found.append(str(hash).rpartition("$")[0].rpartition("$")[0])
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Watched())
    return found


async def test_whoever_knows_the_password_has_a_session(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login = await log_in(sessions, label="办公室电脑")
    assert login.user_id == user.id
    (row,) = await session.scalars(select(Session))
    assert (row.id, row.kind, row.label, row.user_id) == (login.session_id, SessionKind.APP, "办公室电脑", user.id)


@pytest.mark.parametrize("typed", ["LI", " li ", "Li", "\uff2c\uff29"])
async def test_case_and_width_of_the_name_make_no_difference(sessions: Sessions, session: AsyncSession, typed: str):
    await add_person(session)
    assert not isinstance(await log_in(sessions, typed), str)


async def test_every_stranger_hears_the_same(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    unit = await session.get_one(Unit, user.unit_id)
    await add_user(session, unit, login="invited")
    disabled = await add_user(session, unit, login="disabled")
    await give_password(session, disabled)
    await session.execute(update(User).where(User.id == disabled.id).values(disabled_at=NOW))
    await session.commit()
    tries = [
        ("li", OTHER),
        ("nobody", PASSWORD),
        ("invited", PASSWORD),
        ("disabled", PASSWORD),
        ("", ""),
        ("li", ""),
    ]
    assert {await log_in(sessions, login, password) for login, password in tries} == {"LOGIN_REFUSED"}
    assert await ends(session) == []


async def test_known_and_unknown_names_cost_the_same_statements_and_hashes(
    engine: AsyncEngine, sessions: Sessions, session: AsyncSession, looked_at: list[str]
):
    await add_person(session)
    sent = {}
    for login in ("li", "nobody"):
        with statements_of(engine) as sent[login]:
            assert await log_in(sessions, login, OTHER) == "LOGIN_REFUSED"
    assert sent["li"] == sent["nobody"]
    assert len(looked_at) == 2
    assert looked_at[0] == looked_at[1]


@pytest.mark.usefixtures("cheap_passwords")
async def test_guessing_at_a_name_that_exists_is_slowed_like_at_one_that_does_not(
    sessions: Sessions, session: AsyncSession
):
    await add_person(session)
    for login in ("li", "nobody"):
        heard = [await log_in(sessions, login, OTHER) for _ in range(8)]
        assert heard == ["LOGIN_REFUSED"] * 6 + ["LOGIN_LOCKED"] * 2
    # The right password is not looked at while the name is locked.
    assert await log_in(sessions) == "LOGIN_LOCKED"
    assert not isinstance(await log_in(sessions, now=NOW + timedelta(seconds=31)), str)


async def test_guessing_side_by_side_gets_no_more_tries(
    sessions: Sessions, session: AsyncSession, looked_at: list[str]
):
    await add_person(session)
    heard = await asyncio.gather(*(log_in(sessions, "li", f"guess number {n}") for n in range(40)))
    assert sorted(heard) == ["LOGIN_LOCKED"] * 34 + ["LOGIN_REFUSED"] * 6
    assert len(looked_at) == 6


@pytest.mark.usefixtures("cheap_passwords")
async def test_whoever_comes_in_has_guessed_nothing(sessions: Sessions, session: AsyncSession):
    await add_person(session)
    for _ in range(3):
        assert [await log_in(sessions, "li", OTHER) for _ in range(4)] == ["LOGIN_REFUSED"] * 4
        assert not isinstance(await log_in(sessions), str)


async def test_a_hash_of_other_costs_is_made_anew(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    await session.execute(update(User).values(password_hash=cheap))
    await session.commit()
    assert not isinstance(await log_in(sessions), str)
    made = await session.scalar(select(User.password_hash).where(User.id == user.id))
    assert made is not None
    assert not passwords.is_outdated(made)
    assert not isinstance(await log_in(sessions), str)


async def test_a_password_that_is_changed_meanwhile_opens_nothing(
    sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    user = await add_person(session)
    matches = passwords.matches

    async def late(password_hash: str | None, password: str) -> bool:
        is_right = await matches(password_hash, password)
        await give_password(session, user, OTHER)
        return is_right

    monkeypatch.setattr(passwords, "matches", late)
    assert await log_in(sessions) == "LOGIN_REFUSED"
    assert await ends(session) == []


async def test_no_connection_is_held_while_hashing(
    engine: AsyncEngine, sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    await add_person(session)
    held = []

    async def watched(*_given: str | None) -> bool:
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        return False

    await session.close()
    monkeypatch.setattr(passwords, "matches", watched)
    await log_in(sessions)
    assert held == [0]


async def test_what_nobody_asks_for_again_is_dropped(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    live, _ = await logged_in(session, user, sessions=sessions)
    over, _ = await logged_in(session, user, sessions=sessions)
    await session.execute(text("UPDATE sessions SET expires_at = now() + interval '1 day'"))
    await session.execute(update(Session).where(Session.id == over.session_id).values(ended_at=NOW))
    await session.execute(
        text(
            "INSERT INTO refresh_tokens (digest, session_id, issued_at, used_at) SELECT decode(days::text, 'escape'),"
            " :id, now(), now() - make_interval(days => days) FROM unnest(ARRAY[6, 8]) days"
        ),
        {"id": live.session_id},
    )
    await session.execute(
        text(
            "INSERT INTO login_guards (digest, failures, failed_at) SELECT decode(hours::text, 'escape'), 9,"
            " now() - make_interval(hours => hours) FROM unnest(ARRAY[23, 25]) hours"
        )
    )
    assert await commands.forget_old(session) == 3
    assert set(await session.scalars(select(RefreshToken.session_id))) == {live.session_id}
    assert await session.scalar(select(func.count()).select_from(RefreshToken)) == 2
    assert list(await session.scalars(select(LoginGuard.digest))) == [b"23"]
