"""Documents are printed in a process of their own and opened here again, as a newspaper would open them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from io import BytesIO

import pypdfium2 as pdfium
import pytest
from docx import Document
from docx.oxml.ns import qn
from PIL import Image

from domain.lessons.content import Source, Step
from domain.press.sheets import Sheet, of_lesson
from domain.terms import PressFormat
from integrations.printing import press
from integrations.printing.press import PressBroke, printed
from tests.factories.papers import opened, text_of
from tests.factories.pictures import drawn, written
from tests.factories.press import CONTENT, desk

PICTURES = (("孩子们画的地图", "鄠邑区志愿服务队"), ("透明的标志", "鄠邑区志愿服务队"))
MISSING = "\N{GRINNING FACE}"


def sheet(**given: str) -> Sheet:
    return of_lesson(desk(*PICTURES, **given), CONTENT, origin="湖北省㵲阳队", since=date(2026, 5, 20), made_of=None)


@pytest.fixture(scope="module")
async def made() -> Mapping[PressFormat, bytes]:
    red = Image.new("RGB", (3000, 1500), (220, 30, 30))
    clear = Image.new("RGBA", (40, 80), (0, 0, 0, 0))
    return await printed(sheet(unit=f"鄠邑区{MISSING}"), [written(red, "JPEG"), written(clear, "PNG")])


def said(one: Sheet) -> list[str]:
    body = [(part.heading, *part.paragraphs, *part.items) for part in one.body]
    box = [(fact.name, fact.value) for fact in (*one.facts, *one.closing)]
    words = [one.kicker, one.headline, one.date_line, one.lead, *one.notes]
    return [*words, *(text for part in body for text in part), *(text for fact in box for text in fact)]


async def test_all_that_is_said_can_be_copied_out_of_the_pdf(made: Mapping[PressFormat, bytes]):
    found = text_of(made[PressFormat.PDF])
    for text in said(sheet()):
        assert "".join(text.split()).replace("鄠邑区志愿服务队", "鄠邑区〓") in found, text
    for caption, credit in PICTURES:
        assert f"{caption}（图片来源：{credit}）" in found


async def test_a_character_that_no_font_has_is_marked(made: Mapping[PressFormat, bytes]):
    found = text_of(made[PressFormat.PDF])
    assert "鄠邑区〓" in found
    assert MISSING not in found


async def test_the_pdf_looks_as_it_reads_without_any_font_of_the_machine(made: Mapping[PressFormat, bytes]):
    with opened(made[PressFormat.PDF]) as document:
        page = document[0]
        seen = page.render(scale=2, grayscale=True).to_pil()
        page.close()
    # The headline is set in large type across the upper part of the page: ink where it stands, none in the margin.
    headline = seen.crop((150, 230, 1000, 320))
    margin = seen.crop((0, 0, 120, seen.height))
    assert headline.getextrema()[0] < 60
    assert margin.getextrema()[0] > 250
    assert made[PressFormat.PDF].count(b"/FontFile2") == 2


async def test_pictures_are_printed_in_their_colours_no_larger_than_paper_shows(made: Mapping[PressFormat, bytes]):
    with opened(made[PressFormat.PDF]) as document:
        found = [
            (shape.get_px_size(), shape.get_bitmap().to_pil().convert("RGB").getpixel((3, 3)))
            for page in document
            for shape in page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_IMAGE])
        ]
    (large, colour), (small, paper) = found
    assert (large, small) == ((2400, 1200), (40, 80))
    assert colour[0] > 200 > 60 > colour[1]
    assert min(paper) > 250


async def test_the_docx_opens_again_with_its_text_pictures_and_chinese_faces(made: Mapping[PressFormat, bytes]):
    document = Document(BytesIO(made[PressFormat.DOCX]))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    found = [*(paragraph.text for paragraph in document.paragraphs), *cells]
    for text in said(sheet(unit=f"鄠邑区{MISSING}")):
        assert text in found, text
    assert len(document.inline_shapes) == 2
    assert document.core_properties.title == CONTENT.title
    for style, face in (("Normal", "宋体"), ("Title", "黑体")):
        fonts = document.styles[style].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == face
        assert fonts.get(qn("w:eastAsiaTheme")) is None


async def test_neither_document_tells_who_wrote_the_lesson(made: Mapping[PressFormat, bytes]):
    document = Document(BytesIO(made[PressFormat.DOCX]))
    words = "".join(paragraph.text for paragraph in document.paragraphs) + document.core_properties.author
    for author in CONTENT.authors.split("、"):
        assert author not in words
        assert author not in text_of(made[PressFormat.PDF])
    assert "python-docx" not in document.core_properties.author


async def test_what_fills_pages_by_itself_is_printed_whatever_was_pasted_in():
    entry = "字\x0b<b>&" * 100
    plan = replace(
        CONTENT.plan,
        goals=(entry,) * 3,
        steps=(Step(entry, 10, "文" * 2000),) * 3,
        safety_note="长" * 20_000,
        sources=(Source(entry, entry),) * 10,
    )
    content = replace(CONTENT, title=entry, text="长\n" * 1000, plan=plan)
    long = of_lesson(desk(), content, origin=entry, since=None, made_of=(entry, entry))
    made = await printed(long, [])
    assert "字<b>&" * 100 in text_of(made[PressFormat.PDF]).replace("\ufffe", "")
    assert Document(BytesIO(made[PressFormat.DOCX])).paragraphs[1].text == entry.replace("\x0b", " ")


async def test_a_picture_that_cannot_be_read_breaks_only_the_printing_process():
    with pytest.raises(PressBroke, match="ended with 1"):
        await printed(sheet(), [b"no picture", b"neither"])


async def test_a_process_that_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(press, "PRINT_SECONDS", 0.01)
    with pytest.raises(PressBroke, match="nothing was printed"):
        await printed(sheet(), [written(drawn(), "JPEG")] * 2)
