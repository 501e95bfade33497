"""Press kits made by a worker: whole, or told why not; what is over is cleared away."""

from datetime import timedelta
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from docx import Document
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.lessons.models import Lesson
from domain.press.models import PressKit
from domain.press.rules import TRIES, key_of
from domain.terms import PressFormat, PressKitState
from domain.uploads.models import Picture
from domain.uploads.rules import are_of
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.objects import MemoryTwin, StoreAway
from integrations.printing import press as printing
from tests.factories.pictures import add_picture
from tests.factories.posts import add_campaign, add_lesson, schedule
from tests.factories.press import kit_now, plant_press, request, set_kit
from tests.factories.units import NOW, Tree
from workers import press, requests
from workers.context import WorkerContext


@pytest.fixture
async def tree(session: AsyncSession, keys: Keys) -> Tree:
    return await plant_press(session, keys.keyring)


@pytest.fixture
async def lesson(session: AsyncSession, tree: Tree) -> Lesson:
    return await add_lesson(session, tree)


@pytest.fixture
async def picture(session: AsyncSession, tree: Tree, lesson: Lesson, context: WorkerContext) -> Picture:
    """One that was approved."""
    found = await add_picture(session, tree["nation"], context.store)
    await schedule(session, tree, lesson, picture=found)
    return found


@pytest.fixture
async def kit(session: AsyncSession, tree: Tree, lesson: Lesson, picture: Picture) -> PressKit:
    words = {"picture_id": picture.id, "caption": "孩子们画的地图", "credit": "某单位"}
    return await request(session, tree, "nation", lesson_id=lesson.id, pictures=[words])


async def make(context: WorkerContext) -> int:
    """Look once."""
    held = await press.claim_kits(context, 1)
    for each in held:
        await press.make(context, each)
    return len(held)


async def test_a_kit_is_made_whole_and_once(context: WorkerContext, sessions: Sessions, kit: PressKit, lesson: Lesson):
    assert await make(context) == 1
    now = await kit_now(sessions, kit)
    assert (now.state, now.progress, now.revision) == (PressKitState.READY, 100, 1)
    contents = {}
    for kind in PressFormat:
        key = key_of(kit.id, kind, now.documents[kind.value]["sha256"])
        content = await context.store.get(key)
        assert content is not None
        assert are_of(key, content)
        assert len(content) == now.documents[kind.value]["size"]
        contents[kind] = content
    document = pdfium.PdfDocument(contents[PressFormat.PDF])
    assert document.get_metadata_value("Title") == lesson.title
    document.close()
    assert len(Document(BytesIO(contents[PressFormat.DOCX])).inline_shapes) == 1
    assert await make(context) == 0


async def test_a_picture_that_is_gone_or_altered_is_not_replaced(
    context: WorkerContext, sessions: Sessions, kit: PressKit, picture: Picture
):
    (kept,) = kit.pictures
    await context.store.put(kept["key"], b"something else")
    await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.failure, now.documents) == (PressKitState.FAILED, "PRESS_PICTURE_MISSING", {})
    assert await make(context) == 0


async def test_a_lesson_withdrawn_meanwhile_leaves_no_document(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, kit: PressKit, lesson: Lesson
):
    lesson.state = type(lesson.state).WITHDRAWN
    await session.commit()
    await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.failure) == (PressKitState.FAILED, "LESSON_NOT_SHOWCASE")


async def test_what_came_to_block_meanwhile_is_not_printed(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, tree: Tree, lesson: Lesson
):
    campaign = await add_campaign(session, tree)
    await schedule(session, tree, lesson, campaign=campaign)
    kit = await request(session, tree, "nation", campaign_id=campaign.id)
    # As it was written before it was looked through.
    campaign.title = "天河小学王小明同学的夏天"
    await session.commit()
    await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.failure, now.documents) == (PressKitState.FAILED, "PRESS_WORDING", {})


async def test_a_store_that_is_away_counts_against_no_kit(
    context: WorkerContext, sessions: Sessions, kit: PressKit, monkeypatch: pytest.MonkeyPatch
):
    async def away(*_: object) -> None:
        raise StoreAway("away")

    with monkeypatch.context() as while_away:
        while_away.setattr(MemoryTwin, "put", away)
        await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.tries, now.progress) == (PressKitState.QUEUED, 0, 0)
    await set_kit(sessions, kit, try_at=NOW)
    await make(context)
    assert (await kit_now(sessions, kit)).state is PressKitState.READY


async def test_a_kit_that_breaks_the_press_again_and_again_is_given_up(
    context: WorkerContext, sessions: Sessions, kit: PressKit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(printing, "PRINT_SECONDS", 0.001)
    for tries in range(1, TRIES + 1):
        await make(context)
        now = await kit_now(sessions, kit)
        assert (now.state, now.tries) == (PressKitState.QUEUED, tries)
        await set_kit(sessions, kit, try_at=NOW)
    await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.failure) == (PressKitState.FAILED, "PRESS_BROKE")


async def test_what_is_over_is_cleared_from_the_store_and_forgotten(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, tree: Tree, kit: PressKit, lesson: Lesson
):
    await make(context)
    now = await kit_now(sessions, kit)
    key = key_of(kit.id, PressFormat.PDF, now.documents["PDF"]["sha256"])
    lasting = await request(session, tree, "nation", lesson_id=lesson.id)
    await set_kit(sessions, lasting, expires_at=func.now() + timedelta(days=7))
    await set_kit(sessions, kit, expires_at=func.now() + timedelta(days=7))
    await requests.forget_files(context)
    assert await context.store.get(key) is not None
    await set_kit(sessions, kit, expires_at=func.now())
    await requests.forget_files(context)
    assert await context.store.get(key) is None
    assert list(await session.scalars(select(PressKit.id))) == [lasting.id]
