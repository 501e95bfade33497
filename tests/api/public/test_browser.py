"""The pages in a real browser: whole on a telephone and a desk, without script, and fit for everybody.

What they look like lies in the folder of the test; `--basetemp` says where that is.
"""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.lessons.models import Lesson
from domain.terms import DeliveryState, ServiceKind
from tests.api.serving import served
from tests.factories.api import Country
from tests.factories.browsers import DESKTOP, PHONE, Tab, browsing, chromium
from tests.factories.lessons import plan
from tests.factories.posts import Scheduled, add_campaign, add_lesson, schedule

pytestmark = pytest.mark.skipif(chromium() is None, reason="There is no Chromium on this machine (Debian: chromium).")

# As wide as the window: nothing has to be pushed aside to be read.
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"


@pytest.fixture
def url(tmp_path: Path, key_file: Path, database_url: str, redis_url: str) -> Iterator[str]:
    with served(tmp_path, key_file=key_file, database_url=database_url, redis_url=redis_url) as api:
        yield api.url


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with browsing(tmp_path / "browser") as opened:
        yield opened


@pytest.fixture
async def sent(session: AsyncSession, country: Country) -> Scheduled:
    """A lesson with a whole plan that went out, another beside it, and a campaign."""
    lesson = await add_lesson(session, country.tree)
    steps = [
        {"title": "看短片", "minutes": 10, "text": "讲一讲看到了什么。\n谁来说说六个不?", "materials": ["短片"]},
        {"title": "画地图", "minutes": 20, "text": "把家附近的水边画出来。", "materials": ["彩笔", "白纸"]},
        {"title": "记六个不", "minutes": 10, "text": "", "materials": []},
    ]
    lesson.plan = json.loads(json.dumps(plan(steps=steps), default=str))
    lesson.text = "暑期来临,和孩子们一起认识身边的水域危险,记住防溺水“六个不”。\n先看短片,再画一张家附近的安全地图。"
    other = Lesson(**{c.key: getattr(lesson, c.key) for c in Lesson.__table__.columns})
    other.id, other.title, other.service = new_id(), "走近端午节:" + "很长的题目" * 12, ServiceKind.CITY_DISCOVERY
    session.add(other)
    scheduled = await schedule(session, country.tree, lesson, campaign=await add_campaign(session, country.tree))
    scheduled.deliveries[0].state = DeliveryState.PUBLISHED
    await session.commit()
    return scheduled


async def test_every_page_is_fit_for_everybody_at_every_width(url: str, tab: Tab, sent: Scheduled, tmp_path: Path):
    lesson, campaign = sent.post.lesson_id, sent.post.campaign_id
    paths = ("/lessons", f"/lessons/{lesson}", "/campaigns", f"/campaigns/{campaign}")
    for path in paths:
        for language in ("zh", "en"):
            for size in (PHONE, DESKTOP):
                await tab.open(f"{url}{path}?lang={language}", size=size)
                name = (
                    f"{path.strip('/').split('/')[0]}{'-one' if path.count('/') > 1 else ''}-{language}-{size[0]}.png"
                )
                await tab.picture(tmp_path / name)
                assert await tab.run(FITS), name
                assert await tab.breaches() == [], name
    assert tab.complaints == []


async def test_a_short_link_ends_at_the_lesson_and_a_wrong_one_at_a_page_that_helps(
    url: str, tab: Tab, sent: Scheduled, tmp_path: Path
):
    await tab.open(f"{url}/s/{sent.deliveries[0].code}")
    assert await tab.run("document.querySelector('h1').textContent") == "防溺水安全教育"
    assert await tab.run("location.pathname") == f"/lessons/{sent.post.lesson_id}"
    await tab.open(f"{url}/s/unknown", size=PHONE)
    await tab.picture(tmp_path / "absent.png")
    assert await tab.breaches() == []
    await tab.follow("main a")
    assert await tab.run("location.pathname") == "/lessons"
    assert await tab.run("document.querySelectorAll('.list li').length") == 2


async def test_a_printed_lesson_leaves_out_what_only_leads_elsewhere(url: str, tab: Tab, sent: Scheduled):
    await tab.open(f"{url}/lessons/{sent.post.lesson_id}?lang=zh")
    await tab.call("Emulation.setEmulatedMedia", media="print")
    shown = "getComputedStyle(document.querySelector('{}')).display"
    assert await tab.run(shown.format(".site nav")) == "none"
    assert await tab.run(shown.format(".steps")) == "block"


async def test_the_page_of_an_invitation_is_fit_for_everybody_too(url: str, tab: Tab, sent: Scheduled):
    await tab.open(f"{url}/join", size=PHONE)
    assert await tab.run(FITS)
    assert await tab.breaches() == []
