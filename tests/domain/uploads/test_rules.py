"""Which files are taken, where their bytes are kept, and which addresses hold."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from domain.base.keyring import KeySet
from domain.refusals import Invalid, Reason
from domain.terms import PictureKind, UploadPurpose
from domain.uploads.addresses import holds, signed
from domain.uploads.rules import TERMS, are_of, check_file, digest_of, key_of, kind_of, media_type_of

POST, ATTACHED = UploadPurpose.POST_PICTURE, UploadPurpose.LESSON_ATTACHMENT
SIZE_LIMIT = TERMS[POST].size_limit
ID = UUID(int=7)
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
OLD, NEW = KeySet("old", {"old": b"o" * 32}), KeySet("new", {"old": b"o" * 32, "new": b"n" * 32})


@pytest.mark.parametrize("content_type", ["image/jpeg", "image/png", "IMAGE/GIF"])
@pytest.mark.parametrize("size", [1, SIZE_LIMIT])
def test_pictures_up_to_the_limit_are_taken(content_type: str, size: int):
    assert check_file(POST, "课", content_type, size, path="files.0") is None


@pytest.mark.parametrize(
    ("content_type", "size", "reason", "field"),
    [
        ("image/svg+xml", 9, Reason.FILE_KIND, "contentType"),
        ("text/html", 9, Reason.FILE_KIND, "contentType"),
        ("image/png", 0, Reason.FILE_SIZE, "size"),
        ("image/png", -1, Reason.FILE_SIZE, "size"),
        ("image/png", SIZE_LIMIT + 1, Reason.FILE_SIZE, "size"),
    ],
)
def test_other_files_are_refused_before_they_come(content_type: str, size: int, reason: Reason, field: str):
    with pytest.raises(Invalid) as caught:
        check_file(POST, "课", content_type, size, path="files.3")
    assert (caught.value.reason, caught.value.path) == (reason, ("files", "3", field))


@pytest.mark.parametrize(("name", "content_type"), [("教案.pdf", "application/pdf"), ("说明.TXT", "text/plain")])
def test_documents_are_taken_for_lessons_by_their_name_and_what_they_are_announced_as(name: str, content_type: str):
    kind = check_file(ATTACHED, name, content_type, TERMS[ATTACHED].size_limit, path="files.0")
    assert kind is not None
    assert media_type_of(key_of(ID, "00", kind)) == content_type


@pytest.mark.parametrize(
    ("name", "content_type", "field"),
    [
        ("教案.exe", "application/pdf", "name"),
        ("教案.pdf.docx", "application/pdf", "name"),
        ("教案", "text/plain", "name"),
        ("教案.mp4", "video/mp4", "contentType"),
        ("教案.docm", "application/vnd.ms-word.document.macroEnabled.12", "contentType"),
        ("课.jpg", "image/jpeg", "contentType"),
    ],
)
def test_a_document_whose_name_and_kind_differ_is_refused(name: str, content_type: str, field: str):
    with pytest.raises(Invalid) as caught:
        check_file(ATTACHED, name, content_type, 9, path="files.0")
    assert (caught.value.reason, caught.value.path) == (Reason.FILE_KIND, ("files", "0", field))


@pytest.mark.parametrize("kind", PictureKind)
def test_a_key_names_the_bytes_and_their_kind(kind: PictureKind):
    digest = sha256(b"picture").hexdigest()
    key = key_of(ID, digest, kind)
    assert key.startswith(f"{ID}/")
    assert (digest_of(key), kind_of(key)) == (digest, kind)
    assert are_of(key, b"picture")
    assert not are_of(key, b"pictura")


def parts(address: str) -> tuple[str, dict[str, str]]:
    path, _, query = address.partition("?")
    return path, dict(each.split("=") for each in query.split("&"))


def test_an_address_holds_until_its_end_by_whichever_key_it_was_made():
    path, query = parts(signed("/uploads/1", OLD, until=NOW + timedelta(hours=1)))
    assert path == "/uploads/1"
    for now, is_held in ((NOW, True), (NOW + timedelta(minutes=59), True), (NOW + timedelta(hours=1), False)):
        assert holds(path, NEW, **query, now=now) is is_held
    gone = KeySet("new", {"new": b"n" * 32})
    assert not holds(path, gone, **query, now=NOW)


@pytest.mark.parametrize(
    "changed",
    [
        {"path": "/uploads/2"},
        {"until": "9999999999"},
        {"until": ""},
        {"until": "-1"},
        {"until": "९" * 10},
        {"until": "9" * 5000},
        {"proof": ""},
        {"proof": "é" * 64},
    ],
)
def test_whatever_is_changed_in_an_address_it_holds_no_more(changed: dict[str, str]):
    path, query = parts(signed("/uploads/1", NEW, until=NOW + timedelta(hours=1)))
    given: dict[str, Any] = {"path": path, **query} | changed
    assert holds(path, NEW, **query, now=NOW)
    assert not holds(given.pop("path"), NEW, **given, now=NOW)
