"""The application around the endpoint: origins, request numbers, development and production."""

import httpx
import pytest

from api.pages import console
from integrations.keys import Keys
from tests.factories.api import Front, open_front

OURS = "https://front.qicai.example"
TYPES = {"query": "{ __schema { types { name } } }"}


async def preflight(front: Front, origin: str) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return await front.http.options(
        "/graphql", headers=asked | {"Access-Control-Request-Headers": "authorization,content-type"}
    )


@pytest.fixture(scope="module")
async def production(database_url: str, redis_url: str, keys: Keys):
    settings = {"development": False, "cors_origins": f"{OURS} , https://other.qicai.example", "body_limit": 2000}
    async with open_front(keys, database_url=database_url, redis_url=redis_url, **settings) as front:
        yield front


async def test_a_browser_may_call_from_an_origin_that_is_set(production: Front):
    allowed = await preflight(production, OURS)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == OURS
    answer = await production.http.post("/graphql", json={"query": "{__typename}"}, headers={"Origin": OURS})
    assert answer.headers["access-control-allow-origin"] == OURS
    assert answer.headers["access-control-expose-headers"] == "X-Request-Id"


@pytest.mark.parametrize("origin", ["https://evil.example", "http://front.qicai.example", "null"])
async def test_a_browser_may_not_call_from_another_origin(production: Front, origin: str):
    assert (await preflight(production, origin)).status_code == 400
    answer = await production.http.post("/graphql", json={"query": "{__typename}"}, headers={"Origin": origin})
    assert "access-control-allow-origin" not in answer.headers


async def test_no_origin_is_allowed_unless_it_is_set(api: Front):
    refused = await preflight(api, OURS)
    assert refused.status_code == 400
    assert "access-control-allow-origin" not in refused.headers


async def test_a_browser_can_read_a_refusal_too(production: Front):
    headers = {"Origin": OURS, "Authorization": "Bearer garbage"}
    refused = await production.http.post("/graphql", json={"query": "{__typename}"}, headers=headers)
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == OURS


async def test_every_answer_has_a_number_of_its_own(api: Front):
    answers = [await api.http.get(path) for path in ("/healthz", "/healthz", "/nothing", "/graphql")]
    answers.append(await api.http.post("/graphql", json={"query": "{__typename}"}))
    numbers = {answer.headers["x-request-id"] for answer in answers}
    assert len(numbers) == len(answers)
    assert all(len(number) == 16 for number in numbers)


async def test_graphiql_and_introspection_are_off_in_production(production: Front, api: Front):
    page = await production.http.get("/graphql", headers={"Accept": "text/html"})
    assert page.status_code == 404
    assert page.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    (error,) = (await production.http.post("/graphql", json=TYPES)).json()["errors"][:1]
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "introspection" in error["message"]
    # Another application of the same process keeps them.
    assert "errors" not in (await api.http.post("/graphql", json=TYPES)).json()


async def test_the_root_leads_to_the_api(api: Front):
    answer = await api.http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (307, "/graphql")


async def test_an_unknown_path_says_where_the_api_is(api: Front):
    answer = await api.http.get("/nothing")
    assert answer.status_code == 404
    assert "/graphql" in answer.text


async def test_a_body_over_the_limit_is_refused_and_one_at_the_limit_is_not(production: Front):
    small = b'{"query":"{__typename}"}'
    for size, status in ((2000, 200), (2001, 413)):
        body = small + b" " * (size - len(small))
        answer = await production.http.post("/graphql", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == "BODY_TOO_LARGE"
    assert answer.headers["x-request-id"]


def test_the_console_loads_from_the_address_that_is_set_and_takes_no_markup_from_it():
    assert "https://assets.qicai.example" in console("https://assets.qicai.example/")
    hostile = '"><script>alert(1)</script>'
    assert hostile not in console(hostile)
    assert "@ASSETS@" not in console("x")
