"""Pictures as they are printed: upright already and without metadata, and no larger than a page can show."""

from dataclasses import dataclass
from io import BytesIO

from PIL import Image

# 20 cm at 300 dots an inch.
LONGEST = 2400
QUALITY = 90


@dataclass(frozen=True)
class Plate:
    """A picture with its words (图片), as a JPEG."""

    content: bytes
    width: int
    height: int
    caption: str
    credit: str


def plate(content: bytes, caption: str, credit: str) -> Plate:
    """Of a moving picture the first frame; what is transparent is white, as paper is."""
    with Image.open(BytesIO(content)) as given:
        given.load()
        seen = given.convert("RGBA")
    page = Image.new("RGB", seen.size, "white")
    page.paste(seen, mask=seen.getchannel("A"))
    page.thumbnail((LONGEST, LONGEST))
    written = BytesIO()
    page.save(written, "JPEG", quality=QUALITY, dpi=(300, 300))
    return Plate(written.getvalue(), *page.size, caption, credit)
