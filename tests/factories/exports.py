"""Exports as a person asks for them, and as a worker makes them; and what the acts on them are asked with."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.access.queries import actor_of
from domain.exports.commands import request_export
from domain.exports.models import Export
from domain.handouts.rules import documents_in
from domain.refusals import Reason
from domain.terms import ExportFormat, ExportKind, HandoutState
from domain.units.models import Unit
from integrations.database import Sessions
from integrations.objects import MemoryTwin, Store
from tests.factories.deliveries import Scene
from tests.factories.world import World
from workers import exports, handouts
from workers.context import WorkerContext

MANY = """
INSERT INTO deliveries (id, post_id, account_id, unit_id, unit_path, text, code, key, state, due_at, try_at, tries,
  looks, published_at)
SELECT gen_random_uuid(), :post_id, :account_id, :unit_id, :unit_path, '示范课程推介 https://qicai.example/s/1',
  gen_random_uuid()::text, gen_random_uuid(), 'PUBLISHED', now(), now(), 0, 0, now()
FROM generate_series(1, :count)
"""


async def ask_for(
    session: AsyncSession,
    user: User,
    unit: Unit,
    kind: ExportKind = ExportKind.DELIVERIES,
    format: ExportFormat = ExportFormat.CSV,
    **filters: Any,
) -> Export:
    """What somebody in the database asks for, committed."""
    now = datetime.now(UTC)
    actor = await actor_of(session, user.id, now=now)
    assert actor is not None
    export = await request_export(session, actor, now=now, kind=kind, format=format, unit_id=unit.id, **filters)
    await session.commit()
    return export


async def work_off(context: WorkerContext) -> int:
    """Let one worker make all that waits; answers how many it took."""
    taken = 0
    while claims := await handouts.claim(context, Export, 1):
        for held in claims:
            await exports.make(context, held)
            taken += 1
    return taken


async def export_now(sessions: Sessions, export_id: UUID) -> Export:
    """The row as it is in the database."""
    async with sessions() as session:
        return await session.get_one(Export, export_id)


async def file_of(context: WorkerContext, export: Export) -> bytes:
    """The bytes in the store of one that is done."""
    (document,) = documents_in(Export.folder, export.id, export.documents, expires_at=export.expires_at)
    found = await context.store.get(document.key)
    assert found is not None
    assert len(found) == document.size
    return found


async def change_export(sessions: Sessions, export_id: UUID, **columns: Any) -> None:
    """Set columns behind everybody's back, committed."""
    async with sessions() as session:
        await session.execute(update(Export).where(Export.id == export_id).values(**columns))
        await session.commit()


class Interrupting(MemoryTwin):
    """A store at whose door something happens."""

    def __init__(self, meanwhile: Any) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    async def put_file(self, key: str, path: Path) -> None:
        await super().put_file(key, path)
        await self.meanwhile()


async def add_many(session: AsyncSession, scene: Scene, count: int) -> None:
    """So many published posts of one account, committed."""
    account = scene.accounts["north county"]
    await session.execute(
        text(MANY),
        {
            "post_id": scene.post.id,
            "account_id": account.id,
            "unit_id": account.unit_id,
            "unit_path": account.unit_path,
            "count": count,
        },
    )
    await session.commit()


async def assert_nothing(context: WorkerContext, sessions: Sessions, export: Export, reason: Reason) -> None:
    row = await export_now(sessions, export.id)
    assert (row.state, row.failure, row.documents, row.rows) == (HandoutState.FAILED, reason.name, {}, None)
    assert await keys_in(context.store) == []
    assert leftovers(context) == []


async def keys_in(store: Store) -> list[str]:
    return [each["path"] async for some in store._objects.list() for each in some]


def leftovers(context: WorkerContext) -> list[Path]:
    return list(context.scratch.glob("export-*"))


def on_exports(world: World, here: str) -> dict[str, dict[str, Any]]:
    """One input for each case of each act on exports, that succeeds for whoever may do it."""
    asked = {"unitId": world.id("Unit", here), "format": "CSV"}
    return {
        "requestExport": {**asked, "kind": "DELIVERIES", "since": "2026-01-01"},
        "requestExport of accounts": {**asked, "kind": "ACCOUNTS"},
        "requestExport of units": {**asked, "kind": "UNITS"},
        "requestExport of comments": {**asked, "kind": "COMMENTS"},
        "requestCampaignReport": {"campaignId": world.id("Campaign", here)},
        "discardHandout": {"handoutId": world.id("Export", here)},
        "discardHandout of a press kit": {"handoutId": world.id("PressKit", here)},
        "discardHandout of a report": {"handoutId": world.id("CampaignReport", here)},
        "cancelExport": {"exportId": world.id("Export", here)},
    }
