"""Whether a document is what it says, and runs nothing: PDF, office files, plain text."""

from collections.abc import Callable

from domain.terms import FileKind
from integrations.documents.errors import Unusable
from integrations.documents.office import check_office
from integrations.documents.pdf import check_pdf

# Beside tabulators and the ends of lines and pages.
CONTROLS = frozenset(map(chr, range(32))) - frozenset("\t\n\r\f")
PARTS = {
    FileKind.DOCX: ("word/document.xml", "wordprocessingml.document.main+xml"),
    FileKind.PPTX: ("ppt/presentation.xml", "presentationml.presentation.main+xml"),
    FileKind.XLSX: ("xl/workbook.xml", "spreadsheetml.sheet.main+xml"),
}


def inspect(content: bytes, kind: FileKind) -> None:
    """Raise `Unusable` unless these bytes are such a document. Takes up to seconds: not for the event loop."""
    if kind in PARTS:
        check_office(content, *PARTS[kind])
    else:
        CHECKS[kind](content)


def _check_text(content: bytes) -> None:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unusable("KIND") from error
    if CONTROLS & set(text):
        raise Unusable("KIND")


CHECKS: dict[FileKind, Callable[[bytes], None]] = {FileKind.PDF: check_pdf, FileKind.TXT: _check_text}
