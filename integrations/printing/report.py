"""A report as PDF: the same words, charts and tables as on its page."""

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.units import cm
from reportlab.platypus import Flowable, HRFlowable, KeepTogether, Spacer, TableStyle
from reportlab.platypus import Table as Grid

from domain.reports.document import Cells, Chart, Document, Section, Table
from domain.terms import Language
from integrations.printing.charts import WIDE, Box, Stroke, drawn
from integrations.printing.fonts import SANS, SERIF
from integrations.printing.page import TAGS
from integrations.printing.setting import (
    BULLET,
    CELL,
    HEADING,
    HEADLINE,
    KICKER,
    PAGE_EN,
    PAGE_ZH,
    RULE,
    SHADE,
    WIDTH,
    bound,
    box,
    load_faces,
    paragraph,
    style,
)

TEXT = style(SERIF, 10.5, 16, spaceAfter=4)
WARNING = style(SANS, 10.5, 16, spaceAfter=4)
TITLE = style(SANS, 10, 15, spaceBefore=6, spaceAfter=2, keepWithNext=1)
NOTE = style(SERIF, 9, 13, leftIndent=12, bulletIndent=2, spaceAfter=2, bulletFontName=SERIF.name)
HEAD, CELLS = style(SANS, 8.5, 12), style(SERIF, 8.5, 12)
HEAD_COUNT, COUNT = style(SANS, 8.5, 12, alignment=TA_RIGHT), style(SERIF, 8.5, 12, alignment=TA_RIGHT)
# Words in a chart are then about as large as those around it.
CHART = 11.5 * cm
# What a page has room for, below a heading.
TALLEST = 20 * cm


def report(document: Document) -> bytes:
    """The document; its fonts are cut to what it says."""
    load_faces(_words(document))
    page = PAGE_ZH if document.language is Language.ZH_CN else PAGE_EN
    author, tag = document.publisher, TAGS[document.language]
    return bound(list(_story(document)), title=document.title, author=author, page=page, language=tag)


def _story(document: Document) -> Iterator[Flowable]:
    yield paragraph(document.kicker, KICKER)
    yield paragraph(document.title, HEADLINE)
    yield HRFlowable(width="100%", color=RULE, spaceAfter=6)
    yield from (paragraph(text, WARNING) for text in document.warnings)
    yield box((fact.name, fact.value) for fact in document.facts)
    for section in document.sections:
        yield from _section(section)
    yield paragraph(document.notes_heading, HEADING)
    yield from (paragraph(note, NOTE, bullet=BULLET) for note in document.notes)


def _section(section: Section) -> Iterator[Flowable]:
    head = [paragraph(section.heading, HEADING), *(paragraph(text, TEXT) for text in section.paragraphs)]
    if not section.charts:
        yield from head
    for chart in section.charts:
        # A heading alone at the foot of a page would be one of nothing.
        yield KeepTogether([*head, paragraph(chart.title, TITLE), Drawing(chart), Spacer(0, 6)])
        head = []
    for table in section.tables:
        if table.rows:
            yield paragraph(table.caption, style(SERIF, 9, 13, spaceAfter=2, keepWithNext=1))
            yield _table(table)


class Drawing(Flowable):  # type: ignore[misc]
    """A chart on paper."""

    def __init__(self, chart: Chart) -> None:
        super().__init__()
        self._picture = drawn(chart)
        self._scale = min(CHART / WIDE, TALLEST / self._picture.height)

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """How much room it takes."""
        return WIDE * self._scale, self._picture.height * self._scale

    def draw(self) -> None:
        """Every mark; paper is counted from below."""
        self.canv.scale(self._scale, self._scale)
        for mark in self._picture.marks:
            self._mark(mark)

    def _mark(self, mark: Any) -> None:
        canvas, tall = self.canv, self._picture.height
        colour = HexColor(mark.colour)
        if isinstance(mark, Box):
            canvas.setFillColor(colour)
            canvas.rect(mark.x, tall - mark.y - mark.height, mark.width, mark.height, stroke=0, fill=1)
        elif isinstance(mark, Stroke):
            canvas.setStrokeColor(colour)
            canvas.setLineWidth(mark.width)
            canvas.setDash(*([list(mark.dashes)] if mark.dashes else []))
            way = canvas.beginPath()
            way.moveTo(mark.points[0][0], tall - mark.points[0][1])
            for x, y in mark.points[1:]:
                way.lineTo(x, tall - y)
            canvas.drawPath(way, stroke=1, fill=0)
        else:
            canvas.setFillColor(colour)
            canvas.setFont(SANS.name, mark.size)
            at = {"start": canvas.drawString, "middle": canvas.drawCentredString, "end": canvas.drawRightString}
            at[mark.anchor](mark.x, tall - mark.y, SANS.settable(mark.text))


def _table(table: Table) -> Flowable:
    shares = [column.share for column in table.columns]
    widths = [WIDTH * share / sum(shares) for share in shares]
    counts = [column.cells is Cells.COUNT for column in table.columns]
    cell = [partial(paragraph, width=width - CELL) for width in widths]
    rows = [
        [set_(column.name, style=HEAD_COUNT if is_count else HEAD)
         for set_, column, is_count in zip(cell, table.columns, counts, strict=True)]
    ]  # fmt: skip
    for row in table.rows:
        links = [text if column.leads(text) else "" for text, column in zip(row, table.columns, strict=True)]
        rows.append(
            [
                set_(text, style=COUNT if is_count else CELLS, link=link)
                for set_, text, is_count, link in zip(cell, row, counts, links, strict=True)
            ]
        )
    grid = Grid(rows, colWidths=widths, repeatRows=1, spaceAfter=10, splitInRow=1)
    look = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("BACKGROUND", (0, 0), (-1, 0), SHADE)]
    look += [("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE), ("BOTTOMPADDING", (0, 0), (-1, -1), 4)]  # type: ignore[list-item]
    grid.setStyle(TableStyle(look))
    return grid


def _words(document: Document) -> Iterable[str]:
    """All that is set, for the fonts."""
    yield from (document.kicker, document.title, *document.warnings, document.notes_heading, *document.notes, "…")
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
