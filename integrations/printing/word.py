"""The kit as DOCX: for editors, who cut and rewrite it."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from domain.press.sheets import Fact, Sheet
from integrations.printing.plates import Plate

# Fonts that the editor's own machine has; none is put into the file.
LATIN, SONG, HEI = "Times New Roman", "宋体", "黑体"
# More characters than this the format does not take in what it says about itself.
NAMED = 255
WIDTH, TALLEST = Cm(16), Cm(20)
INK = RGBColor(0, 0, 0)


def word(sheet: Sheet, plates: Sequence[Plate]) -> bytes:
    """The document, in the order in which it is read."""
    document = Document()
    _page(document)
    # The template's own would be told otherwise.
    about = document.core_properties
    about.title, about.author = sheet.headline[:NAMED], sheet.publisher[:NAMED]
    about.comments, about.language = "", "zh-CN"
    document.add_paragraph(sheet.kicker, style="Subtitle")
    document.add_paragraph(sheet.headline, style="Title")
    document.add_paragraph(sheet.date_line, style="Caption")
    document.add_paragraph(sheet.lead, style="Intense Quote")
    for section in sheet.body:
        document.add_heading(section.heading, level=1)
        for paragraph in section.paragraphs:
            document.add_paragraph(paragraph).paragraph_format.first_line_indent = Pt(24)
        for item in section.items:
            document.add_paragraph(item, style="List Bullet")
    for plate in plates:
        _picture(document, plate)
    document.add_heading("资料", level=1)
    _table(document, sheet.facts)
    document.add_heading("供稿", level=1)
    _table(document, sheet.closing)
    for note in sheet.notes:
        document.add_paragraph(note, style="Caption")
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def _page(document: Any) -> None:
    page = document.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.5)
    faces = {
        "Normal": (SONG, 12), "Subtitle": (HEI, 11), "Title": (HEI, 24), "Caption": (SONG, 9),
        "Intense Quote": (SONG, 12), "Heading 1": (HEI, 14), "List Bullet": (SONG, 12),
    }  # fmt: skip
    for name, (face, size) in faces.items():
        font = document.styles[name].font
        font.name, font.size, font.italic, font.color.rgb = LATIN, Pt(size), False, INK
        fonts = font.element.get_or_add_rPr().get_or_add_rFonts()
        # A theme's font would win over the one that is named.
        for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fonts.attrib.pop(qn(f"w:{theme}"), None)
        fonts.set(qn("w:eastAsia"), face)


def _picture(document: Any, plate: Plate) -> None:
    is_tall = plate.height * WIDTH > plate.width * TALLEST
    size = {"height": TALLEST} if is_tall else {"width": WIDTH}
    document.add_picture(BytesIO(plate.content), **size)
    document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.CENTER
    words = document.add_paragraph(f"{plate.caption}（图片来源：{plate.credit}）", style="Caption")
    words.alignment = WD_ALIGN_PARAGRAPH.CENTER


def _table(document: Any, facts: Sequence[Fact]) -> None:
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    for fact in facts:
        name, value = table.add_row().cells
        name.text, value.text = fact.name, fact.value
        name.width, value.width = Cm(3.5), Cm(12.5)
