"""The window on troubles: what keeps deliveries from going out, in plain words, and how posts get on."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.posts import models, progress
from domain.posts.troubles import held_for
from domain.reading import reader
from domain.terms import DeliveryState
from schema._base import Asked, Count, row_id_of
from schema._reads import path_within
from schema._selection import selection_of
from schema.campaigns import StateCount

if TYPE_CHECKING:
    from schema.posts import Delivery


@strawberry.type(
    description="What keeps a delivery from going out (发布问题), in plain words, and what to do about it."
)
class Trouble:
    code: str = strawberry.field(description="Our code: the one that `settleDeliveries` takes, or a hold's reason.")
    message_zh: str
    message_en: str
    remedy_zh: str = strawberry.field(description="What to do about it.")
    remedy_en: str = strawberry.field(description="What to do about it.")
    is_retried: bool = strawberry.field(description="Whether it goes on by itself; else a person has to act.")
    retried_at: datetime | None = strawberry.field(description="When it goes on by itself, where that is known.")


@strawberry.type(description="Deliveries that one cause keeps in one state (同类问题), by when they were due.")
class TroubleGroup:
    trouble: Trouble
    state: DeliveryState
    count: Count
    oldest: datetime = strawberry.field(description="When the first of them was due.")
    newest: datetime = strawberry.field(description="When the last of them was due.")
    sample_deliveries: list[Annotated["Delivery", strawberry.lazy("schema.posts")]] = strawberry.field(
        description=f"The first {progress.SAMPLES} of them."
    )


@strawberry.type(description="How many deliveries of a post one cause keeps in one state.")
class TroubleCount:
    trouble: Trouble
    state: DeliveryState
    count: Count


@strawberry.type(description="How a post gets on (发布进度), as far as you see its deliveries.")
class PostProgress:
    states: list[StateCount]
    troubles: list[TroubleCount]
    at: datetime


def hold_trouble() -> Any:
    """The field that tells why a delivery is held."""

    def resolver(root: strawberry.Parent[Any]) -> Trouble:
        return held_for(root.reason)  # type: ignore[return-value]

    text = "The reason in plain words, and what to do about it."
    return strawberry.field(resolver=resolver, description=text, metadata={"needs": frozenset({"reason"})})


@strawberry.type
class TroubleQueries:
    @strawberry.field(
        description="What is in trouble within your reach, grouped by cause: failed, unclear, waiting for a person or "
        "for a delivery above that will not go out, tried again, or held (what two reasons hold counts for both). "
        "`since` leaves out what was due before."
    )
    async def troubles(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        post_id: strawberry.ID | None = None,
        campaign_id: strawberry.ID | None = None,
        since: datetime | None = None,
    ) -> list[TroubleGroup]:
        post = row_id_of(post_id, "Post", path="postId") if post_id else None
        campaign = row_id_of(campaign_id, "Campaign", path="campaignId") if campaign_id else None
        selection = selection_of(info, "sampleDeliveries", rows=progress.SAMPLES * progress.CAUSES_LIMIT)
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            under = None if within_id is None else await path_within(session, actor, within_id)
            groups = await progress.troubles(
                session, actor, within_path=under, post_id=post, campaign_id=campaign, since=since
            )
            ids = list(dict.fromkeys(row_id for group in groups for row_id in group.sample_ids))
            rows = await reader.rows_by_id(session, actor, models.Delivery, selection, ids=ids)
        return [
            TroubleGroup(
                trouble=group.trouble,  # type: ignore[arg-type]
                state=group.state,
                count=Count(group.count),
                oldest=group.oldest,
                newest=group.newest,
                sample_deliveries=[rows[row_id] for row_id in group.sample_ids if row_id in rows],  # type: ignore[misc]
            )
            for group in groups
        ]


@strawberry.type
class TroubleSubscriptions:
    @strawberry.subscription(
        description="How a post gets on: told at once, then whenever it changes, until no worker moves any of it."
    )
    async def post_progress(self, info: Asked, post_id: strawberry.ID) -> AsyncIterator[PostProgress]:
        post = row_id_of(post_id, "Post", path="postId")
        async with aclosing(info.context.watch(post, "post")) as told:
            async for found, at in told:
                yield PostProgress(
                    states=list(found.states),
                    troubles=list(found.troubles),
                    at=at,
                )
