"""People who come back from a platform: the sandbox over HTTP, a front end, and what they bring."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.callback import WORDS
from domain.access.models import User
from domain.accounts.authorizations import Arrival
from domain.accounts.models import Account, AccountEvent, Renewal
from domain.base.ids import new_id
from domain.hosts.models import Host
from domain.terms import AccountState
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.api import Country, Front, id_of, open_front, plant_country
from tests.integrations.sandbox.running import CALLBACK, Person, Running, config, running

ROOT = CALLBACK.removesuffix("/accounts/callback")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running(limit_scale=1000) as started:
        yield started


@pytest.fixture
async def front(database_url: str, redis_url: str, keys: Keys, sessions: Sessions) -> AsyncIterator[Front]:
    given = {"database_url": database_url, "redis_url": redis_url}
    async with open_front(keys, public_url=ROOT, call_seconds=1.0, lease_seconds=2.0, **given) as front:
        yield front


@pytest.fixture
async def country(session: AsyncSession, keys: Keys, sandbox: Running) -> Country:
    country = await plant_country(session, keys)
    host = (await session.execute(select(Host))).scalar_one()
    host.api_url, host.app_key = sandbox.url, config().client_id
    host.app_secret = keys.keyring.seal(config().client_secret, row=f"hosts:app_secret:{host.id}")
    await session.commit()
    return country


@pytest.fixture
async def host(session: AsyncSession, country: Country) -> Host:
    return (await session.execute(select(Host))).scalar_one()


async def begin(front: Front, user: User, **given: str) -> str:
    """Where a person is sent."""
    answer = await front.as_(user).act("beginConnection", "authorizeUrl expiresAt", **given)
    assert answer["__typename"] == "BeginConnectionPayload", answer
    url: str = answer["authorizeUrl"]
    return url


def log_in(sandbox: Running, url: str, person: Person | None) -> httpx.QueryParams:
    """What the platform sends the browser back with."""
    asked = dict(parse_qsl(urlsplit(url).query))
    who = {"account": person.uid, "action": "allow"} if person else {"action": "deny"}
    answer = sandbox.http.post(urlsplit(url).path, data=asked | who)
    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return httpx.QueryParams(target.query)


async def come_back(front: Front, params: Any, **headers: str) -> httpx.Response:
    return await front.http.get("/accounts/callback", params=params, headers=headers)


def is_told(answer: httpx.Response, arrival: Arrival) -> bool:
    """Whether the page says just this, in both languages."""
    status, zh, en = WORDS[arrival]
    parts = [part for words in (zh, en) for part in words.split("{name}")]
    return answer.status_code == status and all(part in answer.text for part in parts)


async def standing(session: AsyncSession) -> Any:
    """All that coming back could store."""
    columns = (Account.uid, Account.unit_id, Account.token, Account.token_expires_at, Account.state, Account.calls_used)
    accounts = (await session.execute(select(*columns).order_by(Account.uid))).all()
    events = await session.scalar(select(func.count()).select_from(AccountEvent))
    await session.commit()
    return accounts, events


async def renewable(session: AsyncSession, country: Country, person: Person, unit: str = "east") -> Account:
    """The account of a unit, known by the uid of somebody at the sandbox."""
    query = select(Account).where(Account.unit_id == country.tree[unit].id)
    account = (await session.execute(query)).scalar_one()
    account.uid, account.state = person.uid, AccountState.UNAUTHORIZED
    session.add(Renewal(id=new_id(), account_id=account.id, ends_at=func.now(), found_at=func.now()))
    await session.commit()
    return account


@pytest.fixture
async def on_the_way(front: Front, country: Country, host: Host, sandbox: Running) -> httpx.QueryParams:
    """What the browser of somebody comes back with who connects a new account."""
    url = await begin(front, country.nation, unitId=id_of(country.tree["east"]), hostId=id_of(host))
    return log_in(sandbox, url, sandbox.person())


GOOD: dict[str, Any] = {
    "access_token": {"access_token": "2.00token", "expires_in": 9, "uid": "77"},
    "get_token_info": {"uid": 77, "appkey": config().client_id, "expire_in": 1000},
    "show.json": {"idstr": "77", "screen_name": "<b>七彩</b>"},
}


def answering(monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]) -> None:
    """A platform that answers as it likes."""

    async def request(_client: Any, _method: str, url: str, **_: Any) -> httpx.Response:
        answer = (GOOD | changes)[url.rpartition("/")[2]]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    real = httpx.AsyncClient.request

    async def either(client: Any, method: str, url: Any, **given: Any) -> httpx.Response:
        wanted = str(url).startswith("http://platform")
        return await (request(client, method, str(url), **given) if wanted else real(client, method, url, **given))

    monkeypatch.setattr(httpx.AsyncClient, "request", either)
