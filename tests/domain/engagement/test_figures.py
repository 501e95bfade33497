"""What is told of the posts of a unit: one instant, added up in several ways, and never an order of units."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.base.dates import CHINA
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.engagement.folding import fold
from domain.engagement.queries import Question, answer, children, question_of
from domain.engagement.top import top_posts
from domain.posts.models import Delivery, Post
from domain.reading.selection import Selection, page_of
from domain.refusals import Invalid, NotFound
from domain.terms import Level, Metric, Role, SeriesStep
from tests.factories.deliveries import Scene, add_post, add_published, add_snapshot, change, set_scene
from tests.factories.history import move_north_county
from tests.factories.posts import add_campaign
from tests.factories.statements import plan_of, statements_of
from tests.factories.units import actor_at

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
FIRST = datetime(2026, 6, 1, tzinfo=CHINA)
UNITS = ("nation", "east", "north county", "south county", "far county")
Publish = Callable[..., Awaitable[Delivery]]


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=UNITS)


@pytest.fixture
def publish(session: AsyncSession, scene: Scene) -> Publish:
    """A post of a unit, read once, that went out some days after the first of June."""

    async def published(unit: str, days: int = 0, *, post: Post | None = None, **counts: int | None) -> Delivery:
        at = FIRST + timedelta(days=days)
        made = await add_published(session, post or scene.post, scene.accounts[unit], published_at=at)
        await add_snapshot(session, made, 0, **counts)
        return made

    return published


def about(scene: Scene, unit: str, since: date = JUNE, until: date = JULY, **facet: Any) -> Question:
    return question_of(Actor.operator(), unit=scene.tree[unit], since=since, until=until, **facet)


async def told(session: AsyncSession, scene: Scene, unit: str, **facet: Any) -> tuple[int, int | None]:
    figures = (await answer(session, about(scene, unit, **facet))).total
    return figures.published, figures.likes.value


async def test_a_unit_has_what_it_posted_and_all_below_it(session: AsyncSession, scene: Scene, publish: Publish):
    for number, unit in enumerate(UNITS):
        await publish(unit, likes=10**number)
    for _ in range(2):
        assert await told(session, scene, "nation") == (5, 11_111)
        assert await told(session, scene, "east") == (3, 1_110)
        assert await told(session, scene, "east city") == (2, 1_100)
        assert await told(session, scene, "north town") == (0, None)
        await fold(session, limit=100)


async def test_a_period_begins_and_ends_at_midnight_in_china(session: AsyncSession, scene: Scene, publish: Publish):
    for days in (-1, 0, 29, 30):
        await publish("east", days, likes=1)
    assert await told(session, scene, "east") == (2, 2)


async def test_one_campaign_lesson_or_account_can_be_asked_about(session: AsyncSession, scene: Scene, publish: Publish):
    campaign = await add_campaign(session, scene.tree)
    post = await add_post(session, scene.tree, scene.lesson, campaign=campaign)
    await publish("north county", likes=1)
    await publish("north county", post=post, likes=10)
    await publish("south county", post=post, likes=100)
    assert await told(session, scene, "east", campaign_id=campaign.id) == (2, 110)
    assert await told(session, scene, "east", lesson_id=scene.lesson.id) == (3, 111)
    assert await told(session, scene, "east", account_id=scene.accounts["north county"].id) == (2, 11)
    assert await told(session, scene, "west", campaign_id=campaign.id) == (0, None)
    with pytest.raises(Invalid) as refused:
        about(scene, "east", campaign_id=campaign.id, account_id=new_id())
    assert (refused.value.code, refused.value.path) == ("CHOOSE_FACET", ("accountId",))


async def test_levels_and_periods_add_up_to_the_total(session: AsyncSession, scene: Scene, publish: Publish):
    for number, unit in enumerate(UNITS):
        await publish(unit, 7 * number, likes=10**number)
    found = await answer(session, about(scene, "nation"))
    assert [(level, own.published) for level, own in found.levels()] == [
        (Level.NATIONAL, 1),
        (Level.PROVINCIAL, 1),
        (Level.COUNTY, 3),
    ]
    for step, count in ((SeriesStep.DAY, 30), (SeriesStep.WEEK, 5), (SeriesStep.MONTH, 1)):
        series = found.series(step)
        assert (len(series), series[0][0], series[-1][1]) == (count, JUNE, JULY)
        assert sum(own.likes.value or 0 for *_, own in series) == found.total.likes.value == 11_111
    weeks = [(start.isoweekday(), own.likes.value) for start, _, own in found.series(SeriesStep.WEEK)]
    assert weeks == [(1, 10**number) for number in range(5)]


async def test_children_come_by_their_codes_whatever_they_came_to(
    session: AsyncSession, scene: Scene, publish: Publish
):
    await publish("south county", likes=9)
    await publish("south county", likes=9)
    await publish("north county", likes=1)
    rows = await children(session, about(scene, "east city"))
    assert [(row.code, row.name, row.figures.published) for row in rows] == [
        ("T6", "north county", 1),
        ("T7", "south county", 2),
    ]
    assert [row.name for row in await children(session, about(scene, "nation"))] == ["east", "west"]
    nothing = (await children(session, about(scene, "nation")))[1].figures
    assert (nothing.published, nothing.likes.value, nothing.likes.gap) == (0, None, None)


async def test_posts_go_with_their_unit_to_where_it_stands_now(session: AsyncSession, scene: Scene, publish: Publish):
    await publish("north county", likes=5)
    await fold(session, limit=100)
    await session.commit()
    await move_north_county(session, scene.tree)
    for _ in range(2):
        assert await told(session, scene, "east city") == (0, None)
        assert await told(session, scene, "west city") == (1, 5)
        assert await told(session, scene, "north county") == (1, 5)
        await fold(session, limit=100)


async def test_a_post_that_is_gone_is_counted_as_gone_and_keeps_its_counts(
    session: AsyncSession, scene: Scene, publish: Publish
):
    await change(session, await publish("east", likes=5), gone_at=FIRST)
    figures = (await answer(session, about(scene, "east"))).total
    assert (figures.published, figures.gone, figures.likes.value) == (1, 1, 5)


async def test_each_answer_costs_one_statement_however_much_there_is(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, publish: Publish
):
    for unit in UNITS:
        await publish(unit, likes=1)
    for ask in (answer, children):
        with statements_of(engine) as sent:
            await ask(session, about(scene, "nation"))
        assert len(sent) == 1


async def test_who_sees_no_posts_there_asks_about_nothing(scene: Scene):
    for actor in (actor_at(scene.tree["west"]), actor_at(scene.tree["east"], Role.PARTNER_WOMEN)):
        with pytest.raises(NotFound):
            question_of(actor, unit=scene.tree["east"], since=JUNE, until=JULY)


@pytest.mark.parametrize(("since", "until"), [(JUNE, JUNE), (JULY, JUNE), (MAY, MAY + timedelta(days=367))])
async def test_a_period_that_no_answer_bounds_is_refused(scene: Scene, since: date, until: date):
    with pytest.raises(Invalid) as refused:
        about(scene, "east", since, until)
    assert refused.value.code == "PERIOD_INVALID"


@pytest.mark.parametrize(("since", "until"), [(date(9999, 6, 1), date.max), (date.min, date(1, 2, 1))])
async def test_days_at_the_ends_of_all_time_are_refused(scene: Scene, since: date, until: date):
    with pytest.raises(Invalid) as refused:
        about(scene, "east", since, until)
    assert (refused.value.code, refused.value.path) == ("NUMBER_UNFIT", ("since",))


async def top(
    session: AsyncSession,
    scene: Scene,
    unit: str = "nation",
    metric: Metric = Metric.LIKES,
    question: Question | None = None,
    **page: Any,
) -> Any:
    paging = {"first": None, "last": None, "after": None, "before": None, **page}
    wanted = Selection(frozenset({"unit_path"}))
    asked = page_of(**paging, total=True)
    given = question or about(scene, unit)
    return await top_posts(session, Actor.operator(), wanted, question=given, metric=metric, page=asked)


async def test_the_posts_with_most_come_first_counted_or_not(session: AsyncSession, scene: Scene, publish: Publish):
    made = {}
    for number, unit in enumerate(("nation", "east", "north county", "south county")):
        made[unit] = await publish(unit, number, likes=5 if number < 2 else number)
    await publish("east", likes=None)
    await publish("east", -1, likes=50)
    await fold(session, limit=3)
    await session.commit()
    order = sorted(made.values(), key=lambda row: row.id, reverse=True)
    fives = [row for row in order if row.id in (made["nation"].id, made["east"].id)]
    expected = [row.id for row in [*fives, made["south county"], made["north county"]]]
    whole = await top(session, scene)
    assert ([row.id for row in whole.nodes], whole.total_count) == (expected, 4)
    # A reading that the worker has not counted yet puts a post where it belongs.
    await add_snapshot(session, made["north county"], 1, likes=99)
    first = await top(session, scene, first=1)
    assert [row.id for row in first.nodes] == [made["north county"].id]


async def test_pages_go_through_all_of_them_once_in_both_directions(
    session: AsyncSession, scene: Scene, publish: Publish
):
    for number in range(7):
        await publish("east", number % 3, reposts=number // 3)
    await fold(session, limit=5)
    await session.commit()
    whole = [row.id for row in (await top(session, scene, metric=Metric.REPOSTS)).nodes]
    for size, end, place in (("first", "end_cursor", "after"), ("last", "start_cursor", "before")):
        found: list[Any] = []
        cursor = None
        while len(found) < 7:
            asked: Any = {size: 3, place: cursor}
            page = await top(session, scene, metric=Metric.REPOSTS, **asked)
            own = [row.id for row in page.nodes]
            found = [*found, *own] if size == "first" else [*own, *found]
            cursor = getattr(page.page_info, end)
        assert found == whole
        assert not (page.page_info.has_next_page if size == "first" else page.page_info.has_previous_page)


async def test_only_posts_of_the_subtree_are_among_them(session: AsyncSession, scene: Scene, publish: Publish):
    for unit in UNITS:
        await publish(unit, likes=1)
    assert [row.unit_path for row in (await top(session, scene, "west")).nodes] == [scene.tree["far county"].path]


async def test_only_posts_of_one_campaign_are_among_them_where_it_is_asked_about(
    session: AsyncSession, scene: Scene, publish: Publish
):
    campaign = await add_campaign(session, scene.tree)
    post = await add_post(session, scene.tree, scene.lesson, campaign=campaign)
    of_campaign = [await publish("east", number, post=post, likes=number) for number in range(2)]
    await publish("east", likes=9)
    question = about(scene, "nation", campaign_id=campaign.id)
    for _ in range(2):
        found = await top(session, scene, question=question)
        assert ([row.id for row in found.nodes], found.total_count) == ([row.id for row in of_campaign[::-1]], 2)
        await fold(session, limit=100)
        await session.commit()


@pytest.mark.parametrize("metric", Metric)
async def test_an_index_brings_the_posts_with_most_of_each_metric(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, metric: Metric
):
    async def asked() -> None:
        # With a handful of rows reading and sorting all is the cheapest way.
        for way in ("seqscan", "bitmapscan", "sort"):
            await session.execute(text(f"SET LOCAL enable_{way} = off"))
        await top(session, scene, metric=metric)

    plan = await plan_of(session, engine, asked(), naming="value DESC")
    assert f"ix_counted_parts_{metric.value.lower()}" in str(plan)
