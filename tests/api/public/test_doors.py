"""Pages, feeds and short links as anybody gets them."""

import asyncio
import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from io import BytesIO

import httpx
import pytest
from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.applications import Starlette

from api.public.clicks import ClickCounter
from api.public.doors import READ_AT_ONCE, PublicPages
from domain.base.ids import new_id
from domain.base.keyring import KeySet
from domain.lessons.content import Attachment
from domain.lessons.models import Lesson
from domain.terms import DeliveryState, FileKind, LessonState, Licence, ServiceKind
from integrations.database import Sessions
from tests.factories.api import Country, Front, id_of
from tests.factories.lessons import plan
from tests.factories.posts import Scheduled, add_campaign, add_lesson, schedule

PHONE = {"User-Agent": "Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 Weibo"}
LINKS = KeySet("t", {"t": b"t" * 32})
CLICKS = "query($id: ID!) { node(id: $id) { ... on %s { clicks { total days { day count } } } } }"


@pytest.fixture
async def lesson(session: AsyncSession, country: Country) -> Lesson:
    row = await add_lesson(session, country.tree)
    row.plan = json.loads(json.dumps(plan(), default=str))
    row.authors = "作者甲"
    await session.commit()
    return row


@pytest.fixture
async def sent(session: AsyncSession, country: Country, lesson: Lesson) -> Scheduled:
    campaign = await add_campaign(session, country.tree)
    campaign.note = "内部备注"
    scheduled = await schedule(session, country.tree, lesson, campaign=campaign)
    scheduled.deliveries[0].state = DeliveryState.PUBLISHED
    await session.commit()
    return scheduled


class Tags(HTMLParser):
    """Whether a page closes what it opens, and what stands in it."""

    ALONE = frozenset({"meta", "link"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.ALONE:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


async def test_a_lesson_is_read_in_the_language_of_the_reader(api: Front, lesson: Lesson):
    path = f"/lessons/{lesson.id}"
    for headers, address, language, word in (
        ({}, path, "zh-CN", "适用年龄"),
        ({"Accept-Language": "en-GB,en;q=0.9,zh;q=0.1"}, path, "en", "Ages"),
        ({"Accept-Language": "fr, zh;q=0.5, en;q=0.4"}, path, "zh-CN", "适用年龄"),
        ({"Accept-Language": "fr;q=x, en;q=0"}, path, "zh-CN", "适用年龄"),
        ({"Accept-Language": "zh-CN"}, f"{path}?lang=en", "en", "Ages"),
    ):
        answer = await api.http.get(address, headers=headers)
        assert (answer.status_code, answer.headers["content-language"]) == (200, language)
        assert f'<html lang="{language}">' in answer.text
        assert f"<dt>{word}</dt>" in answer.text
        assert "Accept-Language" in answer.headers["vary"]


async def test_every_page_is_whole_and_runs_nothing(api: Front, sent: Scheduled, lesson: Lesson):
    paths = [f"/lessons/{lesson.id}", "/lessons", "/campaigns", f"/campaigns/{sent.post.campaign_id}", "/s/none"]
    for path in paths:
        answer = await api.http.get(path)
        tags = Tags(answer.text)
        assert tags.open == []
        assert [given for tag, given in tags.seen if tag == "script" and given != {"type": "application/ld+json"}] == []
        assert [name for _, given in tags.seen for name in given if name.startswith("on") or name == "style"] == []
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "script-src" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_names_notes_and_drafts_are_on_no_page(
    api: Front, sent: Scheduled, lesson: Lesson, session: AsyncSession
):
    draft = Lesson(**{c.key: getattr(lesson, c.key) for c in Lesson.__table__.columns if c.key != "id"})
    draft.title, draft.state = "未公开的草稿", LessonState.DRAFT
    session.add(draft)
    await session.commit()
    paths = ["/lessons", "/lessons.atom", "/campaigns", "/sitemap.xml", f"/campaigns/{sent.post.campaign_id}"]
    whole = "".join([(await api.http.get(path)).text for path in (*paths, f"/lessons/{lesson.id}")])
    assert "防溺水安全教育" in whole
    assert [word for word in ("作者甲", "内部备注", "未公开的草稿", str(draft.id), "Scheduler") if word in whole] == []
    assert (await api.http.get(f"/lessons/{draft.id}")).status_code == 404


async def test_what_a_lesson_says_is_text_and_never_markup(api: Front, lesson: Lesson, session: AsyncSession):
    nasty = "</script><script>alert(1)</script>\"'&\x0b"
    lesson.title = lesson.text = lesson.theme = nasty
    lesson.plan = {**lesson.plan, "goals": [nasty], "steps": [{"title": nasty, "text": nasty, "materials": [nasty]}]}
    await session.commit()
    text = (await api.http.get(f"/lessons/{lesson.id}")).text
    assert "<script>alert" not in text
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    assert json.loads(data)["name"] == nasty
    feed = ET.fromstring((await api.http.get("/lessons.atom")).content)
    assert feed.findtext(".//{*}entry/{*}title") == nasty.replace("\x0b", "")


async def test_search_engines_are_told_a_learning_resource(api: Front, lesson: Lesson):
    text = (await api.http.get(f"/lessons/{lesson.id}")).text
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    told = json.loads(data)
    assert (told["@type"], told["name"], told["typicalAgeRange"], told["timeRequired"]) == (
        "LearningResource",
        "防溺水安全教育",
        "8-12",
        "PT40M",
    )
    assert told["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert "author" not in told


async def test_pictures_under_an_open_licence_are_everybodys_for_as_long_as_the_lesson_shows_them(
    api: Front, lesson: Lesson, session: AsyncSession
):
    shown = attachment(FileKind.JPEG, Licence.CC_BY)
    others = [attachment(FileKind.JPEG, Licence.PROGRAMME), attachment(FileKind.PDF, Licence.CC_BY)]
    lesson.attachments = [
        {**vars(each), "kind": each.kind.value, "licence": each.licence.value} for each in (shown, *others)
    ]
    await session.commit()
    text = (await api.http.get(f"/lessons/{lesson.id}")).text
    path, *closed = (f"/lessons/{lesson.id}/pictures/{each.file_id}" for each in (shown, *others))
    assert re.findall(r'<img src="([^"]+)"', text) == [path]
    assert "某队" in text
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', text, re.DOTALL)
    (media,) = json.loads(data)["associatedMedia"]
    assert media["contentUrl"].endswith(path)
    led = await api.http.get(path)
    assert led.status_code == 302
    assert led.headers["location"].startswith(f"/files/{shown.file_id}/{shown.sha256}.jpeg?until=")
    assert [(await api.http.get(each)).status_code for each in closed] == [404, 404]
    lesson.state = LessonState.WITHDRAWN
    await session.commit()
    assert (await api.http.get(path)).status_code == 404


def attachment(kind: FileKind, licence: Licence) -> Attachment:
    return Attachment(str(new_id()), "安全地图", kind, 2048, "0" * 64, licence, "某队")


async def test_a_page_is_not_sent_again_to_whoever_has_it(api: Front, lesson: Lesson, session: AsyncSession):
    path = f"/lessons/{lesson.id}"
    first = await api.http.get(path)
    assert first.headers["cache-control"] == "public, max-age=30"
    again = await api.http.get(path, headers={"If-None-Match": f"W/{first.headers['etag']}"})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    lesson.text = "另一个。"
    await session.commit()
    assert (await api.http.get(path, headers={"If-None-Match": first.headers["etag"]})).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/s/unknown",
        f"/s/{'x' * 500}",
        "/s/%00",
        "/lessons/1",
        "/lessons/{00000000-0000-0000-0000-000000000000}",
        "/lessons/00000000-0000-0000-0000-000000000000",
        "/campaigns/00000000-0000-0000-0000-000000000000",
        "/lessons?after=x",
        "/lessons?after=9999-12-31T23:59:59-23:00_00000000-0000-0000-0000-000000000000",
        "/share/nothing.png",
    ],
)
async def test_what_is_not_there_is_said_in_both_languages(api: Front, country: Country, path: str):
    answer = await api.http.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")
    assert "找不到这个页面" in answer.text
    assert "This page is not here" in answer.text
    assert 'href="/lessons?lang=zh"' in answer.text


async def test_lists_are_paged_to_their_end(api: Front, country: Country, session: AsyncSession):
    for _ in range(32):
        await add_lesson(session, country.tree)
    first = (await api.http.get("/lessons")).text
    (more,) = re.findall(r'rel="next" href="([^"]+)"', first)
    second = (await api.http.get(more.replace("&amp;", "&"))).text
    found = [re.findall(r'<h2><a href="/lessons/([0-9a-f-]+)', text) for text in (first, second)]
    assert [len(each) for each in found] == [30, 2]
    assert not set(found[0]) & set(found[1])
    assert 'rel="next"' not in second


async def test_feed_and_map_name_every_public_page(api: Front, sent: Scheduled, lesson: Lesson):
    answer = await api.http.get("/lessons.atom?lang=zh")
    feed = ET.fromstring(answer.content)
    assert answer.headers["content-type"] == "application/atom+xml"
    assert [entry.findtext("{*}id") for entry in feed.findall("{*}entry")] == [f"urn:uuid:{lesson.id}"]
    assert [feed.findtext(f"{{*}}{name}") is not None for name in ("id", "title", "updated")] == [True] * 3
    found = ET.fromstring((await api.http.get("/sitemap.xml")).content)
    paths = {f"/lessons/{lesson.id}", f"/campaigns/{sent.post.campaign_id}", "/lessons", "/campaigns"}
    assert {re.sub(r"^https?://[^/]+", "", str(each.text)) for each in found.findall(".//{*}loc")} == paths
    assert "Sitemap: http" in (await api.http.get("/robots.txt")).text


@pytest.mark.parametrize("service", ServiceKind)
async def test_every_service_has_a_picture_to_share(api: Front, service: ServiceKind):
    answer = await api.http.get(f"/share/{service.value.lower()}.png")
    with Image.open(BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("PNG", (1200, 630))


async def test_a_short_link_leads_to_its_lesson_and_is_counted(
    api: Front, sent: Scheduled, lesson: Lesson, country: Country
):
    delivery = sent.deliveries[0]
    for _ in range(3):
        answer = await api.http.get(f"/s/{delivery.code}", headers=PHONE)
        assert answer.status_code == 302
        assert answer.headers["location"].endswith(f"/lessons/{lesson.id}")
        assert answer.headers["cache-control"] == "no-store"
        assert "set-cookie" not in answer.headers
    english = await api.http.get(f"/s/{delivery.code}?lang=en", headers=PHONE)
    assert english.headers["location"].endswith(f"/lessons/{lesson.id}?lang=en")
    for noun, row_id in (("Delivery", id_of(delivery)), ("Post", id_of(sent.post))):
        assert await _clicks(api.as_(country.nation), noun, row_id, awaited=4) == 4
    found = (await api.as_(country.nation).ask("{ campaigns { nodes { clicks { total } } } }"))["campaigns"]
    assert found["nodes"] == [{"clicks": {"total": 4}}]
    # A county sees the campaign, and nothing of clicks on what goes out elsewhere.
    assert (await api.as_(country.county).ask("{ campaigns { nodes { clicks { total days { count } } } } }"))[
        "campaigns"
    ]["nodes"] == [{"clicks": {"total": 0, "days": []}}]


async def _clicks(front: Front, noun: str, row_id: str, *, awaited: int) -> int:
    """What is counted, once it comes to what is awaited: it is written down a moment later."""
    total = -1
    for _ in range(200):
        total = (await front.ask(CLICKS % noun, id=row_id))["node"]["clicks"]["total"]
        if total >= awaited:
            break
        await asyncio.sleep(0.05)
    return total


async def test_robots_previews_and_heads_are_led_and_not_counted(api: Front, sent: Scheduled, country: Country):
    path = f"/s/{sent.deliveries[0].code}"
    for headers in (
        {"User-Agent": "Mozilla/5.0 (compatible; Baiduspider/2.0)"},
        {"User-Agent": "curl/8.5"},
        {"User-Agent": ""},
        PHONE | {"Sec-Purpose": "prefetch;prerender"},
        PHONE | {"Purpose": "prefetch"},
        PHONE | {"X-Moz": "prefetch"},
    ):
        assert (await api.http.get(path, headers=headers)).status_code == 302
    assert (await api.http.head(path, headers=PHONE)).status_code == 302
    await api.http.get(path, headers=PHONE)
    assert await _clicks(api.as_(country.nation), "Delivery", id_of(sent.deliveries[0]), awaited=1) == 1


async def test_too_many_readers_are_told_to_come_again(sessions: Sessions):
    pages = PublicPages(
        sessions=sessions, clicks=ClickCounter(sessions), links=LINKS, base_url="http://qicai.test", place_seconds=0.01
    )
    app = Starlette(routes=pages.routes)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://qicai.test") as http:
        for _ in range(READ_AT_ONCE):
            await pages._places.acquire()
        answer = await http.get("/lessons")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "请稍后再试" in answer.text
        for _ in range(READ_AT_ONCE):
            pages._places.release()
        assert (await http.get("/lessons")).status_code == 200


async def test_pages_may_live_below_a_path_and_short_links_at_another_domain(
    sessions: Sessions, sent: Scheduled, lesson: Lesson
):
    home = "https://public.example/care"
    pages = PublicPages(sessions=sessions, clicks=ClickCounter(sessions), links=LINKS, base_url=home, home=home)
    transport = httpx.ASGITransport(app=Starlette(routes=pages.routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://short.example") as http:
        answer = await http.get(f"/s/{sent.deliveries[0].code}", headers={"User-Agent": "curl/8"})
        assert answer.headers["location"] == f"{home}/lessons/{lesson.id}"
        text = (await http.get(f"/lessons/{lesson.id}")).text
    links = re.findall(r'href="([^"#]+)"', text)
    assert [to for to in links if not to.startswith(("/care/", home, "https://creativecommons.org/"))] == []
    assert f'content="{home}/share/self_protection.png"' in text
