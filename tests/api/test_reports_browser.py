"""The page of a report in a real browser, at the address that was handed out: whole, fit for all, in its own style.

What it looks like lies in the folder of the test; `--basetemp` says where that is.
"""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.dates import today
from domain.campaigns.commands import create_campaign
from domain.campaigns.models import Campaign
from domain.handouts.rules import documents_in
from domain.publicity.clicks import add_clicks
from domain.reports.models import CampaignReport
from domain.terms import DeliveryState, Language, Level, QuotaScope
from domain.uploads.addresses import signed
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient
from integrations.objects import Store
from tests.api.serving import served
from tests.factories.browsers import DESKTOP, PHONE, Tab, browsing, chromium
from tests.factories.deliveries import add_delivery, add_post, add_published, add_snapshot, set_scene
from tests.factories.hosts import context_of
from tests.factories.reports import HARMFUL, make, report_now, request

pytestmark = pytest.mark.skipif(chromium() is None, reason="There is no Chromium on this machine (Debian: chromium).")

FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
STYLED = "getComputedStyle(document.querySelector('dl')).display"
UNITS = ("nation", "east", "north county", "south county", "far county")
NOW = datetime.now(UTC)


@pytest.fixture
def url(tmp_path: Path, key_file: Path, database_url: str, redis_url: str) -> Iterator[str]:
    with served(tmp_path, key_file=key_file, database_url=database_url, redis_url=redis_url) as api:
        yield api.url


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with browsing(tmp_path / "browser") as opened:
        yield opened


@pytest.fixture
async def campaign(session: AsyncSession, keys: Keys) -> Campaign:
    """A week of posts at all levels, read, clicked on, one of them failed."""
    scene = await set_scene(session, keys.keyring, units=UNITS)
    scene.lesson.title = f"夏天的河边{HARMFUL}"
    quotas = [
        {"level": level, "scope": QuotaScope.WITH_BELOW, "minimum": 2} for level in (Level.PROVINCIAL, Level.COUNTY)
    ]
    window: dict[str, Any] = {"window_from": today(NOW) - timedelta(days=6), "window_to": today(NOW)}
    found = await create_campaign(
        session, Actor.operator(), now=NOW, unit_id=scene.tree["nation"].id, title="六一推介", quotas=quotas, **window
    )
    post = await add_post(session, scene.tree, scene.lesson, campaign=found)
    for number in range(14):
        at = NOW - timedelta(days=number % 7)
        account = scene.accounts[UNITS[number % 5]]
        delivery = await add_published(session, post, account, published_at=at, due_at=at)
        await add_snapshot(session, delivery, 0, reposts=3 * number, comments=number, likes=7 * number)
        await add_clicks(session, {(delivery.id, today(at)): number})
    await add_delivery(session, post, scene.accounts["east"], state=DeliveryState.FAILED)
    await session.commit()
    return found


async def test_a_page_that_was_handed_out_is_whole_and_fit_for_everybody(
    url: str, tab: Tab, sessions: Sessions, session: AsyncSession, keys: Keys, campaign: Campaign, tmp_path: Path
):
    worker = context_of(sessions, keys.keyring, MemoryClient(), store=Store(None, tmp_path / "objects"))
    for language in Language:
        report = await request(session, campaign, language=language)
        await make(worker)
        now = await report_now(sessions, report)
        found = documents_in(CampaignReport.folder, now.id, now.documents, expires_at=now.expires_at)
        (key,) = [each.key for each in found if each.name == "report.html"]
        for size in (PHONE, DESKTOP):
            address = signed(f"/{key}", keys.links, until=datetime.now(UTC) + timedelta(minutes=5))
            await tab.open(url + address, size=size)
            await tab.picture(tmp_path / f"{language.value}-{size[0]}.png")
            assert await tab.run(FITS), (language, size)
            assert await tab.breaches() == [], (language, size)
            assert await tab.run(STYLED) == "grid"
            assert await tab.run("document.querySelectorAll('svg title').length") == 6
            assert await tab.run("document.querySelector('tbody th').scope") == "row"
    assert tab.complaints == []
