"""The acts on lessons: written, edited, adapted, made showcase lessons, taken back."""

from typing import Annotated

import strawberry

from domain.lessons import commands, erasures, models, theme_lists
from domain.terms import ContentGuidance, Licence, ServiceKind, SupervisionLevel
from schema._acts import KEY, Problem, act
from schema._base import Asked, Count, ref
from schema.lessons import Lesson, LessonRevision
from schema.wording import SEEN

# What a revision says can be erased; what the audit log keeps cannot.
PERSONAL = {"personal": True}


@strawberry.input(description="A part of a lesson.")
class LessonStepInput:
    title: str
    minutes: int | None = None
    text: str = ""
    materials: list[str] = strawberry.field(default_factory=list)


@strawberry.input(description="What a lesson draws on.")
class LessonSourceInput:
    title: str
    origin: str = strawberry.field(description="Where it is from.", default="")


@strawberry.input(description="How a lesson is taught, as a whole: what is left out is empty.")
class LessonPlanInput:
    age_least: int | None = strawberry.field(description="From which age on, 3 to 18.", default=None)
    age_most: int | None = None
    minutes: int | None = strawberry.field(description="How long it takes, up to 480.", default=None)
    goals: list[str] = strawberry.field(default_factory=list)
    key_points: list[str] = strawberry.field(default_factory=list)
    steps: list[LessonStepInput] = strawberry.field(default_factory=list)
    materials: list[str] = strawberry.field(default_factory=list)
    safety_note: str = ""
    supervision: SupervisionLevel = SupervisionLevel.PRESENT
    content_guidance: list[ContentGuidance] = strawberry.field(default_factory=list)
    licence: Licence = Licence.PROGRAMME
    sources: list[LessonSourceInput] = strawberry.field(default_factory=list)


@strawberry.input(description="A picture or document that goes with a lesson.")
class LessonAttachmentInput:
    file_id: strawberry.ID = ref("LessonFile", "Handed in for the unit of the lesson, or attached to it already.")
    title: str = strawberry.field(metadata=PERSONAL)
    licence: Licence = Licence.PROGRAMME
    credit: str = strawberry.field(description="Who made it.", default="", metadata=PERSONAL)


@strawberry.input(description="A lesson of a unit.")
class CreateLessonInput:
    unit_id: strawberry.ID = ref("Unit", "The unit it comes from.")
    title: str = strawberry.field(metadata=PERSONAL)
    service: ServiceKind
    theme: str = ""
    text: str = strawberry.field(metadata=PERSONAL)
    authors: str = strawberry.field(description="Who made it, in words.", default="", metadata=PERSONAL)
    plan: LessonPlanInput | None = strawberry.field(default=None, metadata=PERSONAL)
    attachments: list[LessonAttachmentInput] = strawberry.field(default_factory=list)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The lesson written down.")
class CreateLessonPayload:
    lesson: Lesson


@strawberry.input(description="Another revision of a lesson; what is left out stays.")
class EditLessonInput:
    lesson_id: strawberry.ID = ref("Lesson", "The lesson.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    title: str | None = strawberry.field(default=None, metadata=PERSONAL)
    service: ServiceKind | None = None
    theme: str | None = None
    text: str | None = strawberry.field(default=None, metadata=PERSONAL)
    authors: str | None = strawberry.field(default=None, metadata=PERSONAL)
    plan: LessonPlanInput | None = strawberry.field(
        description="Another plan, as a whole.", default=None, metadata=PERSONAL
    )
    attachments: list[LessonAttachmentInput] | None = strawberry.field(
        description="Others, all of them; those left out go with it no more.", default=None
    )
    reason: str | None = strawberry.field(
        description="Why; it stands with the revision.", default=None, metadata=PERSONAL
    )
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The lesson; a showcase lesson still shows the revision that was showcased.")
class EditLessonPayload:
    lesson: Lesson


@strawberry.input(description="A lesson to be changed for a unit of one's own (改编).")
class AdaptLessonInput:
    lesson_id: strawberry.ID = ref("Lesson", "The lesson to start from.")
    unit_id: strawberry.ID = ref("Unit", "The unit that is to have the copy.")
    title: str | None = strawberry.field(description="Another title.", default=None, metadata=PERSONAL)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The copy, a draft.")
class AdaptLessonPayload:
    lesson: Lesson


@strawberry.input(description="A lesson that is to be a showcase lesson (示范课程), as its newest revision says it.")
class ShowcaseLessonInput:
    lesson_id: strawberry.ID = ref("Lesson", "The lesson.")
    expected_version: int | None = strawberry.field(description="The version that was seen.", default=None)
    reason: str | None = strawberry.field(
        description="Why; needed where no call chose the lesson as it is, and shown with it.", default=None
    )
    wording_seen: bool = strawberry.field(description=SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The showcase lesson.")
class ShowcaseLessonPayload:
    lesson: Lesson


@strawberry.input(description="A showcase lesson that is to be one no more.")
class WithdrawLessonInput:
    lesson_id: strawberry.ID = ref("Lesson", "The lesson.")
    reason: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The lesson; nothing about it begins to go out after this answer.")
class WithdrawLessonPayload:
    lesson: Lesson


@strawberry.input(description="A draft of which nothing was made yet, to be deleted with all that it said.")
class DiscardLessonInput:
    lesson_id: strawberry.ID = ref("Lesson", "The lesson.")
    reason: str = strawberry.field(description="Why; it names nobody, since the audit log keeps it.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What went; the audit log keeps that it was done.")
class DiscardLessonPayload:
    revisions: Count


@strawberry.input(description="A revision that is to say nothing any more.")
class EraseRevisionInput:
    revision_id: strawberry.ID = ref("LessonRevision", "One that is neither shown nor the newest.")
    reason: str = strawberry.field(description="Why; it names nobody, since the audit log keeps it.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The revision: who wrote it and when stays.")
class EraseRevisionPayload:
    revision: LessonRevision


@strawberry.input(description="The themes of a list, for the national level.")
class EditThemesInput:
    list_name: str = strawberry.field(description="The list (分类方案); a new one if it is not there.")
    since: int = strawberry.field(description="The year from which it is used.")
    names: list[str] = strawberry.field(description="All of its themes, in their order.")
    seen_names: list[str] = strawberry.field(description="Those that were seen; none for a new list.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What became of the themes; those that any lesson bears are retired, others deleted.")
class EditThemesPayload:
    added: Count
    returned: Count = strawberry.field(description="Retired before, and named again.")
    retired: Count
    deleted: Count


CreateLessonResult = Annotated[CreateLessonPayload | Problem, strawberry.union("CreateLessonResult")]
EditLessonResult = Annotated[EditLessonPayload | Problem, strawberry.union("EditLessonResult")]
AdaptLessonResult = Annotated[AdaptLessonPayload | Problem, strawberry.union("AdaptLessonResult")]
ShowcaseLessonResult = Annotated[ShowcaseLessonPayload | Problem, strawberry.union("ShowcaseLessonResult")]
WithdrawLessonResult = Annotated[WithdrawLessonPayload | Problem, strawberry.union("WithdrawLessonResult")]
DiscardLessonResult = Annotated[DiscardLessonPayload | Problem, strawberry.union("DiscardLessonResult")]
EraseRevisionResult = Annotated[EraseRevisionPayload | Problem, strawberry.union("EraseRevisionResult")]
EditThemesResult = Annotated[EditThemesPayload | Problem, strawberry.union("EditThemesResult")]
SHOWN = ("lesson", models.Lesson)


@strawberry.type
class LessonMutations:
    @strawberry.mutation(description="Write down a lesson of a unit, as a draft.")
    async def create_lesson(self, info: Asked, input: CreateLessonInput) -> CreateLessonResult:
        return await act(info, input, commands.create_lesson, CreateLessonPayload, shows=SHOWN)

    @strawberry.mutation(description="Write another revision of a lesson.")
    async def edit_lesson(self, info: Asked, input: EditLessonInput) -> EditLessonResult:
        return await act(info, input, commands.edit_lesson, EditLessonPayload, shows=SHOWN)

    @strawberry.mutation(description="Copy a lesson into a unit of your own, to be changed there.")
    async def adapt_lesson(self, info: Asked, input: AdaptLessonInput) -> AdaptLessonResult:
        return await act(info, input, commands.adapt_lesson, AdaptLessonPayload, shows=SHOWN)

    @strawberry.mutation(
        description="Make a lesson, as a second person, a showcase lesson (示范课程), which may then be promoted."
    )
    async def showcase_lesson(self, info: Asked, input: ShowcaseLessonInput) -> ShowcaseLessonResult:
        return await act(info, input, commands.showcase_lesson, ShowcaseLessonPayload, shows=SHOWN, wakes="deliveries")

    @strawberry.mutation(description="Take a showcase lesson back: it is public no more, and posts about it stop.")
    async def withdraw_lesson(self, info: Asked, input: WithdrawLessonInput) -> WithdrawLessonResult:
        return await act(info, input, commands.withdraw_lesson, WithdrawLessonPayload, shows=SHOWN)

    @strawberry.mutation(description="Delete a draft that was never nominated, showcased, adapted or taught.")
    async def discard_lesson(self, info: Asked, input: DiscardLessonInput) -> DiscardLessonResult:
        return await act(info, input, erasures.discard_lesson, DiscardLessonPayload, extras=("revisions",))

    @strawberry.mutation(description="Take out of a revision what it said, for administrators.")
    async def erase_revision(self, info: Asked, input: EraseRevisionInput) -> EraseRevisionResult:
        shown = ("revision", models.LessonRevision)
        return await act(info, input, erasures.erase_revision, EraseRevisionPayload, shows=shown)

    @strawberry.mutation(description="Say the themes of a list in their order; for the national level.")
    async def edit_themes(self, info: Asked, input: EditThemesInput) -> EditThemesResult:
        extras = ("added", "returned", "retired", "deleted")
        return await act(info, input, theme_lists.edit_themes, EditThemesPayload, extras=extras)
