"""The public sees showcase lessons as they were showcased, and campaigns that have begun; nothing else."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.lessons.commands import edit_lesson, showcase_lesson, withdraw_lesson
from domain.publicity.queries import (
    Place,
    addresses,
    public_campaign,
    public_campaigns,
    public_lesson,
    public_lessons,
    target_of,
)
from domain.terms import DeliveryState, LessonState
from integrations.keys import Keys
from tests.factories.api import plant_country
from tests.factories.lessons import person_at, plan, write
from tests.factories.posts import add_campaign, add_lesson, schedule
from tests.factories.units import NOW, plant_tree


async def test_only_showcase_lessons_are_public(session: AsyncSession):
    tree = await plant_tree(session)
    for state in LessonState:
        lesson = await add_lesson(session, tree, state=state)
        assert (await public_lesson(session, lesson.id) is not None) is (state is LessonState.SHOWCASE)
    assert len(await public_lessons(session, limit=10)) == len((await addresses(session, limit=10))[0]) == 1
    assert await public_lesson(session, new_id()) is None


async def test_what_was_written_since_is_not_public_before_it_is_showcased(session: AsyncSession):
    tree = await plant_tree(session)
    author, second = await person_at(session, tree["east"]), await person_at(session, tree["east"])
    lesson = await write(session, author, tree["east"], authors="无名氏", plan=plan(minutes=40))
    await showcase_lesson(session, second, now=NOW, lesson_id=lesson.id, reason="试点")
    await edit_lesson(
        session, author, now=NOW, lesson_id=lesson.id, expected_version=1, title="新标题", plan=plan(minutes=50)
    )
    sheet = await public_lesson(session, lesson.id)
    assert sheet is not None
    assert (sheet.line.title, sheet.plan.minutes, sheet.line.unit) == ("防溺水", 40, "east")
    await showcase_lesson(session, second, now=NOW, lesson_id=lesson.id, reason="试点")
    sheet = await public_lesson(session, lesson.id)
    assert sheet is not None
    assert (sheet.line.title, sheet.plan.minutes) == ("新标题", 50)
    await withdraw_lesson(session, second, now=NOW, lesson_id=lesson.id, reason="撤回")
    assert await public_lesson(session, lesson.id) is None


async def test_lessons_come_newest_first_and_go_on_after_a_place(session: AsyncSession):
    tree = await plant_tree(session)
    lessons = [await add_lesson(session, tree) for _ in range(4)]
    for age, lesson in enumerate(lessons):
        # Two of one instant have an order too.
        lesson.showcased_at = NOW - timedelta(days=age // 2)
    await session.flush()
    whole = await public_lessons(session, limit=10)
    assert {line.id for line in whole[:2]} == {lessons[0].id, lessons[1].id}
    after = Place(whole[0].shown_since, whole[0].id)
    assert await public_lessons(session, limit=10, after=after) == whole[1:]


async def test_a_campaign_is_public_once_something_of_it_went_out(session: AsyncSession, keys: Keys):
    country = await plant_country(session, keys)
    campaign, lesson = await add_campaign(session, country.tree), await add_lesson(session, country.tree)
    sent = await schedule(session, country.tree, lesson, campaign=campaign)
    later = await add_lesson(session, country.tree)
    await schedule(session, country.tree, later, campaign=campaign)
    assert await public_campaign(session, campaign.id) is None
    assert await public_campaigns(session, limit=10) == []
    sent.deliveries[0].state = DeliveryState.PUBLISHED
    await session.flush()
    found = await public_campaign(session, campaign.id)
    assert found is not None
    line, lessons = found
    assert (line.title, line.unit, [each.id for each in lessons]) == ("六一推介", "nation", [lesson.id])
    assert await public_campaigns(session, limit=10) == [line]
    assert (await addresses(session, limit=10))[1] == [campaign.id]
    lesson.state = LessonState.WITHDRAWN
    await session.flush()
    assert await public_campaign(session, campaign.id) == (line, [])


async def test_a_code_leads_to_its_lesson_while_that_is_public(session: AsyncSession, keys: Keys):
    country = await plant_country(session, keys)
    lesson = await add_lesson(session, country.tree)
    delivery = (await schedule(session, country.tree, lesson)).deliveries[0]
    assert await target_of(session, delivery.code) == (delivery.id, lesson.id)
    assert await target_of(session, f"{delivery.code}x") is None
    lesson.state = LessonState.WITHDRAWN
    await session.flush()
    assert await target_of(session, delivery.code) is None
