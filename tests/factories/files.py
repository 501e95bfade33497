"""Documents made for tests: those that a lesson may have, and what may be wrong with them."""

import zlib
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.terms import FileKind
from domain.units.models import Unit
from domain.uploads.models import LessonFile
from tests.factories.units import add_user

OFFICE = "application/vnd.openxmlformats-officedocument"
MAIN = {
    FileKind.DOCX: ("word/document.xml", "wordprocessingml.document"),
    FileKind.PPTX: ("ppt/presentation.xml", "presentationml.presentation"),
    FileKind.XLSX: ("xl/workbook.xml", "spreadsheetml.sheet"),
}


def pdf(*objects: bytes, packed: bytes | None = None) -> bytes:
    """A PDF of one empty page, with further objects, some packed in a stream."""
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>", *objects]
    if packed is not None:
        parts.append(b"<< /Type /ObjStm /Filter /FlateDecode >>\nstream\n" + zlib.compress(packed) + b"\nendstream")
    body = b"".join(b"%d 0 obj\n%b\nendobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R >>\n%%EOF\n"


def office(kind: FileKind, *, types: str = "", without: str = "", **more: str) -> bytes:
    """An office file, with further parts by their names; one may be left out."""
    part, word = MAIN[kind]
    declared = f'<Types><Override PartName="/{part}" ContentType="{OFFICE}.{word}.main+xml"/>{types}</Types>'
    parts = {"[Content_Types].xml": declared, "_rels/.rels": "<Relationships/>", part: "<w/>"} | more
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            if name != without:
                archive.writestr(name, text)
    return content.getvalue()


async def add_file(session: AsyncSession, unit: Unit, **columns: Any) -> LessonFile:
    """A file handed in for the lessons of a unit, committed; its bytes are nowhere."""
    user = await add_user(session, unit, login=f"teacher {new_id()}")
    facts: dict[str, Any] = {
        "id": new_id(),
        "unit_id": unit.id,
        "unit_path": unit.path,
        "kind": FileKind.PDF,
        "size": 67,
        "sha256": sha256(new_id().bytes).hexdigest(),
        "created_at": datetime.now(UTC),
        "created_by": user.id,
    }
    file = LessonFile(**(facts | columns))
    session.add(file)
    await session.commit()
    return file
