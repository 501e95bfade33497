"""A report as page and as paper: both tell all of it, and nothing that people wrote does anything."""

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from html import unescape
from pathlib import Path

import pytest

from domain.reports.document import Document
from domain.reports.writing import written
from domain.terms import Language, ReportFormat
from integrations.printing.charts import Box, Stroke, drawn
from integrations.printing.press import reported
from tests.factories.browsers import DESKTOP, PHONE, Tab, browsing, chromium
from tests.factories.papers import opened, text_of
from tests.factories.reports import HARMFUL, empty, full

HOSTILE = full(
    title=f"推介{HARMFUL}",
    unit=HARMFUL,
    occasion=HARMFUL,
    platforms=[replace(full().platforms[0], name=HARMFUL)],
    progress=[replace(full().progress[0], name=HARMFUL)],
    top=[replace(full().top[0], lesson=HARMFUL, account=HARMFUL, short_link="javascript:alert(1)")],
    lessons=[replace(full().lessons[0], title=HARMFUL)],
)
DOCUMENTS = {
    "full": written(full(), Language.ZH_CN),
    "full-en": written(full(), Language.EN),
    "empty": written(empty(), Language.ZH_CN),
    "many": written(full(progress=[*full().progress] * 8), Language.ZH_CN),
    "hostile": written(HOSTILE, Language.EN),
}
Made = Mapping[str, Mapping[ReportFormat, bytes]]


@pytest.fixture(scope="module")
async def made() -> Made:
    return {name: await reported(document) for name, document in DOCUMENTS.items()}


def said(document: Document) -> Iterator[str]:
    """All that is to be read."""
    yield from (document.kicker, document.title, *document.warnings, document.notes_heading, *document.notes)
    for fact in document.facts:
        yield from (fact.name, fact.value)
    for section in document.sections:
        yield from (section.heading, *section.paragraphs)
        for chart in section.charts:
            yield chart.title
            yield from (mark.text for mark in drawn(chart).marks if not isinstance(mark, Box | Stroke))
        for table in section.tables:
            yield from (table.caption, *(column.name for column in table.columns))
            for row in table.rows:
                yield from row


def bare(text: str) -> str:
    return "".join(text.split())


def page_of(made: Made, name: str) -> str:
    return made[name][ReportFormat.PAGE].decode()


@pytest.mark.parametrize("name", list(DOCUMENTS))
def test_page_and_paper_tell_all_of_it(made: Made, name: str):
    page = bare(unescape(re.sub(r"<[^>]*>", "", page_of(made, name))))
    paper = bare(text_of(made[name][ReportFormat.PDF]))
    for text in said(DOCUMENTS[name]):
        assert bare(text) in page, text
        assert bare(text) in paper, text


def test_paper_brings_its_fonts_and_misses_no_character(made: Made):
    for name in ("full", "full-en", "empty"):
        paper = made[name][ReportFormat.PDF]
        # Each of both, in as many parts as it has characters.
        assert paper.count(b"/FontFile2") >= 2
        assert "〓" not in text_of(paper)
        with opened(paper) as document:
            assert document.get_metadata_value("Title") == "六一推介"


def test_charts_keep_together_with_their_heading_on_one_page(made: Made):
    """So many bars as are drawn at most fill a page, and no heading stands alone."""
    for name in ("full", "many"):
        headings = {section.heading for section in DOCUMENTS[name].sections}
        with opened(made[name][ReportFormat.PDF]) as document:
            for page in document:
                words = page.get_textpage()
                lines = words.get_text_range().split()
                # Below all stands the number of the page.
                assert lines[-4] not in headings, (name, lines[-6:])
                words.close()
                page.close()


def test_paper_leads_where_its_short_links_lead(made: Made):
    assert b"/URI (https://qicai.example/s/2b4c6d8f3g)" in made["full"][ReportFormat.PDF]
    assert b"javascript" not in made["hostile"][ReportFormat.PDF]


def test_a_page_needs_nothing_else_and_runs_nothing(made: Made):
    for name in DOCUMENTS:
        page = page_of(made, name)
        assert page.count("<style>") == 1
        for breach in ("<script", " style=", "<link", "src=", "url(", " on", 'javascript:"'):
            found = re.search(re.escape(breach) + r"\w*=", page) if breach == " on" else breach in page
            assert not found, (name, breach)
        assert re.findall(r'href="([^"]*)"', page) in ([], ["https://qicai.example/s/2b4c6d8f3g"])


def test_every_chart_says_what_it_shows_and_is_followed_by_its_table(made: Made):
    page = page_of(made, "full")
    charts = re.findall(r'<svg [^>]*role="img" aria-labelledby="(\S+) (\S+)"><title id="(\S+)">[^<]+</title>', page)
    assert len(charts) == 6
    assert all(title == named for title, _, named in charts)
    for section in page.split("<section>")[1:]:
        assert section.rfind("<svg") < section.rfind("<table") or "<svg" not in section


def test_what_people_wrote_is_marked_as_chinese_on_an_english_page(made: Made):
    page = page_of(made, "full-en")
    assert '<html lang="en">' in page
    assert '<h1 lang="zh-CN">六一推介</h1>' in page
    assert '<th scope="row" class="t" lang="zh-CN">陕西省</th>' in page
    assert 'lang="zh-CN"' not in page_of(made, "full").replace('<html lang="zh-CN">', "")


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    async with browsing(tmp_path / "browser") as opened_tab:
        yield opened_tab


@pytest.mark.skipif(chromium() is None, reason="There is no Chromium on this machine (Debian: chromium).")
async def test_a_page_is_fit_for_everybody_at_every_width(made: Made, tab: Tab, tmp_path: Path):
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    for name in DOCUMENTS:
        path = tmp_path / f"{name}.html"
        path.write_bytes(made[name][ReportFormat.PAGE])
        for size in (PHONE, DESKTOP):
            await tab.open(path.as_uri(), size=size)
            await tab.picture(tmp_path / f"{name}-{size[0]}.png")
            assert await tab.run(fits), (name, size)
            assert await tab.breaches() == [], (name, size)
    assert tab.complaints == []
