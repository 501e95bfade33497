"""PDF: whole, open to everybody, and without scripts or programs, as far as its names tell."""

import re
import zlib

from integrations.documents.errors import Unusable

# Where a stream says what it is, how many there are, and how far those that hold objects unpack.
DICTIONARY, STREAMS_LIMIT, UNPACKED_LIMIT = 2048, 50_000, 64 * 1024 * 1024
STREAM = re.compile(rb">>\s{0,16}stream\r?\n")
END = b"endstream"


def _named(*names: str) -> re.Pattern[bytes]:
    """These names, with any letter written as its number."""
    spelt = ["".join(f"(?:{letter}|#(?i:{ord(letter):02x}))" for letter in name) for name in names]
    return re.compile(f"/(?:{'|'.join(spelt)})(?![A-Za-z0-9#])".encode())


ACTIVE = _named("JavaScript", "JS", "Launch", "EmbeddedFile", "EmbeddedFiles", "RichMedia", "XFA", "ImportData")
LOCKED = _named("Encrypt")
OBJECTS = _named("ObjStm")


def check_pdf(content: bytes) -> None:
    """Refuse what is no PDF, was cut off, is locked, or runs something."""
    if not content.startswith(b"%PDF-"):
        raise Unusable("KIND")
    if b"%%EOF" not in content[-1024:]:
        raise Unusable("BROKEN")
    told = _told(content)
    if LOCKED.search(told):
        raise Unusable("BROKEN")
    if ACTIVE.search(told):
        raise Unusable("ACTIVE")


def _told(content: bytes) -> bytes:
    """All but what streams hold, which are pictures and letters; and the objects that are packed in streams."""
    parts: list[bytes] = []
    place = unpacked = 0
    while (found := STREAM.search(content, place)) is not None:
        if len(parts) >= STREAMS_LIMIT:
            raise Unusable("SIZE")
        parts.append(content[place : found.end()])
        ends = content.find(END, found.end())
        if ends < 0:
            raise Unusable("BROKEN")
        if OBJECTS.search(content[max(place, found.start() - DICTIONARY) : found.end()]):
            parts.append(_unpacked(content[found.end() : ends], UNPACKED_LIMIT - unpacked))
            unpacked += len(parts[-1])
        place = ends + len(END)
    return b"\n".join([*parts, content[place:]])


def _unpacked(packed: bytes, limit: int) -> bytes:
    try:
        found = zlib.decompressobj()
        objects = found.decompress(packed, limit + 1)
    except zlib.error as error:
        raise Unusable("BROKEN") from error
    if len(objects) > limit:
        raise Unusable("SIZE")
    return objects
