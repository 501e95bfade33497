"""The window on lessons: what they say, what they said before, and what they were made of."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.access.permissions import Permission
from domain.lessons import models, queries
from domain.lessons.content import Attachment, Content, Plan
from domain.lessons.practices import totals_elsewhere, totals_of_lessons
from domain.lessons.rules import ABILITIES
from domain.lessons.theme_lists import in_use
from domain.terms import ContentGuidance, FileKind, LessonState, Licence, RunKind, ServiceKind, SupervisionLevel
from domain.uploads.rules import LIFE, path_of
from schema._abilities import Can, can
from schema._base import Asked, Connection, Count, Node, global_id, many, measured, one, row_id_of, shows
from schema._reads import chosen, listed
from schema.practices import Practice, PracticeTotals
from schema.units import Unit
from schema.uploads import address
from schema.wording import WordingFinding


@strawberry.type(description="A part of a lesson, in its order (教学环节).")
class LessonStep:
    title: str
    minutes: Count | None
    text: str
    materials: list[str]


@strawberry.type(description="What a lesson draws on (资料来源).")
class LessonSource:
    title: str
    origin: str = strawberry.field(description="Where it is from.")


@strawberry.type(description="How a lesson is taught (教案).")
class LessonPlan:
    age_least: Count | None = strawberry.field(description="From which age on (适用年龄).")
    age_most: Count | None
    minutes: Count | None = strawberry.field(description="How long it takes (时长).")
    goals: list[str]
    key_points: list[str]
    steps: list[LessonStep]
    materials: list[str]
    safety_note: str = strawberry.field(description="What keeps the children safe (安全提示).")
    supervision: SupervisionLevel
    content_guidance: list[ContentGuidance]
    licence: Licence
    sources: list[LessonSource]


@strawberry.type(description="A picture or document of a lesson (附件): a revision keeps these very bytes.")
class LessonAttachment:
    title: str
    kind: FileKind
    size: Count = strawberry.field(description="In bytes.")
    sha256: str
    licence: Licence
    credit: str = strawberry.field(description="Who made it, to be named with it.")

    @strawberry.field(description="The file, to be named again in an edit.")
    def file_id(root: strawberry.Parent[Any]) -> strawberry.ID:  # noqa: N805 - a window is never an instance
        return global_id("LessonFile", UUID(root.file_id))

    @strawberry.field(description="Where it can be fetched by whoever has the address, for an hour.")
    def url(root: strawberry.Parent[Any], info: Asked) -> str:  # noqa: N805 - a window is never an instance
        return address(info.context, path_of(root.file_id, root.sha256, root.kind), info.context.now + LIFE)


@strawberry.type(description="All that a revision of a lesson says (课程内容).")
class LessonContent:
    title: str
    service: ServiceKind
    theme: str
    text: str
    authors: str
    plan: LessonPlan
    attachments: list[LessonAttachment]


@shows(models.LessonRevision)
class LessonRevision(Node):
    number: Count
    reason: str | None
    written_at: datetime
    erased_at: datetime | None = strawberry.field(description="Since when it says nothing any more.")

    @strawberry.field(
        description="What the lesson said by it; null once that was erased.",
        metadata={"needs": ("content", "erased_at")},
    )
    def content(root: strawberry.Parent[Any]) -> LessonContent | None:  # noqa: N805 - a window is never an instance
        return None if root.erased_at else Content.of(root.content)  # type: ignore[return-value]


@strawberry.type(description="What a lesson was made of (改编来源); to be named with it.")
class LessonOrigin:
    lesson_id: strawberry.ID | None = strawberry.field(description="Null, as all of it, unless you see that lesson.")
    revision: Count | None
    title: str | None = strawberry.field(description="Its title then, or its public one for whoever sees only that.")
    unit: str | None = strawberry.field(description="The name of the unit it comes from.")


def origin(found: queries.Origin | None) -> LessonOrigin | None:
    """As it is shown."""
    if found is None:
        return None
    lesson_id = None if found.lesson_id is None else global_id("Lesson", found.lesson_id)
    revision = None if found.revision is None else Count(found.revision)
    return LessonOrigin(lesson_id=lesson_id, revision=revision, title=found.title, unit=found.unit)


OPEN = ("title", "service", "theme", "text", "plan", "state", "showcased_at", "unit", "adapted_from")


@shows(models.Lesson, public=frozenset(OPEN))
class Lesson(Node):
    title: str
    service: ServiceKind
    theme: str
    text: str
    state: LessonState
    revision: Count = strawberry.field(description="Which revision is shown.")
    version: Count = strawberry.field(description="The newest revision; say it when you edit.")
    chosen_revision: Count | None = strawberry.field(
        description="The revision that a call chose, beside `revision`, where one vouches for the lesson."
    )
    showcased_at: datetime | None
    showcase_reason: str | None = strawberry.field(
        description="Why it was made a showcase lesson; never missing where no call chose it as it is."
    )
    created_at: datetime
    wording: list[WordingFinding] = measured(
        queries.wording_of_lessons,
        "What is found in its newest revision, by today's list; in the one that is shown, if you may not read that.",
    )
    unit: Unit = one("unit", "The unit it comes from.")
    revisions: Connection[LessonRevision] = many("revisions", "What it said from edit to edit.")
    adapted_from: LessonOrigin | None = measured(queries.origins, "What it was made of.", shaped=origin)
    adaptations: Connection["Lesson"] = many("adaptations", "What was made of it, as far as you see it.")
    practices: Connection[Practice] = many("practices", "Where it was taught, as far as you see it.")
    practiced: PracticeTotals = measured(totals_of_lessons, "How often it was taught, as far as you see it.")
    practiced_elsewhere: PracticeTotals | None = measured(
        totals_elsewhere,
        "How often units that you do not see taught it, counted by whole fives of records; null unless you view the "
        "lessons of its unit.",
    )
    viewer_can: list[Can] = can(ABILITIES)

    @strawberry.field(
        description="Who made it (作者团队), in words; null unless you view the lessons of its unit.",
        metadata={"needs": ("authors", "unit_path")},
    )
    def authors(root: strawberry.Parent[Any], info: Asked) -> str | None:  # noqa: N805 - a window is never an instance
        is_viewed = info.context.caller.holds(Permission.LESSON_VIEW, at=root.unit_path)
        return root.authors if is_viewed else None

    @strawberry.field(description="How it is taught.", metadata={"needs": ("plan",)})
    def plan(root: strawberry.Parent[Any]) -> LessonPlan:  # noqa: N805 - a window is never an instance
        return Plan.of(root.plan)  # type: ignore[return-value]

    @strawberry.field(description="What goes with it (附件).", metadata={"needs": ("attachments",)})
    def attachments(root: strawberry.Parent[Any]) -> list[LessonAttachment]:  # noqa: N805 - a window is never an instance
        return [Attachment.of(each) for each in root.attachments]  # type: ignore[misc]


@shows(models.Theme)
class Theme(Node):
    list_name: str = strawberry.field(description="The list it belongs to (分类方案).")
    since: Count = strawberry.field(description="The year from which the list was used.")
    place: Count = strawberry.field(description="Its place in the list.")
    name: str = strawberry.field(description="What lessons bear as their theme.")
    retired_at: datetime | None = strawberry.field(description="Null while the list names it.")


@strawberry.type(description="A stretch of text, and what became of it (文字片段).")
class TextRun:
    kind: RunKind
    text: str


@strawberry.type(description="A field that differs between two revisions (字段变化).")
class LessonChange:
    field: str = strawberry.field(description="Its name in the API.")
    runs: list[TextRun] = strawberry.field(description="Kept and removed read as before, kept and added as after.")


@strawberry.type
class LessonQueries:
    @strawberry.field(
        description="Lessons of units you see, and all showcase lessons; with `withinId` those of a unit and below it."
    )
    async def lessons(
        self,
        info: Asked,
        states: list[LessonState] | None = None,
        services: list[ServiceKind] | None = None,
        themes: list[str] | None = None,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Lesson]:
        where = [*chosen("state", states), *chosen("service", services), *chosen("theme", themes)]
        return await listed(info, models.Lesson, first, after, last, before, where, within_id)

    @strawberry.field(
        description="The themes that the programme's lists name, by the year of the list; on request those retired too."
    )
    async def themes(
        self,
        info: Asked,
        with_retired: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Theme]:
        also = [] if with_retired else [in_use]
        return await listed(info, models.Theme, first, after, last, before, also=also)

    @strawberry.field(description="What differs between two revisions of a lesson, field by field; empty if nothing.")
    async def lesson_diff(
        self,
        info: Asked,
        lesson_id: strawberry.ID,
        earlier: Annotated[int, strawberry.argument(name="from")],
        later: Annotated[int, strawberry.argument(name="to")],
    ) -> list[LessonChange]:
        row_id = row_id_of(lesson_id, "Lesson", path="lessonId")
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            return await queries.lesson_changes(  # type: ignore[return-value]
                session, actor, lesson_id=row_id, earlier=earlier, later=later
            )
