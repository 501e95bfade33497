"""People log in from apps and browsers; what is stolen, forged or over opens nothing."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import COOKIE, CSRF_HEADER, csrf_token, issue_token
from domain.access.models import User
from domain.logins import links
from domain.logins.devices import device_token
from domain.logins.models import LoginLink, Session
from domain.terms import LinkPurpose
from tests.factories.api import Country, Front, id_of, open_front
from tests.factories.logins import OTHER, PASSWORD, give_password

VIEWER = "{ viewer { name } }"
TOKENS = "accessToken refreshToken csrfToken deviceToken expiresAt"
FRIEND = "https://front.qicai.example"


@pytest.fixture
async def person(country: Country, session: AsyncSession) -> User:
    """The county's media manager, with a password."""
    await give_password(session, country.county)
    return country.county


async def log_in(api: Front, login: str = "county", password: str = PASSWORD, **given: Any) -> dict[str, Any]:
    return await api.act("logIn", TOKENS, login=login, password=password, **given)


async def refresh(api: Front, token: str) -> dict[str, Any]:
    return await api.act("refreshLogin", "accessToken refreshToken", refreshToken=token)


async def post(api: Front, document: str, headers: dict[str, str], **variables: Any) -> httpx.Response:
    return await api.http.post("/graphql", json={"query": document, "variables": variables}, headers=headers)


async def who(api: Front, headers: dict[str, str]) -> str:
    """The name of whoever calls, or the code of the refusal."""
    body = (await post(api, VIEWER, headers)).json()
    return str(body["errors"][0]["extensions"]["code"] if "errors" in body else body["data"]["viewer"]["name"])


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def browse(api: Front) -> dict[str, str]:
    """Log in as a browser does; answers the headers that its page sends from then on."""
    document = "mutation($input: LogInInput!) { logIn(input: $input) { ... on LogInPayload { " + TOKENS + " } } }"
    given = {"login": "county", "password": PASSWORD, "browser": True}
    response = await post(api, document, {}, input=given)
    answer = response.json()["data"]["logIn"]
    assert (answer["accessToken"], answer["refreshToken"]) == (None, None)
    name, _, cookie = response.headers["set-cookie"].partition(";")[0].partition("=")
    assert name == COOKIE
    return {"Cookie": f"{COOKIE}={cookie}", CSRF_HEADER: answer["csrfToken"]}


async def latest(session: AsyncSession) -> Session:
    rows = await session.scalars(select(Session).execution_options(populate_existing=True))
    return max(rows, key=lambda row: row.created_at)


async def test_an_app_logs_in_and_stays_for_ten_minutes_at_a_time(api: Front, person: User):
    login = await log_in(api, label="手机")
    assert login["csrfToken"] is None
    ends = datetime.fromisoformat(login["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=9) < ends <= timedelta(minutes=10)
    assert await who(api, bearer(login["accessToken"])) == "County"
    again = await refresh(api, login["refreshToken"])
    assert await who(api, bearer(again["accessToken"])) == "County"
    assert again["refreshToken"] != login["refreshToken"]


async def test_an_answer_with_tokens_is_kept_by_nobody(api: Front, person: User):
    document = "mutation($input: LogInInput!) { logIn(input: $input) { __typename } }"
    response = await post(api, document, {}, input={"login": "county", "password": PASSWORD})
    assert response.headers["cache-control"] == "no-store"
    assert "set-cookie" not in response.headers


async def test_a_wrong_name_and_a_wrong_password_are_told_alike(api: Front, person: User):
    answers = [await log_in(api, *given) for given in (("county", OTHER), ("nobody", PASSWORD), ("viewer", PASSWORD))]
    assert answers[0]["code"] == "LOGIN_REFUSED"
    assert answers[0] == answers[1] == answers[2]
    assert answers[0]["path"] == []


async def test_a_wrong_name_takes_as_long_as_a_wrong_password(api: Front, person: User):
    async def taken(login: str) -> float:
        start = time.perf_counter()
        await log_in(api, login, OTHER)
        return time.perf_counter() - start

    times: dict[str, list[float]] = {"county": [], "nobody": []}
    for _ in range(5):
        for login, found in times.items():
            found.append(await taken(login))
    known, unknown = (min(found) for found in times.values())
    # Without the decoy an unknown name would be told in a tenth of the time.
    assert 0.5 < known / unknown < 2


async def test_guessing_over_many_connections_is_stopped(api: Front, person: User):
    answers = await asyncio.gather(*(log_in(api, "county", f"guess number {n}") for n in range(30)))
    codes = [answer["code"] for answer in answers]
    assert codes.count("LOGIN_REFUSED") == 6
    assert codes.count("LOGIN_LOCKED") == 24
    locked = await log_in(api)
    assert (locked["code"], locked["retryable"]) == ("LOGIN_LOCKED", True)
    assert locked["path"] == ["login"]


async def test_the_owner_comes_in_while_strangers_guess(api: Front, person: User):
    device = (await log_in(api))["deviceToken"]
    here = bearer((await log_in(api, deviceToken=device))["accessToken"])
    await asyncio.gather(*(log_in(api, "county", f"guess number {n}") for n in range(8)))
    assert (await log_in(api))["code"] == "LOGIN_LOCKED"
    again = await log_in(api, deviceToken=device)
    # The token is another one, of the same device.
    assert again["deviceToken"].split(".")[1] == device.split(".")[1]
    assert await who(api, bearer(again["accessToken"])) == "County"
    document = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }"
    changed = await post(api, document, here, input={"old": PASSWORD, "new": OTHER})
    assert changed.json() == {"data": {"changePassword": {"__typename": "ChangePasswordPayload"}}}


async def test_others_work_on_while_many_log_in(api: Front, country: Country, person: User):
    logins = [asyncio.ensure_future(log_in(api, f"name{n}", OTHER)) for n in range(40)]
    await asyncio.sleep(0.05)
    assert await api.as_(country.nation).ask(VIEWER) == {"viewer": {"name": "Nation"}}
    assert not all(login.done() for login in logins)
    assert {answer["code"] for answer in await asyncio.gather(*logins)} == {"LOGIN_REFUSED"}


async def test_a_stolen_refresh_token_ends_the_session(api: Front, person: User, session: AsyncSession):
    login = await log_in(api)
    newer = await refresh(api, login["refreshToken"])
    assert (await refresh(api, login["refreshToken"]))["code"] == "REFRESH_RACED"
    assert await who(api, bearer(newer["accessToken"])) == "County"
    await session.execute(text("UPDATE refresh_tokens SET used_at = used_at - interval '11 seconds'"))
    await session.commit()
    assert (await refresh(api, login["refreshToken"]))["code"] == "REFRESH_REFUSED"
    # The access token would be good for minutes yet.
    assert await who(api, bearer(newer["accessToken"])) == "UNAUTHENTICATED"
    assert (await refresh(api, newer["refreshToken"]))["code"] == "REFRESH_REFUSED"
    assert (await latest(session)).end == "REUSED"


async def test_a_session_that_is_ended_is_over_at_once(
    api: Front, country: Country, person: User, session: AsyncSession
):
    login = await log_in(api)
    given = {"sessionId": id_of(await latest(session))}
    assert (await api.as_(country.media).act("endSession", "ended", **given))["code"] == "NOT_PERMITTED"
    assert (await api.as_(country.viewer).act("endSession", "ended", **given))["code"] == "NOT_FOUND"
    assert await who(api, bearer(login["accessToken"])) == "County"
    assert (await api.as_(country.nation).act("endSession", "ended", **given))["ended"] is True
    assert await who(api, bearer(login["accessToken"])) == "UNAUTHENTICATED"
    assert (await refresh(api, login["refreshToken"]))["code"] == "REFRESH_REFUSED"


async def test_whoever_is_disabled_is_out_at_once(api: Front, person: User, session: AsyncSession):
    login, headers = await log_in(api), await browse(api)
    await session.execute(update(User).where(User.id == person.id).values(disabled_at=datetime.now(UTC)))
    await session.commit()
    assert await who(api, bearer(login["accessToken"])) == "UNAUTHENTICATED"
    assert await who(api, headers) == "UNAUTHENTICATED"
    assert (await refresh(api, login["refreshToken"]))["code"] == "REFRESH_REFUSED"
    assert (await log_in(api))["code"] == "LOGIN_REFUSED"


async def test_everybody_sees_where_they_are_logged_in_and_ends_what_is_not_theirs(
    api: Front, country: Country, session: AsyncSession
):
    await give_password(session, country.viewer)
    await give_password(session, country.county)
    await log_in(api, "county")
    lost = await log_in(api, "viewer", label="丢失的手机")
    here = bearer((await log_in(api, "viewer", label="办公室"))["accessToken"])
    document = "{ ownSessions { id label kind current endedAt } }"
    listed = (await post(api, document, here)).json()["data"]["ownSessions"]
    assert [(each["label"], each["current"]) for each in listed] == [("办公室", True), ("丢失的手机", False)]
    end = "mutation($input: EndSessionInput!) { endSession(input: $input) { ... on EndSessionPayload { ended } } }"
    done = await post(api, end, here, input={"sessionId": listed[1]["id"]})
    assert done.json() == {"data": {"endSession": {"ended": True}}}
    assert await who(api, bearer(lost["accessToken"])) == "UNAUTHENTICATED"
    assert len((await post(api, document, here)).json()["data"]["ownSessions"]) == 1
    assert (await post(api, document, {})).json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_whoever_looks_after_a_login_sees_where_it_is_logged_in_and_ends_that(
    api: Front, country: Country, person: User
):
    login = await log_in(api, label="丢失的手机")
    document = "query($id: ID!) { userSessions(userId: $id) { id label kind current lastUsedAt } }"
    for stranger in (country.media, country.viewer, person):
        error = await api.as_(stranger).error(document, id=id_of(person))
        assert (error["extensions"]["code"], error["extensions"]["path"]) == ("NOT_FOUND", ["userId"])
    assert (await api.as_(country.nation).error(document, id=id_of(country.tree["east"])))["extensions"][
        "code"
    ] == "BAD_ID"
    (seen,) = (await api.as_(country.nation).ask(document, id=id_of(person)))["userSessions"]
    assert (seen["label"], seen["current"]) == ("丢失的手机", False)
    assert (await api.as_(country.nation).act("endSession", "ended", sessionId=seen["id"]))["ended"] is True
    assert await who(api, bearer(login["accessToken"])) == "UNAUTHENTICATED"
    assert await api.as_(country.nation).ask(document, id=id_of(person)) == {"userSessions": []}


async def test_an_app_logs_out(api: Front, person: User, session: AsyncSession):
    login = await log_in(api)
    document = "mutation { logOut(input: {}) { ... on LogOutPayload { ended } } }"
    response = await post(api, document, bearer(login["accessToken"]))
    assert response.json() == {"data": {"logOut": {"ended": True}}}
    assert await who(api, bearer(login["accessToken"])) == "UNAUTHENTICATED"
    assert (await latest(session)).end == "LOGGED_OUT"


async def test_a_browser_logs_in_and_out(api: Front, person: User):
    headers = await browse(api)
    assert await who(api, headers) == "County"
    document = "mutation { logOut(input: {}) { ... on LogOutPayload { ended } } }"
    response = await post(api, document, headers)
    assert response.json() == {"data": {"logOut": {"ended": True}}}
    assert response.headers["set-cookie"].startswith(f'{COOKIE}=""; ')
    assert "Max-Age=0" in response.headers["set-cookie"]
    assert await who(api, headers) == "UNAUTHENTICATED"


async def test_the_cookie_is_for_this_host_over_tls_and_for_no_script(api: Front, person: User):
    document = "mutation($input: LogInInput!) { logIn(input: $input) { __typename } }"
    given = {"login": "county", "password": PASSWORD, "browser": True}
    cookie = (await post(api, document, {}, input=given)).headers["set-cookie"]
    marks = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert marks == {"httponly", "secure", "samesite=lax", "path=/", "max-age=604800"}


@pytest.mark.parametrize(
    "change",
    [
        {CSRF_HEADER: ""},
        {CSRF_HEADER: "0" * 64},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://qicai.test.evil.example"},
        {"Origin": "http://qicai.test:8080"},
        {"Origin": ""},
    ],
)
async def test_a_page_of_another_site_cannot_use_the_cookie(api: Front, person: User, change: dict[str, str]):
    headers = await browse(api)
    response = await post(api, VIEWER, headers | change)
    assert response.status_code == 403
    assert response.json()["errors"][0]["extensions"]["code"] == "CSRF_FAILED"


async def test_the_token_of_another_session_does_not_go_with_the_cookie(api: Front, person: User):
    one, other = await browse(api), await browse(api)
    assert await who(api, one | {CSRF_HEADER: other[CSRF_HEADER]}) == "CSRF_FAILED"
    assert await who(api, one) == await who(api, other) == "County"


@pytest.mark.parametrize("origin", ["http://qicai.test", "https://qicai.test"])
async def test_our_own_page_uses_the_cookie(api: Front, person: User, origin: str):
    assert await who(api, await browse(api) | {"Origin": origin}) == "County"


async def test_a_page_that_was_loaded_anew_goes_on(api: Front, person: User):
    headers = await browse(api)
    cookie = {"Cookie": headers["Cookie"]}
    token = (await api.http.get("/csrf", headers=cookie)).json()["csrfToken"]
    assert await who(api, cookie | {CSRF_HEADER: token}) == "County"


async def test_a_forged_cookie_opens_nothing(api: Front, person: User, session: AsyncSession):
    headers = await browse(api)
    row = await latest(session)
    forged = f"{COOKIE}={person.id}.{row.id}.{'0' * 43}"
    assert await who(api, headers | {"Cookie": forged}) == "UNAUTHENTICATED"
    app = await log_in(api)
    assert app["accessToken"]
    row = await latest(session)
    proof = {CSRF_HEADER: csrf_token(api.keys.login, row.id)}
    assert await who(api, {"Cookie": f"{COOKIE}={person.id}.{row.id}.x", **proof}) == "UNAUTHENTICATED"


async def test_whoever_has_a_cookie_of_the_past_can_log_in_anew(api: Front, person: User, session: AsyncSession):
    headers = await browse(api)
    await session.execute(text("UPDATE sessions SET expires_at = now() - interval '1 second'"))
    await session.commit()
    assert await who(api, headers) == "UNAUTHENTICATED"
    document = "mutation($input: LogInInput!) { logIn(input: $input) { __typename } }"
    response = await post(api, document, headers, input={"login": "county", "password": PASSWORD, "browser": True})
    assert response.json() == {"data": {"logIn": {"__typename": "LogInPayload"}}}
    assert response.headers["set-cookie"].startswith(COOKIE)


async def test_only_origins_that_are_named_may_come_with_the_cookie(
    api: Front, person: User, database_url: str, redis_url: str
):
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": CSRF_HEADER}
    async with open_front(api.keys, database_url=database_url, redis_url=redis_url, cors_origins=FRIEND) as front:
        headers = await browse(front)
        assert await who(front, headers | {"Origin": FRIEND}) == "County"
        assert await who(front, headers | {"Origin": "https://evil.example"}) == "CSRF_FAILED"
        allowed = await front.http.options("/graphql", headers={"Origin": FRIEND, **preflight})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == FRIEND
        assert allowed.headers["access-control-allow-credentials"] == "true"
        refused = await front.http.options("/graphql", headers={"Origin": "https://evil.example", **preflight})
        assert "access-control-allow-origin" not in refused.headers
    async with open_front(api.keys, database_url=database_url, redis_url=redis_url, cors_origins="*") as front:
        anybody = await front.http.get("/csrf", headers={**headers, "Origin": "https://evil.example"})
        assert "access-control-allow-credentials" not in anybody.headers


async def test_that_a_session_is_in_use_is_written_once_a_minute(api: Front, person: User, session: AsyncSession):
    login = await log_in(api)
    first = (await latest(session)).last_used_at
    assert await who(api, bearer(login["accessToken"])) == "County"
    assert (await latest(session)).last_used_at == first
    await session.execute(text("UPDATE sessions SET last_used_at = last_used_at - interval '61 seconds'"))
    await session.commit()
    assert await who(api, bearer(login["accessToken"])) == "County"
    assert (await latest(session)).last_used_at >= first


async def test_a_machine_needs_no_session(api: Front, country: Country):
    token = issue_token(api.keys.login, country.nation.id, now=datetime.now(UTC), life=timedelta(minutes=5))
    assert await who(api, bearer(token)) == "Nation"


async def test_a_person_sets_the_first_password_by_a_link(api: Front, country: Country, session: AsyncSession):
    given: dict[str, Any] = {
        "purpose": LinkPurpose.INVITATION,
        "created_by": country.nation.id,
        "now": datetime.now(UTC),
    }
    _, token = await links.make_link(session, user_id=country.viewer.id, keys=api.keys.links, **given)
    await session.commit()
    answers = await asyncio.gather(
        *(api.act("redeemLink", "login", token=token, password=f"lantern number {n}") for n in range(4))
    )
    assert sorted(answer.get("code", "") for answer in answers) == ["", *["LINK_UNUSABLE"] * 3]
    (done,) = [n for n, answer in enumerate(answers) if "code" not in answer]
    assert answers[done]["login"] == "viewer"
    assert (await log_in(api, "viewer", f"lantern number {done}"))["accessToken"]
    used = select(func.count()).select_from(LoginLink).where(LoginLink.used_at.is_not(None))
    assert await session.scalar(used) == 1


async def test_a_person_changes_the_password(api: Front, person: User):
    here, there = await log_in(api), await log_in(api)
    document = """mutation($input: ChangePasswordInput!) { changePassword(input: $input) {
        ... on ChangePasswordPayload { sessionsEnded } ... on Problem { code path } } }"""
    headers = bearer(here["accessToken"])
    wrong = await post(api, document, headers, input={"old": OTHER, "new": OTHER})
    assert wrong.json()["data"]["changePassword"] == {"code": "PASSWORD_WRONG", "path": ["old"]}
    weak = await post(api, document, headers, input={"old": PASSWORD, "new": "countycounty"})
    assert weak.json()["data"]["changePassword"] == {"code": "PASSWORD_WEAK", "path": ["new"]}
    right = await post(api, document, headers, input={"old": PASSWORD, "new": OTHER})
    assert right.json()["data"]["changePassword"] == {"sessionsEnded": 1}
    assert await who(api, headers) == "County"
    assert await who(api, bearer(there["accessToken"])) == "UNAUTHENTICATED"
    assert (await log_in(api))["code"] == "LOGIN_REFUSED"


async def test_the_log_of_decisions_holds_no_secret(api: Front, person: User, session: AsyncSession):
    login = await log_in(
        api, label="secret label", deviceToken=device_token("county", api.keys.links, now=datetime.now(UTC))
    )
    await refresh(api, login["refreshToken"])
    rows = (await session.execute(text("SELECT audit_entries::text FROM audit_entries"))).scalars().all()
    assert rows
    for secret in (PASSWORD, login["refreshToken"], login["accessToken"], login["deviceToken"], "secret label"):
        assert not any(secret in row for row in rows)


async def test_that_an_app_goes_on_is_no_decision(api: Front, person: User, session: AsyncSession):
    login = await log_in(api)
    for _ in range(3):
        login = await refresh(api, login["refreshToken"])
    acts = (await session.execute(text("SELECT act, actor_id FROM audit_entries"))).all()
    assert acts == [("logIn", person.id)]
