"""Press kits made by a worker: whole, or told why not; what is over is cleared away."""

from datetime import timedelta
from hashlib import sha256
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from docx import Document
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.handouts.rules import TRIES, documents_in
from domain.lessons.models import Lesson
from domain.press.models import PressKit
from domain.terms import HandoutState
from domain.uploads.models import Picture
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.objects import MemoryTwin, StoreAway
from integrations.printing import press as printing
from integrations.printing.press import PressBroke
from tests.factories.pictures import add_picture
from tests.factories.posts import add_campaign, add_lesson, schedule
from tests.factories.press import kit_now, plant_press, request, set_kit
from tests.factories.units import NOW, Tree
from workers import handouts, press, requests
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
    held = await handouts.claim(context, PressKit, 1)
    for each in held:
        await press.make(context, each)
    return len(held)


async def test_a_kit_is_made_whole_and_once(context: WorkerContext, sessions: Sessions, kit: PressKit, lesson: Lesson):
    assert await make(context) == 1
    now = await kit_now(sessions, kit)
    assert (now.state, now.progress, now.revision) == (HandoutState.READY, 100, 1)
    contents = {}
    for document in documents_in(PressKit.folder, kit.id, now.documents, expires_at=now.expires_at):
        content = await context.store.get(document.key)
        assert content is not None
        assert (sha256(content).hexdigest(), len(content)) == (document.sha256, document.size)
        contents[document.name] = content
    assert list(contents) == ["press-kit.pdf", "press-kit.docx"]
    printed = pdfium.PdfDocument(contents["press-kit.pdf"])
    assert printed.get_metadata_value("Title") == lesson.title
    printed.close()
    assert len(Document(BytesIO(contents["press-kit.docx"])).inline_shapes) == 1
    assert await make(context) == 0


async def test_a_picture_that_is_gone_or_altered_is_not_replaced(
    context: WorkerContext, sessions: Sessions, kit: PressKit, picture: Picture
):
    (kept,) = kit.pictures
    await context.store.put(kept["key"], b"something else")
    await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.failure, now.documents) == (HandoutState.FAILED, "PRESS_PICTURE_MISSING", {})
    assert await make(context) == 0


async def test_a_lesson_withdrawn_meanwhile_leaves_no_document(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, kit: PressKit, lesson: Lesson
):
    lesson.state = type(lesson.state).WITHDRAWN
    await session.commit()
    await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.failure) == (HandoutState.FAILED, "LESSON_NOT_SHOWCASE")


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
    assert (now.state, now.failure, now.documents) == (HandoutState.FAILED, "PRESS_WORDING", {})


async def test_a_store_that_is_away_counts_against_no_kit(
    context: WorkerContext, sessions: Sessions, kit: PressKit, monkeypatch: pytest.MonkeyPatch
):
    async def away(*_: object) -> None:
        raise StoreAway("away")

    with monkeypatch.context() as while_away:
        while_away.setattr(MemoryTwin, "put", away)
        await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.tries, now.progress) == (HandoutState.QUEUED, 0, 0)
    await set_kit(sessions, kit, try_at=NOW)
    await make(context)
    assert (await kit_now(sessions, kit)).state is HandoutState.READY


async def test_a_kit_that_breaks_the_press_again_and_again_is_given_up(
    context: WorkerContext, sessions: Sessions, kit: PressKit, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(printing, "PRINT_SECONDS", 0.001)
    for tries in range(1, TRIES + 1):
        with pytest.raises(PressBroke):
            await make(context)
        now = await kit_now(sessions, kit)
        assert (now.state, now.tries) == (HandoutState.QUEUED, tries)
        await set_kit(sessions, kit, try_at=NOW)
    await make(context)
    now = await kit_now(sessions, kit)
    assert (now.state, now.failure) == (HandoutState.FAILED, "FILE_GAVE_UP")


async def test_what_is_over_is_cleared_from_the_store_and_forgotten(
    context: WorkerContext, sessions: Sessions, session: AsyncSession, tree: Tree, kit: PressKit, lesson: Lesson
):
    await make(context)
    now = await kit_now(sessions, kit)
    key = documents_in(PressKit.folder, kit.id, now.documents, expires_at=now.expires_at)[0].key
    lasting = await request(session, tree, "nation", lesson_id=lesson.id)
    await set_kit(sessions, lasting, expires_at=func.now() + timedelta(days=7))
    await set_kit(sessions, kit, expires_at=func.now() + timedelta(days=7))
    await requests.forget_files(context)
    assert await context.store.get(key) is not None
    await set_kit(sessions, kit, expires_at=func.now())
    await requests.forget_files(context)
    assert await context.store.get(key) is None
    assert list(await session.scalars(select(PressKit.id))) == [lasting.id]
