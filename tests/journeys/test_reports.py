"""A province asks what its campaign came to: asked for, made, opened by an address, printed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import Grant
from domain.campaigns.models import Campaign
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from integrations.objects import Store
from tests.factories.api import Country, Front, id_of, open_front, plant_country
from tests.factories.hosts import context_of
from tests.factories.papers import text_of
from tests.factories.posts import add_campaign
from tests.factories.reports import make
from workers.context import WorkerContext

FIELDS = (
    "id state progress language failure { code } unit { name } campaign { title } documents { name size sha256 url }"
)
SHOWN = f"campaignReport {{ {FIELDS} }}"
NODE = f"query($id: ID!) {{ node(id: $id) {{ ... on CampaignReport {{ {FIELDS} }} }} }}"
LISTED = "query($id: ID) { campaignReports(campaignId: $id) { nodes { id documents { url } } totalCount } }"


@dataclass
class Scene:
    front: Front
    worker: WorkerContext
    country: Country
    campaign: Campaign

    async def ask_for(self, front: Front, **given: Any) -> dict[str, Any]:
        return await front.act("requestCampaignReport", SHOWN, campaignId=id_of(self.campaign), **given)

    async def fetch(self, url: str) -> httpx.Response:
        parts = urlsplit(url)
        return await self.front.http.get(f"{parts.path}?{parts.query}")


@pytest.fixture
async def scene(
    keys: Keys, sessions: Sessions, session: AsyncSession, database_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Scene]:
    country = await plant_country(session, keys)
    campaign = await add_campaign(session, country.tree)
    campaign.unit_id, campaign.unit_path = country.tree["east"].id, country.tree["east"].path
    await session.commit()
    worker = context_of(sessions, keys.keyring, MemoryClient(), store=Store(None, tmp_path / "objects"))
    async with open_front(keys, database_url=database_url, redis_url=redis_url, data_dir=tmp_path) as front:
        yield Scene(front, worker, country, campaign)


async def test_a_province_opens_the_page_and_keeps_the_paper(scene: Scene):
    province = scene.front.as_(scene.country.province)
    given = {"language": "ZH_CN", "clientMutationKey": "of the first of June"}
    asked = (await scene.ask_for(province, **given))["campaignReport"]
    assert (asked["state"], asked["progress"], asked["documents"]) == ("QUEUED", 0, [])
    assert (await scene.ask_for(province, **given))["campaignReport"]["id"] == asked["id"]
    await make(scene.worker)
    report = (await province.ask(NODE, id=asked["id"]))["node"]
    assert (report["state"], report["progress"], report["failure"]) == ("READY", 100, None)
    assert (report["unit"]["name"], report["campaign"]["title"]) == ("east", "六一推介")
    documents = {each["name"]: each for each in report["documents"]}
    page, paper = [await scene.fetch(documents[name]["url"]) for name in ("report.html", "report.pdf")]
    for got, name in ((page, "report.html"), (paper, "report.pdf")):
        assert got.status_code == 200
        assert sha256(got.content).hexdigest() == documents[name]["sha256"]
        assert got.headers["x-content-type-options"] == "nosniff"
        assert got.headers["cache-control"] == "private, no-store"
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-disposition"] == 'inline; filename="report.html"'
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert paper.headers["content-disposition"] == 'attachment; filename="report.pdf"'
    assert "六一推介" in page.text
    assert "六一推介" in text_of(paper.content)


async def test_an_address_that_is_not_ours_or_over_hands_out_nothing(scene: Scene):
    province = scene.front.as_(scene.country.province)
    asked = (await scene.ask_for(province))["campaignReport"]
    await make(scene.worker)
    (one, other) = (await province.ask(NODE, id=asked["id"]))["node"]["documents"]
    path, query = urlsplit(one["url"]).path, urlsplit(other["url"]).query
    until = int(query.split("until=")[1].split("&")[0])
    assert until <= (datetime.now(UTC) + timedelta(hours=1)).timestamp()
    for url in (path, f"{path}?{query}", other["url"].replace(f"until={until}", f"until={until + 1}")):
        got = await scene.fetch(url)
        (error,) = got.json()["errors"]
        assert (got.status_code, error["extensions"]["code"]) == (403, "ADDRESS_UNUSABLE")


async def test_those_above_see_it_those_below_do_not_and_whoever_lost_sight_gets_no_address(
    scene: Scene, session: AsyncSession
):
    province, nation = scene.front.as_(scene.country.province), scene.front.as_(scene.country.nation)
    report = (await scene.ask_for(province))["campaignReport"]
    await make(scene.worker)
    (seen,) = (await nation.ask(LISTED, id=id_of(scene.campaign)))["campaignReports"]["nodes"]
    assert (seen["id"], len(seen["documents"])) == (report["id"], 2)
    county = scene.front.as_(scene.country.county)
    assert (await county.ask(LISTED))["campaignReports"]["totalCount"] == 0
    assert (await county.ask(NODE, id=report["id"]))["node"] is None
    refused = await scene.ask_for(county)
    assert (refused["code"], refused["path"]) == ("NOT_PERMITTED", ["campaignId"])
    ended = update(Grant).where(Grant.user_id == scene.country.province.id).values(valid_to=func.now())
    await session.execute(ended)
    await session.commit()
    assert (await province.ask(NODE, id=report["id"]))["node"] is None
