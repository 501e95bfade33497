"""A session is opened, renewed by turns, and ended; a token that turns up twice ends it."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.models import User
from domain.logins import sessions as life
from domain.logins.models import RefreshToken, Session
from domain.logins.queries import caller_of
from domain.refusals import Refusal
from domain.terms import SessionEnd, SessionKind
from integrations.database import Sessions
from tests.factories.logins import MemoryDoor, add_person, logged_in
from tests.factories.statements import statements_of
from tests.factories.units import NOW

SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))


async def renewed(sessions: Sessions, token: str | None, *, after: timedelta = timedelta()) -> str:
    """The next refresh token, or the code of the refusal; what was written is kept either way."""
    async with sessions() as session:
        try:
            now = NOW + after
            login = await life.renew(session, now=now, door=MemoryDoor(sessions, now=now), token=token or "")
        except Refusal as refused:
            await session.commit()
            return refused.code
        await session.commit()
        return login.refresh_token or ""


async def row_of(session: AsyncSession, session_id: UUID) -> Session:
    return await session.get_one(Session, session_id, populate_existing=True)


async def is_known(
    session: AsyncSession, user: User, row_id: UUID, *, cookie: str | None = None, after: timedelta
) -> bool:
    digest = life.digest_of(cookie) if cookie else None
    found = await caller_of(session, user.id, now=NOW + after, session_id=row_id, cookie_digest=digest)
    return found is not None


async def test_an_app_goes_on_with_new_tokens_by_turns(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, _ = await logged_in(session, user, sessions=sessions)
    assert login.access_token == f"{user.id} {login.session_id}"
    assert login.csrf_token is None
    tokens = [login.refresh_token]
    for turn in range(1, 6):
        tokens.append(await renewed(sessions, tokens[-1], after=turn * 10 * MINUTE))
    assert len(set(tokens)) == 6
    assert all(token and len(token) == 43 for token in tokens)


async def test_a_stolen_old_token_ends_the_session_for_both(sessions: Sessions, session: AsyncSession):
    login, _ = await logged_in(session, await add_person(session), sessions=sessions)
    second = await renewed(sessions, login.refresh_token)
    third = await renewed(sessions, second, after=MINUTE)
    assert await renewed(sessions, login.refresh_token, after=2 * MINUTE) == "REFRESH_REFUSED"
    assert await renewed(sessions, third, after=3 * MINUTE) == "REFRESH_REFUSED"
    row = await row_of(session, login.session_id)
    assert (row.end, row.ended_at) == (SessionEnd.REUSED, NOW + 2 * MINUTE)


async def test_the_thief_who_is_first_loses_it_too(sessions: Sessions, session: AsyncSession):
    login, _ = await logged_in(session, await add_person(session), sessions=sessions)
    stolen = await renewed(sessions, login.refresh_token)
    assert await renewed(sessions, login.refresh_token, after=11 * SECOND) == "REFRESH_REFUSED"
    assert await renewed(sessions, stolen, after=12 * SECOND) == "REFRESH_REFUSED"


async def test_two_windows_that_renew_at_once_go_on_with_one_token(sessions: Sessions, session: AsyncSession):
    login, _ = await logged_in(session, await add_person(session), sessions=sessions)
    answers = await asyncio.gather(*(renewed(sessions, login.refresh_token) for _ in range(8)))
    won = [answer for answer in answers if answer != "REFRESH_RACED"]
    assert len(won) == 1
    assert await renewed(sessions, login.refresh_token, after=10 * SECOND) == "REFRESH_RACED"
    assert len(await renewed(sessions, won[0], after=MINUTE)) == 43


@pytest.mark.parametrize("token", ["", "nothing", "0" * 43])
async def test_an_unknown_token_is_refused(sessions: Sessions, token: str):
    assert await renewed(sessions, token) == "REFRESH_REFUSED"


async def test_no_token_goes_on_with_what_is_over(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    idle, _ = await logged_in(session, user, sessions=sessions)
    assert await renewed(sessions, idle.refresh_token, after=30 * DAY) == "REFRESH_REFUSED"
    ended, _ = await logged_in(session, user, sessions=sessions)
    async with sessions.begin() as own:
        assert await life.end_sessions_of(own, user_ids=[user.id], now=NOW, end=SessionEnd.ENDED) == 2
    assert await renewed(sessions, ended.refresh_token) == "REFRESH_REFUSED"


async def test_no_token_goes_on_for_who_is_disabled(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, _ = await logged_in(session, user, sessions=sessions)
    await session.execute(update(User).values(disabled_at=NOW))
    await session.commit()
    assert await renewed(sessions, login.refresh_token) == "REFRESH_REFUSED"


async def test_an_app_that_is_used_lasts_ninety_days_and_no_longer(sessions: Sessions, session: AsyncSession):
    login, _ = await logged_in(session, await add_person(session), sessions=sessions)
    token = login.refresh_token or ""
    for days in (29, 58, 87):
        token = await renewed(sessions, token, after=days * DAY)
        assert len(token) == 43
    assert await renewed(sessions, token, after=90 * DAY) == "REFRESH_REFUSED"


async def test_a_browser_has_a_cookie_and_no_tokens(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, door = await logged_in(session, user, sessions=sessions, kind=SessionKind.BROWSER)
    (cookie,) = door.cookies
    assert cookie is not None
    assert (login.access_token, login.refresh_token) == (None, None)
    assert login.csrf_token == f"csrf {login.session_id}"
    assert login.expires_at == NOW + 12 * HOUR
    row = await row_of(session, login.session_id)
    assert row.secret_digest == life.digest_of(cookie)
    assert cookie not in repr(login)
    assert await is_known(session, user, login.session_id, cookie=cookie, after=MINUTE)


async def test_only_the_whole_cookie_proves_a_session(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, door = await logged_in(session, user, sessions=sessions, kind=SessionKind.BROWSER)
    other, other_door = await logged_in(session, user, sessions=sessions, kind=SessionKind.BROWSER)
    assert not await is_known(session, user, login.session_id, cookie=other_door.cookies[0], after=MINUTE)
    assert not await is_known(session, user, other.session_id, cookie=f"{door.cookies[0]}x", after=MINUTE)


async def test_a_cookie_never_stands_for_an_app_nor_a_token_for_a_browser(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    app, _ = await logged_in(session, user, sessions=sessions)
    browser, _ = await logged_in(session, user, sessions=sessions, kind=SessionKind.BROWSER)
    assert await is_known(session, user, app.session_id, after=MINUTE)
    assert not await is_known(session, user, app.session_id, cookie="anything", after=MINUTE)
    assert not await is_known(session, user, browser.session_id, after=MINUTE)


async def test_a_session_speaks_for_its_own_person_only(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, _ = await logged_in(session, user, sessions=sessions)
    stranger = User(
        id=UUID(int=7), login="wu", name="Wu", unit_id=user.unit_id, unit_path=user.unit_path, created_at=NOW
    )
    session.add(stranger)
    await session.commit()
    assert not await is_known(session, stranger, login.session_id, after=MINUTE)


@pytest.mark.parametrize(
    ("kind", "idle", "longest"), [(SessionKind.APP, 30 * DAY, 90 * DAY), (SessionKind.BROWSER, 12 * HOUR, 7 * DAY)]
)
async def test_use_puts_off_the_end_but_not_for_ever(
    sessions: Sessions, session: AsyncSession, kind: SessionKind, idle: timedelta, longest: timedelta
):
    user = await add_person(session)
    login, door = await logged_in(session, user, sessions=sessions, kind=kind)
    cookie = door.cookies[0] if door.cookies else None
    used = timedelta()
    assert not await is_known(session, user, login.session_id, cookie=cookie, after=idle)
    while used + idle < longest:
        used += idle - SECOND
        assert await is_known(session, user, login.session_id, cookie=cookie, after=used)
        async with sessions.begin() as own:
            await life.touch(own, session_id=login.session_id, now=NOW + used)
    assert await is_known(session, user, login.session_id, cookie=cookie, after=longest - SECOND)
    assert not await is_known(session, user, login.session_id, cookie=cookie, after=longest)


async def test_that_it_is_used_is_due_to_be_written_once_a_minute(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, _ = await logged_in(session, user, sessions=sessions)
    due = []
    for seconds in (0, 59, 60, 61):
        found = await caller_of(session, user.id, now=NOW + seconds * SECOND, session_id=login.session_id)
        assert found is not None
        due.append(found.is_touch_due)
    assert due == [False, False, True, True]


async def test_a_late_touch_wakes_nothing_that_is_over(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, _ = await logged_in(session, user, sessions=sessions)
    async with sessions.begin() as own:
        await life.end_sessions_of(own, user_ids=[user.id], now=NOW, end=SessionEnd.DISABLED)
    async with sessions.begin() as own:
        await life.touch(own, session_id=login.session_id, now=NOW + HOUR)
    row = await row_of(session, login.session_id)
    assert (row.last_used_at, row.end) == (NOW, SessionEnd.DISABLED)
    assert not await is_known(session, user, login.session_id, after=HOUR)


async def test_who_calls_is_read_in_one_statement(engine: AsyncEngine, sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    login, _ = await logged_in(session, user, sessions=sessions)
    for session_id in (None, login.session_id):
        with statements_of(engine) as sent:
            assert await caller_of(session, user.id, now=NOW, session_id=session_id) is not None
        assert len(sent) == 1


async def test_all_sessions_of_a_person_end_but_one(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    logins = [(await logged_in(session, user, sessions=sessions))[0] for _ in range(3)]
    kept = logins[1].session_id
    async with sessions.begin() as own:
        ended = await life.end_sessions_of(own, user_ids=[user.id], now=NOW, end=SessionEnd.PASSWORD_SET, but=kept)
        assert ended == 2
    still = await session.scalars(select(Session.id).where(Session.ended_at.is_(None)))
    assert list(still) == [kept]


async def test_the_database_holds_no_token(sessions: Sessions, session: AsyncSession):
    login, _ = await logged_in(session, await add_person(session), sessions=sessions)
    (row,) = await session.scalars(select(RefreshToken))
    assert row.digest == life.digest_of(login.refresh_token or "")
    assert (login.refresh_token or "") not in repr(login)


async def test_a_label_is_cut_where_it_is_too_long(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    door = MemoryDoor(sessions)
    login = await life.open_session(session, user, now=NOW, door=door, kind=SessionKind.APP, label=f"  {'机' * 500} ")
    assert (await row_of(session, login.session_id)).label == "机" * 100
