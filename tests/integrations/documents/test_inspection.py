"""A document is what it says and runs nothing, or it is not taken."""

import zlib
from typing import Any

import pytest

from domain.terms import FileKind
from integrations.documents import office as archives
from integrations.documents import pdf as papers
from integrations.documents.errors import Unusable
from integrations.documents.inspection import inspect
from tests.factories.files import MAIN, office, pdf
from tests.factories.pictures import jpeg

DOCX, PDF, TXT = FileKind.DOCX, FileKind.PDF, FileKind.TXT
# A name within a picture says nothing.
PICTURE = b"<< /Subtype /Image /Length 9 >>\nstream\n/JS /Launch \nendstream"
TEMPLATE = (
    '<Relationships><Relationship Id="r" Type="http://schemas.example/relationships/attachedTemplate" '
    'Target="http://elsewhere.example/t.dotm" TargetMode="External"/></Relationships>'
)
LINK = TEMPLATE.replace("attachedTemplate", "hyperlink")


def code(content: bytes, kind: FileKind) -> str | None:
    try:
        inspect(content, kind)
    except Unusable as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf(), PDF),
        (pdf(PICTURE, packed=b"1 0 << /Type /Page >>"), PDF),
        (pdf(b"<< /JSON 1 /Launcher 2 >>"), PDF),
        *((office(kind), kind) for kind in MAIN),
        (office(DOCX, **{"word/_rels/document.xml.rels": LINK}), DOCX),
        (office(FileKind.PPTX, **{"ppt/embeddings/sheet1.xlsx": "PK"}), FileKind.PPTX),
        ("\ufeff看短片,记六个不。\r\n\t- 不私自下水\n".encode(), TXT),
    ],
)
def test_a_sound_document_is_taken(content: bytes, kind: FileKind):
    assert code(content, kind) is None


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (jpeg(), PDF),
        (b"\n" + pdf(), PDF),
        (pdf(), DOCX),
        (office(DOCX), FileKind.PPTX),
        (office(DOCX), PDF),
        (office(DOCX, without="word/document.xml"), DOCX),
        (office(DOCX, **{"[Content_Types].xml": "<Types/>"}), DOCX),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), DOCX),
        ("六个不".encode("gb18030"), TXT),
        (b"MZ\0\0", TXT),
    ],
)
def test_what_is_not_what_it_says_is_refused(content: bytes, kind: FileKind):
    assert code(content, kind) == "KIND"


@pytest.mark.parametrize(
    "content",
    [
        pdf(b"<< /S /JavaScript /JS (app.alert) >>"),
        pdf(b"<< /S /J#61vaScript >>"),
        pdf(b"<< /S /#4cau#6Ech /F (calc.exe) >>"),
        pdf(b"<< /Names << /EmbeddedFiles 9 0 R >> >>"),
        pdf(packed=b"1 0 << /OpenAction << /S /JavaScript >> >>"),
    ],
)
def test_a_pdf_that_runs_something_is_refused(content: bytes):
    assert code(content, PDF) == "ACTIVE"


@pytest.mark.parametrize(
    "more",
    [
        {"word/vbaProject.bin": "x"},
        {"word/VBAPROJECT.BIN": "x"},
        {"word/activeX/activeX1.xml": "x"},
        {"word/embeddings/oleObject1.bin": "x"},
        {"word/embeddings/run.exe": "x"},
        {"types": '<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>'},
        {"word/_rels/settings.xml.rels": TEMPLATE},
    ],
)
def test_an_office_file_with_macros_programs_or_a_foreign_template_is_refused(more: dict[str, Any]):
    assert code(office(DOCX, **more), DOCX) == "ACTIVE"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (pdf()[:-20], PDF),
        (pdf(b"<< /Encrypt 9 0 R >>"), PDF),
        (pdf(b"<< /Type /ObjStm >>\nstream\nnot packed\nendstream"), PDF),
        (pdf(b"<< /Length 9 >>\nstream\nnever ends"), PDF),
        (office(DOCX)[:-30], DOCX),
        (office(DOCX, **{"../outside.xml": "x"}), DOCX),
        (office(DOCX, **{"_rels/.rels": "<!DOCTYPE r [<!ENTITY a 'b'>]>"}), DOCX),
    ],
)
def test_a_damaged_or_locked_document_is_refused(content: bytes, kind: FileKind):
    assert code(content, kind) == "BROKEN"


def test_one_wrong_byte_within_an_office_file_is_found():
    content = bytearray(office(DOCX, **{"word/media/note.txt": "六个不" * 100}))
    place = content.index(b"word/media/note.txt") + len("word/media/note.txt") + 3
    content[place] ^= 0xFF
    assert code(bytes(content), DOCX) == "BROKEN"


def test_what_unpacks_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch):
    bomb = office(DOCX, **{"word/media/a.bin": "0" * archives.UNPACKED_LIMIT})
    assert len(bomb) < 1024 * 1024
    assert code(bomb, DOCX) == "SIZE"
    many = {f"word/{number}": "" for number in range(archives.ENTRIES_LIMIT)}
    assert code(office(DOCX, **many), DOCX) == "SIZE"
    assert code(office(DOCX, **{"_rels/.rels": " " * (archives.XML_LIMIT + 1)}), DOCX) == "SIZE"
    monkeypatch.setattr(papers, "UNPACKED_LIMIT", 1000)
    assert code(pdf(packed=bytes(1001)), PDF) == "SIZE"
    assert code(pdf(packed=bytes(1000)), PDF) is None
    monkeypatch.setattr(papers, "STREAMS_LIMIT", 1)
    assert code(pdf(PICTURE, PICTURE), PDF) == "SIZE"


def test_a_part_that_opens_relations_without_end_is_read_once():
    # Read anew from each opening, this would take hours.
    assert code(office(DOCX, **{"_rels/.rels": "<Relationship " * 70_000}), DOCX) is None


def test_objects_that_are_packed_twice_are_not_taken_for_text():
    assert code(pdf(packed=zlib.compress(b"/JavaScript")), PDF) is None
