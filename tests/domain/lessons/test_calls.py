"""Calls for lessons: nominated from any level upwards while the call is open, one nomination at a time."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.lessons.calls import edit_call, nominate_lesson, open_call, states_of_calls, withdraw_nomination
from domain.lessons.commands import edit_lesson
from domain.lessons.models import Lesson, LessonCall, Nomination
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason
from domain.terms import CallState, LessonState, NominationOutcome, Role
from domain.units.models import Unit
from tests.factories.lessons import person_at, write
from tests.factories.units import Tree, actor_at, plant_tree

DAY = timedelta(days=1)


async def call_of(session: AsyncSession, unit: Unit, **fields: Any) -> LessonCall:
    now = datetime.now(UTC)
    given: dict[str, Any] = {"title": "征集", "text": "欢迎推荐。", "closes_at": now + DAY}
    return await open_call(session, Actor.operator(), now=now - DAY, unit_id=unit.id, **(given | fields))


async def over(session: AsyncSession, call: LessonCall) -> None:
    """Let the deadline of a call pass."""
    call.closes_at = datetime.now(UTC) - timedelta(seconds=1)
    await session.commit()


async def nominate(
    session: AsyncSession, lesson: Lesson, call: LessonCall, unit: Unit, actor: Actor | None = None
) -> Nomination:
    given = {"lesson_id": lesson.id, "call_id": call.id, "unit_id": unit.id}
    return await nominate_lesson(session, actor or Actor.operator(), now=datetime.now(UTC), **given)


@pytest.mark.parametrize("nominating", ["north town", "north county", "east city", "east"])
async def test_every_level_nominates_into_a_call_of_a_level_above(session: AsyncSession, nominating: str):
    tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["north town"])
    call = await call_of(session, tree["nation"])
    person = await person_at(session, tree[nominating], Role.MEDIA_MANAGER)
    nomination = await nominate(session, lesson, call, tree[nominating], person)
    assert (nomination.unit_path, nomination.revision, nomination.outcome) == (tree[nominating].path, 1, None)
    assert (lesson.state, lesson.nominated_by) == (LessonState.NOMINATED, person.user_id)


@pytest.mark.parametrize(("calling", "nominating"), [("west", "east"), ("north county", "east"), ("east", "east")])
async def test_a_unit_nominates_only_upwards(session: AsyncSession, calling: str, nominating: str):
    tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["north town"])
    with pytest.raises(Conflict) as caught:
        await nominate(session, lesson, await call_of(session, tree[calling]), tree[nominating])
    assert (caught.value.reason, caught.value.path) == (Reason.CALL_NOT_ABOVE, ("callId",))


async def test_a_unit_nominates_no_lesson_of_elsewhere(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["south county"])
    with pytest.raises(Conflict) as caught:
        await nominate(session, lesson, await call_of(session, tree["nation"]), tree["north county"])
    assert (caught.value.reason, caught.value.path) == (Reason.LESSON_NOT_BELOW, ("lessonId",))
    north, call = actor_at(tree["north county"]), await call_of(session, tree["nation"])
    with pytest.raises(NotFound):
        await nominate(session, lesson, call, tree["north county"], north)


@pytest.mark.parametrize(
    ("opens", "closes", "state"),
    [(-2, -1, CallState.CLOSED), (1, 2, CallState.PLANNED), (-1, 1, CallState.OPEN)],
)
async def test_a_call_is_open_by_the_clock_of_the_database(
    session: AsyncSession, opens: int, closes: int, state: CallState
):
    tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["east"])
    call = await call_of(session, tree["nation"])
    call.opens_at, call.closes_at = (datetime.now(UTC) + days * DAY for days in (opens, closes))
    await session.commit()
    assert await states_of_calls(session, Actor.operator(), ids=[call.id]) == {call.id: state}
    if state is CallState.OPEN:
        nomination = await nominate(session, lesson, call, tree["east"])
        assert nomination.outcome is None
    else:
        with pytest.raises(Conflict) as caught:
            await nominate(session, lesson, call, tree["east"])
        assert caught.value.reason is Reason.CALL_NOT_OPEN


async def test_a_nomination_taken_back_frees_the_lesson_and_the_quota(session: AsyncSession):
    tree = await plant_tree(session)
    first = await write(session, Actor.operator(), tree["east"])
    second = await write(session, Actor.operator(), tree["east"])
    call = await call_of(session, tree["nation"], quota=1)
    nomination = await nominate(session, first, call, tree["east"])
    with pytest.raises(Conflict) as caught:
        await nominate(session, second, call, tree["east"])
    assert (caught.value.reason, caught.value.facts) == (Reason.CALL_QUOTA_SPENT, {"quota": 1})
    # Every unit has its own.
    other = await write(session, Actor.operator(), tree["west"])
    await nominate(session, other, call, tree["west"])
    now = datetime.now(UTC)
    await withdraw_nomination(session, Actor.operator(), now=now, nomination_id=nomination.id)
    assert (first.state, nomination.outcome) == (LessonState.WITHDRAWN, NominationOutcome.WITHDRAWN)
    with pytest.raises(Conflict) as caught:
        await withdraw_nomination(session, Actor.operator(), now=now, nomination_id=nomination.id)
    assert caught.value.reason is Reason.NOMINATION_ENDED
    await nominate(session, second, call, tree["east"])


async def test_a_lesson_stands_in_one_call_at_a_time_and_is_not_edited_there(session: AsyncSession):
    tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["north county"])
    await nominate(session, lesson, await call_of(session, tree["east"]), tree["north county"])
    with pytest.raises(Conflict) as caught:
        await nominate(session, lesson, await call_of(session, tree["nation"]), tree["north county"])
    assert caught.value.reason is Reason.LESSON_STAYS
    given: dict[str, Any] = {"now": datetime.now(UTC), "expected_version": 1, "text": "新"}
    with pytest.raises(Conflict) as caught:
        await edit_lesson(session, Actor.operator(), lesson_id=lesson.id, **given)
    assert caught.value.reason is Reason.LESSON_STAYS


async def test_whoever_may_not_edit_there_takes_nothing_back(session: AsyncSession):
    tree: Tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["east"])
    nomination = await nominate(session, lesson, await call_of(session, tree["nation"]), tree["east"])
    for actor, kind in ((actor_at(tree["east"], Role.VIEWER), NotPermitted), (actor_at(tree["west"]), NotFound)):
        with pytest.raises(kind):
            await withdraw_nomination(session, actor, now=datetime.now(UTC), nomination_id=nomination.id)


@pytest.mark.parametrize(
    ("fields", "reason", "path"),
    [
        ({"closes_at": datetime(2020, 1, 1, tzinfo=UTC)}, Reason.UNTIL_PASSED, "closesAt"),
        ({"closes_at": datetime(2030, 1, 1)}, Reason.TIME_WITHOUT_ZONE, "closesAt"),  # noqa: DTZ001
        ({"opens_at": datetime(2099, 1, 1, tzinfo=UTC)}, Reason.UNTIL_PASSED, "closesAt"),
        ({"quota": 0}, Reason.NUMBER_UNFIT, "quota"),
        # The call closes in a day.
        ({"score_by": datetime(2020, 1, 1, tzinfo=UTC)}, Reason.SCORE_BY_UNFIT, "scoreBy"),
        ({"score_by": datetime(2099, 1, 1)}, Reason.TIME_WITHOUT_ZONE, "scoreBy"),  # noqa: DTZ001
        ({"title": " "}, Reason.TEXT_EMPTY, "title"),
    ],
)
async def test_a_call_that_cannot_be_meant_is_refused(
    session: AsyncSession, fields: dict[str, Any], reason: Reason, path: str
):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as caught:
        await call_of(session, tree["nation"], **fields)
    assert (caught.value.reason, caught.value.path) == (reason, (path,))


@pytest.mark.parametrize("field", ["title", "text"])
async def test_a_call_which_everybody_reads_is_looked_through_when_it_is_written(session: AsyncSession, field: str):
    tree = await plant_tree(session)
    with pytest.raises(Conflict) as caught:
        await call_of(session, tree["nation"], **{field: "天河小学王小明同学"})
    assert (caught.value.reason, caught.value.path) == (Reason.WORDING_BLOCKS, (field,))


async def edit(session: AsyncSession, call: LessonCall, actor: Actor | None = None, **fields: Any) -> LessonCall:
    """What stands there, said anew but for some of it."""
    names = ("title", "text", "closes_at", "quota", "score_by")
    given = {"expected_version": call.version} | {name: getattr(call, name) for name in names} | fields
    return await edit_call(session, actor or Actor.operator(), now=datetime.now(UTC), call_id=call.id, **given)


async def test_a_call_is_said_anew_while_it_is_open(session: AsyncSession):
    tree = await plant_tree(session)
    call = await call_of(session, tree["nation"], quota=1)
    until = datetime.now(UTC) + 2 * DAY
    await edit(session, call, title=" 课程征集 ", text="请推荐。", closes_at=until, quota=None, score_by=until + DAY)
    await session.commit()
    await session.refresh(call)
    assert (call.title, call.text, call.closes_at, call.quota) == ("课程征集", "请推荐。", until, None)
    assert (call.score_by, call.version) == (until + DAY, 2)
    assert (await edit(session, call)).version == 2
    with pytest.raises(Conflict) as caught:
        await edit(session, call, title="又", expected_version=1)
    assert (caught.value.reason, caught.value.path) == (Reason.EDITED_MEANWHILE, ("expectedVersion",))
    unfit: list[tuple[dict[str, Any], Reason, str]] = [
        ({"closes_at": datetime.now(UTC)}, Reason.UNTIL_PASSED, "closesAt"),
        ({"score_by": until}, Reason.SCORE_BY_UNFIT, "scoreBy"),
    ]
    for fields, reason, path in unfit:
        with pytest.raises(Invalid) as invalid:
            await edit(session, call, **fields)
        assert (invalid.value.reason, invalid.value.path) == (reason, (path,))
    for actor in (actor_at(tree["east"]), actor_at(tree["nation"], Role.MEDIA_MANAGER)):
        with pytest.raises(NotPermitted):
            await edit(session, call, actor, title="又")


async def test_once_a_call_is_over_only_the_time_to_score_changes_and_then_nothing(session: AsyncSession):
    tree = await plant_tree(session)
    call = await call_of(session, tree["nation"])
    await over(session, call)
    others: list[dict[str, Any]] = [{"title": "又"}, {"quota": 3}, {"closes_at": datetime.now(UTC) + DAY}]
    for fields in others:
        with pytest.raises(Conflict) as caught:
            await edit(session, call, **fields)
        assert (caught.value.reason, caught.value.path) == (Reason.CALL_NOT_OPEN, ("callId",))
    with pytest.raises(Invalid):
        await edit(session, call, score_by=call.closes_at + timedelta(microseconds=1))
    assert (await edit(session, call, score_by=datetime.now(UTC) + DAY)).version == 2
    call.reviews_closed_at = datetime.now(UTC)
    await session.flush()
    with pytest.raises(Conflict) as caught:
        await edit(session, call, score_by=None)
    assert caught.value.reason is Reason.REVIEWS_CLOSED


@pytest.mark.parametrize("state", [LessonState.NOMINATED, LessonState.UNDER_REVIEW])
async def test_a_nomination_is_taken_back_until_it_is_decided_also_after_the_deadline(
    session: AsyncSession, state: LessonState
):
    tree = await plant_tree(session)
    lesson = await write(session, Actor.operator(), tree["east"])
    call = await call_of(session, tree["nation"])
    nomination = await nominate(session, lesson, call, tree["east"])
    lesson.state = state
    # Nobody was asked to review it, and nobody decides.
    call.reviews_closed_at = datetime.now(UTC)
    await over(session, call)
    await withdraw_nomination(session, actor_at(tree["east"]), now=datetime.now(UTC), nomination_id=nomination.id)
    assert (lesson.state, nomination.outcome) == (LessonState.WITHDRAWN, NominationOutcome.WITHDRAWN)
