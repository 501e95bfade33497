"""Office files, which are archives: of the kind they say, whole, no larger than they look, and without macros."""

import re
import zlib
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from integrations.documents.errors import Unusable

ENTRIES_LIMIT, UNPACKED_LIMIT, XML_LIMIT = 5000, 100 * 1024 * 1024, 1024 * 1024
TYPES = "[Content_Types].xml"
# Macros, controls, packed objects, and whatever is a program by its name.
ACTIVE = re.compile(
    r"(?i)(^|/)(vbaproject|vbadata)[^/]*$|(^|/)activex/|(^|/)oleobject[^/]*\.bin$"
    r"|\.(docm|dotm|xlsm|xltm|xlsb|pptm|potm|ppsm|exe|dll|scr|com|bat|cmd|js|jse|vbs|vbe|wsf|hta|lnk|jar|ps1)$"
)
# An attribute holds no "<", so no place is read twice.
RELATION = re.compile(rb"<(?:\w{1,40}:)?Relationship\b[^<>]*>")
# What is fetched from elsewhere as soon as somebody opens the document, and may run there.
FETCHED = re.compile(rb"/(attachedTemplate|oleObject|frame|subDocument)[\"']")
UNREADABLE = (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def check_office(content: bytes, part: str, kind: str) -> None:
    """Refuse what lacks its main part, or holds more than a document holds."""
    if not content.startswith(b"PK\x03\x04"):
        raise Unusable("KIND")
    try:
        with ZipFile(BytesIO(content)) as archive:
            _check_entries(archive.infolist())
            _check_parts(archive, part, kind)
            # To its end: what is damaged nobody can open.
            if archive.testzip() is not None:
                raise Unusable("BROKEN")
    except UNREADABLE as error:
        raise Unusable("BROKEN") from error


def _check_entries(entries: list[ZipInfo]) -> None:
    """By what the archive says of itself; no more than that is ever unpacked."""
    if len(entries) > ENTRIES_LIMIT or sum(entry.file_size for entry in entries) > UNPACKED_LIMIT:
        raise Unusable("SIZE")
    names = {entry.filename for entry in entries}
    if len(names) != len(entries) or any(_leads_out(name) for name in names):
        raise Unusable("BROKEN")
    if any(entry.flag_bits & 1 or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for entry in entries):
        raise Unusable("BROKEN")
    if any(ACTIVE.search(name) for name in names):
        raise Unusable("ACTIVE")


def _leads_out(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/")


def _check_parts(archive: ZipFile, part: str, kind: str) -> None:
    names = archive.namelist()
    if part not in names or TYPES not in names:
        raise Unusable("KIND")
    types = _xml(archive, TYPES)
    if b"macroEnabled" in types:
        raise Unusable("ACTIVE")
    if kind.encode() not in types:
        raise Unusable("KIND")
    for name in names:
        if name.endswith(".rels") and any(map(_is_fetched, RELATION.findall(_xml(archive, name)))):
            raise Unusable("ACTIVE")


def _is_fetched(relation: bytes) -> bool:
    return b"External" in relation and FETCHED.search(relation) is not None


def _xml(archive: ZipFile, name: str) -> bytes:
    """A part that office programs write small, in UTF-8, and without declarations of its own."""
    if archive.getinfo(name).file_size > XML_LIMIT:
        raise Unusable("SIZE")
    content = archive.read(name)
    if b"<!DOCTYPE" in content or b"\0" in content:
        raise Unusable("BROKEN")
    return content
