"""GIF, block by block: what shows pictures is kept, its pixels written anew; what tells anything else is left out."""

from io import BytesIO

from PIL import Image

from integrations.pictures.errors import Unusable

HEADERS = (b"GIF87a", b"GIF89a")
EXTENSION, IMAGE, END = 0x21, 0x2C, 0x3B
# How a picture is shown: its delay, its transparent colour.
CONTROL, APPLICATION = 0xF9, 0xFF
# The one application block that shows: how often the pictures are repeated.
LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
FRAMES_LIMIT = 500
# Of all frames together, each taken as large as the whole.
PIXELS_LIMIT = 200_000_000
# In hundredths of a second: whoever approves sees every frame without waiting for ever.
DELAY_LIMIT = 1_000
# Shades that are their own numbers, so that codes are read as what they are, whatever the colours.
SHADES = bytes(shade for number in range(256) for shade in (number,) * 3)


def stripped(content: bytes) -> tuple[bytes, int]:
    """The GIF without comments and other additions, and its number of frames; refuses what is not a whole GIF.

    Every frame is decoded: what Pillow raises over those that are damaged is not caught here.
    """
    try:
        return _stripped(content)
    except IndexError as error:
        raise Unusable("BROKEN") from error


def _stripped(content: bytes) -> tuple[bytes, int]:
    if not content.startswith(HEADERS):
        raise Unusable("KIND")
    width, height = _number(content, 6), _number(content, 8)
    place = 13 + _colours(content[10])
    kept, frames = [content[:place]], 0
    control = loop = b""
    while content[place] != END:
        start = place
        if content[start] == EXTENSION:
            place = _blocks_end(content, start + 2)
            # Only the last before a frame counts, and one number of rounds.
            control = _control(content, start, place) or control
            loop = loop or _loop(content, start)
        elif content[start] == IMAGE:
            across, down = (_number(content, start + at) + _number(content, start + at + 4) for at in (1, 3))
            frames += 1
            if across > width or down > height:
                raise Unusable("BROKEN")
            if frames > FRAMES_LIMIT or frames * width * height > PIXELS_LIMIT:
                raise Unusable("PIXELS")
            # The table of colours, and the size of codes, stand before the blocks.
            place = _blocks_end(content, start + 10 + _colours(content[start + 9]) + 1)
            kept += [control, _drawn(content, start, place)]
            control = b""
        else:
            raise Unusable("BROKEN")
    if not frames:
        raise Unusable("BROKEN")
    return b"".join([kept[0], loop, *kept[1:], bytes([END])]), frames


def _control(content: bytes, start: int, end: int) -> bytes:
    """How the next frame is shown: four bytes, with their length before and nothing after."""
    if content[start + 1] != CONTROL or end != start + 8 or content[start + 2] != 4:
        return b""
    # How it is disposed of, and whether a colour is transparent; nobody is waited for.
    flags, delay = content[start + 3] & 0x1D, min(_number(content, start + 4), DELAY_LIMIT)
    return content[start : start + 3] + bytes([flags, delay & 0xFF, delay >> 8, content[start + 6], 0])


def _loop(content: bytes, start: int) -> bytes:
    is_loop = content[start + 1] == APPLICATION and content[start + 3 : start + 14] in LOOPS
    if is_loop and content[start + 14 : start + 16] == b"\x03\x01":
        return content[start : start + 18] + b"\0"
    return b""


def _drawn(content: bytes, start: int, end: int) -> bytes:
    """A frame with its pixels written anew: what follows the last of them, or is no code at all, is gone."""
    data = start + 10 + _colours(content[start + 9])
    size, flags = content[start + 5 : start + 9], content[start + 9]
    alone = b"GIF89a" + size + b"\xf7\0\0" + SHADES + b",\0\0\0\0" + size + bytes([flags & 0x40]) + content[data:end]
    written = BytesIO()
    with Image.open(BytesIO(alone + b";"), formats=["GIF"]) as frame:
        frame.save(written, "GIF", optimize=False, interlace=False)
    anew = written.getvalue()
    place = 13 + _colours(anew[10])
    while anew[place] == EXTENSION:
        place = _blocks_end(anew, place + 2)
    # Behind the place and size of the frame, and its flags, with the table of its own colours.
    place += 10 + _colours(anew[place + 9])
    table = content[start + 10 : data]
    return content[start : start + 9] + bytes([flags & 0x87]) + table + anew[place : _blocks_end(anew, place + 1)]


def _blocks_end(content: bytes, place: int) -> int:
    """Where a row of blocks ends, each with its length before it, the last one empty."""
    while content[place]:
        place += content[place] + 1
    return place + 1


def _colours(flags: int) -> int:
    """How many bytes the table of colours takes that these flags announce."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _number(content: bytes, place: int) -> int:
    return content[place] | content[place + 1] << 8
