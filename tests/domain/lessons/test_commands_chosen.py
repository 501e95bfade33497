"""Lessons that a call chose, polished, and showcased by somebody who had no hand in them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.calls import withdraw_nomination
from domain.lessons.commands import edit_lesson, showcase_lesson, withdraw_lesson
from domain.lessons.models import Lesson
from domain.refusals import Conflict, Invalid, Reason
from domain.terms import LessonState
from tests.domain.lessons.test_calls import call_of, nominate
from tests.domain.lessons.test_reviews import close, closed_call, decide, scored_by
from tests.factories.lessons import WHY, person_at, plan, write
from tests.factories.units import NOW, plant_tree

STEPS = plan()["steps"]


async def edit(session: AsyncSession, actor: Actor, lesson: Lesson, **fields: Any) -> Lesson:
    given: dict[str, Any] = {"lesson_id": lesson.id, "expected_version": lesson.version}
    return await edit_lesson(session, actor, now=NOW, **given, **fields)


async def showcase(session: AsyncSession, actor: Actor, lesson: Lesson, reason: str | None = WHY) -> Lesson:
    return await showcase_lesson(session, actor, now=NOW, lesson_id=lesson.id, reason=reason)


async def is_refused(session: AsyncSession, actor: Actor, lesson: Lesson) -> None:
    with pytest.raises(Conflict) as caught:
        await showcase(session, actor, lesson)
    assert (caught.value.reason, caught.value.path) == (Reason.SHOWCASER_IS_AUTHOR, ("lessonId",))


async def test_whoever_wrote_an_earlier_revision_does_not_showcase_what_another_changed(session: AsyncSession):
    tree = await plant_tree(session)
    author, editor, second = [await person_at(session, tree["nation"]) for _ in range(3)]
    lesson = await write(session, author, tree["east"])
    await edit(session, editor, lesson, text="看短片,记六个不!")
    for person in (author, editor):
        await is_refused(session, person, lesson)
    await showcase(session, second, lesson)
    # What all of them did was decided on; only who writes from now on is asked.
    await edit(session, second, lesson, text="八个不。")
    await is_refused(session, second, lesson)
    await showcase(session, author, lesson)


async def test_whoever_nominated_a_lesson_before_does_not_showcase_it(session: AsyncSession):
    tree = await plant_tree(session)
    first, other = [await person_at(session, tree["nation"]) for _ in range(2)]
    lesson = await write(session, Actor.operator(), tree["east"])
    call = await call_of(session, tree["nation"])
    for person in (first, other):
        nomination = await nominate(session, lesson, call, tree["east"], person)
        given: dict[str, Any] = {"now": datetime.now(UTC), "nomination_id": nomination.id}
        await withdraw_nomination(session, Actor.operator(), **given)
    for person in (first, other):
        await is_refused(session, person, lesson)


async def test_whoever_had_a_hand_in_what_was_taken_back_does_not_showcase_it_again(session: AsyncSession):
    tree = await plant_tree(session)
    author, editor = [await person_at(session, tree["nation"]) for _ in range(2)]
    lesson = await write(session, author, tree["east"])
    await edit(session, editor, lesson, text="八个不。")
    await showcase(session, Actor.operator(), lesson)
    await withdraw_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="内容有误")
    for person in (author, editor):
        await is_refused(session, person, lesson)


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({"title": "防溺水(二)"}, "title"),
        ({"text": "另一课。"}, "text"),
        ({"plan": plan(goals=["会游泳"])}, "goals"),
        ({"plan": plan(goals=["会游泳"], steps=STEPS[:1]), "text": "另一课。"}, "text, goals, steps"),
        ({"theme": "平安", "plan": plan(safety_note="不到深水边。")}, None),
    ],
)
async def test_what_polishing_made_another_lesson_takes_a_reason(
    session: AsyncSession, fields: dict[str, Any], changed: str | None
):
    case = await closed_call(session)
    await scored_by(session, case)
    await close(session, case)
    await decide(session, case, is_chosen=True)
    lesson = case.lesson
    await edit(session, Actor.operator(), lesson, **fields)
    if changed is not None:
        with pytest.raises(Invalid) as caught:
            await showcase(session, Actor.operator(), lesson, reason=None)
        assert (caught.value.reason, caught.value.path) == (Reason.SHOWCASE_CHANGED, ("reason",))
        assert caught.value.facts == {"fields": changed}
    await showcase(session, Actor.operator(), lesson, reason=None if changed is None else WHY)
    # Beside each other: what reviewers read, and what everybody reads.
    assert (lesson.state, lesson.chosen_revision, lesson.revision) == (LessonState.SHOWCASE, 1, 2)
    await withdraw_lesson(session, Actor.operator(), now=NOW, lesson_id=lesson.id, reason="内容有误")
    assert lesson.chosen_revision is None
