"""Scheduling many posts of a unit in one act."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry

from domain.posts import series
from domain.terms import Lateness, Level
from schema._acts import KEY, Problem, act
from schema._base import Asked, Count, global_id, ref
from schema.scheduling import PREVIEW


@strawberry.input(description="One post of a series.")
class SeriesPostInput:
    text: str = strawberry.field(description="Each delivery adds its own short link; no text stands twice.")
    publish_at: datetime = strawberry.field(description="When it goes out, with its zone.")


@strawberry.input(description="A series of posts that promote a showcase lesson (系列微博): all of them, or none.")
class ScheduleSeriesInput:
    lesson_id: strawberry.ID = ref("Lesson", "The showcase lesson.")
    unit_id: strawberry.ID = ref("Unit", "The unit that posts.")
    within_unit_id: strawberry.ID | None = ref(
        "Unit", "Only accounts within this unit; else within unitId.", default=None
    )
    campaign_id: strawberry.ID | None = ref("Campaign", "The campaign they belong to.", default=None)
    levels: list[Level] = strawberry.field(description="The levels whose accounts post them.")
    posts: list[SeriesPostInput] = strawberry.field(description="1 to 100 of them.")
    lateness: Lateness | None = strawberry.field(
        description="What becomes of what is late; as the campaign says, or sent, unless said.", default=None
    )
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The posts of a series, at version 1; each has to be approved.")
class ScheduleSeriesPayload:
    post_ids: list[strawberry.ID] = strawberry.field(description="The earliest first; those of a preview are gone.")
    accounts: Count = strawberry.field(description="Through how many accounts each goes out.")
    deliveries: Count = strawberry.field(description="How many that makes.")
    by_release: Count = strawberry.field(
        description="Accounts left out, whose units take posts of the levels above by release only."
    )


def _ids(kept: list[str]) -> list[strawberry.ID]:
    return [global_id("Post", UUID(each)) for each in kept]


ScheduleSeriesResult = Annotated[ScheduleSeriesPayload | Problem, strawberry.union("ScheduleSeriesResult")]


@strawberry.type
class SeriesMutations:
    @strawberry.mutation(description="Schedule many posts, each with its own text and time, through the same accounts.")
    async def schedule_series(self, info: Asked, input: ScheduleSeriesInput) -> ScheduleSeriesResult:
        return await act(
            info,
            input,
            series.schedule_series,
            ScheduleSeriesPayload,
            extras=("post_ids", "accounts", "deliveries", "by_release"),
            shaped={"post_ids": _ids},
            wakes="deliveries",
        )
