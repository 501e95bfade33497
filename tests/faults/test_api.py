"""The API is killed or stands still at the worst moment: nobody has to be told, and nobody waits for it."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.processes import child
from domain.base.turns import GATE_LOCK, gate_stands
from domain.posts.models import Delivery, Post
from domain.terms import Role
from domain.units.models import Unit
from tests.factories.api import Front, id_of
from tests.factories.gate import add_approval
from tests.factories.servers import eventually
from tests.factories.units import add_user
from tests.faults.scene import Scene, kill, stopped

pytestmark = pytest.mark.faults
HOLD = "mutation($input: HoldPostInput!) { holdPost(input: $input) { __typename } }"


async def test_a_post_goes_out_on_time_though_its_api_was_killed_between_commit_and_wake_up(
    stage: Scene, session: AsyncSession
):
    tree, lesson = await stage.furnish(3)
    media = await add_user(session, tree["nation"], Role.MEDIA_MANAGER, login="media")
    wish: dict[str, Any] = {"lessonId": id_of(lesson), "unitId": id_of(tree["nation"]), "levels": ["COUNTY"]}
    soon = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    wish |= {"text": "示范课程推介", "publishAt": soon, "clientMutationKey": "once"}
    environment = {**stage.environment, "QICAI_PORT": "0"}
    stage.worker()
    with socket.socket() as silent:
        # A queue that takes the call and says nothing: there the API stands when it is killed.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        silent.setblocking(False)
        address = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        with child("serve", environment={**environment, "REDIS_URL": address}, log=stage.folder / "api.log") as api:
            async with httpx.AsyncClient(base_url=api.said, trust_env=False) as http:
                asking = asyncio.create_task(Front(http, stage.keys, media.id).act("scheduleLesson", **wish))
                call, _ = await asyncio.wait_for(asyncio.get_running_loop().sock_accept(silent), 10)
                kill(api)
                call.close()
                with pytest.raises(httpx.HTTPError):
                    await asking
    post = (await session.scalars(select(Post))).one()
    assert await session.scalar(select(func.count()).select_from(Delivery)) == 3
    await add_approval(session, post)
    await eventually(stage.all_published)
    await stage.judge(3)
    # Whoever got no answer asks again, and is told of the same post.
    with child("serve", environment=environment, log=stage.folder / "api.log") as api:
        async with httpx.AsyncClient(base_url=api.said, trust_env=False) as http:
            again = await Front(http, stage.keys, media.id).act("scheduleLesson", "post { id }", **wish)
    assert again["post"]["id"] == id_of(post)
    await stage.judge(3)


async def test_an_api_that_stands_still_with_the_gate_shut_keeps_nothing_from_going_out(
    stage: Scene, session: AsyncSession
):
    promised = await stage.promise(accounts=3)
    post = (await session.scalars(select(Post))).one()
    media = await add_user(session, await session.get_one(Unit, post.unit_id), Role.MEDIA_MANAGER, login="media")
    environment = {**stage.environment, "QICAI_PORT": "0"}
    with child("serve", environment=environment, log=stage.folder / "api.log") as api:
        async with httpx.AsyncClient(base_url=api.said, trust_env=False, timeout=30) as http:
            front = Front(http, stage.keys, media.id)
            # As a claim under way does: the act waits for it, and is stopped there.
            await gate_stands(session)
            asking = asyncio.create_task(
                front.post(query=HOLD, variables={"input": {"postId": id_of(post), "reason": "核对"}})
            )
            await eventually(lambda: gate_is_shut(stage, granted=False))
            with stopped(api):
                await session.commit()
                await eventually(lambda: gate_is_shut(stage, granted=True))
                stage.worker()
                await eventually(stage.all_published)
            # What was undone was never answered as done, and the API goes on.
            answer = (await asking).json()
            assert "HoldPostPayload" not in str(answer), answer
            again = await front.act("holdPost", postId=id_of(post), reason="核对")
            assert again["__typename"] == "HoldPostPayload"
    await stage.judge(promised)


async def gate_is_shut(stage: Scene, *, granted: bool) -> bool:
    """Whether somebody has the gate, or waits for it."""
    held = "SELECT count(*) FROM pg_locks WHERE objid = :gate AND mode = 'ExclusiveLock' AND granted = :granted"
    async with stage.sessions() as session:
        return bool(await session.scalar(text(held), {"gate": GATE_LOCK, "granted": granted}))
