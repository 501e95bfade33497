"""Lessons: written as drafts by those who may, made showcase lessons once."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.lessons.commands import create_lesson, showcase_lesson
from domain.lessons.models import Lesson
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason, Refusal
from domain.terms import LessonState, Role, ServiceKind, WordingSeverity
from domain.units.models import Unit
from domain.wording.rules import TEXT_LIMIT
from tests.factories.posts import add_lesson
from tests.factories.units import NOW, actor_at, plant_tree
from tests.factories.wording import list_words


async def write(session: AsyncSession, actor: Actor, unit: Unit, **fields: Any) -> Lesson:
    given = {
        "title": "防溺水",
        "service": ServiceKind.SELF_PROTECTION,
        "theme": "文明生活",
        "text": "六个不。",
    } | fields
    return await create_lesson(session, actor, now=NOW, unit_id=unit.id, **given)


async def test_a_lesson_is_written_down_as_a_draft_of_its_unit(session: AsyncSession):
    tree = await plant_tree(session)
    actor = actor_at(tree["east"], Role.MEDIA_MANAGER)
    lesson = await write(session, actor, tree["north county"], title=" 防溺水\n", theme=" 文明 ", text=" 六个不。 ")
    await session.commit()
    await session.refresh(lesson)
    assert (lesson.unit_id, lesson.unit_path) == (tree["north county"].id, tree["north county"].path)
    assert (lesson.title, lesson.theme, lesson.text) == ("防溺水", "文明", "六个不。")
    assert (lesson.service, lesson.state) == (ServiceKind.SELF_PROTECTION, LessonState.DRAFT)
    assert (lesson.created_at, lesson.showcased_at) == (NOW, None)


@pytest.mark.parametrize("field", ["title", "text"])
@pytest.mark.parametrize("value", ["", " \n\t", "\u3000"])
async def test_a_lesson_without_title_or_text_is_refused(session: AsyncSession, field: str, value: str):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await write(session, actor_at(tree["nation"]), tree["east"], **{field: value})
    assert (caught.value.reason, caught.value.path) == (Reason.TEXT_EMPTY, (field,))


async def test_a_lesson_may_lack_a_theme(session: AsyncSession):
    tree = await plant_tree(session)
    assert (await write(session, actor_at(tree["nation"]), tree["east"], theme="")).theme == ""


@pytest.mark.parametrize(
    ("place", "role", "kind"),
    [("west", Role.ADMINISTRATOR, NotFound), ("north county", Role.VIEWER, NotPermitted)],
)
async def test_whoever_may_not_edit_there_writes_no_lesson(
    session: AsyncSession, place: str, role: Role, kind: type[Refusal]
):
    tree = await plant_tree(session)
    with pytest.raises(kind) as caught:
        await write(session, actor_at(tree[place], role), tree["north county"])
    assert caught.value.path == ("unitId",)


async def test_a_lesson_of_no_unit_is_refused(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotFound) as caught:
        await write(session, actor_at(tree["nation"]), Unit(id=new_id()))
    assert (caught.value.path, caught.value.facts) == (("unitId",), {"what": "unit"})


async def test_a_draft_becomes_a_showcase_lesson(session: AsyncSession):
    tree = await plant_tree(session)
    draft = await add_lesson(session, tree, state=LessonState.DRAFT)
    await showcase_lesson(session, actor_at(tree["nation"]), now=NOW, lesson_id=draft.id)
    await session.commit()
    await session.refresh(draft)
    assert (draft.state, draft.showcased_at) == (LessonState.SHOWCASE, NOW)


async def test_a_showcase_lesson_is_not_made_one_again(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await add_lesson(session, tree)
    with pytest.raises(Conflict) as caught:
        await showcase_lesson(session, actor_at(tree["nation"]), now=NOW, lesson_id=lesson.id)
    assert (caught.value.reason, caught.value.path) == (Reason.LESSON_ALREADY_SHOWCASE, ("lessonId",))
    assert lesson.showcased_at is None


async def test_a_lesson_that_never_was_is_not_found(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotFound) as caught:
        await showcase_lesson(session, actor_at(tree["nation"]), now=NOW, lesson_id=new_id())
    assert (caught.value.path, caught.value.facts) == (("lessonId",), {"what": "lesson"})


@pytest.mark.parametrize(
    ("place", "role", "kind"),
    [("east", Role.ADMINISTRATOR, NotFound), ("nation", Role.MEDIA_MANAGER, NotPermitted)],
)
async def test_only_an_administrator_over_its_unit_showcases_a_lesson(
    session: AsyncSession, place: str, role: Role, kind: type[Refusal]
):
    tree = await plant_tree(session)
    draft = await add_lesson(session, tree, state=LessonState.DRAFT)
    with pytest.raises(kind) as caught:
        await showcase_lesson(session, actor_at(tree[place], role), now=NOW, lesson_id=draft.id)
    assert caught.value.path == ("lessonId",)
    assert draft.state is LessonState.DRAFT


@pytest.mark.parametrize("field", ["title", "theme", "text"])
async def test_whatever_the_public_reads_of_a_lesson_is_checked(session: AsyncSession, field: str):
    tree = await plant_tree(session)
    await list_words(session, 留守儿童=WordingSeverity.WARNS)
    nation = actor_at(tree["nation"])

    async def code(text: str, *, seen: bool) -> str:
        lesson = await write(session, nation, tree["east"], **{field: text})
        try:
            await showcase_lesson(session, nation, now=NOW, lesson_id=lesson.id, wording_seen=seen)
        except Refusal as refusal:
            assert lesson.state is LessonState.DRAFT
            return refusal.code
        return str(lesson.state)

    assert await code("关爱留守儿童", seen=False) == "WORDING_NOT_SEEN"
    assert await code("关爱留守儿童", seen=True) == "SHOWCASE"
    assert await code("电话13800138000", seen=True) == "WORDING_BLOCKS"
    assert await code("长" * (TEXT_LIMIT + 1), seen=True) == "WORDS_TOO_LONG"
