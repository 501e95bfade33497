"""The endpoint: who is calling, and what it answers to whatever is posted to it."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from api.auth import issue_token
from tests.factories.api import Country, Front

VIEWER = "{ viewer { name } }"


def error_of(response: httpx.Response, status: int) -> dict[str, object]:
    """The only error of an answer that holds no data, with a code."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    body = response.json()
    assert body["data"] is None
    (error,) = body["errors"]
    assert error["message"]
    extensions: dict[str, object] = error["extensions"]
    return extensions


async def test_a_person_with_a_token_is_known_by_name(api: Front, country: Country):
    assert await api.as_(country.county).ask(VIEWER) == {"viewer": {"name": "County"}}


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer garbage", "Bearer a.b.c", "Basic YTpi", "garbage", "bearer\xe9 x"]
)
async def test_a_bad_token_is_answered_with_401_before_anything_runs(api: Front, header: str):
    response = await api.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers=[(b"authorization", header.encode("latin-1"))]
    )
    extensions = error_of(response, 401)
    assert extensions["code"] == "UNAUTHENTICATED"
    assert extensions["messageZh"]
    assert response.headers["www-authenticate"] == "Bearer"


async def test_an_app_whose_token_is_over_is_told_to_refresh_it(api: Front, country: Country):
    life = timedelta(minutes=1)
    token = issue_token(api.keys.login, country.nation.id, now=datetime.now(UTC) - 2 * life, life=life)
    response = await api.http.post("/graphql", json={"query": VIEWER}, headers={"Authorization": f"Bearer {token}"})
    extensions = error_of(response, 401)
    assert extensions["code"] == "TOKEN_EXPIRED"
    assert "刷新" in str(extensions["messageZh"])


async def test_nobody_may_ask_only_what_needs_no_login(api: Front):
    assert await api.ask("{ __typename }") == {"__typename": "Query"}
    error = await api.error(VIEWER)
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert error["extensions"]["messageZh"].startswith("请先登录")


async def test_nobody_may_not_do_anything(api: Front, country: Country):
    error = await api.error('mutation { createCampaign(input: {unitId: "VW5pdA", title: "x"}) { __typename } }')
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_token_of_a_person_who_was_disabled_is_worth_nothing(api: Front, country: Country, session):
    country.county.disabled_at = datetime.now(UTC)
    session.add(country.county)
    await session.commit()
    error = await api.as_(country.county).error(VIEWER)
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"5",
        b'"a text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{",
        b'{"query": "\xff"}',
        b'{"query": "{ __typename }", "variables": {"x": NaN}}',
        b'{"query": "{ __typename }", "variables": {"x": "\\ud800"}}',
        b'{"query": "{ __typename }", "variables": {"x": ' + b"9" * 5000 + b"}}",
        b"[" * 50_000,
        b"{}",
        b'{"query": null}',
        b'{"query": ""}',
        b'{"query": 5}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "extensions": 5}',
        b'{"query": "{ __typename }", "operationName": 5}',
        b'{"query": "{ __typename }", "operationName": ["A"]}',
        b'{"query": "query A { __typename }", "operationName": "B"}',
        b'{"operationName": "A"}',
        b'{"query": "fragment F on Query { __typename }"}',
    ],
)
async def test_what_is_no_request_is_refused_in_the_form_of_graphql(api: Front, body: bytes):
    response = await api.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert error_of(response, 400)["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_a_form_of_another_site_is_refused(api: Front, kind: str):
    content = json.dumps({"query": "{ __typename }"})
    response = await api.http.post("/graphql", content=content, headers={"Content-Type": kind})
    assert error_of(response, 400)["code"] == "BAD_REQUEST"


async def test_several_operations_need_the_name_of_the_one_that_is_meant(api: Front, country: Country):
    both = "query A { viewer { name } } query B { unitCounts { asOf } }"
    front = api.as_(country.nation)
    (error,) = (await front.post(query=both)).json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert (await front.post(query=both, operationName="A")).json() == {"data": {"viewer": {"name": "Nation"}}}


@pytest.mark.parametrize("document", ["{__typename}", "mutation{__typename}"])
async def test_nothing_is_run_by_get(api: Front, document: str):
    for accept in ("application/json", "text/html"):
        response = await api.http.get("/graphql", params={"query": document}, headers={"Accept": accept})
        assert error_of(response, 400)["code"] == "BAD_REQUEST"


async def test_graphiql_is_served_to_a_browser_in_development(api: Front):
    response = await api.http.get("/graphql", headers={"Accept": "text/html"})
    assert response.status_code == 200
    assert "graphiql" in response.text.lower()


async def test_another_method_is_refused(api: Front):
    response = await api.http.options("/graphql")
    assert error_of(response, 405)["code"] == "METHOD_NOT_ALLOWED"
