"""The window on exports, and the acts on them: rows as files, made by a worker."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from domain.exports import commands, models
from domain.exports.kinds import KINDS
from domain.exports.rules import UNDER_WAY_EACH, Filters, key_of
from domain.refusals import Hindered, Reason
from domain.terms import ExportFormat, ExportKind, ExportState, Language, Level
from domain.uploads.rules import LIFE
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, global_id, one, ref, row_id_of, shows
from schema._reads import chosen, listed
from schema.units import Unit
from schema.uploads import address


@strawberry.type(description="What narrows an export beside its unit (筛选条件).")
class ExportFilters:
    levels: list[Level] = strawberry.field(description="Empty for all.")
    since: date | None
    until: date | None = strawberry.field(description="The first day that is no longer asked for.")
    campaign_id: strawberry.ID | None


def _url(root: strawberry.Parent[Any], info: Asked) -> str | None:
    context = info.context
    # Whoever has lost sight of the rows has lost the file of them too.
    is_seen = context.caller.holds(KINDS[root.kind].permission, at=root.unit_path)
    if root.state is not ExportState.DONE or not is_seen or context.now >= root.expires_at:
        return None
    key = key_of(root.id, root.kind, root.sha256, root.format)
    return address(context, f"/exports/{key}", min(context.now + LIFE, root.expires_at))


@shows(models.Export)
class Export(Node):
    kind: ExportKind
    format: ExportFormat
    language: Language = strawberry.field(description="Of headers and words.")
    state: ExportState
    requested_at: datetime
    began_at: datetime | None
    rows_done: Count = strawberry.field(description="How far it is; written down once a second.")
    rows_total: Count | None = strawberry.field(description="How many there are; null until they were counted.")
    ended_at: datetime | None
    size: Count | None = strawberry.field(description="In bytes.")
    sha256: str | None
    expires_at: datetime | None = strawberry.field(description="When it is forgotten, with its file.")
    unit: Unit = one("unit", "The unit whose rows and those of all below it it holds.")
    url: str | None = strawberry.field(
        resolver=_url,
        description="Where the file can be fetched by whoever has the address, for an hour; null until it is done, and "
        "for whoever may not see such rows of the unit any more.",
        metadata={"needs": frozenset({"kind", "format", "state", "sha256", "unit_path", "expires_at"})},
    )

    @strawberry.field(description="What narrows it.", metadata={"needs": ("filters",)})
    def filters(root: strawberry.Parent[Any]) -> ExportFilters:  # noqa: N805 - a window is never an instance
        found = Filters.of(root.filters)
        campaign_id = None if found.campaign_id is None else global_id("Campaign", found.campaign_id)
        return ExportFilters(levels=list(found.levels), since=found.since, until=found.until, campaign_id=campaign_id)

    @strawberry.field(description="Why it failed.", metadata={"needs": ("problem",)})
    def problem(root: strawberry.Parent[Any]) -> Problem | None:  # noqa: N805 - a window is never an instance
        return None if root.problem is None else Problem.of(Hindered.by(Reason[root.problem]))


@strawberry.input(description="Rows to be taken out as a file.")
class RequestExportInput:
    kind: ExportKind
    format: ExportFormat
    unit_id: strawberry.ID = ref("Unit", "The unit whose rows, and those of all below it, are asked for.")
    language: Language = strawberry.field(description="Of headers and words.", default=Language.ZH_CN)
    levels: list[Level] = strawberry.field(description="Only of units of these levels.", default_factory=list)
    since: date | None = strawberry.field(
        description="Only DELIVERIES: published on this day in China, or later.", default=None
    )
    until: date | None = strawberry.field(
        description="Only DELIVERIES: published before this day in China.", default=None
    )
    campaign_id: strawberry.ID | None = ref("Campaign", "Only DELIVERIES: of this campaign.", default=None)
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


RequestExportResult = Annotated[RequestExportPayload | Problem, strawberry.union("RequestExportResult")]
CancelExportResult = Annotated[CancelExportPayload | Problem, strawberry.union("CancelExportResult")]


@strawberry.type
class ExportQueries:
    @strawberry.field(description="Your own exports, oldest first; nobody sees those of others.")
    async def exports(
        self,
        info: Asked,
        states: list[ExportState] | None = None,
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
        return await act(info, input, commands.request_export, RequestExportPayload, shows=shown, wakes="exports")

    @strawberry.mutation(description="Cancel an export of yours that has not ended.")
    async def cancel_export(self, info: Asked, input: CancelExportInput) -> CancelExportResult:
        return await act(info, input, commands.cancel_export, CancelExportPayload, shows=("export", models.Export))


@strawberry.type(description="How far an export of yours is (导出进度).")
class ExportProgress:
    state: ExportState
    rows_done: Count
    rows_total: Count | None = strawberry.field(description="Null until they were counted.")
    at: datetime


@strawberry.type
class ExportSubscriptions:
    @strawberry.subscription(
        description="How far an export of yours is: told at once, then whenever it changes, until it has ended."
    )
    async def export_progress(self, info: Asked, export_id: strawberry.ID) -> AsyncIterator[ExportProgress]:
        export = row_id_of(export_id, "Export", path="exportId")
        async with aclosing(info.context.watch(export, "export")) as told:
            async for found, at in told:
                yield ExportProgress(state=found.state, rows_done=found.rows_done, rows_total=found.rows_total, at=at)
