"""The window on exports, and the acts on them: rows as files, made by a worker."""

from datetime import date
from typing import Annotated, Any

import strawberry

from domain.exports import commands, models
from domain.exports.kinds import KINDS
from domain.exports.rules import UNDER_WAY_EACH, Filters, hinders_cancelling
from domain.handouts.rules import documents_in
from domain.refusals import Hindered
from domain.terms import ExportFormat, ExportKind, HandoutState, Language, Level
from schema._abilities import CAN, Can, cans
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, global_id, ref, shows
from schema._reads import chosen, listed
from schema.handouts import HANDOUT, Handout, HandoutDocument, shown_documents


@strawberry.type(description="What narrows an export beside its unit (筛选条件).")
class ExportFilters:
    levels: list[Level] = strawberry.field(description="Empty for all.")
    since: date | None
    until: date | None = strawberry.field(description="The first day that is no longer asked for.")
    campaign_id: strawberry.ID | None


def _documents(root: strawberry.Parent[Any], info: Asked) -> list[HandoutDocument]:
    context = info.context
    # Whoever has lost sight of the rows has lost the file of them too.
    is_seen = context.caller.holds(KINDS[root.kind].permission, at=root.unit_path)
    if root.state is not HandoutState.READY or not is_seen:
        return []
    found = documents_in(models.Export.folder, root.id, root.documents, expires_at=root.expires_at)
    return shown_documents(context, found)


def _viewer_can(root: strawberry.Parent[Any]) -> list[Can]:
    # One's own: nobody else is shown it at all.
    reason = hinders_cancelling(root)
    return cans({"cancel_export": None if reason is None else Hindered.by(reason)})


@shows(models.Export)
class Export(Handout):
    kind: ExportKind
    format: ExportFormat
    language: Language = strawberry.field(description="Of headers and words.")
    rows: Count | None = strawberry.field(description="How many the file holds, once it is READY.")
    documents: list[HandoutDocument] = strawberry.field(
        resolver=_documents,
        description="The file, once it is READY; none for whoever may not see such rows of the unit any more.",
        metadata={"needs": frozenset({"kind", "state", "documents", "unit_path", "expires_at"})},
    )
    viewer_can: list[Can] = strawberry.field(resolver=_viewer_can, description=CAN, metadata={"needs": ("state",)})

    @strawberry.field(description="What narrows it.", metadata={"needs": ("filters",)})
    def filters(root: strawberry.Parent[Any]) -> ExportFilters:  # noqa: N805 - a window is never an instance
        found = Filters.of(root.filters)
        campaign_id = None if found.campaign_id is None else global_id("Campaign", found.campaign_id)
        return ExportFilters(levels=list(found.levels), since=found.since, until=found.until, campaign_id=campaign_id)


@strawberry.input(description="Rows to be taken out as a file.")
class RequestExportInput:
    kind: ExportKind
    format: ExportFormat
    unit_id: strawberry.ID = ref("Unit", "The unit whose rows, and those of all below it, are asked for.")
    language: Language = strawberry.field(description="Of headers and words.", default=Language.ZH_CN)
    levels: list[Level] = strawberry.field(description="Only of units of these levels.", default_factory=list)
    since: date | None = strawberry.field(
        description="Only DELIVERIES and COMMENTS: published or written on this day in China, or later.", default=None
    )
    until: date | None = strawberry.field(
        description="Only DELIVERIES and COMMENTS: before this day in China.", default=None
    )
    campaign_id: strawberry.ID | None = ref("Campaign", "Only DELIVERIES and COMMENTS: of this campaign.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The export; one of the same rows and form that is under way already, if there is one.")
class RequestExportPayload:
    export: Export


@strawberry.input(description="An export of yours that you want no more.")
class CancelExportInput:
    export_id: strawberry.ID = ref("Export", "The export.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The export, which has ended.")
class CancelExportPayload:
    export: Export


@strawberry.input(description="A file that is to be given to nobody any more.")
class DiscardHandoutInput:
    handout_id: strawberry.ID = ref(HANDOUT, "An export, a press kit or a report.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="Its addresses give nothing from now on; within the hour it is forgotten.")
class DiscardHandoutPayload:
    discarded: bool


DiscardHandoutResult = Annotated[DiscardHandoutPayload | Problem, strawberry.union("DiscardHandoutResult")]
RequestExportResult = Annotated[RequestExportPayload | Problem, strawberry.union("RequestExportResult")]
CancelExportResult = Annotated[CancelExportPayload | Problem, strawberry.union("CancelExportResult")]


@strawberry.type
class ExportQueries:
    @strawberry.field(description="Your own exports, oldest first; nobody sees those of others.")
    async def exports(
        self,
        info: Asked,
        states: list[HandoutState] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Export]:
        return await listed(info, models.Export, first, after, last, before, chosen("state", states))


@strawberry.type
class ExportMutations:
    @strawberry.mutation(
        description=f"Ask for rows as a file; a worker makes it. At most {UNDER_WAY_EACH} of yours are under way."
    )
    async def request_export(self, info: Asked, input: RequestExportInput) -> RequestExportResult:
        shown = ("export", models.Export)
        return await act(info, input, commands.request_export, RequestExportPayload, shows=shown, wakes="handouts")

    @strawberry.mutation(description="Cancel an export of yours that has not ended.")
    async def cancel_export(self, info: Asked, input: CancelExportInput) -> CancelExportResult:
        return await act(info, input, commands.cancel_export, CancelExportPayload, shows=("export", models.Export))

    @strawberry.mutation(
        description="Remove an export, a press kit or a report that you asked for; administrators of its unit may, too."
    )
    async def discard_handout(self, info: Asked, input: DiscardHandoutInput) -> DiscardHandoutResult:
        return await act(info, input, commands.discard_handout, DiscardHandoutPayload, extras=("discarded",))
