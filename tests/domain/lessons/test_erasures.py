"""What should never have been written down goes, and what was ever used or is shown stays."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.lessons.commands import adapt_lesson, edit_lesson, showcase_lesson, withdraw_lesson
from domain.lessons.content import Content
from domain.lessons.erasures import discard_lesson, erase_revision
from domain.lessons.models import Lesson, LessonRevision
from domain.lessons.practices import record_practice, withdraw_practice
from domain.lessons.queries import lesson_changes, origins
from domain.refusals import Conflict, NotFound, NotPermitted, Reason
from domain.terms import FileKind, LessonState, Licence, Role
from domain.uploads.models import LessonFile
from tests.factories.lessons import WHY, write
from tests.factories.units import NOW, Tree, actor_at, add_user, plant_tree

OPERATOR = Actor.operator()
GIVEN: dict[str, Any] = {"now": NOW, "reason": "写有儿童信息"}
TAUGHT: dict[str, Any] = {"taught_on": (NOW - timedelta(days=2)).date(), "classes": 1, "children": 30, "class_hours": 1}


async def attach(session: AsyncSession, tree: Tree) -> LessonFile:
    handed_in: dict[str, Any] = {"kind": FileKind.PDF, "size": 9, "sha256": "ab", "created_at": NOW}
    by = await add_user(session, tree["east"], login=f"person {new_id()}")
    file = LessonFile(id=new_id(), unit_id=tree["east"].id, unit_path=tree["east"].path, created_by=by.id, **handed_in)
    session.add(file)
    await session.commit()
    return file


async def edit(session: AsyncSession, lesson: Lesson, **fields: Any) -> Lesson:
    given: dict[str, Any] = {"now": NOW, "lesson_id": lesson.id, "expected_version": lesson.version}
    return await edit_lesson(session, OPERATOR, **given, **fields)


async def revision(session: AsyncSession, lesson: Lesson, number: int) -> LessonRevision:
    query = select(LessonRevision).where(LessonRevision.lesson_id == lesson.id, LessonRevision.number == number)
    return (await session.execute(query)).scalar_one()


async def count(session: AsyncSession, model: type[Any]) -> int:
    return (await session.execute(select(func.count()).select_from(model))).scalar_one()


def naming(file: LessonFile) -> list[dict[str, Any]]:
    return [{"file_id": file.id, "title": "合影", "licence": Licence.CC_BY, "credit": ""}]


async def test_a_draft_goes_with_all_it_said_and_with_files_that_nothing_else_names(session: AsyncSession):
    tree = await plant_tree(session)
    alone, shared = await attach(session, tree), await attach(session, tree)
    draft = await write(session, OPERATOR, tree["east"], attachments=naming(alone) + naming(shared))
    await write(session, OPERATOR, tree["east"], attachments=naming(shared))
    await edit(session, draft, text="改了。", attachments=[])
    manager = actor_at(tree["east"], Role.MEDIA_MANAGER)
    done = await discard_lesson(session, manager, lesson_id=draft.id, **GIVEN)
    assert (done.unit_path, done.revisions) == (tree["east"].path, 2)
    assert (await count(session, Lesson), await count(session, LessonRevision)) == (1, 1)
    for file in (alone, shared):
        await session.refresh(file)
    assert (alone.named_at, shared.named_at) == (None, NOW)


async def taught(session: AsyncSession, tree: Tree, lesson: Lesson) -> None:
    given: dict[str, Any] = {"now": NOW, "lesson_id": lesson.id, "unit_id": tree["east"].id}
    practice = (await record_practice(session, OPERATOR, **given, **TAUGHT)).practice
    await withdraw_practice(session, OPERATOR, now=NOW, practice_id=practice.id)


async def adapted(session: AsyncSession, tree: Tree, lesson: Lesson) -> None:
    await adapt_lesson(session, OPERATOR, now=NOW, lesson_id=lesson.id, unit_id=tree["west"].id)


async def public_once(session: AsyncSession, _tree: Tree, lesson: Lesson) -> None:
    await showcase_lesson(session, OPERATOR, now=NOW, lesson_id=lesson.id, reason=WHY)
    await withdraw_lesson(session, OPERATOR, lesson_id=lesson.id, **GIVEN)
    await edit(session, lesson, text="改了。")
    assert lesson.state is LessonState.DRAFT


@pytest.mark.parametrize("use", [taught, adapted, public_once])
async def test_a_lesson_of_which_something_was_made_is_not_discarded(session: AsyncSession, use: Any):
    tree = await plant_tree(session)
    lesson = await write(session, OPERATOR, tree["east"])
    await use(session, tree, lesson)
    with pytest.raises(Conflict) as caught:
        await discard_lesson(session, OPERATOR, lesson_id=lesson.id, **GIVEN)
    assert (caught.value.reason, caught.value.path) == (Reason.LESSON_USED, ("lessonId",))


async def test_only_a_draft_is_discarded(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await write(session, OPERATOR, tree["east"])
    await showcase_lesson(session, OPERATOR, now=NOW, lesson_id=lesson.id, reason=WHY)
    with pytest.raises(Conflict) as caught:
        await discard_lesson(session, OPERATOR, lesson_id=lesson.id, **GIVEN)
    assert caught.value.reason is Reason.LESSON_STAYS


async def test_a_revision_that_is_not_in_use_loses_what_it_said_and_says_so(session: AsyncSession):
    tree = await plant_tree(session)
    file = await attach(session, tree)
    lesson = await write(session, OPERATOR, tree["east"], attachments=naming(file))
    await edit(session, lesson, text="改了。", attachments=[], reason="删去王小明")
    await edit(session, lesson, text="又改了。")
    for number in (1, 2):
        row = await revision(session, lesson, number)
        erased = await erase_revision(session, actor_at(tree["east"]), revision_id=row.id, **GIVEN)
        said = Content.of(erased.content)
        assert (said.title, said.text, said.attachments, erased.reason) == ("", "", (), None)
        assert (erased.number, erased.written_at, erased.erased_at) == (number, NOW, NOW)
    await session.refresh(file)
    assert file.named_at is None
    with pytest.raises(Conflict) as caught:
        await lesson_changes(session, OPERATOR, lesson_id=lesson.id, earlier=1, later=3)
    assert (caught.value.reason, caught.value.facts) == (Reason.REVISION_ERASED, {"number": 1})


async def test_what_is_shown_and_what_is_newest_are_not_erased(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await write(session, OPERATOR, tree["east"])
    await showcase_lesson(session, OPERATOR, now=NOW, lesson_id=lesson.id, reason=WHY)
    await edit(session, lesson, text="改了。")
    for number in (1, 2):
        row = await revision(session, lesson, number)
        with pytest.raises(Conflict) as caught:
            await erase_revision(session, OPERATOR, revision_id=row.id, **GIVEN)
        assert (caught.value.reason, caught.value.path) == (Reason.REVISION_SHOWN, ("revisionId",))


async def test_what_was_made_of_an_erased_revision_still_names_its_original(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await write(session, OPERATOR, tree["east"])
    copy = await adapt_lesson(session, OPERATOR, now=NOW, lesson_id=lesson.id, unit_id=tree["west"].id)
    await edit(session, lesson, title="今名")
    await erase_revision(session, OPERATOR, revision_id=(await revision(session, lesson, 1)).id, **GIVEN)
    assert (await origins(session, OPERATOR, ids=[copy.id]))[copy.id].title == "今名"


@pytest.mark.parametrize(
    ("place", "role", "kind"),
    [("west", Role.ADMINISTRATOR, NotFound), ("east", Role.MEDIA_MANAGER, NotPermitted)],
)
async def test_a_revision_is_erased_by_administrators_of_its_unit(
    session: AsyncSession, place: str, role: Role, kind: Any
):
    tree = await plant_tree(session)
    lesson = await write(session, OPERATOR, tree["east"])
    await edit(session, lesson, text="改了。")
    row = await revision(session, lesson, 1)
    with pytest.raises(kind) as caught:
        await erase_revision(session, actor_at(tree[place], role), revision_id=row.id, **GIVEN)
    assert caught.value.path == ("revisionId",)
