"""What nobody foresaw is masked for the caller, and logged with the number that the caller was given."""

import re

import pytest
from structlog.testing import capture_logs

from integrations.keys import Keys
from tests.factories.api import Country, Front, id_of, open_front

CLOSED = "postgresql://somebody:a-password@127.0.0.1:9/a_database"
REVEALING = re.compile(
    r"SELECT|asyncpg|sqlalchemy|psycopg|\.py|/|127\.0\.0\.1|a-password|a_database|Errno|Traceback", re.I
)
ACT = """mutation($unit: ID!) { createCampaign(input: {unitId: $unit, title: "推介", clientMutationKey: "k"}) {
  ... on Problem { code } } }"""


@pytest.fixture
async def broken(keys: Keys, redis_url: str, country: Country):
    """An API whose database is away, spoken to by somebody who is known."""
    async with open_front(keys, database_url=CLOSED, redis_url=redis_url) as front:
        yield front.as_(country.nation)


@pytest.mark.parametrize("document", ["{ viewer { name } }", "query { units { nodes { name } } }", ACT])
async def test_a_failure_shows_a_number_and_nothing_of_the_inside(broken: Front, country: Country, document: str):
    given = {"unit": id_of(country.tree["nation"])} if document == ACT else {}
    with capture_logs() as logs:
        response = await broken.post(query=document, variables=given)
    assert response.status_code == 200
    (error,) = response.json()["errors"]
    extensions = error["extensions"]
    assert set(extensions) == {"code", "number", "messageZh"}
    assert extensions["code"] == "INTERNAL"
    # A commit whose answer was lost has happened, so nobody is told that nothing did.
    assert "not known whether" in error["message"]
    assert not REVEALING.search(response.text), response.text
    (line,) = [line for line in logs if line["event"] == "defect"]
    assert (line["log_level"], line["number"]) == ("error", extensions["number"])
    assert isinstance(line["exc_info"], OSError)


async def test_every_failure_has_a_number_of_its_own(broken: Front):
    answer = await broken.answer('{ a: unitCounts { levels { count } } b: unit(code: "T1") { name } }')
    numbers = {error["extensions"]["number"] for error in answer["errors"]}
    assert len(numbers) == len(answer["errors"]) >= 1


async def test_a_failure_takes_nothing_that_needs_no_database(broken: Front):
    assert await broken.ask("{ __typename }") == {"__typename": "Query"}
    assert (await broken.http.get("/healthz")).status_code == 200
    assert (await broken.http.get("/readyz")).status_code == 503


async def test_a_refusal_is_no_failure(api: Front, country: Country):
    with capture_logs() as logs:
        await api.as_(country.nation).error('{ node(id: "x") { id } }')
        await api.error("{ viewer { name } }")
        await api.as_(country.nation).error("{ nothing }")
    assert [line for line in logs if line["log_level"] == "error"] == []
