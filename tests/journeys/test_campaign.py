"""A showcase lesson goes from the nation to the counties: who does what, and who sees what of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.posts.models import Delivery
from domain.terms import DeliveryState
from tests.factories.api import Country, Front, id_of

SOON = timedelta(hours=1)
DELIVERIES = """query($post: ID!) { deliveries(postId: $post, first: 100) {
  totalCount nodes { text state account { unit { name } } post { unit { name } campaign { title } } } } }"""


def later() -> str:
    return (datetime.now(UTC) + SOON).isoformat()


async def prepare(front: Front, country: Country) -> tuple[str, str]:
    """A campaign and a showcase lesson of the nation, made over the API; their ids."""
    nation = id_of(country.tree["nation"])
    campaign = await front.act("createCampaign", "campaign { id }", unitId=nation, title="六一推介")
    given = {"title": "防溺水安全教育", "service": "SELF_PROTECTION", "theme": "文明生活", "text": "六个不。"}
    # Two people: whoever writes it does not make it a showcase lesson.
    writer = front.as_(country.media)
    lesson = await writer.act("createLesson", "lesson { id state showcasedAt }", unitId=nation, **given)
    assert (lesson["lesson"]["state"], lesson["lesson"]["showcasedAt"]) == ("DRAFT", None)
    given = {"lessonId": lesson["lesson"]["id"], "reason": "试点"}
    shown = await front.act("showcaseLesson", "lesson { state showcasedAt }", **given)
    assert shown["lesson"]["state"] == "SHOWCASE"
    assert datetime.fromisoformat(shown["lesson"]["showcasedAt"]).tzinfo is not None
    return campaign["campaign"]["id"], lesson["lesson"]["id"]


async def schedule(front: Front, country: Country, lesson: str, **given: Any) -> dict[str, Any]:
    wish: dict[str, Any] = {"lessonId": lesson, "unitId": id_of(country.tree["nation"]), "levels": ["COUNTY"]}
    wish |= {"text": "示范课程推介", "publishAt": later()}
    shown = "post { id text publishAt spreadSeconds states { state count } lesson { title } campaign { title } }"
    return await front.act("scheduleLesson", shown, **(wish | given))


async def test_a_national_manager_promotes_a_lesson_and_a_county_sees_its_own_part(api: Front, country: Country):
    nation, county = api.as_(country.nation), api.as_(country.county)
    campaign, lesson = await prepare(nation, country)
    levels = ["NATIONAL", "PROVINCIAL", "PREFECTURE", "COUNTY"]
    done = await schedule(nation, country, lesson, campaignId=campaign, levels=levels, spreadSeconds=60)
    assert done["__typename"] == "ScheduleLessonPayload"
    post = done["post"]
    assert post["states"] == [{"state": "SCHEDULED", "count": 8}]
    assert (post["lesson"]["title"], post["campaign"]["title"]) == ("防溺水安全教育", "六一推介")
    assert (post["spreadSeconds"], post["text"]) == (60, "示范课程推介")

    everything = (await nation.ask(DELIVERIES, post=post["id"]))["deliveries"]
    assert everything["totalCount"] == 8
    assert [row["account"]["unit"]["name"] for row in everything["nodes"][:3]] == ["nation", "east", "west"]
    assert len({row["text"] for row in everything["nodes"]}) == 8
    own = (await county.ask(DELIVERIES, post=post["id"]))["deliveries"]
    (row,) = own["nodes"]
    assert own["totalCount"] == 1
    assert row["account"]["unit"]["name"] == "north county"
    # What a visible delivery points to is visible with it; what stands above is not listed.
    assert row["post"] == {"unit": {"name": "nation"}, "campaign": {"title": "六一推介"}}
    above = await county.ask("{ posts { totalCount } campaigns { totalCount } lessons { totalCount } }")
    # A showcase lesson is there for every level, and a campaign for all below the unit that opened it.
    assert [part["totalCount"] for part in above.values()] == [0, 1, 1]
    province = (await api.as_(country.province).ask(DELIVERIES, post=post["id"]))["deliveries"]
    assert {row["account"]["unit"]["name"] for row in province["nodes"]} == {
        "east",
        "east city",
        "north county",
        "south county",
    }


async def test_counts_are_those_of_the_deliveries_a_person_sees(api: Front, country: Country, session: AsyncSession):
    nation = api.as_(country.nation)
    campaign, lesson = await prepare(nation, country)
    await schedule(nation, country, lesson, campaignId=campaign)
    await schedule(nation, country, lesson, campaignId=campaign, levels=["PROVINCIAL"])
    delivery = (await session.execute(select(Delivery).limit(1))).scalar_one()
    delivery.state = DeliveryState.FAILED
    await session.commit()
    query = "query($id: ID!) { node(id: $id) { ... on Campaign { posts { totalCount } deliveries { state count } } } }"
    found = (await nation.ask(query, id=campaign))["node"]
    assert found["posts"]["totalCount"] == 2
    assert found["deliveries"] == [{"state": "SCHEDULED", "count": 4}, {"state": "FAILED", "count": 1}]


async def test_a_province_promotes_a_lesson_of_the_nation_in_its_own_counties(api: Front, country: Country):
    _, lesson = await prepare(api.as_(country.nation), country)
    province = api.as_(country.province)
    east = id_of(country.tree["east"])
    done = await schedule(province, country, lesson, unitId=east, levels=["COUNTY"])
    assert done["post"]["states"] == [{"state": "SCHEDULED", "count": 2}]
    north = id_of(country.tree["north county"])
    narrower = await schedule(province, country, lesson, unitId=east, withinUnitId=north)
    assert narrower["post"]["states"] == [{"state": "SCHEDULED", "count": 1}]


async def test_a_cancelled_post_says_what_was_cancelled_and_what_was_too_late(
    api: Front, country: Country, session: AsyncSession
):
    nation = api.as_(country.nation)
    _, lesson = await prepare(nation, country)
    post = (await schedule(nation, country, lesson))["post"]["id"]
    sent = (await session.execute(select(Delivery).limit(1))).scalar_one()
    sent.state = DeliveryState.PUBLISHED
    await session.commit()
    shown = "cancelled tooLate post { cancelledAt states { state count } }"
    first = await nation.act("cancelPost", shown, postId=post)
    assert (first["cancelled"], first["tooLate"]) == (2, 1)
    states = [{"state": "PUBLISHED", "count": 1}, {"state": "CANCELLED", "count": 2}]
    assert first["post"]["states"] == states
    again = await nation.act("cancelPost", shown, postId=post)
    assert (again["cancelled"], again["tooLate"]) == (0, 1)
    assert again["post"]["cancelledAt"] == first["post"]["cancelledAt"]


async def test_a_refused_act_leaves_nothing_behind(api: Front, country: Country, session: AsyncSession):
    nation = api.as_(country.nation)
    _, lesson = await prepare(nation, country)
    refused = await schedule(nation, country, lesson, text=" ", clientMutationKey="once")
    assert refused["code"] == "TEXT_EMPTY"
    assert await session.scalar(select(func.count()).select_from(Delivery)) == 0
    # The key was not used up by it.
    done = await schedule(nation, country, lesson, clientMutationKey="once")
    assert done["__typename"] == "ScheduleLessonPayload"


async def test_every_level_finds_the_showcase_lessons_and_no_drafts_of_others(api: Front, country: Country):
    nation, county = api.as_(country.nation), api.as_(country.county)
    _, lesson = await prepare(nation, country)
    given = {"title": "玩七巧板", "service": "STUDY_HELP", "text": "七块板。"}
    draft = await nation.act("createLesson", "lesson { id }", unitId=id_of(country.tree["nation"]), **given)
    found = await county.ask("{ lessons { nodes { id } totalCount } }")
    assert found["lessons"] == {"nodes": [{"id": lesson}], "totalCount": 1}
    asked = await county.ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[lesson, draft["lesson"]["id"]])
    assert asked["nodes"] == [{"id": lesson}, None]


@pytest.mark.parametrize(
    ("quotas", "joins"),
    [
        ([], False),
        ([{"level": "COUNTY", "minimum": 1}], True),
        ([{"level": "PROVINCIAL", "minimum": 1}], False),
        ([{"level": "PROVINCIAL", "minimum": 1, "scope": "WITH_BELOW"}], True),
        ([{"level": "GRASSROOTS", "minimum": 1, "scope": "WITH_BELOW"}], False),
    ],
)
async def test_a_unit_joins_a_campaign_from_above_where_that_asks_posts_of_it(
    api: Front, country: Country, quotas: list[dict[str, Any]], joins: bool
):
    nation = api.as_(country.nation)
    _, lesson = await prepare(nation, country)
    given = {"unitId": id_of(country.tree["nation"]), "title": "七彩梦", "quotas": quotas}
    campaign = (await nation.act("createCampaign", "campaign { id }", **given))["campaign"]["id"]
    own = {"unitId": id_of(country.tree["north county"]), "campaignId": campaign}
    done = await schedule(api.as_(country.county), country, lesson, **own)
    assert done.get("code", "OK") == ("OK" if joins else "CAMPAIGN_ASKS_NOTHING")


async def test_a_campaign_of_another_branch_of_the_tree_is_not_joined(api: Front, country: Country):
    nation = api.as_(country.nation)
    _, lesson = await prepare(nation, country)
    given = {"unitId": id_of(country.tree["west"]), "title": "七彩梦", "quotas": [{"level": "COUNTY", "minimum": 1}]}
    campaign = (await nation.act("createCampaign", "campaign { id }", **given))["campaign"]["id"]
    own = {"unitId": id_of(country.tree["north county"]), "campaignId": campaign}
    assert (await schedule(api.as_(country.county), country, lesson, **own))["code"] == "NOT_FOUND"


async def test_a_lesson_that_was_taken_back_is_shown_no_more_with_the_posts_of_others(api: Front, country: Country):
    nation, county, media = (api.as_(person) for person in (country.nation, country.county, country.media))
    _, lesson = await prepare(nation, country)
    own = {"unitId": id_of(country.tree["north county"])}
    post = (await schedule(county, country, lesson, **own))["post"]
    assert post["lesson"] == {"title": "防溺水安全教育"}
    await media.act("editLesson", "lesson { id }", lessonId=lesson, expectedVersion=1, text="某校某同学的事。")
    await nation.act("withdrawLesson", "lesson { id }", lessonId=lesson, reason="内容有误")
    read = "query($id: ID!) { node(id: $id) { ... on Post { lesson { text } } } }"
    assert (await county.ask(read, id=post["id"]))["node"] == {"lesson": None}
    assert (await nation.ask(read, id=post["id"]))["node"] == {"lesson": {"text": "某校某同学的事。"}}


async def test_a_campaign_tells_what_it_promotes_and_what_no_post_promotes_yet(api: Front, country: Country):
    nation, county = api.as_(country.nation), api.as_(country.county)
    campaign, lesson = await prepare(nation, country)
    _, other = await prepare(nation, country)
    read = """query($id: ID!) { node(id: $id) { ... on Campaign { readiness { lessonsWithoutPost }
      lessons { totalCount nodes { posts lesson { id } } } viewerCan { act allowed } } } }"""

    async def told(front: Front) -> tuple[int, dict[str, int]]:
        found = (await front.ask(read, id=campaign))["node"]
        rows = {row["lesson"]["id"]: row["posts"] for row in found["lessons"]["nodes"]}
        assert found["lessons"]["totalCount"] == len(rows)
        may = {each["act"]: each["allowed"] for each in found["viewerCan"]}
        assert may["planLessons"] is (front is nation)
        return found["readiness"]["lessonsWithoutPost"], rows

    planned = await nation.act("planLessons", "campaign { id }", campaignId=campaign, add=[lesson, other])
    assert planned["campaign"] == {"id": campaign}
    assert await told(nation) == (2, {lesson: 0, other: 0})
    await schedule(nation, country, lesson, campaignId=campaign)
    assert await told(nation) == (1, {lesson: 1, other: 0})
    # The levels below see what is promoted, and of the posts what they see anyway.
    assert await told(county) == (2, {lesson: 0, other: 0})
    assert (await county.act("planLessons", campaignId=campaign, add=[lesson]))["code"] == "NOT_PERMITTED"
    kept = await nation.act("planLessons", campaignId=campaign, remove=[other, lesson])
    assert (kept["code"], kept["path"]) == ("LESSON_POSTED", ["remove", "1"])
