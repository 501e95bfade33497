"""A picture as it was handed in becomes the one that is kept: really decoded, upright, and bare of everything else.

Where it was taken, with which device, by whom and when, comments, thumbnails and what follows the end are gone. Colours
are turned into sRGB, so that no profile has to stay.
"""

import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, ImageOps

from domain.terms import PictureKind
from integrations.pictures.errors import Unusable
from integrations.pictures.gif import stripped

BEGINNINGS = {b"\xff\xd8\xff": PictureKind.JPEG, b"\x89PNG\r\n\x1a\n": PictureKind.PNG, b"GIF8": PictureKind.GIF}
PIXELS_LIMIT = 40_000_000
# A JPEG of half a megabyte with thousands of scans takes a minute to decode; honest ones have about ten.
SCAN, SCANS_LIMIT = b"\xff\xda", 100
JPEG_QUALITY = 90
# Where a PNG says how many bits each of its numbers has.
PNG_DEPTH = 24
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
# What Pillow raises over bytes that are no picture.
BROKEN = (OSError, SyntaxError, ValueError, TypeError, LookupError, ArithmeticError, EOFError, struct.error, zlib.error)


@dataclass(frozen=True)
class Cleaned:
    """A picture that may be kept and sent."""

    kind: PictureKind
    width: int
    height: int
    content: bytes


def cleaned(content: bytes) -> Cleaned:
    """What is kept of a picture; raises `Unusable`. Takes up to seconds: not for the event loop."""
    kind = next((kind for beginning, kind in BEGINNINGS.items() if content.startswith(beginning)), None)
    if kind is None:
        raise Unusable("KIND")
    try:
        return _gif(content) if kind is PictureKind.GIF else _still(content, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unusable("PIXELS") from error
    except BROKEN as error:
        raise Unusable("BROKEN") from error


def _gif(content: bytes) -> Cleaned:
    """Decoded and written anew, frame by frame."""
    with Image.open(BytesIO(content), formats=["GIF"]) as image:
        _check(image)
    bare, _ = stripped(content)
    return Cleaned(PictureKind.GIF, image.width, image.height, bare)


def _still(content: bytes, kind: PictureKind) -> Cleaned:
    if kind is PictureKind.JPEG and content.count(SCAN) > SCANS_LIMIT:
        raise Unusable("PIXELS")
    with Image.open(BytesIO(content), formats=[kind.value]) as opened:
        _check(opened)
        opened.load()
        is_deep = kind is PictureKind.PNG and content[PNG_DEPTH] == 16
        image = _in_srgb(_see_through(_upright(opened), is_deep=is_deep), is_jpeg=kind is PictureKind.JPEG)
    if image.mode in ("LA", "RGBA"):
        # What was erased is gone, not only unseen.
        seen, image = image, Image.new(image.mode, image.size)
        image.paste(seen, mask=seen.getchannel("A").point(lambda alpha: alpha and 255))
    # Whatever Pillow read beside the pixels it would write again: comments, profiles, text.
    image.info = {}
    written = BytesIO()
    options: dict[str, Any] = {"quality": JPEG_QUALITY} if kind is PictureKind.JPEG else {}
    image.save(written, kind.value, optimize=True, **options)
    return Cleaned(kind, image.width, image.height, written.getvalue())


def _check(image: Image.Image) -> None:
    """The header says how many pixels there will be, before any of them is decoded."""
    if image.width * image.height > PIXELS_LIMIT:
        raise Unusable("PIXELS")


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its orientation says; one whose notes cannot be read stays as it is."""
    try:
        return ImageOps.exif_transpose(image)
    except BROKEN:
        return image.copy()


def _see_through(image: Image.Image, *, is_deep: bool) -> Image.Image:
    """With an alpha for each pixel, where a colour or an entry of the palette stands for none."""
    clear = image.info.get("transparency")
    if clear is None or image.mode in ("LA", "RGBA"):
        return image
    if is_deep:
        # Of sixteen bits eight are left, of the colour that stands for none too.
        image = _eight_bits(image)
        image.info["transparency"] = clear >> 8 if isinstance(clear, int) else tuple(each >> 8 for each in clear)
    return image.convert("RGBA")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Of grey with sixteen bits."""
    if not image.mode.startswith(("I", "F")):
        return image
    return image.convert("I").point(lambda value: value / 256).convert("L")


def _in_srgb(image: Image.Image, *, is_jpeg: bool) -> Image.Image:
    """In a mode that is written as it is, with the colours of sRGB."""
    image = _eight_bits(image)
    profile = image.info.get("icc_profile")
    if profile:
        image = _converted(image, profile)
    if is_jpeg:
        return image if image.mode in ("L", "RGB") else image.convert("RGB")
    return image if image.mode in ("1", "L", "LA", "P", "RGB", "RGBA") else image.convert("RGBA")


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    if image.mode == "P":
        image = image.convert("RGB")
    try:
        mode = "RGBA" if image.mode in ("RGBA", "LA", "PA") else "RGB"
        source = image.convert("RGBA") if image.mode in ("LA", "PA") else image
        found = ImageCms.profileToProfile(source, ImageCms.ImageCmsProfile(BytesIO(profile)), SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, *BROKEN):
        # A profile that nobody can read: shown as most programs would show it.
        return image
    return image if found is None else found
