"""Who may ask for which press kit: of showcase lessons and campaigns that are seen, with approved pictures."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring
from domain.calendar.commands import create_occasion
from domain.handouts.rules import A_DAY_EACH
from domain.lessons.commands import withdraw_lesson
from domain.press.models import PressKit
from domain.refusals import Conflict, NotFound, NotPermitted, QuotaExceeded, Reason, Refusal
from domain.terms import HandoutState, LessonState, OccasionKind, Role, WordingSeverity
from domain.uploads.rules import key_of
from domain.wording.models import LabelWord
from integrations.objects import MemoryTwin
from tests.factories.lessons import person_at, write
from tests.factories.pictures import add_picture
from tests.factories.posts import add_campaign, add_lesson, schedule
from tests.factories.press import CONTACT, plant_press, request, showcased
from tests.factories.units import NOW, Tree, actor_at
from tests.factories.wording import list_words


@pytest.fixture
async def tree(session: AsyncSession, keyring: Keyring) -> Tree:
    return await plant_press(session, keyring)


async def refused(session: AsyncSession, tree: Tree, **given: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await request(session, tree, **given)
    await session.commit()
    return caught.value


async def test_a_kit_of_any_showcase_lesson_is_queued(session: AsyncSession, tree: Tree):
    lesson = await showcased(session, tree, "far county")
    actor = await person_at(session, tree["north county"], Role.MEDIA_MANAGER)
    kit = await request(session, tree, actor=actor, lesson_id=lesson.id)
    assert (kit.unit_path, kit.lesson_id, kit.asked_by) == (tree["north county"].path, lesson.id, actor.user_id)
    assert (kit.state, kit.progress, kit.contact, kit.documents) == (HandoutState.QUEUED, 0, CONTACT, {})
    assert kit.expires_at == NOW + timedelta(days=7)


async def test_it_takes_the_leave_to_promote_lessons_there(session: AsyncSession, tree: Tree):
    lesson = await showcased(session, tree)
    for role, unit in ((Role.VIEWER, "north county"), (Role.PARTNER_WOMEN, "nation")):
        with pytest.raises(NotPermitted):
            await request(session, tree, actor=actor_at(tree[unit], role), lesson_id=lesson.id)
    with pytest.raises(NotFound):
        await request(session, tree, actor=actor_at(tree["far county"]), lesson_id=lesson.id)


async def test_what_is_no_showcase_lesson_goes_to_no_newspaper(session: AsyncSession, tree: Tree):
    draft = await write(session, Actor.operator(), tree["north county"])
    told = await refused(session, tree, lesson_id=draft.id)
    assert (type(told), told.reason, told.path) == (Conflict, Reason.LESSON_NOT_SHOWCASE, ("lessonId",))
    lesson = await showcased(session, tree)
    await withdraw_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="有误")
    await session.commit()
    assert (await refused(session, tree, lesson_id=lesson.id)).reason is Reason.LESSON_NOT_SHOWCASE


async def test_a_draft_of_strangers_is_not_known(session: AsyncSession, tree: Tree):
    draft = await write(session, Actor.operator(), tree["far county"])
    told = await refused(session, tree, actor=actor_at(tree["north county"]), lesson_id=draft.id)
    assert (told.reason, told.path) == (Reason.NOT_FOUND, ("lessonId",))


async def test_a_kit_tells_of_one_thing(session: AsyncSession, tree: Tree):
    lesson, campaign = await showcased(session, tree), await add_campaign(session, tree)
    for given in ({}, {"lesson_id": lesson.id, "campaign_id": campaign.id}):
        assert (await refused(session, tree, **given)).reason is Reason.PRESS_SUBJECT


async def test_the_levels_below_ask_for_a_kit_of_a_campaign_above(session: AsyncSession, tree: Tree):
    campaign = await add_campaign(session, tree)
    told = await refused(session, tree, campaign_id=campaign.id)
    assert (told.reason, told.path) == (Reason.CAMPAIGN_WITHOUT_SHOWCASE, ("campaignId",))
    await schedule(session, tree, await add_lesson(session, tree), campaign=campaign)
    kit = await request(session, tree, actor=await person_at(session, tree["north county"]), campaign_id=campaign.id)
    assert (kit.campaign_id, kit.lesson_id) == (campaign.id, None)


async def test_a_campaign_of_strangers_is_not_known(session: AsyncSession, tree: Tree):
    campaign = await add_campaign(session, tree)
    campaign.unit_id, campaign.unit_path = tree["far county"].id, tree["far county"].path
    await session.commit()
    told = await refused(session, tree, actor=actor_at(tree["north county"]), campaign_id=campaign.id)
    assert (told.reason, told.path) == (Reason.NOT_FOUND, ("campaignId",))


async def test_only_pictures_of_approved_posts_of_the_unit_about_the_lesson_are_printed(
    session: AsyncSession, tree: Tree
):
    store, lesson = MemoryTwin(), await add_lesson(session, tree)
    approved, waiting, unused = [await add_picture(session, tree["nation"], store) for _ in range(3)]
    await schedule(session, tree, lesson, picture=approved)
    await schedule(session, tree, lesson, picture=waiting, is_approved=False)

    def chosen(picture: Any) -> dict[str, Any]:
        words = {"caption": "孩子们画的地图", "credit": "某单位"}
        return {"lesson_id": lesson.id, "pictures": [{"picture_id": picture.id, **words}]}

    kit = await request(session, tree, "nation", **chosen(approved))
    key = key_of(approved.id, approved.sha256, approved.kind)
    assert kit.pictures == [{"key": key, "caption": "孩子们画的地图", "credit": "某单位"}]
    for picture in (waiting, unused):
        told = await refused(session, tree, unit="nation", **chosen(picture))
        assert (told.reason, told.path) == (Reason.PICTURE_NOT_APPROVED, ("pictures", "0", "pictureId"))
    assert (await refused(session, tree, **chosen(approved))).reason is Reason.PICTURE_NOT_APPROVED
    other = await showcased(session, tree)
    mixed = chosen(approved) | {"lesson_id": other.id}
    assert (await refused(session, tree, unit="nation", **mixed)).reason is Reason.PICTURE_NOT_APPROVED


async def test_what_nobody_looked_through_yet_is_looked_through(session: AsyncSession, tree: Tree):
    lesson = await add_lesson(session, tree)
    picture = await add_picture(session, tree["nation"], MemoryTwin())
    await schedule(session, tree, lesson, picture=picture)
    session.add(
        LabelWord(word="某类孩子", severity=WordingSeverity.BLOCKS, advice_zh="请写“同学”。", advice_en="Write so.")
    )
    await session.commit()
    given: dict[str, Any] = {"unit": "nation", "lesson_id": lesson.id}

    def captioned(caption: str) -> dict[str, Any]:
        return given | {"pictures": [{"picture_id": picture.id, "caption": caption, "credit": "单位"}]}

    told = await refused(session, tree, **captioned("某类孩子在画画"))
    assert (told.reason, told.path) == (Reason.WORDING_BLOCKS, ("pictures", "0", "caption"))
    assert (await refused(session, tree, **given, contact="13912345678")).reason is Reason.WORDING_BLOCKS
    warned = captioned("活动在人民路 3 号楼 2 单元 301 室")
    assert (await refused(session, tree, **warned)).reason is Reason.WORDING_NOT_SEEN
    assert (await request(session, tree, **warned, wording_seen=True)).state is HandoutState.QUEUED


async def test_nobody_asks_for_more_in_a_day_than_anybody_hands_out(session: AsyncSession, tree: Tree):
    lesson = await showcased(session, tree)
    actor = await person_at(session, tree["north county"])
    first = await request(session, tree, actor=actor, lesson_id=lesson.id)
    like = {name: getattr(first, name) for name in ("unit_id", "unit_path", "lesson_id", "asked_by", "expires_at")}
    for _ in range(A_DAY_EACH - 1):
        session.add(PressKit(**like, contact="1", try_at=NOW, asked_at=NOW))
    await session.commit()
    told = await refused(session, tree, actor=actor, lesson_id=lesson.id)
    assert (type(told), told.reason) == (QuotaExceeded, Reason.FILES_SPENT)
    tomorrow = NOW + timedelta(days=1)
    assert await request(session, tree, actor=actor, lesson_id=lesson.id, now=tomorrow)
    assert lesson.state is LessonState.SHOWCASE


async def test_the_name_of_the_occasion_that_is_printed_is_looked_through(session: AsyncSession, tree: Tree):
    rule: dict[str, Any] = {"kind": OccasionKind.FIXED, "month": 6, "day": 1}
    nation = tree["nation"].id
    occasion = await create_occasion(session, Actor.operator(), now=NOW, unit_id=nation, name="某类孩子日", rule=rule)
    campaign, lesson = await add_campaign(session, tree), await add_lesson(session, tree)
    campaign.occasion_id, campaign.occasion_date = occasion.id, date(2026, 6, 1)
    await schedule(session, tree, lesson, campaign=campaign)
    await list_words(session, 某类孩子=WordingSeverity.BLOCKS)
    told = await refused(session, tree, campaign_id=campaign.id)
    assert (told.reason, told.path) == (Reason.WORDING_BLOCKS, ("campaignId",))
    await list_words(session, 某类孩子=WordingSeverity.WARNS)
    assert (await refused(session, tree, campaign_id=campaign.id)).reason is Reason.WORDING_NOT_SEEN
    kit = await request(session, tree, campaign_id=campaign.id, wording_seen=True)
    assert kit.state is HandoutState.QUEUED
