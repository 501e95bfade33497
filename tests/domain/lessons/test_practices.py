"""Where lessons were taught: plausible numbers only, counted once, and no record to be worked out from a sum."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.commands import showcase_lesson
from domain.lessons.models import Lesson, Practice
from domain.lessons.practices import (
    PracticeTotals,
    edit_practice,
    practice_totals,
    record_practice,
    totals_elsewhere,
    totals_of_lessons,
    withdraw_practice,
)
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason
from domain.terms import Role
from domain.units.models import Unit
from tests.factories.lessons import WHY, write
from tests.factories.units import NOW, Tree, actor_at, plant_tree

TAUGHT: dict[str, Any] = {"taught_on": date(2026, 5, 20), "classes": 2, "children": 60, "class_hours": 4}
# NOW is the first of June in China.
TODAY = date(2026, 6, 1)


async def showcased(session: AsyncSession, tree: Tree) -> Lesson:
    lesson = await write(session, Actor.operator(), tree["nation"])
    return await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason=WHY)


async def record(
    session: AsyncSession, lesson: Lesson, unit: Unit, actor: Actor | None = None, **fields: Any
) -> Practice:
    actor = actor or Actor.operator()
    given = {"lesson_id": lesson.id, "unit_id": unit.id, **TAUGHT, **fields}
    return (await record_practice(session, actor, now=NOW, **given)).practice


async def test_a_unit_writes_down_that_it_taught_a_showcase_lesson_of_another(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await showcased(session, tree)
    practice = await record(
        session, lesson, tree["north county"], actor_at(tree["north county"], Role.MEDIA_MANAGER), remark=" 顺利 "
    )
    assert (practice.unit_path, practice.lesson_id) == (tree["north county"].path, lesson.id)
    assert (practice.taught_on, practice.children, practice.remark) == (TAUGHT["taught_on"], 60, "顺利")


async def test_a_draft_of_others_is_not_taught(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["west"])
    with pytest.raises(NotFound) as caught:
        await record(session, lesson, tree["east"], actor_at(tree["east"]))
    assert caught.value.path == ("lessonId",)


@pytest.mark.parametrize(
    ("fields", "reason", "path"),
    [
        ({"taught_on": TODAY + timedelta(days=1)}, Reason.DAY_UNFIT, "taughtOn"),
        ({"taught_on": date(2009, 12, 31)}, Reason.DAY_UNFIT, "taughtOn"),
        ({"classes": 0}, Reason.NUMBER_UNFIT, "classes"),
        ({"classes": 101}, Reason.NUMBER_UNFIT, "classes"),
        ({"children": 0}, Reason.NUMBER_UNFIT, "children"),
        ({"children": 401}, Reason.NUMBER_UNFIT, "children"),
        ({"class_hours": 0}, Reason.NUMBER_UNFIT, "classHours"),
        ({"class_hours": 25}, Reason.NUMBER_UNFIT, "classHours"),
        ({"remark": "长" * 501}, Reason.WORDS_TOO_LONG, "remark"),
    ],
)
async def test_what_no_day_can_have_had_is_refused(
    session: AsyncSession, fields: dict[str, Any], reason: Reason, path: str
):
    tree = await plant_tree(session)
    lesson = await showcased(session, tree)
    with pytest.raises(Invalid) as caught:
        await record(session, lesson, tree["east"], **fields)
    assert (caught.value.reason, caught.value.path) == (reason, (path,))
    at_its_end = await record(session, lesson, tree["east"], taught_on=TODAY, children=400, class_hours=24)
    assert at_its_end.children == 400


async def test_what_was_written_down_is_corrected_by_whoever_saw_it_last(session: AsyncSession):
    tree = await plant_tree(session)
    practice = await record(session, await showcased(session, tree), tree["east"])
    east = actor_at(tree["east"], Role.MEDIA_MANAGER)
    given = {**TAUGHT, "children": 50}
    done = await edit_practice(session, east, now=NOW, practice_id=practice.id, expected_version=1, **given)
    edited = done.practice
    assert (edited.children, edited.version) == (50, 2)
    same = await edit_practice(session, east, now=NOW, practice_id=practice.id, expected_version=2, **given)
    assert same.practice.version == 2
    with pytest.raises(Conflict) as caught:
        await edit_practice(session, east, now=NOW, practice_id=practice.id, expected_version=1, **TAUGHT)
    assert (caught.value.reason, caught.value.facts["differences"]) == (Reason.EDITED_MEANWHILE, "children")


async def test_what_was_taken_back_stays_so_and_is_not_counted(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await showcased(session, tree)
    practice = await record(session, lesson, tree["east"])
    await withdraw_practice(session, Actor.operator(), now=NOW, practice_id=practice.id)
    with pytest.raises(Conflict) as caught:
        await withdraw_practice(session, Actor.operator(), now=NOW, practice_id=practice.id)
    assert (caught.value.reason, caught.value.path) == (Reason.PRACTICE_WITHDRAWN, ("practiceId",))
    assert await practice_totals(session, Actor.operator(), under="") == PracticeTotals()


@pytest.mark.parametrize(
    ("place", "role", "kind"),
    [("west", Role.ADMINISTRATOR, NotFound), ("east", Role.VIEWER, NotPermitted)],
)
async def test_only_the_unit_and_those_above_correct_it(session: AsyncSession, place: str, role: Role, kind: Any):
    tree = await plant_tree(session)
    practice = await record(session, await showcased(session, tree), tree["east"])
    with pytest.raises(kind) as caught:
        await withdraw_practice(session, actor_at(tree[place], role), now=NOW, practice_id=practice.id)
    assert caught.value.path == ("practiceId",)


async def test_practices_are_counted_by_lesson_and_below_a_unit_as_far_as_one_sees(session: AsyncSession):
    tree = await plant_tree(session)
    lesson, other = await showcased(session, tree), await showcased(session, tree)
    for unit in ("north county", "north town", "north town", "far county"):
        await record(session, lesson, tree[unit])
    await record(session, other, tree["north county"], taught_on=date(2026, 4, 1))
    nation = Actor.operator()
    east = actor_at(tree["east"], Role.VIEWER)
    assert await practice_totals(session, nation, under=tree["nation"].path) == PracticeTotals(5, 2, 3, 10, 300, 20)
    below = await practice_totals(session, nation, under=tree["north county"].path, lesson_id=lesson.id)
    assert below == PracticeTotals(3, 1, 2, 6, 180, 12)
    in_may: dict[str, Any] = {"since": date(2026, 5, 1), "until": date(2026, 5, 21)}
    assert (await practice_totals(session, nation, under=tree["north county"].path, **in_may)).practices == 3
    assert (await practice_totals(session, nation, under="", until=date(2026, 5, 20))).practices == 1
    # By each lesson, of what lies within reach.
    found = await totals_of_lessons(session, east, ids=[lesson.id, other.id])
    assert (found[lesson.id].practices, found[other.id].practices) == (3, 1)
    assert await totals_of_lessons(session, Actor.public(), ids=[lesson.id]) == {lesson.id: PracticeTotals()}


async def test_whoever_reads_each_record_is_told_the_exact_sum(session: AsyncSession):
    tree = await plant_tree(session)
    await record(session, await showcased(session, tree), tree["east"], children=3)
    assert (await practice_totals(session, actor_at(tree["east"], Role.VIEWER), under="")).children == 3


async def test_use_elsewhere_is_told_to_whoever_views_the_lesson_of_the_unit_by_fives_of_records(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["east"])
    await showcase_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason=WHY)
    viewer, stranger = actor_at(tree["east"], Role.VIEWER), actor_at(tree["west"])
    await record(session, lesson, tree["north county"])

    async def told(actor: Actor = viewer) -> PracticeTotals | None:
        return (await totals_elsewhere(session, actor, ids=[lesson.id])).get(lesson.id)

    for children in (3, 10, 20, 30):
        await record(session, lesson, tree["west"], children=children)
        assert await told() == PracticeTotals()
    fifth = await record(session, lesson, tree["nation"], children=40)
    five = PracticeTotals(5, 1, 2, 10, 103, 20)
    assert await told() == five
    # Neither another record nor its end tells what it says.
    sixth = await record(session, lesson, tree["west"], children=7)
    assert await told() == five
    await withdraw_practice(session, Actor.operator(), now=NOW, practice_id=sixth.id)
    assert await told() == five
    await withdraw_practice(session, Actor.operator(), now=NOW, practice_id=fifth.id)
    assert await told() == PracticeTotals()
    # Whoever sees the rows is told nothing of elsewhere, and whoever does not view the lesson's unit is told nothing.
    assert (await told(Actor.operator()), await told(stranger)) == (PracticeTotals(), None)


async def test_the_same_lesson_unit_and_day_again_is_hinted_at_and_not_refused(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await showcased(session, tree)
    given = {"now": NOW, "lesson_id": lesson.id, "unit_id": tree["east"].id, **TAUGHT}
    first = await record_practice(session, Actor.operator(), **given)
    again = await record_practice(session, Actor.operator(), **given)
    other = await record_practice(session, Actor.operator(), **(given | {"taught_on": date(2026, 5, 21)}))
    assert (first.hint, again.hint, other.hint) == (0, 1, 0)
    moved = {"practice_id": other.practice.id, "expected_version": 1, **TAUGHT}
    assert (await edit_practice(session, Actor.operator(), now=NOW, **moved)).hint == 2
    await withdraw_practice(session, Actor.operator(), now=NOW, practice_id=again.practice.id)
    moved["expected_version"] = 2
    assert (await edit_practice(session, Actor.operator(), now=NOW, **moved)).hint == 1


async def test_a_remark_that_many_read_is_looked_through_when_it_is_written(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await showcased(session, tree)
    with pytest.raises(Conflict) as caught:
        await record(session, lesson, tree["east"], remark="天河小学王小明同学")
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, ("remark",))
    practice = await record(session, lesson, tree["east"])
    edit: dict[str, Any] = {"practice_id": practice.id, "expected_version": 1, "remark": "电话13800138000"}
    with pytest.raises(Conflict) as caught:
        await edit_practice(session, Actor.operator(), now=NOW, **TAUGHT, **edit)
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, ("remark",))
    assert practice.remark == ""
