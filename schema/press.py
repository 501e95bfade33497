"""The window on press kits, and the act that asks for one."""

from typing import Annotated, Any

import strawberry

from domain.handouts.rules import Document
from domain.press import commands, models
from domain.press.queries import documents_of
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, branch_key, one, ref, shows
from schema._reads import listed
from schema.campaigns import Campaign
from schema.handouts import Handout, HandoutDocument, shown_documents
from schema.lessons import Lesson
from schema.wording import SEEN


def _documents(root: strawberry.Parent[Any], info: Asked) -> list[HandoutDocument]:
    found: list[Document] = root.branches[branch_key(info.field_name, {})]
    return shown_documents(info.context, found)


@shows(models.PressKit)
class PressKit(Handout):
    revision: Count | None = strawberry.field(description="Which revision of the lesson it tells.")
    contact: str = strawberry.field(description="How the unit is reached.")
    lesson: Lesson | None = one("lesson", "The showcase lesson that it tells of.")
    campaign: Campaign | None = one("campaign", "Or the campaign.")
    documents: list[HandoutDocument] = strawberry.field(
        resolver=_documents,
        description="Once it is READY; none when a lesson of it is a showcase lesson no more, or says something else.",
        metadata={"measure": documents_of},
    )


@strawberry.input(description="A picture of an approved post of the unit about the same lesson or campaign.")
class PressPictureInput:
    picture_id: strawberry.ID = ref("Picture", "The picture.")
    caption: str = strawberry.field(description="What it shows; it names no child.")
    credit: str = strawberry.field(description="Whom to credit.")


@strawberry.input(description="What a newspaper is to be given: of a showcase lesson, or of a campaign.")
class RequestPressKitInput:
    unit_id: strawberry.ID = ref("Unit", "The unit that hands it out.")
    lesson_id: strawberry.ID | None = ref("Lesson", "The showcase lesson.", default=None)
    campaign_id: strawberry.ID | None = ref("Campaign", "Or the campaign.", default=None)
    contact: str = strawberry.field(description="How the unit is reached, such as its telephone; it names nobody.")
    pictures: list[PressPictureInput] = strawberry.field(description="Up to 4.", default_factory=list)
    wording_seen: bool = strawberry.field(description=SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The kit, queued; ask `node` how far it has come.")
class RequestPressKitPayload:
    press_kit: PressKit


RequestPressKitResult = Annotated[RequestPressKitPayload | Problem, strawberry.union("RequestPressKitResult")]


@strawberry.type
class PressQueries:
    @strawberry.field(description="Press kits of units you see; each is forgotten a week after it was asked for.")
    async def press_kits(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[PressKit]:
        return await listed(info, models.PressKit, first, after, last, before, within_id=within_id)


@strawberry.type
class PressMutations:
    @strawberry.mutation(description="Ask for a press kit (新闻素材包) as DOCX and PDF; a worker makes it.")
    async def request_press_kit(self, info: Asked, input: RequestPressKitInput) -> RequestPressKitResult:
        return await act(
            info,
            input,
            commands.request_press_kit,
            RequestPressKitPayload,
            shows=("press_kit", models.PressKit),
            wakes="handouts",
        )
