"""GIF, block by block."""

from io import BytesIO

import pytest
from PIL import Image

from integrations.pictures import gif as blocks
from integrations.pictures.errors import Unusable
from integrations.pictures.gif import stripped
from tests.factories.pictures import gif

COMMENT = b"\x21\xfe\x05words\x00"
TEXT = b"\x21\x01\x0c" + bytes(12) + b"\x03abc\x00"
OTHER_PROGRAM = b"\x21\xff\x0bXMP DataXMP\x04spot\x00"
LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"


def plain() -> bytes:
    """A GIF of one frame with nothing to be left out."""
    bare, frames = stripped(gif(frames=1))
    assert frames == 1
    return bare


@pytest.mark.parametrize("addition", [COMMENT, TEXT, OTHER_PROGRAM, COMMENT * 3, LOOP[:-1] + b"\x04more\x00"])
def test_what_shows_nothing_is_left_out_wherever_it_stands(addition: bytes):
    bare = plain()
    place = 13 + 3 * 2 ** ((bare[10] & 7) + 1)
    for at in (place, len(bare) - 1):
        found, _ = stripped(bare[:at] + addition + bare[at:])
        assert found in (bare, bare[:place] + LOOP + bare[place:])


def test_how_often_it_goes_round_stays():
    bare = plain()
    place = 13 + 3 * 2 ** ((bare[10] & 7) + 1)
    assert stripped(bare[:-1] + LOOP * 9 + b";")[0] == bare[:place] + LOOP + bare[place:]


def hidden_in(content: bytes, words: bytes) -> bytes:
    """With words as one more block behind the pixels of the last frame."""
    assert content.endswith(b"\0;")
    return content[:-2] + bytes([len(words)]) + words + b"\0;"


def test_what_follows_the_pixels_of_a_frame_is_gone():
    assert stripped(hidden_in(plain(), b"words that nobody sees"))[0] == plain()


@pytest.mark.parametrize("is_interlaced", [False, True])
def test_frames_written_anew_show_the_same(is_interlaced: bool):
    given = gif(frames=1, interlace=is_interlaced)
    before, after = [Image.open(BytesIO(content)) for content in (given, stripped(given)[0])]
    assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()


def control(delay: int, flags: int = 0) -> bytes:
    return b"\x21\xf9\x04" + bytes([flags]) + delay.to_bytes(2, "little") + b"\0\0"


def test_no_frame_is_shown_for_longer_than_ten_seconds_and_none_waits_for_a_person():
    bare = plain()
    place = 13 + 3 * 2 ** ((bare[10] & 7) + 1)
    assert bare[place] == blocks.IMAGE
    found, _ = stripped(bare[:place] + control(7, 0x04) + control(60_000, 0xE6) + bare[place:])
    assert found == bare[:place] + control(1_000, 0x04) + bare[place:]


def test_what_follows_the_end_is_gone():
    assert stripped(plain() + b"PK archive")[0] == plain()


@pytest.mark.parametrize("length", range(0, 200, 7))
def test_a_file_that_ends_too_early_is_refused(length: int):
    with pytest.raises(Unusable):
        stripped(plain()[:length])


def test_a_frame_beyond_the_whole_is_refused():
    content = bytearray(plain())
    content[6:8] = b"\x01\x00"
    with pytest.raises(Unusable, match="BROKEN"):
        stripped(bytes(content))


@pytest.mark.parametrize(("name", "limit"), [("FRAMES_LIMIT", 2), ("PIXELS_LIMIT", 3 * 60 * 40 - 1)])
def test_too_many_frames_are_refused_before_any_is_decoded(name: str, limit: int, monkeypatch: pytest.MonkeyPatch):
    content = gif(frames=3)
    assert stripped(content)[1] == 3
    monkeypatch.setattr(blocks, name, limit)
    with pytest.raises(Unusable, match="PIXELS"):
        stripped(content)
