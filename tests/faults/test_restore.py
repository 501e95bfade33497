"""A database that is restored from an older copy starts held, looks at the platform first, and sends nothing twice."""

import asyncio
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.access.actor import Actor
from domain.posts.models import Delivery, Silence
from domain.posts.silences import lift_silence
from domain.terms import DeliveryState
from integrations.database import open_engine, open_sessions
from migrations.apply import migrate
from tests.api.cli.running import qicai
from tests.factories.servers import eventually, own_database_number, own_servers
from tests.factories.units import NOW
from tests.faults.scene import Scene, scene
from tests.integrations.sandbox.running import Running

pytestmark = pytest.mark.faults


def run(stage: Scene, *arguments: str) -> subprocess.CompletedProcess[str]:
    return qicai(*arguments, folder=stage.folder, **stage.environment)


async def test_what_went_out_after_the_copy_was_made_is_found_and_not_sent_again(
    sandbox: Running, redis_url: str, tmp_path: Path
):
    copy = tmp_path / "copy.dump"
    with own_servers(postgres=True, durable=True) as held:
        engine = open_engine(str(held.database_url))
        await migrate(engine)
        addresses = {"database_url": str(held.database_url), "redis_url": own_database_number(redis_url)}
        with scene(sandbox, open_sessions(engine), **addresses) as stage:
            promised = await stage.promise(accounts=4, posts=2)
            made = await asyncio.to_thread(run, stage, "backup", str(copy))
            assert made.returncode == 0, made.stderr
            # After the copy: some go out, then everything is lost.
            sandbox.fault(endpoint="share", kind="slow", seconds=0.3)
            worker = stage.worker()
            await stage.taken(3)
            worker.stop()
            sent = len(stage.journal())
            assert 3 <= sent < promised
            await engine.dispose()
            refused = await asyncio.to_thread(run, stage, "restore", str(copy))
            assert refused.returncode == 1
            assert "--yes" in refused.stderr
            restored = await asyncio.to_thread(run, stage, "restore", str(copy), "--yes")
            assert restored.returncode == 0, restored.stderr
            assert f"{promised} deliveries may have gone out" in restored.stdout
            # Whoever works on it sends nothing before a person says so.
            stage.worker()
            await eventually(lambda: _all_held(stage, promised))
            assert len(stage.journal()) == sent
            await _lift(stage)
            await eventually(stage.all_published, 60)
            await stage.judge(promised)
        await engine.dispose()


async def test_a_copy_that_is_no_good_leaves_everything_as_it_was(stage: Scene, engine: AsyncEngine, tmp_path: Path):
    copy = tmp_path / "copy.dump"
    copy.write_bytes(b"PGDMP and nothing else")
    promised = await stage.promise(accounts=2)
    await engine.dispose()
    refused = await asyncio.to_thread(run, stage, "restore", str(copy), "--yes")
    assert refused.returncode == 1
    assert "pg_restore failed" in refused.stderr
    assert "Traceback" not in refused.stderr
    missing = await asyncio.to_thread(run, stage, "restore", str(tmp_path / "nothing"))
    assert "There is no file" in missing.stderr
    async with stage.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Delivery)) == promised
    stage.worker()
    await eventually(stage.all_published)
    await stage.judge(promised)


async def _all_held(stage: Scene, promised: int) -> bool:
    async with stage.sessions() as session:
        held = select(func.count()).where(Delivery.state == DeliveryState.HELD, Delivery.look_first.is_(True))
        return await session.scalar(held) == promised


async def _lift(stage: Scene) -> None:
    async with stage.sessions() as session:
        silence = (await session.scalars(select(Silence))).one()
        await lift_silence(session, Actor.operator(), now=NOW, silence_id=silence.id)
        await session.commit()
