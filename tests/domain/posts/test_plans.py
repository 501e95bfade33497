"""Which lessons a campaign promotes: those that were planned for it, and those of its posts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.campaigns.commands import create_campaign
from domain.campaigns.models import Campaign, CampaignLesson
from domain.lessons.models import Lesson
from domain.posts.commands import cancel_post
from domain.posts.plans import plan_lessons, posts_of_lessons
from domain.posts.readiness import readiness_of
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason
from domain.terms import LessonState, Role
from integrations.keys import Keys
from tests.factories.posts import add_account, add_host, add_lesson, schedule
from tests.factories.units import NOW, Tree, actor_at, plant_tree

OPERATOR = Actor.operator()


async def opened(session: AsyncSession, tree: Tree) -> Campaign:
    return await create_campaign(session, OPERATOR, now=NOW, unit_id=tree["nation"].id, title="六一")


async def named(session: AsyncSession, campaign: Campaign) -> list[CampaignLesson]:
    query = select(CampaignLesson).where(CampaignLesson.campaign_id == campaign.id).order_by(CampaignLesson.id)
    return list(await session.scalars(query))


async def without_post(session: AsyncSession, campaign: Campaign, actor: Actor = OPERATOR) -> int:
    return (await readiness_of(session, actor, ids=[campaign.id]))[campaign.id].lessons_without_post


async def post(session: AsyncSession, keys: Keys, tree: Tree, campaign: Campaign, lesson: Lesson) -> None:
    if "host" not in session.info:
        session.info["host"] = await add_host(session, keys.keyring)
        await add_account(session, tree, "east", session.info["host"], keys.keyring)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    session.info["post"] = (await schedule(session, tree, lesson, campaign=campaign, publish_at=tomorrow)).post


async def test_a_campaign_names_lessons_before_there_are_posts_and_each_once(session: AsyncSession, keys: Keys):
    tree = await plant_tree(session)
    campaign, one, two = await opened(session, tree), await add_lesson(session, tree), await add_lesson(session, tree)
    for _ in range(2):
        await plan_lessons(session, OPERATOR, now=NOW, campaign_id=campaign.id, add=[one.id, two.id])
    rows = await named(session, campaign)
    assert {row.lesson_id for row in rows} == {one.id, two.id}
    assert await without_post(session, campaign) == 2
    await post(session, keys, tree, campaign, one)
    assert len(await named(session, campaign)) == 2
    counts = await posts_of_lessons(session, OPERATOR, ids=[row.id for row in rows])
    assert {row.lesson_id: counts[row.id] for row in rows} == {one.id: 1, two.id: 0}
    # Whoever sees no posts of the nation sees none of the lesson either.
    unseen = await posts_of_lessons(session, actor_at(tree["west"]), ids=[row.id for row in rows])
    assert (set(unseen.values()), await without_post(session, campaign, actor_at(tree["west"]))) == ({0}, 2)
    assert await without_post(session, campaign) == 1
    await plan_lessons(session, OPERATOR, now=NOW, campaign_id=campaign.id, remove=[two.id])
    assert await without_post(session, campaign) == 0


async def test_a_lesson_that_a_post_promotes_is_named_and_stays_so_until_that_is_cancelled(
    session: AsyncSession, keys: Keys
):
    tree = await plant_tree(session)
    campaign, lesson = await opened(session, tree), await add_lesson(session, tree)
    await post(session, keys, tree, campaign, lesson)
    assert [row.lesson_id for row in await named(session, campaign)] == [lesson.id]
    given: dict[str, Any] = {"now": NOW, "campaign_id": campaign.id, "remove": [lesson.id]}
    with pytest.raises(Conflict) as caught:
        await plan_lessons(session, OPERATOR, **given)
    assert (caught.value.reason, caught.value.path) == (Reason.LESSON_POSTED, ("remove", "0"))
    await cancel_post(session, OPERATOR, now=NOW, post_id=session.info["post"].id)
    assert await without_post(session, campaign) == 1
    await plan_lessons(session, OPERATOR, **given)
    assert await named(session, campaign) == []


async def test_only_showcase_lessons_are_planned_and_few_at_a_time(session: AsyncSession):
    tree = await plant_tree(session)
    campaign, draft = await opened(session, tree), await add_lesson(session, tree, state=LessonState.DRAFT)
    with pytest.raises(Conflict) as caught:
        await plan_lessons(session, OPERATOR, now=NOW, campaign_id=campaign.id, add=[draft.id])
    assert (caught.value.reason, caught.value.path) == (Reason.LESSON_NOT_SHOWCASE, ("add", "0"))
    with pytest.raises(NotFound) as missing:
        await plan_lessons(session, OPERATOR, now=NOW, campaign_id=campaign.id, add=[campaign.id])
    assert missing.value.path == ("add", "0")
    with pytest.raises(Invalid) as many:
        await plan_lessons(session, OPERATOR, now=NOW, campaign_id=campaign.id, remove=[draft.id] * 101)
    assert (many.value.reason, many.value.path) == (Reason.TOO_MANY, ("remove",))


async def test_the_levels_below_see_what_is_planned_and_plan_nothing(session: AsyncSession):
    tree = await plant_tree(session)
    campaign, lesson = await opened(session, tree), await add_lesson(session, tree)
    for role in (Role.ADMINISTRATOR, Role.MEDIA_MANAGER):
        with pytest.raises(NotPermitted):
            await plan_lessons(session, actor_at(tree["east"], role), now=NOW, campaign_id=campaign.id, add=[lesson.id])
