"""The schema: every query and mutation, and what stands around them."""

from typing import Any
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from domain.accounts import models as accounts
from domain.campaigns import models as campaigns
from domain.lessons import models as lessons
from domain.posts import models as posts
from domain.reading import reader
from domain.refusals import Invalid, Reason
from domain.terms import DeliveryState, LessonState, Level
from domain.units import models as units
from domain.units.queries import counts_per_level
from schema import _terms as _terms
from schema._base import SCALARS, WINDOWS, Asked, Connection, Count, Node, row_id_of, row_of
from schema._errors import coded
from schema._limits import DocumentLimits
from schema._reads import page
from schema._selection import selection_of
from schema.accounts import Account
from schema.campaigns import Campaign, CampaignMutations
from schema.lessons import Lesson, LessonMutations
from schema.people import Grant, Viewer
from schema.posts import Delivery, Post, PostMutations
from schema.units import LevelCount, Unit

NODES_LIMIT = 100


@strawberry.type(description="What can be read.")
class Query:
    @strawberry.field(description="Who is logged in.")
    async def viewer(self, info: Asked) -> Viewer:
        selection = selection_of(info, "grants", "unit")
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            ids = [scope.unit_id for scope in actor.scopes]
            found = await reader.rows_by_id(session, actor, units.Unit, selection, ids=ids)
        grants = [Grant(role=scope.role, unit=found.get(scope.unit_id)) for scope in actor.scopes]  # type: ignore[arg-type]
        return Viewer(name=actor.name, grants=grants)

    @strawberry.field(description="Whatever has this id, if you may see it.")
    async def node(self, info: Asked, id: strawberry.ID) -> Node | None:
        return (await _nodes(info, [id]))[0]

    @strawberry.field(description=f"Up to {NODES_LIMIT} things by their ids, in that order.")
    async def nodes(self, info: Asked, ids: list[strawberry.ID]) -> list[Node | None]:
        return await _nodes(info, ids)

    @strawberry.field(description="A unit by its division code of today.")
    async def unit(self, info: Asked, code: str) -> Unit | None:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            where = [("code", code), ("closed_on", None)]
            return await reader.row_where(session, actor, units.Unit, selection_of(info), where=where)  # type: ignore[return-value]

    @strawberry.field(description="How many units you see at each level.")
    async def unit_counts(self, info: Asked) -> list[LevelCount]:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            counts = await counts_per_level(session, actor)
        return [LevelCount(level=level, count=Count(count)) for level, count in counts.items()]

    @strawberry.field(description="Units, those of one level or below one unit.")
    async def units(
        self,
        info: Asked,
        levels: list[Level] | None = None,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Unit]:
        where = [("closed_on", None), *_chosen("level", levels)]
        return await _page(info, units.Unit, first, after, last, before, where, within_id)

    @strawberry.field(description="Microblog accounts.")
    async def accounts(
        self,
        info: Asked,
        levels: list[Level] | None = None,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Account]:
        where = _chosen("level", levels)
        return await _page(info, accounts.Account, first, after, last, before, where, within_id)

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
        return await _page(info, lessons.Lesson, first, after, last, before, _chosen("state", states))

    @strawberry.field(description="Campaigns of units you see.")
    async def campaigns(
        self,
        info: Asked,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Campaign]:
        return await _page(info, campaigns.Campaign, first, after, last, before)

    @strawberry.field(description="Posts of units you see.")
    async def posts(
        self,
        info: Asked,
        campaign_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Post]:
        chosen = row_id_of(campaign_id, "Campaign", path="campaignId") if campaign_id else None
        where = [("campaign_id", chosen)] if chosen else []
        return await _page(info, posts.Post, first, after, last, before, where)

    @strawberry.field(description="Deliveries of a post to accounts within your reach.")
    async def deliveries(
        self,
        info: Asked,
        post_id: strawberry.ID,
        states: list[DeliveryState] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Delivery]:
        where = [("post_id", row_id_of(post_id, "Post", path="postId")), *_chosen("state", states)]
        return await _page(info, posts.Delivery, first, after, last, before, where)


@strawberry.type(description="What can be done. Each act takes one input, and answers its result or a Problem.")
class Mutation(CampaignMutations, LessonMutations, PostMutations):
    pass


def _chosen(name: str, terms: list[Any] | None) -> list[tuple[str, Any]]:
    # Whoever names a word many times means it once, and a statement takes only so many values.
    return [] if terms is None else [(name, list(dict.fromkeys(terms)))]


async def _page(
    info: Asked,
    model: Any,
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    where: list[tuple[str, Any]] | None = None,
    within_id: str | None = None,
) -> Any:
    return await page(
        info, model, first=first, after=after, last=last, before=before, where=where or (), within_id=within_id
    )


async def _nodes(info: Asked, ids: list[strawberry.ID]) -> list[Any]:
    if len(ids) > NODES_LIMIT:
        raise Invalid(Reason.TOO_MANY, path="ids", limit=NODES_LIMIT)
    decoded = [row_of(given) for given in ids]
    found: dict[tuple[str, UUID], Any] = {}
    wanted: dict[str, list[UUID]] = {}
    for noun, row_id in decoded:
        wanted.setdefault(noun, []).append(row_id)
    async with info.context.reading() as session:
        actor = await info.context.actor(session)
        for noun, row_ids in wanted.items():
            model = MODELS.get(noun)
            if model is not None:
                selection = selection_of(info, of=noun, rows=len(row_ids))
                rows = await reader.rows_by_id(session, actor, model, selection, ids=row_ids)
                found |= {(noun, row_id): row for row_id, row in rows.items()}
    return [found.get(place) for place in decoded]


MODELS: dict[str, Any] = {noun: window.__shows__ for noun, window in WINDOWS.items()}  # type: ignore[attr-defined]


class Schema(strawberry.Schema):
    async def execute(self, *args: Any, **options: Any) -> ExecutionResult:
        """Give every error its code here, where all of them pass: not all are known to an extension."""
        result = await super().execute(*args, **options)
        if result.errors:
            result.errors = [coded(error) for error in result.errors]
        return result

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strawberry would log every refusal as a fault; `coded` logs what is one."""


def build_schema() -> Schema:
    """The schema as it is served; its text is `schema.graphql`."""
    return Schema(
        query=Query,
        mutation=Mutation,
        types=list(WINDOWS.values()),
        extensions=[DocumentLimits],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
