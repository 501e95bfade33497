"""How PDFs are set: faces, lines and pages. One document a process: the names of fonts are known to all of it."""

from collections.abc import Iterable, Sequence
from functools import partial
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from integrations.printing.fonts import SANS, SERIF, Face
from integrations.printing.lines import broken

MARGIN = 2.2 * cm
# What a frame leaves free within itself on both sides.
PADDING = 12
WIDTH = A4[0] - 2 * MARGIN - PADDING
INK = HexColor("#000000")
SHADE, RULE = HexColor("#f2f2f2"), HexColor("#888888")
# What widths are rounded by.
FUZZ = 0.5
# Of a cell on both sides.
CELL = 12
BULLET = "·"
PAGE_ZH, PAGE_EN = "第 {} 页", "Page {}"


def style(face: Face, size: float, leading: float, **more: Any) -> ParagraphStyle:
    """How a paragraph looks."""
    return ParagraphStyle(
        f"{face.name} {size} {leading} {more}",
        fontName=face.name,
        fontSize=size,
        leading=leading,
        textColor=INK,
        **more,
    )


KICKER = style(SANS, 10, 14, spaceAfter=4)
HEADLINE = style(SANS, 24, 32, spaceAfter=6)
SMALL = style(SERIF, 9, 13, spaceAfter=4)
HEADING = style(SANS, 13, 18, spaceBefore=10, spaceAfter=4, keepWithNext=1)
NAME, VALUE = style(SANS, 9.5, 14), style(SERIF, 9.5, 14)


def bound(story: Sequence[Flowable], *, title: str, author: str, page: str = PAGE_ZH, language: str = "zh-CN") -> bytes:
    """The whole document, its pages numbered."""
    written = BytesIO()
    document = SimpleDocTemplate(
        written, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
        title=title, author=author, creator="Qicai", producer="Qicai", lang=language,
    )  # fmt: skip
    number = partial(_number, page)
    document.build(list(story), onFirstPage=number, onLaterPages=number)
    return written.getvalue()


def load_faces(said: Iterable[str]) -> None:
    """Cut the fonts to what is said; before anything is measured or set."""
    characters = {*"".join(said), BULLET, *PAGE_ZH, *PAGE_EN, *"0123456789"}
    for face in (SANS, SERIF):
        pdfmetrics.registerFont(TTFont(face.name, BytesIO(face.cut(characters))))


def paragraph(
    text: str, style: ParagraphStyle, width: float = WIDTH, *, bullet: str | None = None, link: str = ""
) -> Paragraph:
    """A text, broken into lines here: the library knows no Chinese."""
    face = SANS if style.fontName == SANS.name else SERIF

    def wide(part: str) -> float:
        return float(pdfmetrics.stringWidth(part, style.fontName, style.fontSize))

    room = width - style.leftIndent - FUZZ
    lines = broken(face.settable(text), wide=wide, first=room - style.firstLineIndent, rest=room)
    marked = "<br/>".join(map(escape, lines))
    if link:
        marked = f'<a href="{escape(link, {chr(34): "&quot;"})}">{marked}</a>'
    return Paragraph(marked, style, bulletText=bullet)


def box(facts: Iterable[tuple[str, str]]) -> Flowable:
    """Names and what is to be said of each."""
    name = 3 * cm
    rows = [[paragraph(said, NAME, name - CELL), paragraph(value, VALUE, WIDTH - name - CELL)] for said, value in facts]
    table = Table(rows, colWidths=[name, WIDTH - name], spaceAfter=8, splitInRow=1)
    table.setStyle(TableStyle([("BACKGROUND", (0, 0), (-1, -1), SHADE), ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _number(page: str, canvas: Any, _document: Any) -> None:
    canvas.setFont(SERIF.name, 9)
    canvas.drawCentredString(A4[0] / 2, MARGIN / 2, page.format(canvas.getPageNumber()))
