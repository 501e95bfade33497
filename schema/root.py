"""The schema: every query and mutation, and what stands around them."""

from contextlib import aclosing
from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from domain.reading import reader
from domain.refusals import Invalid, Reason
from schema import _terms as _terms
from schema._base import SCALARS, WINDOWS, Asked, Node, row_of
from schema._errors import coded
from schema._limits import DocumentLimits
from schema._selection import selection_of
from schema.accounts import AccountMutations, AccountQueries
from schema.audit import AuditQueries
from schema.calendar import CalendarQueries
from schema.call_acts import CallMutations
from schema.calls import CallQueries
from schema.campaigns import CampaignMutations, CampaignQueries
from schema.comments import CommentMutations, CommentQueries
from schema.connections import ConnectionMutations, ConnectionQueries
from schema.coverage import CoverageQueries
from schema.engagement import EngagementQueries
from schema.exports import ExportMutations, ExportQueries
from schema.goals import GoalMutations, GoalQueries
from schema.handouts import HandoutSubscriptions
from schema.lesson_acts import LessonMutations
from schema.lessons import LessonQueries
from schema.logins import LoginMutations, LoginQueries
from schema.occasions import OccasionMutations, OccasionQueries
from schema.people import PeopleMutations, PeopleQueries
from schema.post_acts import PostActMutations, PostActQueries
from schema.posts import PostMutations, PostQueries
from schema.practices import PracticeMutations, PracticeQueries
from schema.press import PressMutations, PressQueries
from schema.reports import ReportMutations, ReportQueries
from schema.scheduling import SchedulingMutations
from schema.series import SeriesMutations
from schema.troubles import TroubleQueries, TroubleSubscriptions
from schema.unit_acts import UnitActMutations, UnitActQueries
from schema.units import UnitQueries
from schema.uploads import UploadMutations
from schema.viewer import ViewerQueries
from schema.wording import WordingMutations, WordingQueries

NODES_LIMIT = 100


@strawberry.type(description="What can be read.")
class Query(
    UnitQueries,
    UnitActQueries,
    AccountQueries,
    CommentQueries,
    ConnectionQueries,
    AuditQueries,
    LessonQueries,
    CalendarQueries,
    CallQueries,
    CampaignQueries,
    CoverageQueries,
    GoalQueries,
    LoginQueries,
    OccasionQueries,
    PostQueries,
    PostActQueries,
    PracticeQueries,
    PressQueries,
    ReportQueries,
    TroubleQueries,
    EngagementQueries,
    ExportQueries,
    PeopleQueries,
    ViewerQueries,
    WordingQueries,
):
    @strawberry.field(description="Whatever has this id, if you may see it.")
    async def node(self, info: Asked, id: strawberry.ID) -> Node | None:
        return (await _nodes(info, [id]))[0]

    @strawberry.field(description=f"Up to {NODES_LIMIT} things by their ids, in that order.")
    async def nodes(self, info: Asked, ids: list[strawberry.ID]) -> list[Node | None]:
        return await _nodes(info, ids)


@strawberry.type(description="What can be done. Each act takes one input, and answers its result or a Problem.")
class Mutation(
    AccountMutations,
    CommentMutations,
    ConnectionMutations,
    CampaignMutations,
    CallMutations,
    ExportMutations,
    GoalMutations,
    LessonMutations,
    LoginMutations,
    OccasionMutations,
    PeopleMutations,
    PostMutations,
    PostActMutations,
    PracticeMutations,
    PressMutations,
    ReportMutations,
    SchedulingMutations,
    SeriesMutations,
    UnitActMutations,
    UploadMutations,
    WordingMutations,
):
    pass


@strawberry.type(description="What can be watched, over a websocket of the protocol graphql-transport-ws.")
class Subscription(HandoutSubscriptions, TroubleSubscriptions):
    pass


async def _nodes(info: Asked, ids: list[strawberry.ID]) -> list[Any]:
    if len(ids) > NODES_LIMIT:
        raise Invalid(Reason.TOO_MANY, path="ids", limit=NODES_LIMIT)
    decoded = [row_of(given) for given in ids]
    found: dict[tuple[str, UUID], Any] = {}
    wanted: dict[str, list[UUID]] = {}
    for noun, row_id in decoded:
        wanted.setdefault(noun, []).append(row_id)
    async with info.context.reading() as session:
        for noun, row_ids in wanted.items():
            model = MODELS.get(noun)
            if model is not None:
                actor = await info.context.reader(session, model)
                selection = selection_of(info, of=noun, rows=len(row_ids))
                rows = await reader.rows_by_id(session, actor, model, selection, ids=row_ids)
                found |= {(noun, row_id): row for row_id, row in rows.items()}
    return [found.get(place) for place in decoded]


MODELS: dict[str, Any] = {noun: window.__shows__ for noun, window in WINDOWS.items()}  # type: ignore[attr-defined]


class Schema(strawberry.Schema):
    async def execute(self, *args: Any, **options: Any) -> ExecutionResult:
        """Give every error its code here, where all of them pass: not all are known to an extension."""
        # A single answer has no time to watch anything.
        allowed = frozenset(options.get("allowed_operation_types") or OperationType) - {OperationType.SUBSCRIPTION}
        result = await super().execute(*args, **{**options, "allowed_operation_types": allowed})
        if result.errors:
            result.errors = [coded(error) for error in result.errors]
        return result

    async def stream(self, *args: Any, **options: Any) -> StreamResult:
        """The same for what is watched: its answers come one after the other."""
        return _coded(await super().stream(*args, **options))

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry would log every refusal as a fault; `coded` logs what is one."""


async def _coded(results: StreamResult) -> StreamResult:
    try:
        async with aclosing(results):
            async for result in results:
                if isinstance(result, ExecutionResult) and result.errors:
                    result.errors = [coded(error) for error in result.errors]
                yield result
    except GraphQLError as error:
        # The parser's cache lets a fault of the document out, where a stream does not expect it.
        yield PreExecutionError(data=None, errors=[coded(error)])


def build_schema() -> Schema:
    """The schema as it is served; its text is `schema.graphql`."""
    return Schema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(WINDOWS.values()),
        # Front ends send the same few documents again and again; what is kept of them is bounded.
        extensions=[ParserCache, ValidationCache, DocumentLimits],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
