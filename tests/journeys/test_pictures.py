"""A picture goes from a telephone to the platform: handed in, scheduled, approved, sent, and the same bytes arrive."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from integrations.microblogs.weibo import WeiboClient
from integrations.objects import Store
from tests.factories.api import Front, id_of, open_front
from tests.factories.hosts import context_of, send
from tests.factories.pictures import MAKER, TURNED, WORDS, jpeg
from tests.factories.posts import add_account, add_host, add_lesson
from tests.factories.units import Tree, add_user, plant_tree
from tests.integrations.sandbox.running import Running, running
from workers.context import WorkerContext

SHOWN = "post { id version picture { id kind width height sha256 url } isApproved gate { reason count } }"


@dataclass
class Scene:
    """Two people of the nation, a worker, and the sandbox with the accounts of two counties."""

    front: Front
    sandbox: Running
    worker: WorkerContext
    author: User
    approver: User
    tree: Tree
    lesson: str

    async def upload(self, content: bytes) -> str:
        """Hand in a photograph for the nation; its id."""
        file = {"name": "活动.jpg", "contentType": "image/jpeg", "size": len(content)}
        given = {"unitId": id_of(self.tree["nation"]), "purpose": "POST_PICTURE", "files": [file]}
        (one,) = (await self.front.as_(self.author).act("beginUploads", "uploads { id url }", **given))["uploads"]
        parts = urlsplit(one["url"])
        assert (await self.front.http.put(f"{parts.path}?{parts.query}", content=content)).status_code == 200
        return str(one["id"])

    async def schedule(self, picture: str, **given: Any) -> dict[str, Any]:
        wish = {"lessonId": self.lesson, "unitId": id_of(self.tree["nation"]), "levels": ["COUNTY"], "text": "图文"}
        at = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
        return await self.front.as_(self.author).act(
            "scheduleLesson", SHOWN, **wish, pictureId=picture, publishAt=at, **given
        )

    async def approve(self, post: dict[str, Any]) -> dict[str, Any]:
        given = {"postId": post["id"], "expectedVersion": post["version"]}
        return await self.front.as_(self.approver).act("approvePost", SHOWN, **given)

    def arrived(self) -> list[str | None]:
        return [entry["picture_sha256"] for entry in self.sandbox.journal(limit=100)]


@pytest.fixture
async def scene(
    keys: Keys, sessions: Sessions, session: AsyncSession, database_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    tree = await plant_tree(session)
    with running(limit_scale=100) as sandbox:
        host = await add_host(session, keys.keyring, api_url=sandbox.url)
        for unit in ("north county", "far county"):
            person = sandbox.person()
            await add_account(session, tree, unit, host, keys.keyring, uid=person.uid, token=person.token)
        lesson = await add_lesson(session, tree)
        author = await add_user(session, tree["nation"], login="author")
        approver = await add_user(session, tree["nation"], login="approver")
        async with (
            httpx.AsyncClient(trust_env=False) as http,
            open_front(keys, database_url=database_url, redis_url=redis_url, data_dir=tmp_path) as front,
        ):
            client = WeiboClient(http, sandbox.url, seconds=5.0)
            store = Store(None, tmp_path / "objects")
            worker = context_of(
                sessions, keys.keyring, MemoryClient(), client=lambda *_: client, store=store, call_seconds=5.0
            )
            yield Scene(front, sandbox, worker, author, approver, tree, id_of(lesson))


async def test_the_bytes_that_were_approved_are_the_bytes_that_arrive(scene: Scene, session: AsyncSession):
    picture = await scene.upload(jpeg(orientation=TURNED))
    preview = await scene.schedule(picture, preview=True)
    assert preview["post"]["picture"]["id"] == picture
    post = (await scene.schedule(picture))["post"]
    assert (post["picture"]["width"], post["picture"]["height"]) == (40, 60)
    assert post["gate"] == [{"reason": "NOT_APPROVED", "count": 2}]
    await send(scene.worker)
    assert scene.arrived() == []

    approved = (await scene.approve(post))["post"]
    parts = urlsplit(approved["picture"]["url"])
    seen = (await scene.front.http.get(f"{parts.path}?{parts.query}")).content
    assert not [told for told in (MAKER, WORDS) if told in seen]
    await send(scene.worker)
    assert scene.arrived() == [sha256(seen).hexdigest()] * 2 == [approved["picture"]["sha256"]] * 2
    assert set(await session.scalars(select(Delivery.state))) == {DeliveryState.PUBLISHED}


async def test_another_picture_waits_for_another_approval(scene: Scene):
    first, second = [await scene.upload(jpeg(shade=shade)) for shade in (1, 2)]
    post = (await scene.approve((await scene.schedule(first))["post"]))["post"]
    assert post["isApproved"] is True
    given = {"postId": post["id"], "expectedVersion": post["version"], "pictureId": second}
    changed = (await scene.front.as_(scene.author).act("editPost", SHOWN, **given))["post"]
    assert (changed["picture"]["id"], changed["isApproved"]) == (second, False)
    await send(scene.worker)
    assert scene.arrived() == []
    approved = (await scene.approve(changed))["post"]
    await send(scene.worker)
    assert scene.arrived() == [approved["picture"]["sha256"]] * 2
    assert approved["picture"]["sha256"] != post["picture"]["sha256"]


async def test_a_picture_lost_from_the_store_is_told_in_plain_words_and_sends_nothing(
    scene: Scene, session: AsyncSession
):
    post = (await scene.approve((await scene.schedule(await scene.upload(jpeg())))["post"]))["post"]
    picture_id = (await session.execute(select(Post.picture_id))).scalar_one()
    await scene.worker.store.clear(str(picture_id))
    await send(scene.worker)
    query = "query($id: ID!) { deliveries(postId: $id) { nodes { state trouble { code messageZh isRetried } } } }"
    found = (await scene.front.as_(scene.author).ask(query, id=post["id"]))["deliveries"]["nodes"]
    trouble = {"code": "PICTURE_MISSING", "messageZh": "所配图片已不在存储中,没有发出。", "isRetried": False}
    assert found == [{"state": "FAILED", "trouble": trouble}] * 2
    assert scene.arrived() == []
