"""A kit tells what the lesson or the campaign says when it is made, and is handed out while that holds."""

from datetime import timedelta

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


async def finish(sessions: Sessions, held: Held) -> None:
    async with sessions() as session:
        await making.finish(session, held, documents=DOCUMENTS, facts={"revision": 1})
        await session.commit()


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
    async def handed_out() -> list[str]:
        async with sessions() as reading:
            found = await documents_of(reading, Actor.public(), ids=[kit.id])
        return [each.name for each in found[kit.id]]

    held = await hold(sessions)
    assert await handed_out() == []
    await finish(sessions, held)
    assert await handed_out() == list(DOCUMENTS)
    operator = Actor.operator()
    await edit_lesson(session, operator, now=NOW, lesson_id=lesson.id, expected_version=1, text="新稿。")
    await session.commit()
    assert await handed_out() == list(DOCUMENTS)
    await showcase_lesson(session, operator, now=NOW, lesson_id=lesson.id, reason="试点")
    await session.commit()
    assert await handed_out() == []


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
