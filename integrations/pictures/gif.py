"""GIF, block by block: what shows pictures is kept byte for byte, what tells anything else is left out."""

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


def stripped(content: bytes) -> tuple[bytes, int]:
    """The GIF without comments and other additions, and its number of frames; refuses what is not a whole GIF."""
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
    while content[place] != END:
        start = place
        if content[start] == EXTENSION:
            place = _blocks_end(content, start + 2)
            kept.append(_shown(content, start, place))
        elif content[start] == IMAGE:
            across, down = (_number(content, start + at) + _number(content, start + at + 4) for at in (1, 3))
            frames += 1
            if across > width or down > height:
                raise Unusable("BROKEN")
            if frames > FRAMES_LIMIT or frames * width * height > PIXELS_LIMIT:
                raise Unusable("PIXELS")
            # The table of colours, and the size of codes, stand before the blocks.
            place = _blocks_end(content, start + 10 + _colours(content[start + 9]) + 1)
            kept.append(content[start:place])
        else:
            raise Unusable("BROKEN")
    if not frames:
        raise Unusable("BROKEN")
    return b"".join(kept) + bytes([END]), frames


def _shown(content: bytes, start: int, end: int) -> bytes:
    """What of an extension is kept."""
    if content[start + 1] == CONTROL:
        # Four bytes, with their length before and nothing after.
        return content[start : start + 8] if end == start + 8 and content[start + 2] == 4 else b""
    is_loop = content[start + 1] == APPLICATION and content[start + 3 : start + 14] in LOOPS
    if is_loop and content[start + 14 : start + 16] == b"\x03\x01":
        return content[start : start + 18] + b"\0"
    return b""


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
