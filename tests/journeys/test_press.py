"""A county hands a showcase lesson to its newspaper: asked for, made, fetched by an address, opened."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from docx import Document
from sqlalchemy.ext.asyncio import AsyncSession

from domain.lessons.models import Lesson
from domain.press.models import PressKit
from domain.terms import LessonState
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from integrations.objects import Store
from tests.factories.api import Country, Front, id_of, open_front, plant_country
from tests.factories.hosts import context_of
from tests.factories.posts import add_lesson
from workers import handouts, press
from workers.context import WorkerContext

SHOWN = (
    "pressKit { id state progress revision contact failure { code messageZh } lesson { title } campaign { title } "
    "unit { name } documents { name size sha256 url } }"
)
FIELDS = SHOWN.removeprefix("pressKit { ").removesuffix(" }")
NODE = f"query($id: ID!) {{ node(id: $id) {{ ... on PressKit {{ {FIELDS} }} }} }}"
CONTACT = "电话 029-12345678"


@dataclass
class Scene:
    front: Front
    worker: WorkerContext
    country: Country
    lesson: Lesson

    async def ask_for(self, front: Front, **given: Any) -> dict[str, Any]:
        wish = {"unitId": id_of(self.country.tree["north county"]), "contact": CONTACT}
        return await front.act("requestPressKit", SHOWN, **wish | given)

    async def made(self) -> None:
        for held in await handouts.claim(self.worker, PressKit, 1):
            await press.make(self.worker, held)

    async def fetch(self, url: str) -> httpx.Response:
        parts = urlsplit(url)
        return await self.front.http.get(f"{parts.path}?{parts.query}")


@pytest.fixture
async def scene(
    keys: Keys, sessions: Sessions, session: AsyncSession, database_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    country = await plant_country(session, keys)
    lesson = await add_lesson(session, country.tree)
    store = Store(None, tmp_path / "objects")
    worker = context_of(sessions, keys.keyring, MemoryClient(), store=store, base_url="https://qicai.example")
    async with open_front(keys, database_url=database_url, redis_url=redis_url, data_dir=tmp_path) as front:
        yield Scene(front, worker, country, lesson)


async def test_a_county_fetches_what_its_newspaper_prints(scene: Scene):
    county = scene.front.as_(scene.country.county)
    given = {"lessonId": id_of(scene.lesson), "clientMutationKey": "for the county's paper"}
    asked = (await scene.ask_for(county, **given))["pressKit"]
    assert (asked["state"], asked["progress"], asked["documents"]) == ("QUEUED", 0, [])
    assert (await scene.ask_for(county, **given))["pressKit"]["id"] == asked["id"]
    await scene.made()
    kit = (await county.ask(NODE, id=asked["id"]))["node"]
    assert (kit["state"], kit["progress"], kit["revision"], kit["failure"]) == ("READY", 100, 1, None)
    assert [each["name"] for each in kit["documents"]] == ["press-kit.pdf", "press-kit.docx"]
    for document in kit["documents"]:
        got = await scene.fetch(document["url"])
        assert got.status_code == 200
        assert sha256(got.content).hexdigest() == document["sha256"]
        assert got.headers["content-disposition"] == f'attachment; filename="{document["name"]}"'
    words = [paragraph.text for paragraph in Document(BytesIO(got.content)).paragraphs]
    assert scene.lesson.title in words
    # Above the county everybody who sees its lessons sees it; elsewhere nobody does.
    listed = "{ pressKits(first: 5) { nodes { id } totalCount } }"
    for person, count in ((scene.country.province, 1), (scene.country.viewer, 1), (scene.country.nation, 1)):
        assert (await scene.front.as_(person).ask(listed))["pressKits"]["totalCount"] == count


async def test_an_address_that_is_not_ours_or_over_hands_out_nothing(scene: Scene):
    county = scene.front.as_(scene.country.county)
    asked = (await scene.ask_for(county, lessonId=id_of(scene.lesson)))["pressKit"]
    await scene.made()
    (paper, word) = (await county.ask(NODE, id=asked["id"]))["node"]["documents"]
    path, query = urlsplit(paper["url"]).path, urlsplit(word["url"]).query
    until = int(query.split("until=")[1].split("&")[0])
    assert until <= (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    for url in (path, f"{path}?{query}", word["url"].replace(f"until={until}", f"until={until + 1}")):
        got = await scene.fetch(url)
        (error,) = got.json()["errors"]
        assert (got.status_code, error["extensions"]["code"]) == (403, "ADDRESS_UNUSABLE")


async def test_a_lesson_withdrawn_after_it_was_asked_for_is_told_in_plain_words(scene: Scene, session: AsyncSession):
    county = scene.front.as_(scene.country.county)
    asked = (await scene.ask_for(county, lessonId=id_of(scene.lesson)))["pressKit"]
    scene.lesson.state = LessonState.WITHDRAWN
    await session.commit()
    await scene.made()
    kit = (await county.ask(NODE, id=asked["id"]))["node"]
    assert (kit["state"], kit["failure"]["code"], kit["documents"]) == ("FAILED", "LESSON_NOT_SHOWCASE", [])
    refused = await scene.ask_for(scene.front.as_(scene.country.nation), lessonId=id_of(scene.lesson))
    assert (refused["code"], refused["path"]) == ("LESSON_NOT_SHOWCASE", ["lessonId"])


async def test_whoever_only_looks_on_asks_for_none(scene: Scene):
    refused = await scene.ask_for(scene.front.as_(scene.country.viewer), lessonId=id_of(scene.lesson))
    assert (refused["code"], refused["path"]) == ("NOT_PERMITTED", ["unitId"])
