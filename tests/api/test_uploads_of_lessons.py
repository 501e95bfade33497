"""Files of lessons come in by addresses of their own, and are fetched by whoever sees the lesson."""

from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.terms import FileKind
from domain.uploads.models import LessonFile, Picture
from tests.api.test_uploads import begin, code_of, path_of, put
from tests.factories.api import Country, Front, id_of
from tests.factories.files import OFFICE, office, pdf
from tests.factories.pictures import MAKER, jpeg

PAPER = {"name": "教案.pdf", "contentType": "application/pdf"}
SHOWN = "lesson { id attachments { fileId title kind size sha256 licence credit url } }"
LESSON = {"title": "防溺水", "service": "SELF_PROTECTION", "text": "记六个不。"}


@pytest.fixture
def nation(api: Front, country: Country) -> Front:
    return api.as_(country.nation)


async def announced(front: Front, country: Country, content: bytes, **file: str) -> dict[str, str]:
    files = [{**PAPER, **file, "size": len(content)}]
    (one,) = await begin(front, country, purpose="LESSON_ATTACHMENT", files=files)
    return one


async def attach(front: Front, country: Country, *ids: str) -> list[dict[str, Any]]:
    named = [{"fileId": each, "title": "教案", "licence": "CC_BY", "credit": "某队"} for each in ids]
    given = {"unitId": id_of(country.tree["nation"]), **LESSON, "attachments": named}
    shown: list[dict[str, Any]] = (await front.act("createLesson", SHOWN, **given))["lesson"]["attachments"]
    return shown


async def test_a_document_comes_in_as_it_is_and_is_fetched_as_a_file(
    nation: Front, country: Country, session: AsyncSession
):
    given = pdf()
    one = await announced(nation, country, given)
    answer = await put(nation, one["url"], given)
    digest = sha256(given).hexdigest()
    assert answer.json() == {"id": one["id"], "kind": "PDF", "size": len(given), "sha256": digest}
    assert (await put(nation, one["url"], given)).json() == answer.json()
    seen = "query($id: ID!) { node(id: $id) { ... on LessonFile { kind namedAt url } } }"
    file = (await nation.ask(seen, id=one["id"]))["node"]
    assert (file["kind"], file["namedAt"]) == ("PDF", None)
    assert (await nation.http.get(path_of(file["url"]))).content == given
    (shown,) = await attach(nation, country, one["id"])
    assert (await nation.ask(seen, id=one["id"]))["node"]["namedAt"] is not None
    url = shown.pop("url")
    said = {"title": "教案", "licence": "CC_BY", "credit": "某队"}
    assert shown == {"fileId": one["id"], "kind": "PDF", "size": len(given), "sha256": digest, **said}
    fetched = await nation.http.get(path_of(url))
    assert (fetched.status_code, fetched.content) == (200, given)
    assert fetched.headers["content-type"] == "application/pdf"
    assert fetched.headers["content-disposition"] == "attachment"
    assert fetched.headers["x-content-type-options"] == "nosniff"
    assert (await nation.http.get(path_of(url).partition("?")[0])).status_code == 403
    assert await session.scalar(select(func.count()).select_from(Picture)) == 0


async def test_a_picture_of_a_lesson_is_written_anew(nation: Front, country: Country):
    given = jpeg()
    (one,) = await begin(nation, country, given, purpose="LESSON_PICTURE")
    assert (await put(nation, one["url"], given)).json()["kind"] == "JPEG"
    (shown,) = await attach(nation, country, one["id"])
    fetched = await nation.http.get(path_of(shown["url"]))
    assert fetched.headers["content-type"] == "image/jpeg"
    assert "content-disposition" not in fetched.headers
    assert MAKER not in fetched.content
    assert sha256(fetched.content).hexdigest() == shown["sha256"]


WORD = {"name": "教案.docx", "contentType": f"{OFFICE}.wordprocessingml.document"}
REFUSED: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "another kind": (pdf(), WORD, 415, "DOCUMENT_KIND"),
    "cut": (pdf()[:-20], PAPER, 422, "DOCUMENT_BROKEN"),
    "macros": (office(FileKind.DOCX, **{"word/vbaProject.bin": "x"}), WORD, 422, "DOCUMENT_ACTIVE"),
    "bomb": (office(FileKind.DOCX, **{"word/media/a": "0" * (101 * 1024**2)}), WORD, 422, "DOCUMENT_SIZE"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_a_document_that_may_not_be_kept_is_refused_and_leaves_nothing(
    nation: Front, country: Country, session: AsyncSession, case: str
):
    content, file, status, code = REFUSED[case]
    one = await announced(nation, country, content, **file)
    answer = await put(nation, one["url"], content)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert await session.scalar(select(func.count()).select_from(LessonFile)) == 0


async def test_a_picture_of_a_post_is_no_file_of_a_lesson(nation: Front, country: Country):
    given = jpeg()
    (one,) = await begin(nation, country, given)
    assert (await put(nation, one["url"], given)).status_code == 200
    named = [{"fileId": one["id"], "title": "照片"}]
    refused = await nation.act("createLesson", SHOWN, unitId=id_of(country.tree["nation"]), **LESSON, attachments=named)
    assert (refused["code"], refused["path"]) == ("BAD_ID", ["attachments", "0", "fileId"])


async def test_whoever_sees_the_lesson_is_given_the_address_and_the_public_is_not(
    api: Front, nation: Front, country: Country
):
    given = pdf()
    one = await announced(nation, country, given)
    await put(nation, one["url"], given)
    named = {"attachments": [{"fileId": one["id"], "title": "教案"}]}
    media, county = api.as_(country.media), api.as_(country.county)
    made = await media.act("createLesson", "lesson { id }", unitId=id_of(country.tree["nation"]), **LESSON, **named)
    lesson = made["lesson"]["id"]
    attached = "query($id: ID!) { node(id: $id) { ... on Lesson { attachments { url } } } }"
    assert (await county.ask(attached, id=lesson))["node"] is None
    await nation.act("showcaseLesson", "lesson { id }", lessonId=lesson, reason="试点")
    # Now it is everybody's, so its files are; the file by itself, and what the lesson said before, are its unit's.
    (shown,) = (await county.ask(attached, id=lesson))["node"]["attachments"]
    assert (await county.http.get(path_of(shown["url"]))).content == given
    assert (await county.ask("query($id: ID!) { node(id: $id) { id } }", id=one["id"]))["node"] is None
    assert (await api.error(attached, id=lesson))["extensions"]["code"] == "UNAUTHENTICATED"
    past = """query($id: ID!) { node(id: $id) { ... on Lesson { revisions { nodes { content {
      attachments { fileId url } } } } } } }"""
    (revision,) = (await nation.ask(past, id=lesson))["node"]["revisions"]["nodes"]
    (kept,) = revision["content"]["attachments"]
    assert kept["fileId"] == one["id"]
    assert (await nation.http.get(path_of(kept["url"]))).content == given
    assert (await county.ask(past, id=lesson))["node"] == {"revisions": {"nodes": []}}


async def test_what_a_plain_text_says_is_found_in_the_lesson(nation: Front, country: Country):
    given = "请拨打13800138000".encode()
    one = await announced(nation, country, given, name="教案.txt", contentType="text/plain")
    assert (await put(nation, one["url"], given)).json()["kind"] == "TXT"
    named = [{"fileId": one["id"], "title": "教案", "licence": "CC_BY", "credit": "某队"}]
    lesson = {"unitId": id_of(country.tree["nation"]), **LESSON, "attachments": named}
    shown = await nation.act("createLesson", "lesson { wording { kind field start } }", **lesson)
    assert shown["lesson"]["wording"] == [{"kind": "PHONE", "field": "attachments.0.text", "start": 3}]
