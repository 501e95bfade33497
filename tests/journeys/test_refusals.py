"""Every foreseen refusal of every act: its code, the field at fault, and words in both languages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.base.ids import new_id
from domain.campaigns.models import Campaign
from domain.lessons.models import Lesson
from domain.posts.models import Post
from domain.terms import LessonState
from schema._base import global_id
from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_campaign, add_lesson, schedule
from tests.factories.units import add_user

MALFORMED = "no id at all"


@dataclass
class Given:
    """What stands in the database before an act is refused."""

    country: Country
    showcase: Lesson
    draft: Lesson
    campaign: Campaign
    post: Post

    def unit(self, name: str) -> str:
        return id_of(self.country.tree[name])


@pytest.fixture
async def given(session: AsyncSession, country: Country) -> Given:
    draft = await add_lesson(session, country.tree, state=LessonState.DRAFT)
    showcase = await add_lesson(session, country.tree)
    campaign = await add_campaign(session, country.tree)
    planned = await schedule(session, country.tree, showcase, campaign=campaign)
    return Given(country, showcase, draft, campaign, planned.post)


def at(when: timedelta) -> str:
    return (datetime.now(UTC) + when).isoformat()


Change = dict[str, Any] | Callable[[Given], dict[str, Any]]
Who = Callable[[Country], User]


def nation(country: Country) -> User:
    return country.nation


def media(country: Country) -> User:
    return country.media


def province(country: Country) -> User:
    return country.province


def viewer(country: Country) -> User:
    return country.viewer


def guest(country: Country) -> User:
    return country.guest


def right(mutation: str, given: Given) -> dict[str, Any]:
    """An input that the act would take."""
    lesson = {"title": "课", "service": "STUDY_HELP", "text": "文"}
    post = {"levels": ["COUNTY"], "text": "示范课程推介", "publishAt": at(timedelta(hours=1))}
    inputs: dict[str, dict[str, Any]] = {
        "createCampaign": {"unitId": given.unit("nation"), "title": "推介"},
        "createLesson": {"unitId": given.unit("nation"), **lesson},
        "showcaseLesson": {"lessonId": id_of(given.draft), "reason": "试点"},
        "scheduleLesson": {"lessonId": id_of(given.showcase), "unitId": given.unit("nation"), **post},
        "cancelPost": {"postId": id_of(given.post)},
    }
    return inputs[mutation]


def ids(mutation: str, field: str, noun: str, other: str) -> list[Any]:
    """What may be wrong with an id, whoever gives it."""
    return [
        (mutation, nation, {field: MALFORMED}, "BAD_ID", field),
        (mutation, nation, {field: ""}, "BAD_ID", field),
        (mutation, nation, {field: global_id(other, new_id())}, "BAD_ID", field),
        (mutation, nation, {field: global_id(noun, new_id())}, "NOT_FOUND", field),
    ]


KEYS = [
    (mutation, nation, {"clientMutationKey": key}, "KEY_UNUSABLE", "clientMutationKey")
    for mutation in ("createCampaign", "createLesson", "showcaseLesson", "scheduleLesson", "cancelPost")
    for key in ("", "x" * 201)
]
REFUSALS = [
    *ids("createCampaign", "unitId", "Unit", "Post"),
    ("createCampaign", guest, {}, "NOT_PERMITTED", "unitId"),
    # What lies out of sight is not there: a refusal must not tell that it is.
    ("createCampaign", province, {}, "NOT_FOUND", "unitId"),
    ("createCampaign", viewer, lambda g: {"unitId": g.unit("north county")}, "NOT_PERMITTED", "unitId"),
    ("createCampaign", nation, {"title": " \t"}, "TEXT_EMPTY", "title"),
    *ids("createLesson", "unitId", "Unit", "Lesson"),
    ("createLesson", guest, {}, "NOT_PERMITTED", "unitId"),
    ("createLesson", province, {}, "NOT_FOUND", "unitId"),
    ("createLesson", nation, {"title": ""}, "TEXT_EMPTY", "title"),
    ("createLesson", nation, {"text": "\n"}, "TEXT_EMPTY", "text"),
    *ids("showcaseLesson", "lessonId", "Lesson", "Unit"),
    ("showcaseLesson", media, {}, "NOT_PERMITTED", "lessonId"),
    ("showcaseLesson", province, {}, "NOT_FOUND", "lessonId"),
    ("showcaseLesson", nation, lambda g: {"lessonId": id_of(g.showcase)}, "LESSON_ALREADY_SHOWCASE", "lessonId"),
    ("showcaseLesson", nation, {"reason": " "}, "SHOWCASE_UNREVIEWED", "reason"),
    *ids("scheduleLesson", "lessonId", "Lesson", "Unit"),
    *ids("scheduleLesson", "unitId", "Unit", "Campaign"),
    *ids("scheduleLesson", "withinUnitId", "Unit", "Account"),
    *ids("scheduleLesson", "campaignId", "Campaign", "Post"),
    ("scheduleLesson", viewer, lambda g: {"unitId": g.unit("north county")}, "NOT_PERMITTED", "unitId"),
    ("scheduleLesson", guest, {}, "NOT_PERMITTED", "unitId"),
    ("scheduleLesson", province, {}, "NOT_FOUND", "unitId"),
    *(
        ("scheduleLesson", who, lambda g, f=field, o=other: {"unitId": g.unit("east"), f: o(g)}, code, field)
        for field, other, seen, from_below in (
            ("withinUnitId", lambda g: g.unit("far county"), "NOT_PERMITTED", "NOT_FOUND"),
            ("campaignId", lambda g: id_of(g.campaign), "CAMPAIGN_ASKS_NOTHING", "CAMPAIGN_ASKS_NOTHING"),
            ("lessonId", lambda g: id_of(g.draft), "LESSON_NOT_SHOWCASE", "NOT_FOUND"),
        )
        for who, code in ((guest, seen), (province, from_below))
    ),
    ("scheduleLesson", nation, lambda g: {"lessonId": id_of(g.draft)}, "LESSON_NOT_SHOWCASE", "lessonId"),
    ("scheduleLesson", nation, {"levels": []}, "NO_ACCOUNTS", "levels"),
    ("scheduleLesson", nation, {"levels": ["GRASSROOTS"]}, "NO_ACCOUNTS", "levels"),
    ("scheduleLesson", nation, {"publishAt": "2999-06-01T09:00:00"}, "TIME_WITHOUT_ZONE", "publishAt"),
    ("scheduleLesson", nation, lambda _: {"publishAt": at(-timedelta(minutes=10))}, "TIME_PASSED", "publishAt"),
    ("scheduleLesson", nation, {"publishAt": "0001-01-01T00:00:00+14:00"}, "TIME_PASSED", "publishAt"),
    ("scheduleLesson", nation, {"publishAt": "9999-12-31T23:59:59-12:00"}, "TIME_TOO_FAR", "publishAt"),
    ("scheduleLesson", nation, {"spreadSeconds": -1}, "SPREAD_INVALID", "spreadSeconds"),
    ("scheduleLesson", nation, {"spreadSeconds": 86401}, "SPREAD_INVALID", "spreadSeconds"),
    ("scheduleLesson", nation, {"text": "  "}, "TEXT_EMPTY", "text"),
    ("scheduleLesson", nation, {"text": "课" * 141}, "TEXT_TOO_LONG", "text"),
    ("scheduleLesson", nation, {"text": "#防溺水# 看短片"}, "TEXT_HAS_TOPIC", "text"),
    *ids("cancelPost", "postId", "Post", "Delivery"),
    ("cancelPost", guest, {}, "NOT_PERMITTED", "postId"),
    ("cancelPost", province, {}, "NOT_FOUND", "postId"),
    *KEYS,
]


@pytest.mark.parametrize(
    ("mutation", "who", "change", "code", "field"),
    [pytest.param(*row, id=f"{row[0]}-{row[3]}-{row[4]}-{number}") for number, row in enumerate(REFUSALS)],
)
async def test_a_refusal_names_its_code_and_field_in_two_languages(
    api: Front, given: Given, mutation: str, who: Who, change: Change, code: str, field: str
):
    changed = change(given) if callable(change) else change
    problem = await api.as_(who(given.country)).act(mutation, **(right(mutation, given) | changed))
    assert problem["__typename"] == "Problem", problem
    assert (problem["code"], problem["path"]) == (code, [field])
    assert problem["retryable"] is False
    assert any("\u4e00" <= letter <= "\u9fff" for letter in problem["messageZh"])
    assert problem["messageEn"].isascii()
    # A message with a gap that nobody filled would show its braces.
    assert not set("{}") & set(problem["messageZh"] + problem["messageEn"])


@pytest.mark.parametrize(
    "mutation", ["createCampaign", "createLesson", "showcaseLesson", "scheduleLesson", "cancelPost"]
)
async def test_the_right_input_of_a_person_with_the_permission_is_not_refused(api: Front, given: Given, mutation: str):
    answer = await api.as_(given.country.nation).act(mutation, **right(mutation, given))
    assert answer["__typename"] != "Problem", answer


@pytest.mark.parametrize("mutation", ["createCampaign", "createLesson", "scheduleLesson"])
async def test_a_unit_that_was_closed_acts_no_more(api: Front, given: Given, session: AsyncSession, mutation: str):
    county = given.country.tree["far county"]
    county.closed_on = date(2026, 1, 1)
    session.add(county)
    await session.commit()
    wish = right(mutation, given) | {"unitId": given.unit("far county")}
    problem = await api.as_(given.country.nation).act(mutation, **wish)
    assert (problem["code"], problem["path"]) == ("NOT_FOUND", ["unitId"])


async def test_a_grant_that_has_ended_gives_nothing(api: Front, given: Given, session: AsyncSession):
    over = await add_user(
        session, given.country.tree["nation"], login="over", valid_to=datetime.now(UTC) - timedelta(days=1)
    )
    problem = await api.as_(over).act("createCampaign", **right("createCampaign", given))
    assert problem["code"] == "NOT_FOUND"


async def test_several_acts_of_one_request_stand_alone(api: Front, given: Given):
    document = """mutation($unit: ID!) {
      first: createCampaign(input: {unitId: $unit, title: "甲"}) { ... on CreateCampaignPayload { campaign { title } } }
      refused: createCampaign(input: {unitId: $unit, title: ""}) { ... on Problem { code path } }
      last: createCampaign(input: {unitId: $unit, title: "乙"}) { ... on CreateCampaignPayload { campaign { title } } }
    }"""
    answer = await api.as_(given.country.nation).ask(document, unit=given.unit("nation"))
    assert answer == {
        "first": {"campaign": {"title": "甲"}},
        "refused": {"code": "TEXT_EMPTY", "path": ["title"]},
        "last": {"campaign": {"title": "乙"}},
    }
