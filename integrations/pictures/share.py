"""The picture that goes with a shared link: seven calm bands, drawn without any text.

Text would need a Chinese font, of ten megabytes and more, in every installation; title and words stand beside the
picture wherever a link is shared.
"""

from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw

WIDTH, HEIGHT = 1200, 630
PAPER = "#fbfaf7"
SEVEN = ("#c8453c", "#dd8033", "#e6bd3f", "#5d9b57", "#3d97a3", "#3f6db0", "#80559e")
# Drawn larger and made smaller: Pillow's own curves have steps.
FINER = 2
BAND = 44


@cache
def share_picture(accent: int) -> bytes:
    """A PNG of seven arcs over paper, a sun in the colour of that number between them; the same bytes each time."""
    image = Image.new("RGB", (WIDTH * FINER, HEIGHT * FINER), PAPER)
    draw = ImageDraw.Draw(image)
    middle, ground = WIDTH * FINER // 2, (HEIGHT - 70) * FINER
    for place, colour in enumerate(SEVEN):
        _disc(draw, middle, ground, (480 - place * BAND) * FINER, colour)
    _disc(draw, middle, ground, (480 - len(SEVEN) * BAND) * FINER, PAPER)
    _disc(draw, middle, ground, 96 * FINER, SEVEN[accent])
    draw.rectangle((0, ground, WIDTH * FINER, HEIGHT * FINER), fill=PAPER)
    draw.rectangle((middle - 560 * FINER, ground, middle + 560 * FINER, ground + 6 * FINER), fill="#52606d")
    content = BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS).save(content, "PNG", optimize=True)
    return content.getvalue()


def _disc(draw: ImageDraw.ImageDraw, x: int, y: int, radius: int, colour: str) -> None:
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
