"""PostgreSQL is killed while posts go out; it comes back, and every post stands once."""

import os
import signal

import pytest

from integrations.database import answers, open_engine, open_sessions
from migrations.apply import migrate
from tests.factories.servers import eventually, own_database_number, own_servers, replaced
from tests.faults.scene import scene
from tests.integrations.embedded.holder import postmaster
from tests.integrations.sandbox.running import Running

pytestmark = pytest.mark.faults


async def test_posts_go_out_once_though_postgresql_was_killed_meanwhile(sandbox: Running, redis_url: str):
    # Durable, because a claim that is forgotten in a crash is a claim that was never made.
    with own_servers(postgres=True, durable=True) as held:
        engine = open_engine(str(held.database_url))
        await migrate(engine)
        with scene(
            sandbox,
            open_sessions(engine),
            database_url=str(held.database_url),
            redis_url=own_database_number(redis_url),
        ) as stage:
            promised = await stage.promise(accounts=8, posts=4)
            sandbox.fault(endpoint="share", kind="slow", seconds=0.2)
            stage.worker()
            await stage.taken(6)
            killed = postmaster(held.data_dir)
            os.kill(killed, signal.SIGKILL)
            await eventually(lambda: replaced(held.data_dir, killed))
            await eventually(lambda: answers(engine))
            assert len(stage.journal()) < promised
            await eventually(stage.all_published, 30)
            await stage.judge(promised)
        await engine.dispose()
