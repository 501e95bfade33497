"""What is attached to a lesson belongs to its revisions, and is kept as long as they are."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.commands import adapt_lesson, edit_lesson
from domain.lessons.content import Attachment, Content
from domain.lessons.models import Lesson
from domain.lessons.queries import lesson_changes, wording_of_lessons
from domain.refusals import Invalid, NotFound, Reason
from domain.terms import FileKind, Licence, RunKind, WordingSeverity
from domain.uploads.models import LessonFile
from tests.factories.files import add_file
from tests.factories.lessons import write
from tests.factories.units import NOW, plant_tree
from tests.factories.wording import list_words

OPERATOR = Actor.operator()


def naming(file: LessonFile, title: str = "教案", **more: Any) -> dict[str, Any]:
    return {"file_id": file.id, "title": title, "licence": Licence.CC_BY, "credit": "某队", **more}


def of(file: LessonFile, title: str = "教案") -> Attachment:
    return Attachment(str(file.id), title, file.kind, file.size, file.sha256, Licence.CC_BY, "某队")


async def edit(session: AsyncSession, lesson: Lesson, *attachments: dict[str, Any]) -> Lesson:
    given: dict[str, Any] = {"lesson_id": lesson.id, "expected_version": lesson.version, "attachments": attachments}
    return await edit_lesson(session, OPERATOR, now=NOW, **given)


async def test_a_revision_names_the_files_it_has_and_the_diff_tells_which_came_and_went(session: AsyncSession):
    tree = await plant_tree(session)
    first, second = [await add_file(session, tree["east"], created_at=NOW) for _ in range(2)]
    lesson = await write(session, OPERATOR, tree["east"], attachments=[naming(first)])
    assert Content.of_row(lesson).attachments == (of(first),)
    assert (first.named_at, second.named_at) == (NOW, None)
    await edit_lesson(session, OPERATOR, now=NOW, lesson_id=lesson.id, expected_version=1, text="八个不。")
    assert Content.of_row(lesson).attachments == (of(first),)
    await edit(session, lesson, naming(second, "活动照片"))
    (change,) = await lesson_changes(session, OPERATOR, lesson_id=lesson.id, earlier=2, later=3)
    assert change.field == "attachments"
    for kind, file in ((RunKind.REMOVED, first), (RunKind.ADDED, second)):
        told = "".join(run.text for run in change.runs if run.kind in (kind, RunKind.KEPT))
        assert file.sha256[:8] in told
    # What an earlier revision names may be named again.
    await edit(session, lesson, naming(first), naming(second, "活动照片"))
    assert Content.of_row(lesson).attachments == (of(first), of(second, "活动照片"))


async def test_only_what_was_handed_in_for_the_unit_and_lately_is_attached(session: AsyncSession):
    tree = await plant_tree(session)
    foreign = await add_file(session, tree["west"], created_at=NOW)
    stale = await add_file(session, tree["east"], created_at=NOW - timedelta(hours=25))
    for file in (foreign, stale):
        with pytest.raises(NotFound) as caught:
            await write(session, OPERATOR, tree["east"], attachments=[naming(file)])
        assert (caught.value.path, caught.value.facts) == (("attachments", "0", "fileId"), {"what": "lessonfile"})
        assert file.named_at is None


@pytest.mark.parametrize(
    ("more", "count", "reason", "path"),
    [
        ({"title": " "}, 1, Reason.TEXT_EMPTY, "attachments.0.title"),
        ({"credit": "队" * 501}, 1, Reason.WORDS_TOO_LONG, "attachments.0.credit"),
        ({}, 31, Reason.TOO_MANY, "attachments"),
    ],
)
async def test_what_is_said_of_a_file_has_its_limits(
    session: AsyncSession, more: dict[str, str], count: int, reason: Reason, path: str
):
    tree = await plant_tree(session)
    file = await add_file(session, tree["east"], created_at=NOW)
    with pytest.raises(Invalid) as caught:
        await write(session, OPERATOR, tree["east"], attachments=[naming(file) | more] * count)
    assert (caught.value.reason, ".".join(caught.value.path)) == (reason, path)


async def test_an_adaptation_keeps_the_files_of_its_original_and_their_credit(session: AsyncSession):
    tree = await plant_tree(session)
    file = await add_file(session, tree["west"], created_at=NOW)
    lesson = await write(session, OPERATOR, tree["west"], attachments=[naming(file)])
    copy = await adapt_lesson(session, OPERATOR, now=NOW, lesson_id=lesson.id, unit_id=tree["east"].id)
    assert Content.of_row(copy).attachments == (of(file),)
    await edit(session, copy, naming(file, "改名"))
    assert Content.of_row(copy).attachments == (of(file, "改名"),)


async def test_what_is_said_of_a_file_is_looked_through_before_it_is_public(session: AsyncSession):
    tree = await plant_tree(session)
    await list_words(session, 留守儿童=WordingSeverity.WARNS)
    file = await add_file(session, tree["east"], created_at=NOW, kind=FileKind.PPTX)
    lesson = await write(session, OPERATOR, tree["east"], attachments=[naming(file, "关爱留守儿童课件")])
    found = (await wording_of_lessons(session, OPERATOR, ids=[lesson.id]))[lesson.id]
    assert [(each.field, each.piece) for each in found] == [("attachments.0.title", "留守儿童")]
