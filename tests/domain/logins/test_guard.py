"""Guessing is slowed down for every name alike, and many guesses at once get no more tries."""

import asyncio
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.logins.guard import count_guess, forgive
from domain.logins.models import LoginGuard
from domain.refusals import QuotaExceeded
from integrations.database import Sessions
from tests.factories.logins import wide
from tests.factories.units import NOW


async def guess(sessions: Sessions, login: str = "li", *, now: datetime = NOW) -> bool:
    """Whether a guess was admitted."""
    try:
        async with sessions.begin() as session:
            await count_guess(session, now=now, login=login, path="login")
    except QuotaExceeded:
        return False
    return True


async def test_after_five_wrong_guesses_the_sixth_starts_the_waiting(sessions: Sessions):
    assert [await guess(sessions) for _ in range(8)] == [True] * 6 + [False] * 2
    assert await guess(sessions, "another")


async def test_who_waits_is_told_how_long_and_waits_no_longer_for_asking(sessions: Sessions):
    for _ in range(6):
        await guess(sessions)
    for seconds in (0, 10, 29):
        with pytest.raises(QuotaExceeded) as refused:
            async with sessions.begin() as session:
                await count_guess(session, now=NOW + timedelta(seconds=seconds), login="li", path="old")
        assert (refused.value.code, refused.value.facts) == ("LOGIN_LOCKED", {"seconds": 30 - seconds})
        assert refused.value.path == ("old",)
    assert await guess(sessions, now=NOW + timedelta(seconds=30))
    assert not await guess(sessions, now=NOW + timedelta(seconds=89))
    assert await guess(sessions, now=NOW + timedelta(seconds=90))


async def test_forty_guesses_at_once_get_no_more_tries_than_one_after_the_other(sessions: Sessions):
    admitted = await asyncio.gather(*(guess(sessions) for _ in range(40)))
    assert sum(admitted) == 6
    again = await asyncio.gather(*(guess(sessions, now=NOW + timedelta(seconds=31)) for _ in range(20)))
    assert sum(again) == 1


async def test_a_name_is_the_same_however_it_is_typed(sessions: Sessions):
    names = ["li.wei", "LI.WEI", wide("li.wei"), " li.wei", "Li.Wei", wide("LI.WEI"), "li.wei"]
    assert [await guess(sessions, name) for name in names] == [True] * 6 + [False]


async def test_whoever_comes_in_starts_anew(sessions: Sessions):
    for _ in range(6):
        await guess(sessions)
    async with sessions.begin() as session:
        await forgive(session, login="LI")
    assert [await guess(sessions) for _ in range(7)] == [True] * 6 + [False]


async def test_a_day_later_nothing_is_left_of_it(sessions: Sessions):
    for _ in range(6):
        await guess(sessions)
    assert [await guess(sessions, now=NOW + timedelta(hours=25)) for _ in range(7)] == [True] * 6 + [False]


async def test_the_guard_keeps_no_name(sessions: Sessions, session: AsyncSession):
    await guess(sessions, "li.wei")
    (row,) = (await session.scalars(select(LoginGuard))).all()
    assert len(row.digest) == 32
    assert await session.scalar(select(func.count()).select_from(LoginGuard)) == 1


async def test_strangers_and_each_who_is_none_wait_for_themselves_only(sessions: Sessions, session: AsyncSession):
    lanes = ["", "device 1", "device 2"]

    async def guessed(lane: str) -> bool:
        try:
            async with sessions.begin() as own:
                await count_guess(own, now=NOW, login="li", path="login", lane=lane)
        except QuotaExceeded:
            return False
        return True

    for lane in lanes:
        assert [await guessed(lane) for _ in range(7)] == [True] * 6 + [False]
    async with sessions.begin() as own:
        await forgive(own, login="LI", lane=lanes[1])
    assert [await guessed(lane) for lane in lanes] == [False, True, False]
    assert await session.scalar(select(func.count()).select_from(LoginGuard)) == 3


async def test_nobody_comes_to_the_lane_of_another_by_typing_a_name(sessions: Sessions, session: AsyncSession):
    lane = "session 1"
    for login, given in (("li", lane), (f"li{lane}", ""), (f"li {lane}", ""), ("li", ""), (lane, "")):
        async with sessions.begin() as own:
            await count_guess(own, now=NOW, login=login, path="login", lane=given)
    assert await session.scalar(select(func.count()).select_from(LoginGuard)) == 5
