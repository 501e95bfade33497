"""A front end that is not sure whether its request arrived repeats it with the same key."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import Grant
from domain.base.models import Base
from domain.campaigns.models import Campaign
from domain.lessons.models import Lesson
from domain.posts.models import Delivery, Post
from domain.terms import LessonState
from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_lesson, schedule

AT = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


@pytest.fixture
async def wish(session: AsyncSession, country: Country) -> dict[str, Any]:
    """A post that the nation may schedule, under a key."""
    lesson = await add_lesson(session, country.tree)
    place = {"lessonId": id_of(lesson), "unitId": id_of(country.tree["nation"])}
    return {**place, "levels": ["COUNTY"], "text": "示范课程推介", "publishAt": AT, "clientMutationKey": "k"}


async def count(session: AsyncSession, model: type[Base]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_the_same_request_answers_with_the_first_result(
    api: Front, country: Country, session: AsyncSession, wish: dict[str, Any]
):
    nation = api.as_(country.nation)
    first = await nation.act("scheduleLesson", "post { id text }", **wish)
    again = await nation.act("scheduleLesson", "post { id text }", **wish)
    assert first["__typename"] == "ScheduleLessonPayload"
    assert again == first
    assert (await count(session, Post), await count(session, Delivery)) == (1, 3)


async def test_two_at_once_make_one_post(api: Front, country: Country, session: AsyncSession, wish: dict[str, Any]):
    nation = api.as_(country.nation)
    answers = await asyncio.gather(*(nation.act("scheduleLesson", "post { id }", **wish) for _ in range(4)))
    assert len({answer["post"]["id"] for answer in answers}) == 1
    assert (await count(session, Post), await count(session, Delivery)) == (1, 3)


async def test_two_at_once_in_one_request_make_one_post(
    api: Front, country: Country, session: AsyncSession, wish: dict[str, Any]
):
    document = """mutation($input: ScheduleLessonInput!) {
      a: scheduleLesson(input: $input) { ... on ScheduleLessonPayload { post { id } } }
      b: scheduleLesson(input: $input) { ... on ScheduleLessonPayload { post { id } } } }"""
    answer = await api.as_(country.nation).ask(document, input=wish)
    assert answer["a"] == answer["b"] != {}
    assert await count(session, Post) == 1


@pytest.mark.parametrize("change", [{"text": "另一段推介"}, {"levels": ["PROVINCIAL"]}, {"spreadSeconds": 1}])
async def test_a_key_is_refused_for_another_input(
    api: Front, country: Country, session: AsyncSession, wish: dict[str, Any], change: dict[str, Any]
):
    nation = api.as_(country.nation)
    await nation.act("scheduleLesson", **wish)
    problem = await nation.act("scheduleLesson", **(wish | change))
    assert (problem["code"], problem["path"]) == ("KEY_REUSED", ["clientMutationKey"])
    assert await count(session, Post) == 1


async def test_a_key_is_refused_for_another_act(api: Front, country: Country, session: AsyncSession):
    given = {"unitId": id_of(country.tree["nation"]), "title": "推介", "clientMutationKey": "k"}
    nation = api.as_(country.nation)
    await nation.act("createCampaign", **given)
    problem = await nation.act("createLesson", **given, service="STUDY_HELP", text="文")
    assert problem["code"] == "KEY_REUSED"
    assert await count(session, Lesson) == 0


async def test_the_same_words_of_another_person_are_another_key(api: Front, country: Country, session: AsyncSession):
    given = {"unitId": id_of(country.tree["nation"]), "title": "推介", "clientMutationKey": "k"}
    for person in (country.nation, country.media):
        assert (await api.as_(person).act("createCampaign", **given))["__typename"] == "CreateCampaignPayload"
    assert await count(session, Campaign) == 2


async def test_without_a_key_every_request_is_an_act(api: Front, country: Country, session: AsyncSession):
    given = {"unitId": id_of(country.tree["nation"]), "title": "推介"}
    for _ in range(2):
        await api.as_(country.nation).act("createCampaign", **given)
    assert await count(session, Campaign) == 2


async def test_a_repetition_shows_the_row_as_it_is_now_and_the_counts_of_the_first_time(
    api: Front, country: Country, session: AsyncSession
):
    planned = await schedule(session, country.tree, await add_lesson(session, country.tree))
    given = {"postId": id_of(planned.post), "clientMutationKey": "k"}
    for _ in range(2):
        answer = await api.as_(country.nation).act("cancelPost", "cancelled tooLate post { text }", **given)
        assert (answer["cancelled"], answer["tooLate"]) == (8, 0)


async def test_a_repetition_may_ask_for_other_fields(api: Front, country: Country, session: AsyncSession):
    draft = await add_lesson(session, country.tree, state=LessonState.DRAFT)
    given = {"lessonId": id_of(draft), "reason": "试点", "clientMutationKey": "k"}
    nation = api.as_(country.nation)
    assert (await nation.act("showcaseLesson", "lesson { state }", **given))["lesson"] == {"state": "SHOWCASE"}
    again = await nation.act("showcaseLesson", "lesson { title unit { name } }", **given)
    assert again["lesson"] == {"title": draft.title, "unit": {"name": "nation"}}


async def test_a_repetition_by_someone_who_lost_the_unit_shows_nothing(
    api: Front, country: Country, session: AsyncSession
):
    given = {"unitId": id_of(country.tree["nation"]), "title": "推介", "clientMutationKey": "k"}
    media = api.as_(country.media)
    await media.act("createCampaign", **given)
    grant = (await session.execute(select(Grant).where(Grant.user_id == country.media.id))).scalar_one()
    grant.valid_to = datetime.now(UTC)
    await session.commit()
    problem = await media.act("createCampaign", **given)
    assert problem["code"] == "NOT_FOUND"
    assert await count(session, Campaign) == 1
