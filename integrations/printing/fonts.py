"""The Chinese fonts that are put into a PDF: so much of each as its text needs."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable
from pylopdf_fonts_zh_cn import sans_path, serif_path

# What Chinese typesetters put where they have no type.
GETA = "〓"
# How far a curve may lie beside the original: a thousandth of the height of a character.
NEAR = 1.0


@dataclass(frozen=True)
class Face:
    """One font of the package."""

    name: str
    where: Callable[[], Path]

    @cached_property
    def _covered(self) -> frozenset[str]:
        with TTFont(self.where(), lazy=True) as font:
            return frozenset(map(chr, font.getBestCmap()))

    def settable(self, text: str) -> str:
        """The text with a mark for every character that the font has not; a missing one is never left out unseen."""
        return "".join(one if one in self._covered or one.isspace() else GETA for one in text)

    def cut(self, characters: Collection[str]) -> bytes:
        """The font with these characters alone, its outlines as the writer of PDF takes them."""
        options = subset.Options(layout_features=[], hinting=False, glyph_names=False, recalc_bounds=True)
        options.notdef_outline = True
        font = subset.load_font(str(self.where()), options)
        subsetter = subset.Subsetter(options)
        subsetter.populate(text="".join(sorted({GETA, " ", *characters})))
        subsetter.subset(font)
        _into_quadratic(font)
        cut = BytesIO()
        font.save(cut)
        return cut.getvalue()


SANS, SERIF = Face("QicaiSans", sans_path), Face("QicaiSerif", serif_path)


def _into_quadratic(font: TTFont) -> None:
    """Cubic outlines (CFF) become quadratic ones (TrueType), the only ones that reportlab takes."""
    order, outlines = font.getGlyphOrder(), font.getGlyphSet()
    glyphs: dict[str, Any] = {}
    for name in order:
        pen = TTGlyphPen(None)
        outlines[name].draw(Cu2QuPen(pen, NEAR, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"], font["glyf"] = newTable("loca"), newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    for table in ("CFF ", "VORG"):
        if table in font:
            del font[table]
    most = font["maxp"]
    most.tableVersion = 0x00010000
    most.maxZones = 1
    for name in (
        "TwilightPoints",
        "Storage",
        "FunctionDefs",
        "InstructionDefs",
        "StackElements",
        "SizeOfInstructions",
        "ComponentElements",
    ):
        setattr(most, f"max{name}", 0)
    font["post"].formatType = 3.0
    font.sfntVersion = "\x00\x01\x00\x00"
