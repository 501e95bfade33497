"""The window on lessons, and the acts on them."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.lessons import commands, models, queries
from domain.lessons.rules import ABILITIES
from domain.terms import LessonState, ServiceKind
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Node, measured, one, ref, shows
from schema._reads import chosen, listed
from schema.units import Unit
from schema.wording import SEEN, WordingFinding


@shows(models.Lesson, public=frozenset({"title", "service", "theme", "text", "state", "showcased_at", "unit"}))
class Lesson(Node):
    title: str
    service: ServiceKind
    theme: str
    text: str
    state: LessonState
    showcased_at: datetime | None
    created_at: datetime
    wording: list[WordingFinding] = measured(
        queries.wording_of_lessons, "What is found in its title, theme and text, by today's list."
    )
    unit: Unit = one("unit", "The unit it comes from.")
    viewer_can: list[Can] = can(ABILITIES)


@strawberry.input(description="A lesson of a unit.")
class CreateLessonInput:
    unit_id: strawberry.ID = ref("Unit", "The unit it comes from.")
    title: str
    service: ServiceKind
    theme: str = ""
    text: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The lesson written down.")
class CreateLessonPayload:
    lesson: Lesson


@strawberry.input(description="A lesson that is to be a showcase lesson (示范课程).")
class ShowcaseLessonInput:
    lesson_id: strawberry.ID = ref("Lesson", "The lesson.")
    wording_seen: bool = strawberry.field(description=SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The showcase lesson.")
class ShowcaseLessonPayload:
    lesson: Lesson


CreateLessonResult = Annotated[CreateLessonPayload | Problem, strawberry.union("CreateLessonResult")]
ShowcaseLessonResult = Annotated[ShowcaseLessonPayload | Problem, strawberry.union("ShowcaseLessonResult")]


@strawberry.type
class LessonQueries:
    @strawberry.field(description="Lessons of units you see.")
    async def lessons(
        self,
        info: Asked,
        states: list[LessonState] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Lesson]:
        return await listed(info, models.Lesson, first, after, last, before, chosen("state", states))


@strawberry.type
class LessonMutations:
    @strawberry.mutation(description="Write down a lesson of a unit, as a draft.")
    async def create_lesson(self, info: Asked, input: CreateLessonInput) -> CreateLessonResult:
        shown = ("lesson", models.Lesson)
        return await act(info, input, commands.create_lesson, CreateLessonPayload, shows=shown)

    @strawberry.mutation(description="Make a lesson a showcase lesson (示范课程), which may then be promoted.")
    async def showcase_lesson(self, info: Asked, input: ShowcaseLessonInput) -> ShowcaseLessonResult:
        shown = ("lesson", models.Lesson)
        return await act(info, input, commands.showcase_lesson, ShowcaseLessonPayload, shows=shown)
