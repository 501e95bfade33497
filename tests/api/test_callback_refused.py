"""Coming back from a platform with what is not right: nothing is stored, and a clear page says why."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import COOKIE
from domain.access.models import Grant, User
from domain.accounts.authorizations import Arrival
from domain.accounts.models import Authorization
from domain.hosts.models import Host
from integrations.keys import Keys
from tests.api.arriving import (
    GOOD,
    answering,
    begin,
    come_back,
    country,
    front,
    host,
    is_told,
    log_in,
    on_the_way,
    sandbox,
    standing,
)
from tests.factories.api import Country, Front, id_of
from tests.integrations.sandbox.running import Running, config

__all__ = ["country", "front", "host", "on_the_way", "sandbox"]


async def test_a_state_is_good_for_once(front: Front, session: AsyncSession, on_the_way: httpx.QueryParams):
    assert is_told(await come_back(front, on_the_way), Arrival.CONNECTED)
    before = await standing(session)
    assert is_told(await come_back(front, on_the_way), Arrival.STATE_USED)
    assert await standing(session) == before


async def test_nobody_makes_a_state_last_longer_than_ten_minutes(
    front: Front, session: AsyncSession, on_the_way: httpx.QueryParams
):
    [row] = (await session.execute(select(Authorization))).scalars()
    assert row.expires_at - row.created_at == timedelta(minutes=10)
    before = await standing(session)
    # Its end is part of what is signed: whoever moves it in the table makes it foreign, so the whole life is moved.
    await session.execute(update(Authorization).values(expires_at=row.expires_at + timedelta(days=1)))
    await session.commit()
    assert is_told(await come_back(front, on_the_way), Arrival.STATE_FOREIGN)
    assert await standing(session) == before


async def test_an_expired_state_stores_nothing(
    front: Front, session: AsyncSession, on_the_way: httpx.QueryParams, monkeypatch: pytest.MonkeyPatch
):
    before = await standing(session)
    later = (await session.execute(select(Authorization.expires_at))).scalar_one()

    class Later:
        @staticmethod
        def now(_zone: Any) -> Any:
            return later

    monkeypatch.setattr("api.callback.datetime", Later)
    assert is_told(await come_back(front, on_the_way), Arrival.STATE_EXPIRED)
    assert await standing(session) == before


@pytest.mark.parametrize("column", ["user_id", "unit_id", "key_id"])
async def test_a_state_is_bound_to_what_it_was_made_for(
    front: Front, country: Country, session: AsyncSession, on_the_way: httpx.QueryParams, column: str
):
    other: dict[str, Any] = {"user_id": country.media.id, "unit_id": country.tree["west"].id, "key_id": "unknown"}
    await session.execute(update(Authorization).values({column: other[column]}))
    await session.commit()
    before = await standing(session)
    assert is_told(await come_back(front, on_the_way), Arrival.STATE_FOREIGN)
    assert await standing(session) == before


@pytest.mark.parametrize(
    "state", ["", "x", "x" * 5000, f"{UUID(int=1)}.{'0' * 64}", "十", "\x00", f"{UUID(int=1)}.\ud800"]
)
async def test_a_state_that_nobody_made_is_foreign(front: Front, country: Country, session: AsyncSession, state: str):
    before = await standing(session)
    query = f"state={httpx.QueryParams({'s': state.encode('utf-8', 'replace').decode()})!s}&code=c".replace("=s=", "=")
    assert is_told(await front.http.get(f"/accounts/callback?{query}"), Arrival.STATE_FOREIGN)
    assert await standing(session) == before


@pytest.mark.parametrize("is_own", [True, False])
async def test_a_browser_of_somebody_else_brings_nothing_back(
    front: Front, country: Country, session: AsyncSession, on_the_way: httpx.QueryParams, is_own: bool
):
    visitor = country.nation if is_own else country.media
    before = await standing(session)
    answer = await come_back(front, on_the_way, cookie=f"{COOKIE}={visitor.id}.{UUID(int=3)}.secret")
    assert is_told(answer, Arrival.CONNECTED if is_own else Arrival.STATE_FOREIGN)
    assert (await standing(session) == before) is not is_own


async def test_denied_consent_stores_nothing_and_uses_the_state_up(
    front: Front, country: Country, host: Host, session: AsyncSession, sandbox: Running
):
    url = await begin(front, country.nation, unitId=id_of(country.tree["east"]), hostId=id_of(host))
    before = await standing(session)
    params = log_in(sandbox, url, None)
    assert is_told(await come_back(front, params), Arrival.DENIED)
    assert is_told(await come_back(front, params), Arrival.STATE_USED)
    assert await standing(session) == before


@pytest.mark.parametrize("lost", ["grant", "person"])
async def test_whoever_lost_the_permission_meanwhile_brings_nothing_back(
    front: Front, country: Country, session: AsyncSession, on_the_way: httpx.QueryParams, lost: str
):
    before = await standing(session)
    if lost == "grant":
        await session.execute(update(Grant).where(Grant.user_id == country.nation.id).values(valid_to=func.now()))
    else:
        await session.execute(update(User).where(User.id == country.nation.id).values(disabled_at=func.now()))
    await session.commit()
    assert is_told(await come_back(front, on_the_way), Arrival.NOT_PERMITTED)
    assert await standing(session) == before


@pytest.mark.parametrize("code", ["", "nonsense", "x" * 5000])
async def test_a_code_that_the_platform_did_not_give_stores_nothing(
    front: Front, session: AsyncSession, on_the_way: httpx.QueryParams, code: str
):
    before = await standing(session)
    assert is_told(await come_back(front, on_the_way.set("code", code)), Arrival.CODE_REFUSED)
    assert await standing(session) == before


async def test_a_wrong_secret_of_ours_is_told_as_ours(
    front: Front, session: AsyncSession, on_the_way: httpx.QueryParams, host: Host, keys: Keys
):
    before = await standing(session)
    host.app_secret = keys.keyring.seal("wrong", row=f"hosts:app_secret:{host.id}")
    await session.commit()
    assert is_told(await come_back(front, on_the_way), Arrival.MISCONFIGURED)
    assert await standing(session) == before


RUBBISH: list[Any] = [
    httpx.Response(200, text="<html>"),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={}),
    httpx.Response(200, json={"access_token": 7}),
    httpx.Response(500, text=""),
    httpx.ReadTimeout("late"),
    httpx.ConnectError("away"),
]


@pytest.mark.parametrize("answer", RUBBISH, ids=lambda answer: getattr(answer, "text", "") or type(answer).__name__)
@pytest.mark.parametrize("asked", GOOD)
async def test_a_platform_that_answers_rubbish_stores_nothing(
    front: Front,
    session: AsyncSession,
    on_the_way: httpx.QueryParams,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    answer: Any,
):
    host.api_url = "http://platform"
    await session.commit()
    before = await standing(session)
    answering(monkeypatch, {asked: answer})
    assert is_told(await come_back(front, on_the_way), Arrival.NO_ANSWER)
    assert await standing(session) == before


@pytest.mark.parametrize(
    "changes",
    [
        {"get_token_info": {"uid": 77, "appkey": "another", "expire_in": 1000}},
        {"get_token_info": {"uid": 77, "appkey": config().client_id, "expire_in": 0}},
        {"get_token_info": {"uid": 77, "appkey": config().client_id, "expire_in": 10**30}},
        {"get_token_info": {"uid": 0, "appkey": config().client_id, "expire_in": 1000}},
        {"show.json": {"idstr": "78", "screen_name": "other"}},
    ],
)
async def test_a_token_of_another_application_or_person_stores_nothing(
    front: Front,
    session: AsyncSession,
    on_the_way: httpx.QueryParams,
    host: Host,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, Any],
):
    host.api_url = "http://platform"
    await session.commit()
    before = await standing(session)
    answering(monkeypatch, changes)
    assert is_told(await come_back(front, on_the_way), Arrival.NO_ANSWER)
    assert await standing(session) == before
