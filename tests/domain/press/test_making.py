"""A kit is in one pair of hands at a time, and whoever was overtaken settles nothing."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring
from domain.lessons.commands import edit_lesson, showcase_lesson, withdraw_lesson
from domain.lessons.models import Lesson
from domain.press import making
from domain.press.making import Held, Told
from domain.press.models import PressKit
from domain.press.queries import documents_of
from domain.refusals import Reason
from domain.terms import PressFormat, PressKitState
from integrations.database import Sessions
from tests.factories.posts import add_campaign, add_lesson, schedule
from tests.factories.press import kit_now, plant_press, request, set_kit, showcased
from tests.factories.units import NOW, Tree

LEASE, OVER = timedelta(minutes=2), timedelta(seconds=-1)
DOCUMENTS = {PressFormat.PDF: ("ab" * 32, 7), PressFormat.DOCX: ("cd" * 32, 8)}


@pytest.fixture
async def tree(session: AsyncSession, keyring: Keyring) -> Tree:
    return await plant_press(session, keyring)


@pytest.fixture
async def lesson(session: AsyncSession, tree: Tree) -> Lesson:
    return await showcased(session, tree)


@pytest.fixture
async def kit(session: AsyncSession, tree: Tree, lesson: Lesson) -> PressKit:
    return await request(session, tree, lesson_id=lesson.id)


async def claimed(sessions: Sessions, lease: timedelta = LEASE) -> Held | None:
    async with sessions() as session:
        held = await making.claim(session, lease=lease)
        await session.commit()
    return held


async def hold(sessions: Sessions, lease: timedelta = LEASE) -> Held:
    held = await claimed(sessions, lease)
    assert held is not None
    return held


async def finish(sessions: Sessions, held: Held, **given: Any) -> bool:
    async with sessions() as session:
        settled: dict[str, Any] = {"now": NOW, "revision": 1, "documents": DOCUMENTS}
        done = await making.finish(session, held, **(settled | given))
        await session.commit()
    return done


async def told(sessions: Sessions, held: Held) -> Told | Reason:
    async with sessions() as session:
        return await making.told(session, held, now=NOW, address="https://qicai.example")


async def test_a_kit_is_taken_once_until_its_lease_ends(sessions: Sessions, kit: PressKit):
    assert await hold(sessions, OVER) == Held(kit.id, 1)
    assert await hold(sessions) == Held(kit.id, 2)
    assert await claimed(sessions) is None
    now = await kit_now(sessions, kit)
    assert (now.state, now.tries) == (PressKitState.MAKING, 2)


async def test_two_who_look_at_once_take_two_kits(
    sessions: Sessions, session: AsyncSession, tree: Tree, kit: PressKit, lesson: Lesson
):
    await request(session, tree, lesson_id=lesson.id)
    async with sessions() as one, sessions() as other:
        first, second = await making.claim(one, lease=LEASE), await making.claim(other, lease=LEASE)
    assert first is not None
    assert second is not None
    assert first.kit_id != second.kit_id


async def test_whoever_was_overtaken_settles_nothing(sessions: Sessions, kit: PressKit):
    slow = await hold(sessions, OVER)
    quick = await hold(sessions)
    assert not await finish(sessions, slow, documents={})
    assert await finish(sessions, quick)
    assert not await finish(sessions, quick, documents={})
    now = await kit_now(sessions, kit)
    assert (now.state, now.progress, now.finished_at) == (PressKitState.READY, 100, NOW)
    assert now.documents["PDF"] == {"sha256": "ab" * 32, "size": 7}
    assert await claimed(sessions) is None


async def test_what_is_put_back_waits_and_counts_only_where_it_was_to_blame(sessions: Sessions, kit: PressKit):
    for counts, tries in ((True, 1), (False, 1)):
        held = await hold(sessions)
        async with sessions() as session:
            await making.put_back(session, held, wait=LEASE, counts=counts)
            await session.commit()
        now = await kit_now(sessions, kit)
        assert (now.state, now.tries) == (PressKitState.QUEUED, tries)
        assert await claimed(sessions) is None
        await set_kit(sessions, kit, try_at=NOW)


async def test_a_kit_tells_what_the_lesson_says_when_it_is_made(
    sessions: Sessions, session: AsyncSession, tree: Tree, kit: PressKit, lesson: Lesson
):
    await edit_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, expected_version=1, title="尚未评定")
    await session.commit()
    held = await hold(sessions)
    found = await told(sessions, held)
    assert isinstance(found, Told)
    assert (found.sheet.headline, found.revision) == ("防溺水", 1)
    assert found.sheet.publisher == tree["north county"].name
    await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="试点")
    await session.commit()
    found = await told(sessions, held)
    assert isinstance(found, Told)
    assert (found.sheet.headline, found.revision) == ("尚未评定", 2)


async def test_a_lesson_withdrawn_meanwhile_is_not_told(
    sessions: Sessions, session: AsyncSession, kit: PressKit, lesson: Lesson
):
    held = await hold(sessions)
    await withdraw_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="有误")
    await session.commit()
    assert await told(sessions, held) is Reason.LESSON_NOT_SHOWCASE


async def test_documents_are_handed_out_while_the_lesson_says_what_they_say(
    sessions: Sessions, session: AsyncSession, kit: PressKit, lesson: Lesson
):
    async def handed_out() -> list[PressFormat]:
        async with sessions() as reading:
            found = await documents_of(reading, Actor.public(), ids=[kit.id])
        return [each.format for each in found[kit.id]]

    held = await hold(sessions)
    assert await handed_out() == []
    await finish(sessions, held)
    assert await handed_out() == [PressFormat.PDF, PressFormat.DOCX]
    operator = Actor.operator()
    await edit_lesson(session, operator, now=NOW, lesson_id=lesson.id, expected_version=1, text="新稿。")
    await session.commit()
    assert await handed_out() == [PressFormat.PDF, PressFormat.DOCX]
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
    assert isinstance(found, Told)
    assert (found.sheet.headline, found.revision) == (campaign.title, None)
    assert [section.heading for section in found.sheet.body] == [f"《{lesson.title}》（nation）"]
    await withdraw_lesson(session, operator, now=NOW, lesson_id=lesson.id, reason="有误")
    await session.commit()
    assert await told(sessions, held) is Reason.CAMPAIGN_WITHOUT_SHOWCASE
