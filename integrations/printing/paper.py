"""The kit as PDF: to be printed as it is, with its fonts inside, so that it looks the same wherever it is opened."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    HRFlowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Table,
    TableStyle,
)

from domain.press.sheets import Fact, Sheet
from integrations.printing.fonts import SANS, SERIF, Face
from integrations.printing.lines import broken
from integrations.printing.plates import Plate

MARGIN = 2.2 * cm
# What a frame leaves free within itself on both sides.
PADDING = 12
WIDTH, TALLEST = A4[0] - 2 * MARGIN - PADDING, 12 * cm
SHADE, RULE = HexColor("#f2f2f2"), HexColor("#888888")
INK = HexColor("#000000")
# What widths are rounded by.
FUZZ = 0.5
# Of a cell on both sides.
CELL = 12
BULLET = "·"


def _style(face: Face, size: float, leading: float, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(
        f"{face.name} {size} {leading} {more}",
        fontName=face.name,
        fontSize=size,
        leading=leading,
        textColor=INK,
        **more,
    )


KICKER = _style(SANS, 10, 14, spaceAfter=4)
HEADLINE = _style(SANS, 24, 32, spaceAfter=6)
SMALL = _style(SERIF, 9, 13, spaceAfter=4)
LEAD = _style(SERIF, 12.5, 20, spaceBefore=4, spaceAfter=8)
HEADING = _style(SANS, 13, 18, spaceBefore=10, spaceAfter=4, keepWithNext=1)
TEXT = _style(SERIF, 11, 18, firstLineIndent=22, spaceAfter=4)
ITEM = _style(SERIF, 11, 18, leftIndent=16, bulletIndent=4, spaceAfter=2, bulletFontName=SERIF.name)
NAME, VALUE = _style(SANS, 9.5, 14), _style(SERIF, 9.5, 14)


def paper(sheet: Sheet, plates: Sequence[Plate]) -> bytes:
    """The document; its fonts are cut to what it says."""
    said = list(_words(sheet))
    for face in (SANS, SERIF):
        # One document a process: the names of fonts are known to all of it.
        pdfmetrics.registerFont(
            TTFont(face.name, BytesIO(face.cut({*"".join(said), BULLET, *"0123456789/第页共资料供稿"})))
        )
    written = BytesIO()
    document = SimpleDocTemplate(
        written, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=sheet.headline, author=sheet.publisher, creator="Qicai", producer="Qicai", lang="zh-CN",
    )  # fmt: skip
    document.build(list(_story(sheet, plates)), onFirstPage=_number, onLaterPages=_number)
    return written.getvalue()


def _story(sheet: Sheet, plates: Sequence[Plate]) -> Iterator[Flowable]:
    yield _paragraph(sheet.kicker, KICKER)
    yield _paragraph(sheet.headline, HEADLINE)
    yield _paragraph(sheet.date_line, SMALL)
    yield HRFlowable(width="100%", color=RULE, spaceAfter=4)
    yield _paragraph(sheet.lead, LEAD)
    for section in sheet.body:
        yield _paragraph(section.heading, HEADING)
        yield from (_paragraph(text, TEXT) for text in section.paragraphs)
        yield from (_paragraph(item, ITEM, bullet=BULLET) for item in section.items)
    yield from (KeepTogether(list(_plate(plate))) for plate in plates)
    yield KeepTogether([_paragraph("资料", HEADING), _box(sheet.facts)])
    yield KeepTogether(
        [_paragraph("供稿", HEADING), _box(sheet.closing), *(_paragraph(note, SMALL) for note in sheet.notes)]
    )


def _plate(plate: Plate) -> Iterator[Flowable]:
    scale = min(WIDTH / plate.width, TALLEST / plate.height)
    image = Image(BytesIO(plate.content), width=plate.width * scale, height=plate.height * scale)
    image.spaceBefore = 8
    yield image
    yield _paragraph(f"{plate.caption}（图片来源：{plate.credit}）", SMALL)


def _box(facts: Sequence[Fact]) -> Flowable:
    rows = [
        [_paragraph(fact.name, NAME, 3 * cm - CELL), _paragraph(fact.value, VALUE, WIDTH - 3 * cm - CELL)]
        for fact in facts
    ]
    table = Table(rows, colWidths=[3 * cm, WIDTH - 3 * cm], spaceAfter=8, splitInRow=1)
    look = [("BACKGROUND", (0, 0), (-1, -1), SHADE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    table.setStyle(TableStyle(look))
    return table


def _paragraph(text: str, style: ParagraphStyle, width: float = WIDTH, *, bullet: str | None = None) -> Paragraph:
    face = SANS if style.fontName == SANS.name else SERIF

    def wide(part: str) -> float:
        return float(pdfmetrics.stringWidth(part, style.fontName, style.fontSize))

    room = width - style.leftIndent - FUZZ
    lines = broken(face.settable(text), wide=wide, first=room - style.firstLineIndent, rest=room)
    return Paragraph("<br/>".join(map(escape, lines)), style, bulletText=bullet)


def _number(canvas: Any, _document: Any) -> None:
    canvas.setFont(SERIF.name, 9)
    canvas.drawCentredString(A4[0] / 2, MARGIN / 2, f"第 {canvas.getPageNumber()} 页")


def _words(sheet: Sheet) -> Iterable[str]:
    """All that is set, for the fonts."""
    yield from (sheet.kicker, sheet.headline, sheet.date_line, sheet.lead, *sheet.notes, "（图片来源：）")
    for section in sheet.body:
        yield from (section.heading, *section.paragraphs, *section.items)
    for fact in (*sheet.facts, *sheet.closing):
        yield from (fact.name, fact.value)
    for words in sheet.pictures:
        yield from words
