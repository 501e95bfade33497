"""A reviewer sees of a lesson what does not tell whose it is."""

from typing import Any

from domain.lessons.content import Attachment, Content
from domain.terms import FileKind, ServiceKind
from schema.calls import blind


def test_pictures_are_shown_without_who_made_them_and_documents_are_not():
    files = [Attachment(str(kind), kind.zh, kind, 9, "00" * 32, credit="某队") for kind in FileKind]
    shown: Any = blind(Content("课", ServiceKind.STUDY_HELP, "", "文", "某队", attachments=tuple(files)))
    assert [each.kind for each in shown.pictures] == [FileKind.JPEG, FileKind.PNG, FileKind.GIF]
    assert {each.credit for each in shown.pictures} == {""}
