"""The API is killed after it wrote down a post and before it told the workers: nobody has to be told."""

import asyncio
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.processes import child
from domain.posts.models import Delivery, Post
from domain.terms import Role
from tests.factories.api import Front, id_of
from tests.factories.gate import add_approval
from tests.factories.servers import eventually
from tests.factories.units import add_user
from tests.faults.scene import Scene, kill

pytestmark = pytest.mark.faults


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
