"""A kit tells what the lesson or the campaign says when it is made, and is handed out while that holds."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring
from domain.handouts import making
from domain.handouts.making import Held
from domain.lessons.commands import edit_lesson, showcase_lesson, withdraw_lesson
from domain.lessons.models import Lesson
from domain.press import telling
from domain.press.models import PressKit
from domain.press.queries import documents_of
from domain.press.telling import Told
from domain.refusals import Conflict, Reason
from integrations.database import Sessions
from tests.factories.posts import add_campaign, add_lesson, schedule
from tests.factories.press import plant_press, request, showcased
from tests.factories.units import NOW, Tree

LEASE = timedelta(minutes=2)
DOCUMENTS = {"press-kit.pdf": {"sha256": "ab" * 32, "size": 7}, "press-kit.docx": {"sha256": "cd" * 32, "size": 8}}


@pytest.fixture
async def tree(session: AsyncSession, keyring: Keyring) -> Tree:
    return await plant_press(session, keyring)


@pytest.fixture
async def lesson(session: AsyncSession, tree: Tree) -> Lesson:
    return await showcased(session, tree)


@pytest.fixture
async def kit(session: AsyncSession, tree: Tree, lesson: Lesson) -> PressKit:
    return await request(session, tree, lesson_id=lesson.id)


async def hold(sessions: Sessions) -> Held:
    async with sessions() as session:
        (held,) = await making.claim(session, PressKit, limit=1, lease=LEASE)
        await session.commit()
    return held


async def finish(sessions: Sessions, held: Held, **facts: Any) -> None:
    async with sessions() as session:
        await making.finish(session, held, documents=DOCUMENTS, facts=facts or {"revision": 1})
        await session.commit()


async def handed_out(sessions: Sessions, kit: PressKit) -> list[str]:
    async with sessions() as session:
        found = await documents_of(session, Actor.public(), ids=[kit.id])
    return [each.name for each in found[kit.id]]


async def refused(sessions: Sessions, held: Held) -> Reason:
    with pytest.raises(Conflict) as caught:
        await told(sessions, held)
    return caught.value.reason


async def told(sessions: Sessions, held: Held) -> Told:
    async with sessions() as session:
        return await telling.told(session, held, now=NOW, address="https://qicai.example")


async def test_a_kit_tells_what_the_lesson_says_when_it_is_made(
    sessions: Sessions, session: AsyncSession, tree: Tree, kit: PressKit, lesson: Lesson
):
    await edit_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, expected_version=1, title="尚未评定")
    await session.commit()
    held = await hold(sessions)
    found = await told(sessions, held)
    assert (found.sheet.headline, found.revision) == ("防溺水", 1)
    assert found.sheet.publisher == tree["north county"].name
    await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="试点")
    await session.commit()
    found = await told(sessions, held)
    assert (found.sheet.headline, found.revision) == ("尚未评定", 2)


async def test_a_lesson_withdrawn_meanwhile_is_not_told(
    sessions: Sessions, session: AsyncSession, kit: PressKit, lesson: Lesson
):
    held = await hold(sessions)
    await withdraw_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="有误")
    await session.commit()
    assert await refused(sessions, held) is Reason.LESSON_NOT_SHOWCASE


async def test_documents_are_handed_out_while_the_lesson_says_what_they_say(
    sessions: Sessions, session: AsyncSession, kit: PressKit, lesson: Lesson
):
    held = await hold(sessions)
    assert await handed_out(sessions, kit) == []
    await finish(sessions, held)
    assert await handed_out(sessions, kit) == list(DOCUMENTS)
    operator = Actor.operator()
    await edit_lesson(session, operator, now=NOW, lesson_id=lesson.id, expected_version=1, text="新稿。")
    await session.commit()
    assert await handed_out(sessions, kit) == list(DOCUMENTS)
    await showcase_lesson(session, operator, now=NOW, lesson_id=lesson.id, reason="试点")
    await session.commit()
    assert await handed_out(sessions, kit) == []


async def test_a_campaign_tells_of_its_showcase_lessons_alone(sessions: Sessions, session: AsyncSession, tree: Tree):
    campaign, lesson = await add_campaign(session, tree), await add_lesson(session, tree)
    withdrawn = await showcased(session, tree, title="已撤回")
    for each in (lesson, withdrawn):
        await schedule(session, tree, each, campaign=campaign)
    await request(session, tree, campaign_id=campaign.id)
    operator = Actor.operator()
    await withdraw_lesson(session, operator, now=NOW, lesson_id=withdrawn.id, reason="有误")
    await session.commit()
    held = await hold(sessions)
    found = await told(sessions, held)
    assert (found.sheet.headline, found.revision) == (campaign.title, None)
    assert [section.heading for section in found.sheet.body] == [f"《{lesson.title}》（nation）"]
    await withdraw_lesson(session, operator, now=NOW, lesson_id=lesson.id, reason="有误")
    await session.commit()
    assert await refused(sessions, held) is Reason.CAMPAIGN_WITHOUT_SHOWCASE


@pytest.mark.parametrize("is_withdrawn", [True, False])
async def test_a_kit_of_a_campaign_is_handed_out_while_all_its_lessons_say_what_it_says(
    sessions: Sessions, session: AsyncSession, tree: Tree, is_withdrawn: bool
):
    campaign, operator = await add_campaign(session, tree), Actor.operator()
    lessons = [await showcased(session, tree, title=title) for title in ("防溺水", "防火")]
    for each in lessons:
        await schedule(session, tree, each, campaign=campaign)
    kit = await request(session, tree, campaign_id=campaign.id)
    held = await hold(sessions)
    found = await told(sessions, held)
    assert found.revisions == {str(each.id): 1 for each in lessons}
    await finish(sessions, held, revisions=found.revisions)
    assert await handed_out(sessions, kit) == list(DOCUMENTS)
    given: dict[str, Any] = {"now": NOW, "lesson_id": lessons[1].id}
    if is_withdrawn:
        await withdraw_lesson(session, operator, reason="有误", **given)
    else:
        await edit_lesson(session, operator, expected_version=1, text="新稿。", **given)
        await session.commit()
        assert await handed_out(sessions, kit) == list(DOCUMENTS)
        await showcase_lesson(session, operator, reason="试点", **given)
    await session.commit()
    assert await handed_out(sessions, kit) == []


async def test_a_kit_that_does_not_say_of_which_lessons_it_tells_is_not_handed_out(
    sessions: Sessions, session: AsyncSession, tree: Tree, lesson: Lesson
):
    campaign = await add_campaign(session, tree)
    await schedule(session, tree, lesson, campaign=campaign)
    kit = await request(session, tree, campaign_id=campaign.id)
    await finish(sessions, await hold(sessions), revisions={})
    assert await handed_out(sessions, kit) == []
