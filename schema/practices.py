"""The window on where lessons were taught, and the acts on it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.lessons import models, practices
from domain.lessons.rules import PRACTICE_ABILITIES
from domain.refusals import Conflict, Reason
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, one, ref, row_id_of, shows
from schema._reads import listed, unit_seen
from schema.units import Unit

if TYPE_CHECKING:
    from schema.lessons import Lesson


@shows(models.Practice)
class Practice(Node):
    taught_on: date
    classes: Count = strawberry.field(description="How many classes (班次).")
    children: Count = strawberry.field(description="How many children; none is named.")
    class_hours: Count = strawberry.field(description="How many class hours (课时), all classes together.")
    remark: str
    version: Count
    recorded_at: datetime
    withdrawn_at: datetime | None = strawberry.field(description="Since when it is not counted any more.")
    unit: Unit = one("unit", "The unit that taught it.")
    lesson: Annotated["Lesson", strawberry.lazy("schema.lessons")] | None = one(
        "lesson", "What was taught; null once it was taken back, unless you view it."
    )
    viewer_can: list[Can] = can(PRACTICE_ABILITIES)


@strawberry.type(description="How often and to how many lessons were taught (实践运用统计). Never a ranking.")
class PracticeTotals:
    practices: Count
    lessons: Count
    units: Count
    classes: Count
    children: Count
    class_hours: Count


HINT = "Null, or that the unit recorded the lesson for that day before: the same classes may be counted twice."


def _hint(others: int) -> Problem | None:
    return Problem.of(Conflict(Reason.PRACTICE_TWICE, others=others)) if others else None


# What the commands answer beside the row, and how it is shown.
HINTED: dict[str, Any] = {"extras": ("hint",), "shaped": {"hint": _hint}}


@strawberry.input(description="A lesson that a unit taught.")
class RecordPracticeInput:
    lesson_id: strawberry.ID = ref("Lesson", "The lesson.")
    unit_id: strawberry.ID = ref("Unit", "The unit that taught it.")
    taught_on: date
    classes: int = strawberry.field(description="1 to 100.")
    children: int = strawberry.field(description="All together, at most 200 a class.")
    class_hours: int = strawberry.field(description="All together, at most 12 a class.")
    remark: str = strawberry.field(description="Names no child.", default="", metadata={"personal": True})
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What was written down.")
class RecordPracticePayload:
    practice: Practice
    hint: Problem | None = strawberry.field(description=HINT)


@strawberry.input(description="What is right of a lesson taught, as a whole.")
class EditPracticeInput:
    practice_id: strawberry.ID = ref("Practice", "What was written down.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    taught_on: date
    classes: int
    children: int
    class_hours: int
    remark: str = strawberry.field(description="Names no child.", default="", metadata={"personal": True})
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What was written down, corrected.")
class EditPracticePayload:
    practice: Practice
    hint: Problem | None = strawberry.field(description=HINT)


@strawberry.input(description="What was written down by mistake.")
class WithdrawPracticeInput:
    practice_id: strawberry.ID = ref("Practice", "What was written down.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What was taken back; it is not counted.")
class WithdrawPracticePayload:
    practice: Practice


RecordPracticeResult = Annotated[RecordPracticePayload | Problem, strawberry.union("RecordPracticeResult")]
EditPracticeResult = Annotated[EditPracticePayload | Problem, strawberry.union("EditPracticeResult")]
WithdrawPracticeResult = Annotated[WithdrawPracticePayload | Problem, strawberry.union("WithdrawPracticeResult")]
SHOWN = ("practice", models.Practice)


@strawberry.type
class PracticeQueries:
    @strawberry.field(
        description="What was taught, as far as you see it: at and below a unit, of one lesson, or all of it."
    )
    async def practices(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        lesson_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Practice]:
        where = [] if lesson_id is None else [("lesson_id", row_id_of(lesson_id, "Lesson", path="lessonId"))]
        return await listed(info, models.Practice, first, after, last, before, where, within_id)

    @strawberry.field(description="What was taught at and below a unit, as far as you see it: all of it or one lesson.")
    async def practice_totals(
        self,
        info: Asked,
        within_id: strawberry.ID,
        lesson_id: strawberry.ID | None = None,
        since: date | None = None,
        until: Annotated[date | None, strawberry.argument(description="The first day not counted any more.")] = None,
    ) -> PracticeTotals:
        lesson = None if lesson_id is None else row_id_of(lesson_id, "Lesson", path="lessonId")
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            unit = await unit_seen(session, actor, within_id)
            return await practices.practice_totals(  # type: ignore[return-value]
                session, actor, under=unit.path, lesson_id=lesson, since=since, until=until
            )


@strawberry.type
class PracticeMutations:
    @strawberry.mutation(description="Write down that a unit taught a lesson (实践运用).")
    async def record_practice(self, info: Asked, input: RecordPracticeInput) -> RecordPracticeResult:
        return await act(info, input, practices.record_practice, RecordPracticePayload, shows=SHOWN, **HINTED)

    @strawberry.mutation(description="Correct what was written down of a lesson taught.")
    async def edit_practice(self, info: Asked, input: EditPracticeInput) -> EditPracticeResult:
        return await act(info, input, practices.edit_practice, EditPracticePayload, shows=SHOWN, **HINTED)

    @strawberry.mutation(description="Take back what was written down by mistake: it is not counted.")
    async def withdraw_practice(self, info: Asked, input: WithdrawPracticeInput) -> WithdrawPracticeResult:
        return await act(info, input, practices.withdraw_practice, WithdrawPracticePayload, shows=SHOWN)
