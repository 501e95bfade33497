"""What differs between revisions is told to those who view the lessons of the unit, and to nobody else."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.commands import edit_lesson, showcase_lesson
from domain.lessons.models import Lesson
from domain.lessons.queries import lesson_changes
from domain.refusals import NotFound
from domain.terms import Role, RunKind
from tests.factories.lessons import WHY, plan, write
from tests.factories.units import NOW, Tree, actor_at, plant_tree

STEPS = [{"title": "看短片", "minutes": 10, "text": "讲一讲看到了什么。", "materials": ["短片"]}]


async def edited(session: AsyncSession, tree: Tree) -> Lesson:
    lesson = await write(session, Actor.operator(), tree["east"])
    given: dict[str, Any] = {"text": "看短片,记八个不。", "plan": plan(steps=STEPS)}
    await edit_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, expected_version=1, **given)
    return lesson


async def test_two_revisions_differ_field_by_field(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await edited(session, tree)
    viewer = actor_at(tree["east"], Role.VIEWER)
    found = await lesson_changes(session, viewer, lesson_id=lesson.id, earlier=1, later=2)
    told = {change.field: [(run.kind, run.text) for run in change.runs] for change in found}
    assert told == {
        "text": [
            (RunKind.KEPT, "看短片,记"),
            (RunKind.REMOVED, "六"),
            (RunKind.ADDED, "八"),
            (RunKind.KEPT, "个不。"),
        ],
        "steps": [
            (RunKind.KEPT, "看短片(10 分钟)\n讲一讲看到了什么。\n短片\n"),
            (RunKind.REMOVED, "画地图(20 分钟)\n"),
        ],
    }
    assert await lesson_changes(session, viewer, lesson_id=lesson.id, earlier=2, later=2) == []
    back = await lesson_changes(session, viewer, lesson_id=lesson.id, earlier=2, later=1)
    assert [run.text for run in back[0].runs if run.kind is RunKind.REMOVED] == ["八"]


async def test_what_a_showcase_lesson_said_before_is_not_for_everybody(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await edited(session, tree)
    await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason=WHY)
    for stranger in (actor_at(tree["west"]), Actor.public()):
        with pytest.raises(NotFound):
            await lesson_changes(session, stranger, lesson_id=lesson.id, earlier=1, later=2)
    with pytest.raises(NotFound):
        await lesson_changes(session, actor_at(tree["east"]), lesson_id=lesson.id, earlier=1, later=3)
