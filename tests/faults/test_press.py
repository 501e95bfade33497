"""A worker is killed while it has a press kit printed; another makes it again."""

from datetime import UTC, datetime
from typing import Any

import pypdfium2 as pdfium
import pytest
from sqlalchemy import func

from domain.access.actor import Actor
from domain.handouts.rules import documents_in
from domain.press.commands import request_press_kit
from domain.press.models import PressKit
from domain.terms import HandoutState
from integrations.objects import Store
from tests.factories.press import CONTACT, kit_now, set_kit
from tests.factories.servers import eventually
from tests.faults.scene import Scene, kill

pytestmark = pytest.mark.faults


async def asked(stage: Scene) -> PressKit:
    tree, lesson = await stage.furnish(accounts=1)
    async with stage.sessions() as session:
        given: dict[str, Any] = {"unit_id": tree["nation"].id, "lesson_id": lesson.id, "contact": CONTACT}
        kit = await request_press_kit(session, Actor.operator(), now=datetime.now(UTC), **given)
        await session.commit()
    return kit


async def test_a_kit_whose_worker_was_killed_is_made_again_by_another(stage: Scene):
    kit = await asked(stage)
    first = stage.worker()

    async def is_printed() -> bool:
        return (await kit_now(stage.sessions, kit)).progress == 30

    await eventually(is_printed)
    kill(first)
    now = await kit_now(stage.sessions, kit)
    assert (now.state, now.documents, now.tries) == (HandoutState.MAKING, {}, 1)
    # As if its lease had ended.
    await set_kit(stage.sessions, kit, try_at=func.now())
    stage.worker()

    async def is_ready() -> bool:
        return (await kit_now(stage.sessions, kit)).state is HandoutState.READY

    await eventually(is_ready, 30)
    now = await kit_now(stage.sessions, kit)
    assert now.tries == 2
    store = Store(None, stage.folder / "objects")
    content = await store.get(documents_in(PressKit.folder, kit.id, now.documents, expires_at=now.expires_at)[0].key)
    assert content is not None
    document = pdfium.PdfDocument(content)
    assert len(document) >= 1
    document.close()
