"""What a document costs: as many statements as it has lists and measures, however many rows there are."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.engagement.models import Comment
from domain.terms import WordingSeverity
from integrations.keys import Keys
from tests.factories.api import Country, Front, id_of
from tests.factories.deliveries import add_post, add_published, add_snapshot
from tests.factories.posts import add_account, add_campaign, add_host, add_lesson, schedule
from tests.factories.units import NOW
from tests.factories.wording import list_words
from tests.journeys.test_occasions import CALENDAR, YEAR, declared, opened

FLAT = "{ units(first: 100) { nodes { name parent { name parent { name } } } } }"
LISTS = """{ units(first: 100) { totalCount nodes { name parent { name } children { nodes { name } totalCount }
  accounts { nodes { screenName host { name } } } } } }"""
MEASURES = """{ campaigns(first: 10) { nodes { title unit { name } deliveries { state count }
  engagement { level likes { value } } posts(first: 10) { nodes { text states { state count }
    deliveries(first: 10) { nodes { text account { unit { name } } attempts { totalCount } } } } } } } }"""

FOLLOWERS = """{ accounts(first: 100) { nodes { followersToday
  followerCounts(since: "2026-06-01", first: 50) { totalCount nodes { day count } } } } }"""
COMMENTS = """{ comments(first: 100) { totalCount nodes { text delivery { account { screenName } } } }
  posts(first: 10) { nodes { deliveries(first: 10) { nodes {
    comments(first: 10) { totalCount nodes { text } } } } } } }"""
FIGURES = """query($id: ID!) { goals(unitId: $id) { nodes { progress { isMet } } }
  engagement(withinId: $id, since: "2026-01-01", until: "2027-01-01") { total { published }
    levels { figures { published } } series(step: MONTH) { figures { published } } children { figures { published } } }
  topPosts(withinId: $id, since: "2026-01-01", until: "2027-01-01", metric: LIKES, first: 20) {
    totalCount nodes { account { unit { name } } } } }"""
WORDING = "{ posts(first: 10) { nodes { wording { piece } } } }"


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is sent to the database while the block runs, without what only keeps connections alive."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


async def cost(front: Front, document: str, rows: Callable[[dict[str, Any]], int]) -> tuple[int, int]:
    """How many statements a document takes, and how many rows came back."""
    with statements() as sent:
        answer = await front.ask(document)
    return len(sent), rows(answer)


@pytest.mark.parametrize(("document", "expected"), [(FLAT, 2), (LISTS, 6)])
async def test_units_cost_the_same_for_one_and_for_all(api: Front, country: Country, document: str, expected: int):
    def rows(answer: dict[str, Any]) -> int:
        return len(answer["units"]["nodes"])

    few, some = await cost(api.as_(country.viewer), document, rows)
    many, all_ = await cost(api.as_(country.nation), document, rows)
    assert (some, all_) == (2, 9)
    # The first is always the question who asks.
    assert few == many == expected


async def test_campaigns_cost_the_same_for_one_and_for_many(api: Front, country: Country, session: AsyncSession):
    nation = api.as_(country.nation)

    def rows(answer: dict[str, Any]) -> int:
        return sum(
            len(post["deliveries"]["nodes"]) for c in answer["campaigns"]["nodes"] for post in c["posts"]["nodes"]
        )

    lesson = await add_lesson(session, country.tree)
    await schedule(session, country.tree, lesson, campaign=await add_campaign(session, country.tree))
    few, some = await cost(nation, MEASURES, rows)
    for _ in range(4):
        campaign = await add_campaign(session, country.tree)
        for _ in range(3):
            await schedule(session, country.tree, lesson, campaign=campaign)
    many, all_ = await cost(nation, MEASURES, rows)
    assert (some, all_) == (8, 8 * 13)
    assert few == many


@pytest.mark.parametrize("accounts", [0, 30])
async def test_scheduling_costs_the_same_for_few_and_for_many_accounts(
    api: Front, country: Country, session: AsyncSession, keys: Keys, accounts: int
):
    lesson = await add_lesson(session, country.tree)
    host = await add_host(session, keys.keyring)
    for number in range(accounts):
        await add_account(session, country.tree, "far county", host, keys.keyring, uid=f"7{number}")
    given: dict[str, Any] = {"lessonId": id_of(lesson), "unitId": id_of(country.tree["nation"]), "levels": ["COUNTY"]}
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    given |= {"text": "示范课程推介", "publishAt": soon}
    with statements() as sent:
        answer = await api.as_(country.nation).act("scheduleLesson", "post { states { count } }", **given)
    assert answer["post"]["states"] == [{"count": 3 + accounts}]
    # Two of them are the turn at the tree and the line in the audit log, two keep plans, one asks what its unit sends
    # before it; three say what it meets.
    assert len(sent) == 17


async def test_followers_cost_the_same_for_one_and_for_all_accounts(api: Front, country: Country):
    def rows(answer: dict[str, Any]) -> int:
        return len(answer["accounts"]["nodes"])

    few, some = await cost(api.as_(country.viewer), FOLLOWERS, rows)
    many, all_ = await cost(api.as_(country.nation), FOLLOWERS, rows)
    assert (some, all_) == (1, 8)
    # Who asks, the accounts, today, the days, and how many those are.
    assert few == many == 5


async def test_comments_cost_the_same_for_one_and_for_many(api: Front, country: Country, session: AsyncSession):
    def rows(answer: dict[str, Any]) -> int:
        below = [len(d["comments"]["nodes"]) for p in answer["posts"]["nodes"] for d in p["deliveries"]["nodes"]]
        return sum(below) + len(answer["comments"]["nodes"])

    lesson, nation = await add_lesson(session, country.tree), api.as_(country.nation)
    found = []
    for number in range(4):
        planned = await schedule(session, country.tree, lesson)
        facts = {"author_uid": "7", "author_name": "模拟读者", "text": "好", "marks": [], "collected_at": NOW}
        session.add_all(
            Comment(delivery_id=delivery.id, host_comment_id=str(number), created_at=NOW, **facts)
            for delivery in planned.deliveries
        )
        await session.commit()
        found.append(await cost(nation, COMMENTS, rows))
    (few, some), *_, (many, all_) = found
    assert all_ == 4 * some > 0
    assert few == many


async def test_figures_cost_the_same_for_few_and_for_many_posts(api: Front, country: Country, session: AsyncSession):
    nation, own = api.as_(country.nation), {"unitId": id_of(country.tree["nation"])}
    post = await add_post(session, country.tree, await add_lesson(session, country.tree))
    accounts = (await session.scalars(select(Account))).all()
    period = {"since": "2026-01-01", "until": "2027-01-01"}
    costs, found = [], []
    for each in (accounts[:1], accounts[1:]):
        for account in each:
            await add_snapshot(session, await add_published(session, post, account, published_at=NOW), 0, likes=1)
            await nation.act("setGoal", "goal { id }", **own, measure="LIKES", target=9, **period)
        with statements() as sent:
            answer = await nation.ask(FIGURES, id=own["unitId"])
        costs.append(len(sent))
        found.append([answer["topPosts"]["totalCount"], len(answer["goals"]["nodes"])])
    assert found == [[1, 1], [8, 8]]
    # Who asks; goals, and two for their progress; the unit, figures, children; the unit, how many, which, and these.
    assert costs == [11, 11]


async def test_the_list_of_words_is_read_once_however_many_posts_are_checked(
    api: Front, country: Country, session: AsyncSession
):
    await list_words(session, 示范课程=WordingSeverity.WARNS)
    lesson, nation = await add_lesson(session, country.tree), api.as_(country.nation)

    def rows(answer: dict[str, Any]) -> int:
        return sum(post["wording"] == [{"piece": "示范课程"}] for post in answer["posts"]["nodes"])

    await schedule(session, country.tree, lesson)
    few, some = await cost(nation, WORDING, rows)
    for _ in range(4):
        await schedule(session, country.tree, lesson)
    many, all_ = await cost(nation, WORDING, rows)
    assert (some, all_) == (1, 5)
    # Who asks, the posts, their texts, the list.
    assert few == many == 4


async def test_lessons_of_campaigns_cost_the_same_for_one_and_for_many(
    api: Front, country: Country, session: AsyncSession
):
    nation = api.as_(country.nation)
    fields = """{ campaigns { nodes { readiness { lessonsWithoutPost }
      lessons { nodes { posts lesson { title practicedElsewhere { children } } } } } } }"""

    async def cost() -> int:
        with statements() as ran:
            await nation.ask(fields)
        return len(ran)

    async def add() -> None:
        lessons = [id_of(await add_lesson(session, country.tree)) for _ in range(3)]
        await nation.act("planLessons", campaignId=await opened(nation, country), add=lessons)

    await add()
    few = await cost()
    for _ in range(3):
        await add()
    # Who asks, the campaigns, what they lack, their lessons, the posts of those, and where they were taught by whom.
    assert few == await cost() == 7


async def test_occasions_and_quotas_cost_the_same_for_one_and_for_many(api: Front, country: Country):
    nation, unit = api.as_(country.nation), id_of(country.tree["nation"])
    fields = "{ campaigns { nodes { occasion { name } quotas { met } readiness { isReady } } } }"
    since, until = YEAR["since"], YEAR["until"]

    async def add(number: int) -> None:
        rule = {"kind": "FIXED", "month": 6, "day": 1}
        occasion = await declared(nation, country, name=f"日子{number}", rule=rule)
        quotas = [{"level": "COUNTY", "minimum": 1}, {"level": "PROVINCIAL", "minimum": 1}]
        await opened(nation, country, occasionId=occasion, occasionDate="2026-06-01", quotas=quotas)

    async def cost() -> tuple[int, int]:
        with statements() as calendar:
            found = (await nation.ask(CALENDAR, unit=unit, since=since, until=until))["calendar"]
        with statements() as campaigns:
            rows = (await nation.ask(fields))["campaigns"]["nodes"]
        assert len(found) == len(rows) == sum(len(entry["campaigns"]) for entry in found)
        return len(calendar), len(campaigns)

    await add(0)
    few = await cost()
    for number in range(1, 4):
        await add(number)
    # Who asks, the unit, occasions, terms, days off, campaigns by date, then the rows of both, and the quotas.
    assert few == await cost() == (9, 4)
