"""Lessons: written as drafts by those who may, made showcase lessons by a second person."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.lessons import rules
from domain.lessons.commands import (
    adapt_lesson,
    add_themes,
    create_lesson,
    edit_lesson,
    showcase_lesson,
    withdraw_lesson,
)
from domain.lessons.content import Plan
from domain.lessons.models import Lesson, LessonRevision, Theme
from domain.lessons.queries import Origin, origins
from domain.lessons.themes import SHIPPED
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason, Refusal
from domain.terms import LessonState, Licence, Role, ServiceKind
from domain.units.models import Unit
from tests.factories import lessons
from tests.factories.lessons import WHY, person_at
from tests.factories.posts import add_lesson
from tests.factories.units import NOW, actor_at, plant_tree

MIGRATION = next(Path("migrations/versions").glob("*_lessons.py")).read_text("utf-8")


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
    actor = await person_at(session, tree["east"], Role.MEDIA_MANAGER)
    lesson = await write(session, actor, tree["north county"], title=" 防溺水\n", theme=" 文明 ", text=" 六个不。 ")
    await session.commit()
    await session.refresh(lesson)
    assert (lesson.unit_id, lesson.unit_path) == (tree["north county"].id, tree["north county"].path)
    assert (lesson.title, lesson.theme, lesson.text) == ("防溺水", "文明", "六个不。")
    assert (lesson.service, lesson.state) == (ServiceKind.SELF_PROTECTION, LessonState.DRAFT)
    assert (lesson.created_at, lesson.showcased_at) == (NOW, None)
    assert (lesson.revision, lesson.version, lesson.written_by) == (1, 1, actor.user_id)


@pytest.mark.parametrize("field", ["title", "text"])
@pytest.mark.parametrize("value", ["", " \n\t", "\u3000"])
async def test_a_lesson_without_title_or_text_is_refused(session: AsyncSession, field: str, value: str):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await write(session, actor_at(tree["nation"]), tree["east"], **{field: value})
    assert (caught.value.reason, caught.value.path) == (Reason.TEXT_EMPTY, (field,))


async def test_a_lesson_may_lack_a_theme(session: AsyncSession):
    tree = await plant_tree(session)
    assert (await write(session, Actor.operator(), tree["east"], theme="")).theme == ""


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
    await showcase_lesson(session, actor_at(tree["nation"]), now=NOW, lesson_id=draft.id, reason=WHY)
    await session.commit()
    await session.refresh(draft)
    assert (draft.state, draft.showcased_at, draft.showcase_reason) == (LessonState.SHOWCASE, NOW, WHY)


@pytest.mark.parametrize("state", [LessonState.DRAFT, LessonState.WITHDRAWN])
async def test_what_no_call_chose_is_not_showcased_without_a_reason(session: AsyncSession, state: LessonState):
    tree = await plant_tree(session)
    lesson = await add_lesson(session, tree, state=state)
    for reason in (None, " \n"):
        with pytest.raises(Invalid) as caught:
            await showcase_lesson(session, actor_at(tree["nation"]), now=NOW, lesson_id=lesson.id, reason=reason)
        assert (caught.value.reason, caught.value.path) == (Reason.SHOWCASE_UNREVIEWED, ("reason",))
    assert lesson.state is state


async def test_a_later_revision_of_a_showcase_lesson_takes_a_reason_of_its_own(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await lessons.write(session, Actor.operator(), tree["east"])
    lesson.state, lesson.chosen_revision = LessonState.POLISHING, 1
    given: dict[str, Any] = {"now": NOW, "lesson_id": lesson.id}
    await showcase_lesson(session, Actor.operator(), **given)
    assert (lesson.state, lesson.showcase_reason, lesson.chosen_revision) == (LessonState.SHOWCASE, None, 1)
    await edit_lesson(session, Actor.operator(), **given, expected_version=1, text="八个不。")
    with pytest.raises(Invalid) as caught:
        await showcase_lesson(session, Actor.operator(), **given)
    assert caught.value.reason is Reason.SHOWCASE_UNREVIEWED
    await showcase_lesson(session, Actor.operator(), **given, reason=" 更正错字 ")
    # No call has seen this one.
    assert (lesson.text, lesson.showcase_reason) == ("八个不。", "更正错字")
    assert not lesson.chosen_revision
    await withdraw_lesson(session, Actor.operator(), **given, reason="内容有误")
    assert lesson.showcase_reason is None


async def test_a_showcase_lesson_is_not_made_one_again(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await add_lesson(session, tree)
    with pytest.raises(Conflict) as caught:
        await showcase_lesson(session, actor_at(tree["nation"]), now=NOW, lesson_id=lesson.id, reason=WHY)
    assert (caught.value.reason, caught.value.path) == (Reason.LESSON_ALREADY_SHOWCASE, ("lessonId",))
    assert lesson.showcased_at is None


async def test_a_lesson_that_never_was_is_not_found(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotFound) as caught:
        await showcase_lesson(session, actor_at(tree["nation"]), now=NOW, lesson_id=new_id(), reason=WHY)
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
        await showcase_lesson(session, actor_at(tree[place], role), now=NOW, lesson_id=draft.id, reason=WHY)
    assert caught.value.path == ("lessonId",)
    assert draft.state is LessonState.DRAFT


@pytest.mark.parametrize("column", ["written_by", "nominated_by"])
async def test_who_wrote_or_nominated_a_lesson_does_not_showcase_it(session: AsyncSession, column: str):
    tree = await plant_tree(session)
    draft = await add_lesson(session, tree, state=LessonState.DRAFT)
    author = await person_at(session, tree["nation"])
    setattr(draft, column, author.user_id)
    with pytest.raises(Conflict) as caught:
        await showcase_lesson(session, author, now=NOW, lesson_id=draft.id, reason=WHY)
    assert (caught.value.reason, caught.value.path) == (Reason.SHOWCASER_IS_AUTHOR, ("lessonId",))
    shown = await showcase_lesson(session, actor_at(tree["nation"]), now=NOW, lesson_id=draft.id, reason=WHY)
    assert shown.state is LessonState.SHOWCASE


async def test_a_lesson_that_changed_meanwhile_is_not_showcased_unread(session: AsyncSession):
    tree = await plant_tree(session)
    author = await person_at(session, tree["nation"])
    lesson = await lessons.write(session, author, tree["nation"])
    await edit_lesson(session, author, now=NOW, lesson_id=lesson.id, expected_version=1, text="八个不。")
    with pytest.raises(Conflict) as caught:
        await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason=WHY, expected_version=1)
    assert caught.value.reason is Reason.EDITED_MEANWHILE
    await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason=WHY, expected_version=2)


async def revisions(session: AsyncSession, lesson: Lesson) -> list[tuple[int, str]]:
    query = select(LessonRevision).where(LessonRevision.lesson_id == lesson.id).order_by(LessonRevision.number)
    return [(row.number, row.content["text"]) for row in (await session.execute(query)).scalars()]


async def test_every_edit_is_kept_as_a_revision_and_what_is_left_out_stays(session: AsyncSession):
    tree = await plant_tree(session)
    author = await person_at(session, tree["nation"])
    lesson = await lessons.write(session, author, tree["east"])
    other = await person_at(session, tree["east"], Role.MEDIA_MANAGER)
    given: dict[str, Any] = {"lesson_id": lesson.id, "expected_version": 1, "text": "八个不。", "reason": " 更正 "}
    await edit_lesson(session, other, now=NOW, **given)
    await session.commit()
    await session.refresh(lesson)
    assert (lesson.text, lesson.title, lesson.revision, lesson.version) == ("八个不。", "防溺水", 2, 2)
    assert (lesson.written_by, Plan.of(lesson.plan).minutes) == (other.user_id, 40)
    assert await revisions(session, lesson) == [(1, "看短片,记六个不。"), (2, "八个不。")]
    query = select(LessonRevision).where(LessonRevision.number == 2)
    newest = (await session.execute(query)).scalar_one()
    assert (newest.reason, newest.written_by, newest.unit_path) == ("更正", other.user_id, tree["east"].path)


async def test_an_edit_that_changes_nothing_is_no_revision(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await lessons.write(session, Actor.operator(), tree["east"])
    given: dict[str, Any] = {"title": " 防溺水 ", "plan": lessons.plan()}
    await edit_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, expected_version=1, **given)
    assert (lesson.version, len(await revisions(session, lesson))) == (1, 1)


async def test_whoever_saw_an_older_version_is_told_what_differs(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await lessons.write(session, Actor.operator(), tree["east"])
    given: dict[str, Any] = {"now": NOW, "lesson_id": lesson.id, "expected_version": 1}
    await edit_lesson(session, Actor.operator(), **given, text="八个不。")
    with pytest.raises(Conflict) as caught:
        await edit_lesson(session, Actor.operator(), **given, text="七个不。", title="防溺水")
    assert (caught.value.reason, caught.value.path) == (Reason.EDITED_MEANWHILE, ("expectedVersion",))
    assert caught.value.facts == {"version": 2, "seen": 1, "differences": "text"}


async def test_a_newer_revision_of_a_showcase_lesson_is_not_public_until_it_is_showcased_too(session: AsyncSession):
    tree = await plant_tree(session)
    author = await person_at(session, tree["nation"])
    lesson = await lessons.write(session, Actor.operator(), tree["nation"])
    await showcase_lesson(session, author, now=NOW, lesson_id=lesson.id, reason=WHY)
    for version, text in ((1, "七个不。"), (2, "八个不。")):
        await edit_lesson(session, author, now=NOW, lesson_id=lesson.id, expected_version=version, text=text)
    await session.commit()
    await session.refresh(lesson)
    assert (lesson.state, lesson.text, lesson.revision, lesson.version) == (
        LessonState.SHOWCASE,
        "看短片,记六个不。",
        1,
        3,
    )
    with pytest.raises(Conflict) as caught:
        await showcase_lesson(session, author, now=NOW, lesson_id=lesson.id, reason=WHY)
    assert caught.value.reason is Reason.SHOWCASER_IS_AUTHOR
    await showcase_lesson(session, await person_at(session, tree["nation"]), now=NOW, lesson_id=lesson.id, reason=WHY)
    assert (lesson.text, lesson.revision, lesson.version) == ("八个不。", 3, 3)
    assert [number for number, _ in await revisions(session, lesson)] == [1, 2, 3]


@pytest.mark.parametrize("state", [LessonState.NOMINATED, LessonState.UNDER_REVIEW])
async def test_what_is_nominated_or_reviewed_is_neither_edited_nor_showcased(session: AsyncSession, state: LessonState):
    tree = await plant_tree(session)
    lesson = await lessons.write(session, Actor.operator(), tree["east"])
    lesson.state = state
    given: dict[str, Any] = {"now": NOW, "lesson_id": lesson.id}
    with pytest.raises(Conflict) as caught:
        await edit_lesson(session, Actor.operator(), **given, expected_version=1, text="新")
    assert (caught.value.reason, caught.value.facts) == (Reason.LESSON_STAYS, {"state": state})
    with pytest.raises(Conflict) as caught:
        await showcase_lesson(session, Actor.operator(), **given, reason=WHY)
    assert caught.value.reason is Reason.LESSON_STAYS


async def test_a_showcase_lesson_taken_back_says_what_its_newest_revision_says(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await lessons.write(session, Actor.operator(), tree["east"])
    given: dict[str, Any] = {"now": NOW, "lesson_id": lesson.id}
    await showcase_lesson(session, Actor.operator(), **given, reason=WHY)
    await edit_lesson(session, Actor.operator(), **given, expected_version=1, text="八个不。")
    await withdraw_lesson(session, Actor.operator(), **given, reason="内容有误")
    assert (lesson.state, lesson.text, lesson.revision) == (LessonState.WITHDRAWN, "八个不。", 2)
    assert lesson.showcased_at is None
    with pytest.raises(Conflict) as caught:
        await withdraw_lesson(session, Actor.operator(), **given, reason="再次")
    assert caught.value.reason is Reason.LESSON_STAYS


async def test_a_lesson_of_the_release_before_keeps_what_it_said(session: AsyncSession):
    tree = await plant_tree(session)
    # Written by a process that knew no revisions.
    lesson = await add_lesson(session, tree, state=LessonState.DRAFT)
    await edit_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, expected_version=1, text="八个不。")
    assert await revisions(session, lesson) == [(1, "六个不。"), (2, "八个不。")]


@pytest.mark.parametrize("is_new", [True, False])
async def test_a_plan_that_is_too_long_as_a_whole_is_refused_when_it_is_written(session: AsyncSession, is_new: bool):
    tree = await plant_tree(session)
    step: dict[str, Any] = {"title": "步骤", "minutes": None, "text": "长" * (rules.TEXT_LONGEST // 2), "materials": []}
    given: dict[str, Any] = {"plan": lessons.plan(steps=[step, step])}
    actor = Actor.operator()
    lesson = await lessons.write(session, actor, tree["east"])
    edit: dict[str, Any] = {"now": NOW, "lesson_id": lesson.id, "expected_version": 1}
    with pytest.raises(Invalid) as caught:
        await (
            lessons.write(session, actor, tree["east"], **given)
            if is_new
            else edit_lesson(session, actor, **edit, **given)
        )
    assert (caught.value.reason, caught.value.path) == (Reason.WORDS_TOO_LONG, ("plan", "steps"))


async def adapt(session: AsyncSession, actor: Actor, lesson: Lesson, unit: Unit, **given: Any) -> Lesson:
    return await adapt_lesson(session, actor, now=NOW, lesson_id=lesson.id, unit_id=unit.id, **given)


async def test_a_lesson_is_adapted_with_its_lineage(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await lessons.write(session, Actor.operator(), tree["west"], authors="某队")
    await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason=WHY)
    county = await person_at(session, tree["north county"], Role.MEDIA_MANAGER)
    copy = await adapt(session, county, lesson, tree["north county"], title="水乡防溺水")
    assert (copy.unit_path, copy.state, copy.title) == (
        tree["north county"].path,
        LessonState.DRAFT,
        "水乡防溺水",
    )
    assert (copy.text, copy.plan, copy.authors) == (lesson.text, lesson.plan, "")
    assert (copy.adapted_from_id, copy.adapted_from_revision, copy.written_by) == (lesson.id, 1, county.user_id)
    found = await origins(session, county, ids=[copy.id, lesson.id])
    assert found == {copy.id: Origin(lesson.id, 1, "防溺水", "west")}


async def test_an_adaptation_tells_nobody_of_an_original_that_they_may_not_see(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await lessons.write(session, Actor.operator(), tree["west"], title="内部名称")
    copy = await adapt(session, Actor.operator(), lesson, tree["east"])
    inner, outer = actor_at(tree["west"], Role.VIEWER), [actor_at(tree["east"]), Actor.public()]
    for each in outer:
        assert await origins(session, each, ids=[copy.id]) == {copy.id: Origin()}
    kept = Origin(lesson.id, 1, "内部名称", "west")
    assert await origins(session, inner, ids=[copy.id]) == {copy.id: kept}
    edit: dict[str, Any] = {"lesson_id": lesson.id, "expected_version": 1, "title": "公开名称"}
    await edit_lesson(session, Actor.operator(), now=NOW, **edit)
    await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason=WHY)
    for each in outer:
        # What it was called before it was public stays with its unit.
        assert await origins(session, each, ids=[copy.id]) == {copy.id: Origin(lesson.id, 1, "公开名称", "west")}
    assert await origins(session, inner, ids=[copy.id]) == {copy.id: kept}
    await withdraw_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="内容有误")
    assert await origins(session, Actor.public(), ids=[copy.id]) == {copy.id: Origin()}


async def test_what_its_licence_closes_is_not_adapted(session: AsyncSession):
    tree = await plant_tree(session)
    closed = lessons.plan(licence=Licence.CC_BY_ND)
    lesson = await lessons.write(session, Actor.operator(), tree["east"], plan=closed)
    with pytest.raises(Conflict) as caught:
        await adapt(session, actor_at(tree["nation"]), lesson, tree["east"])
    assert (caught.value.reason, caught.value.path) == (Reason.LICENCE_FORBIDS, ("lessonId",))


async def test_a_draft_out_of_sight_is_not_adapted(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await lessons.write(session, Actor.operator(), tree["west"])
    with pytest.raises(NotFound) as caught:
        await adapt(session, actor_at(tree["east"]), lesson, tree["east"])
    assert caught.value.path == ("lessonId",)


async def test_a_list_of_themes_is_added_once_and_only_by_whoever_runs_the_machine(session: AsyncSession):
    tree = await plant_tree(session)
    given: dict[str, Any] = {"list_name": "七彩假期", "since": 2026, "names": ("思想引领", "艺术素养")}
    with pytest.raises(NotPermitted):
        await add_themes(session, actor_at(tree["nation"]), **given)
    assert await add_themes(session, Actor.operator(), **given) is True
    assert await add_themes(session, Actor.operator(), **given) is False
    rows = (await session.execute(select(Theme).where(Theme.since == 2026).order_by(Theme.place))).scalars()
    assert [(row.since, row.place, row.name) for row in rows] == [(2026, 1, "思想引领"), (2026, 2, "艺术素养")]


async def test_the_lists_that_are_shipped_are_those_that_the_migration_wrote(session: AsyncSession):
    for each in SHIPPED:
        await add_themes(session, Actor.operator(), list_name=each.name, since=each.since, names=each.themes)
    assert all(f"'{name}'" in MIGRATION for each in SHIPPED for name in (each.name, *each.themes))
    query = select(func.count()).select_from(Theme)
    assert await session.scalar(query) == sum(len(each.themes) for each in SHIPPED)
