"""The kit as PDF: to be printed as it is, with its fonts inside, so that it looks the same wherever it is opened."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO

from reportlab.lib.units import cm
from reportlab.platypus import Flowable, HRFlowable, Image, KeepTogether

from domain.press.sheets import Sheet
from integrations.printing.fonts import SERIF
from integrations.printing.plates import Plate
from integrations.printing.setting import (
    BULLET,
    HEADING,
    HEADLINE,
    KICKER,
    RULE,
    SMALL,
    WIDTH,
    bound,
    box,
    load_faces,
    paragraph,
    style,
)

TALLEST = 12 * cm
LEAD = style(SERIF, 12.5, 20, spaceBefore=4, spaceAfter=8)
TEXT = style(SERIF, 11, 18, firstLineIndent=22, spaceAfter=4)
ITEM = style(SERIF, 11, 18, leftIndent=16, bulletIndent=4, spaceAfter=2, bulletFontName=SERIF.name)


def paper(sheet: Sheet, plates: Sequence[Plate]) -> bytes:
    """The document; its fonts are cut to what it says."""
    load_faces([*_words(sheet), "资料供稿"])
    return bound(list(_story(sheet, plates)), title=sheet.headline, author=sheet.publisher)


def _story(sheet: Sheet, plates: Sequence[Plate]) -> Iterator[Flowable]:
    yield paragraph(sheet.kicker, KICKER)
    yield paragraph(sheet.headline, HEADLINE)
    yield paragraph(sheet.date_line, SMALL)
    yield HRFlowable(width="100%", color=RULE, spaceAfter=4)
    yield paragraph(sheet.lead, LEAD)
    for section in sheet.body:
        yield paragraph(section.heading, HEADING)
        yield from (paragraph(text, TEXT) for text in section.paragraphs)
        yield from (paragraph(item, ITEM, bullet=BULLET) for item in section.items)
    yield from (KeepTogether(list(_plate(plate))) for plate in plates)
    yield KeepTogether([paragraph("资料", HEADING), box((fact.name, fact.value) for fact in sheet.facts)])
    closing = [paragraph("供稿", HEADING), box((fact.name, fact.value) for fact in sheet.closing)]
    yield KeepTogether([*closing, *(paragraph(note, SMALL) for note in sheet.notes)])


def _plate(plate: Plate) -> Iterator[Flowable]:
    scale = min(WIDTH / plate.width, TALLEST / plate.height)
    image = Image(BytesIO(plate.content), width=plate.width * scale, height=plate.height * scale)
    image.spaceBefore = 8
    yield image
    yield paragraph(f"{plate.caption}（图片来源：{plate.credit}）", SMALL)


def _words(sheet: Sheet) -> Iterable[str]:
    """All that is set, for the fonts."""
    yield from (sheet.kicker, sheet.headline, sheet.date_line, sheet.lead, *sheet.notes, "（图片来源：）")
    for section in sheet.body:
        yield from (section.heading, *section.paragraphs, *section.items)
    for fact in (*sheet.facts, *sheet.closing):
        yield from (fact.name, fact.value)
    for words in sheet.pictures:
        yield from words
