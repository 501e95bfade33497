"""The demo's own front end: errors and problems are raised, in their own words."""

import pytest

from api.cli import client
from api.cli.client import ApiClient, Refused
from tests.factories.api import Country, Front, id_of


def speaking(front: Front) -> ApiClient:
    return ApiClient(front.http, "http://qicai.test", front.headers["Authorization"].removeprefix("Bearer "))


async def test_an_answer_is_its_data(api: Front, country: Country):
    demo = speaking(api.as_(country.nation))
    assert await demo.ask("{ viewer { name } }") == {"viewer": {"name": "Nation"}}


async def test_a_problem_is_raised_with_its_code_in_both_languages(api: Front, country: Country):
    demo = speaking(api.as_(country.nation))
    with pytest.raises(Refused, match=r"TEXT_EMPTY: .*空.* empty"):
        await demo.ask(client.CREATE_CAMPAIGN, input={"unitId": id_of(country.tree["nation"]), "title": " "})


async def test_an_error_is_raised(api: Front, country: Country):
    with pytest.raises(Refused, match="BAD_REQUEST"):
        await speaking(api.as_(country.nation)).ask("{ nothing }")


async def test_every_document_of_the_demo_is_valid(api: Front, country: Country):
    demo = speaking(api.as_(country.nation))
    nation = id_of(country.tree["nation"])
    campaign = (await demo.ask(client.CREATE_CAMPAIGN, input={"unitId": nation, "title": "六一"}))["createCampaign"]
    for document in (client.PROGRESS, client.RESULT):
        assert (await demo.ask(document, id=campaign["campaign"]["id"]))["node"] is not None
    with pytest.raises(Refused, match="BAD_ID"):
        await demo.ask(client.SHOWCASE, input={"lessonId": nation})
    for document in (client.CREATE_LESSON, client.SCHEDULE, client.SERIES, client.APPROVE_ALL):
        with pytest.raises(Refused, match="BAD_REQUEST"):
            await demo.ask(document, input={})
