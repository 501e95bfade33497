"""Coming back from a platform with leave: accounts connected and renewed, and what the page says."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.accounts.authorizations import Arrival
from domain.accounts.models import Account, Delegation, Renewal
from domain.audit.models import AuditEntry
from domain.base.ids import new_id
from domain.hosts.models import Host
from domain.terms import AccountState, RenewalState
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
    renewable,
    sandbox,
    standing,
)
from tests.factories.api import Country, Front, id_of
from tests.factories.units import NOW
from tests.integrations.sandbox.running import Running, config

__all__ = ["country", "front", "host", "on_the_way", "sandbox"]


async def test_an_account_is_connected_for_a_unit(
    front: Front, country: Country, host: Host, session: AsyncSession, sandbox: Running, keys: Keys
):
    person = sandbox.person()
    url = await begin(front, country.nation, unitId=id_of(country.tree["east"]), hostId=id_of(host))
    assert url.startswith(f"{sandbox.url}/oauth2/authorize?")
    answer = await come_back(front, log_in(sandbox, url, person))
    assert is_told(answer, Arrival.CONNECTED)
    assert person.name in answer.text
    query = select(Account).where(Account.uid == person.uid)
    account = (await session.execute(query)).scalar_one()
    assert (account.unit_id, account.screen_name) == (country.tree["east"].id, person.name)
    assert account.state is AccountState.ACTIVE
    # The platform says how long: thirty days, less what has passed.
    assert account.token_expires_at is not None
    left = account.token_expires_at - account.created_at
    assert timedelta(days=29, hours=23) < left <= timedelta(days=30)
    person.token = keys.keyring.open(account.token, row=f"accounts:token:{account.id}")
    assert person.get("account/get_uid").json() == {"uid": int(person.uid)}
    assert (account.calls_used, account.posts_used) == (1, 0)


async def test_connecting_is_written_down_without_the_token(
    front: Front, country: Country, host: Host, session: AsyncSession, sandbox: Running, capsys: Any
):
    person = sandbox.person()
    url = await begin(front, country.nation, unitId=id_of(country.tree["east"]), hostId=id_of(host))
    params = log_in(sandbox, url, person)
    answer = await come_back(front, params)
    account = (await session.execute(select(Account).where(Account.uid == person.uid))).scalar_one()
    acts = (await session.execute(select(AuditEntry).order_by(AuditEntry.at, AuditEntry.act))).scalars().all()
    assert [entry.act for entry in acts] == ["beginConnection", "connectAccount"]
    assert (acts[1].row_id, acts[1].actor_id, acts[1].unit_id) == (account.id, country.nation.id, account.unit_id)
    tokens = [token.value for token in sandbox.server.app.state.host.ledger.tokens.values() if token.uid == person.uid]
    written = f"{answer.text} {capsys.readouterr()} {[entry.details for entry in acts]}"
    for secret in (*tokens, params["code"], params["state"], config().client_secret):
        assert secret not in written


async def test_a_token_is_renewed_and_what_waited_for_it_is_done(
    front: Front, country: Country, session: AsyncSession, sandbox: Running
):
    person = sandbox.person()
    account = await renewable(session, country, person)
    url = await begin(front, country.nation, accountId=id_of(account))
    begun = (await session.execute(select(Renewal).execution_options(populate_existing=True))).scalar_one()
    assert str(begun.state) == "BEGUN"
    assert is_told(await come_back(front, log_in(sandbox, url, person)), Arrival.RENEWED)
    for row in (account, begun):
        await session.refresh(row)
    assert account.state is AccountState.ACTIVE
    assert str(begun.state) == "DONE"


async def runs(session: AsyncSession, user: User, account: Account, how: str) -> Any:
    """Let somebody run an account; answers how that is ended again."""
    if how == "keeper":
        account.keeper_id = user.id
        ended: Any = update(Account).values(keeper_id=None)
    else:
        session.add(Delegation(id=new_id(), account_id=account.id, user_id=user.id, valid_from=NOW))
        ended = delete(Delegation)
    await session.commit()
    return ended.execution_options(synchronize_session=False)


@pytest.mark.parametrize("how", ["keeper", "delegate"])
async def test_whoever_runs_an_account_renews_its_token_and_connects_no_other(
    front: Front, country: Country, host: Host, session: AsyncSession, sandbox: Running, how: str
):
    person, media = sandbox.person(), front.as_(country.media)
    account = await renewable(session, country, person)
    given = {"accountId": id_of(account)}
    assert (await media.act("beginConnection", **given))["code"] == "NOT_PERMITTED"
    await runs(session, country.media, account, how)
    listed = "{ renewals { nodes { account { id } } } }"
    assert (await media.ask(listed))["renewals"]["nodes"] == [{"account": {"id": id_of(account)}}]
    url = await begin(front, country.media, **given)
    assert is_told(await come_back(front, log_in(sandbox, url, person)), Arrival.RENEWED)
    await session.refresh(account)
    assert account.state is AccountState.ACTIVE
    place = {"unitId": id_of(country.tree["east"]), "hostId": id_of(host)}
    assert (await media.act("beginConnection", **place))["code"] == "NOT_PERMITTED"
    other = await begin(front, country.media, **given)
    assert is_told(await come_back(front, log_in(sandbox, other, sandbox.person())), Arrival.OTHER_ACCOUNT)


@pytest.mark.parametrize("how", ["keeper", "delegate"])
async def test_whoever_runs_it_no_longer_brings_nothing_back(
    front: Front, country: Country, session: AsyncSession, sandbox: Running, how: str
):
    person = sandbox.person()
    account = await renewable(session, country, person)
    ended = await runs(session, country.media, account, how)
    url = await begin(front, country.media, accountId=id_of(account))
    await session.execute(ended)
    await session.commit()
    before = await standing(session)
    assert is_told(await come_back(front, log_in(sandbox, url, person)), Arrival.NOT_PERMITTED)
    assert await standing(session) == before


async def test_a_keeper_who_may_run_nothing_there_renews_nothing(
    front: Front, country: Country, session: AsyncSession, sandbox: Running
):
    account = await renewable(session, country, sandbox.person(), unit="north county")
    await runs(session, country.viewer, account, "keeper")
    answer = await front.as_(country.viewer).act("beginConnection", accountId=id_of(account))
    assert answer["code"] == "NOT_PERMITTED"


async def test_a_suspended_account_stays_so(front: Front, country: Country, session: AsyncSession, sandbox: Running):
    person = sandbox.person()
    account = await renewable(session, country, person)
    account.state = AccountState.SUSPENDED
    await session.commit()
    url = await begin(front, country.nation, accountId=id_of(account))
    assert is_told(await come_back(front, log_in(sandbox, url, person)), Arrival.STILL_SUSPENDED)
    await session.refresh(account)
    assert account.state is AccountState.SUSPENDED


async def test_another_account_than_the_one_to_be_renewed_is_refused_and_told(
    front: Front, country: Country, session: AsyncSession, sandbox: Running
):
    account = await renewable(session, country, sandbox.person())
    before = await standing(session)
    url = await begin(front, country.nation, accountId=id_of(account))
    assert is_told(await come_back(front, log_in(sandbox, url, sandbox.person())), Arrival.OTHER_ACCOUNT)
    assert await standing(session) == before


async def test_an_account_of_another_unit_is_not_taken_from_it(
    front: Front, country: Country, host: Host, session: AsyncSession, sandbox: Running
):
    person = sandbox.person()
    await renewable(session, country, person, "west")
    before = await standing(session)
    url = await begin(front, country.nation, unitId=id_of(country.tree["east"]), hostId=id_of(host))
    assert is_told(await come_back(front, log_in(sandbox, url, person)), Arrival.ELSEWHERE)
    assert await standing(session) == before


async def test_the_name_on_the_page_is_text_and_the_uid_is_that_of_the_token(
    front: Front, session: AsyncSession, on_the_way: httpx.QueryParams, host: Host, monkeypatch: pytest.MonkeyPatch
):
    host.api_url = "http://platform"
    await session.commit()
    answering(monkeypatch, {"access_token": {**GOOD["access_token"], "uid": "1"}})
    answer = await come_back(front, on_the_way.set("uid", "1"))
    assert is_told(answer, Arrival.CONNECTED)
    assert "<b>" not in answer.text
    assert "&lt;b&gt;七彩&lt;/b&gt;" in answer.text
    assert await session.scalar(select(func.count()).where(Account.uid == "77")) == 1


async def test_the_page_is_kept_nowhere_and_may_do_nothing(front: Front):
    answer = await front.http.get("/accounts/callback")
    assert answer.status_code == 400
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text
    assert "@" not in answer.text.partition("<main>")[2]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"unitId": "unit"},
        {"hostId": "host"},
        {"unitId": "unit", "accountId": "account"},
        {"accountId": "account", "hostId": "host"},
    ],
)
async def test_a_connection_is_for_a_unit_at_a_platform_or_for_an_account(
    front: Front, country: Country, host: Host, session: AsyncSession, given: dict[str, str]
):
    account = (await session.execute(select(Account).limit(1))).scalar_one()
    ids = {"unit": id_of(country.tree["east"]), "host": id_of(host), "account": id_of(account)}
    chosen = {name: ids[value] for name, value in given.items()}
    answer = await front.as_(country.nation).act("beginConnection", **chosen)
    assert answer["code"] == "CHOOSE_UNIT_OR_ACCOUNT"


async def test_renewals_are_listed_for_those_who_keep_or_edit_the_account(
    front: Front, country: Country, session: AsyncSession, sandbox: Running
):
    account = await renewable(session, country, sandbox.person(), "north county")
    await renewable(session, country, sandbox.person(), "west")
    account.keeper_id = country.county.id
    await session.commit()
    document = """query($at: ID) { renewals(withinId: $at) { totalCount
        nodes { state endsAt foundAt begunAt doneAt keeper { name }
            account { uid callsLeftToday postsLeftThisHour } } } }"""

    async def seen(user: User, at: str | None = None) -> list[str]:
        found = (await front.as_(user).ask(document, at=at))["renewals"]
        assert found["totalCount"] == len(found["nodes"])
        return [node["account"]["uid"] for node in found["nodes"]]

    assert len(await seen(country.nation)) == 2
    assert await seen(country.nation, id_of(country.tree["east"])) == [account.uid]
    # A media manager who keeps the account, one who does not, and one who only looks on.
    assert await seen(country.county) == [account.uid]
    assert await seen(country.province) == []
    assert await seen(country.viewer) == []
    await session.execute(update(Renewal).values(done_at=func.now(), state=RenewalState.DONE))
    await session.commit()
    assert await seen(country.nation) == []
