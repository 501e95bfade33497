"""What is kept of a picture is what it shows, and nothing else."""

import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, ImageCms, PngImagePlugin

from domain.terms import PictureKind
from integrations.pictures import cleaning
from integrations.pictures.cleaning import cleaned
from integrations.pictures.errors import Unusable
from tests.factories.pictures import MAKER, PLACE, TURNED, WORDS, drawn, gif, jpeg, written

TOLD = (MAKER, PLACE, WORDS, b"Exif", b"ICC_PROFILE", b"XMP", b"after the end")


def image_of(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two images of a size, in shades."""
    assert one.size == other.size
    pairs = zip(one.convert("L").tobytes(), other.convert("L").tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (one.width * one.height)


def test_a_photograph_loses_all_that_it_tells_and_keeps_what_it_shows():
    given = jpeg() + b"after the end"
    assert all(told in given for told in (MAKER, PLACE, WORDS, b"Exif", b"ICC_PROFILE", b"after the end"))
    found = cleaned(given)
    assert (found.kind, found.width, found.height) == (PictureKind.JPEG, 60, 40)
    assert not [told for told in TOLD if told in found.content]
    assert set(image_of(found.content).info) == {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert difference(image_of(found.content), drawn()) < 3


def test_a_photograph_taken_sideways_stands_upright():
    found = cleaned(jpeg(orientation=TURNED))
    assert (found.width, found.height) == (40, 60)
    assert difference(image_of(found.content), drawn().transpose(Image.Transpose.ROTATE_270)) < 3


def test_of_several_pictures_in_one_photograph_only_the_one_that_is_shown_is_kept():
    several = written(drawn(), "MPO", save_all=True, append_images=[drawn(shade=90)])
    found = cleaned(several)
    assert several.count(b"\xff\xd8\xff") == 2
    assert (found.kind, found.content.count(b"\xff\xd8\xff"), b"MPF" in found.content) == (PictureKind.JPEG, 1, False)
    assert difference(image_of(found.content), drawn()) < 3


def test_a_png_loses_its_text_and_keeps_its_transparency():
    text = PngImagePlugin.PngInfo()
    text.add_text("Author", WORDS.decode())
    text.add_itxt("XML:com.adobe.xmp", PLACE.decode())
    image = drawn(mode="P")
    image.info["transparency"] = 0
    found = cleaned(written(image, "PNG", pnginfo=text, dpi=(72, 72)))
    assert not [told for told in (WORDS, PLACE, b"tEXt", b"iTXt", b"pHYs") if told in found.content]
    assert image_of(found.content).convert("RGBA").tobytes() == image.convert("RGBA").tobytes()


def with_a_face_erased(mode: str) -> Image.Image:
    """Half of it is seen; the other half only seems to be gone."""
    image = drawn(mode=mode)
    if mode in ("LA", "RGBA"):
        seen = Image.new("L", image.size)
        seen.paste(200, (0, 20, 60, 40))
        image.putalpha(seen)
        return image
    face = (9, 8, 7) if mode == "RGB" else 9
    image.paste(face, (0, 0, 60, 20))
    image.info["transparency"] = face
    return image


@pytest.mark.parametrize("mode", ["LA", "RGBA", "L", "P", "RGB"])
def test_what_was_erased_from_a_png_is_gone(mode: str):
    image = with_a_face_erased(mode)
    found = image_of(cleaned(written(image, "PNG")).content).convert("RGBA")
    seen = image_of(written(image, "PNG")).convert("RGBA")
    assert {found.getpixel((x, y)) for x in range(60) for y in range(20)} == {(0, 0, 0, 0)}
    lower = (0, 20, 60, 40)
    assert found.crop(lower).tobytes() == seen.crop(lower).tobytes()


def test_what_was_erased_from_a_png_of_sixteen_bits_is_gone():
    image = Image.new("I;16", (4, 2), 0x9AFF)
    image.putpixel((0, 0), 0x1234)
    content = bytearray(written(image, "PNG"))
    at = content.index(b"IDAT") - 4
    chunk = b"tRNS\x9a\xff"
    content[at:at] = b"\0\0\0\x02" + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    found = image_of(cleaned(bytes(content)).content).convert("RGBA")
    assert (found.getpixel((0, 0)), found.getpixel((3, 1))) == ((0x12, 0x12, 0x12, 255), (0, 0, 0, 0))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_png_is_written_anew_as_the_same_picture(mode: str):
    image = Image.new(mode, (9, 7), 1 if mode == "1" else 0)
    found = cleaned(written(image, "PNG"))
    assert (found.kind, found.width, found.height) == (PictureKind.PNG, 9, 7)
    assert image_of(found.content).convert("L").getextrema() == image.convert("L").getextrema()


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_photograph_of_other_colours_becomes_one_that_every_platform_shows(mode: str):
    found = cleaned(written(drawn(mode=mode), "JPEG"))
    assert image_of(found.content).mode == ("L" if mode == "L" else "RGB")


def test_colours_are_turned_into_those_that_need_no_profile():
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    image = drawn()
    # A profile that fits no picture of this kind is passed over; the picture stays.
    odd = cleaned(written(image, "PNG", icc_profile=wide.tobytes()))
    assert b"iCCP" not in odd.content
    assert difference(image_of(odd.content), image) == 0


def test_a_moving_picture_keeps_each_frame_and_loses_its_comment():
    given = gif()
    found = cleaned(given)
    assert WORDS in given
    assert (WORDS in found.content, found.kind, found.width, found.height) == (False, PictureKind.GIF, 60, 40)
    before, after = Image.open(BytesIO(given)), Image.open(BytesIO(found.content))
    assert (after.n_frames, after.info["loop"]) == (3, 0)  # type: ignore[attr-defined]
    for frame in range(3):
        before.seek(frame)
        after.seek(frame)
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()
        assert after.info["duration"] == before.info["duration"]


CUT = jpeg()
BROKEN: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "KIND"),
    "a page": (b"<script>alert(1)</script>", "KIND"),
    "a drawing with scripts": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "KIND"),
    "another kind of picture": (written(drawn(), "BMP"), "KIND"),
    "only a beginning": (b"\xff\xd8\xff\xe0", "BROKEN"),
    "a page that begins like a picture": (b"\xff\xd8\xff<script>", "BROKEN"),
    "cut at a fifth": (CUT[: len(CUT) // 5], "BROKEN"),
    "cut near its end": (CUT[:-20], "BROKEN"),
    "a cut PNG": (written(drawn(), "PNG")[:-30], "BROKEN"),
    "a cut GIF": (gif()[:-30], "BROKEN"),
    "thousands of scans": (CUT + b"\xff\xda" * 101, "PIXELS"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_whole_picture_is_refused(name: str):
    content, code = BROKEN[name]
    with pytest.raises(Unusable) as caught:
        cleaned(content)
    assert caught.value.code == code


@pytest.mark.parametrize("side", [7_000, 11_000, 40_000])
def test_a_picture_of_too_many_pixels_is_refused_by_its_header(side: int, monkeypatch: pytest.MonkeyPatch):
    content = written(Image.new("1", (side, side)), "PNG")
    assert len(content) < 1_000_000

    def decoded(*_: Any) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load", decoded)
    with pytest.raises(Unusable) as caught:
        cleaned(content)
    assert caught.value.code == "PIXELS"


def test_the_same_picture_always_becomes_the_same_bytes():
    assert cleaned(jpeg()).content == cleaned(jpeg()).content != cleaned(jpeg(shade=9)).content
    assert cleaning.PIXELS_LIMIT == 40_000_000
