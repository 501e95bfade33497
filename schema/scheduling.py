"""Scheduling a lesson, with a preview of all that comes of it, and scheduling a post once more."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.posts import commands, models, waiting
from domain.posts.times import DEFAULT_ZONE
from domain.terms import HoldReason, Lateness, Level
from schema._acts import KEY, Problem, act
from schema._base import Asked, Count, ref
from schema.posts import GateCount, Post

PREVIEW = "Answers what would come of it, and does nothing."


@strawberry.input(description="What the clocks of a zone are to show (当地时间).")
class WallTimeInput:
    wall_time: str = strawberry.field(description="As in 2026-06-01T09:00.")
    zone: str = strawberry.field(description="By its IANA name.", default=DEFAULT_ZONE)


@strawberry.input(description="A showcase lesson to be promoted through many accounts.")
class ScheduleLessonInput:
    lesson_id: strawberry.ID = ref("Lesson", "The showcase lesson.")
    unit_id: strawberry.ID = ref("Unit", "The unit that posts.")
    within_unit_id: strawberry.ID | None = ref(
        "Unit", "Only accounts within this unit; else within unitId.", default=None
    )
    campaign_id: strawberry.ID | None = ref("Campaign", "The campaign it belongs to.", default=None)
    levels: list[Level] = strawberry.field(description="The levels whose accounts post it.")
    text: str = strawberry.field(description="Each delivery adds its own short link.")
    picture_id: strawberry.ID | None = ref("Picture", "The picture it carries: one handed in for unitId.", default=None)
    publish_at: datetime | None = strawberry.field(
        description="When the first goes out, with its zone; or else publishOn.", default=None
    )
    publish_on: WallTimeInput | None = strawberry.field(
        description="When the first goes out, by the clocks of a zone; or else publishAt.", default=None
    )
    spread_seconds: int = strawberry.field(
        description="Over how long the others follow, upper levels first.", default=0
    )
    waits_for_upper: bool = strawberry.field(
        description="Each waits until the nearest level above stands, on the same platform.", default=False
    )
    lateness: Lateness | None = strawberry.field(
        description="What becomes of what is late; as the campaign says, or sent, unless said.", default=None
    )
    late_after_seconds: int | None = strawberry.field(
        description="After how long it is late; a day, unless said.", default=None
    )
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="A post to be scheduled once more.")
class DuplicatePostInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    publish_at: datetime | None = strawberry.field(
        description="When the first goes out, with its zone; or else publishOn.", default=None
    )
    publish_on: WallTimeInput | None = strawberry.field(
        description="When the first goes out, by the clocks of a zone; or else publishAt.", default=None
    )
    preview: bool = strawberry.field(description=PREVIEW, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.input(description="A post whose lower levels wait no longer.")
class ReleaseWaitingInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="How many accounts of a level.")
class AccountsAtLevel:
    level: Level
    count: Count


@strawberry.type(description="The final text on a platform, by the example of one account.")
class TextSample:
    host: str = strawberry.field(description="The platform.")
    text: str


@strawberry.type(description="Some of the accounts.")
class NamedAccounts:
    count: Count
    names: list[str] = strawberry.field(description="Of the first 20, upper levels first.")


def _by_level(facts: list[dict[str, Any]]) -> list[AccountsAtLevel]:
    return [AccountsAtLevel(level=Level[each["level"]], count=each["count"]) for each in facts]


def _samples(facts: list[dict[str, Any]]) -> list[TextSample]:
    return [TextSample(**each) for each in facts]


def _named(facts: dict[str, Any]) -> NamedAccounts:
    return NamedAccounts(**facts)


def _held(facts: list[dict[str, Any]]) -> list[GateCount]:
    return [GateCount(reason=HoldReason[each["reason"]], count=each["count"]) for each in facts]


def _nobody() -> NamedAccounts:
    return NamedAccounts(count=Count(0), names=[])


# What was kept of a request to an earlier version does not say all of it.
@strawberry.type(description="The post, and what comes of it; the same for a preview.")
class ScheduleLessonPayload:
    post: Post
    by_release: Count = strawberry.field(
        description="Accounts left out, whose units take posts of the levels above by release only.", default=Count(0)
    )
    accounts: Count = strawberry.field(description="How many accounts post it.", default=Count(0))
    by_level: list[AccountsAtLevel] = strawberry.field(description="The same by level.", default_factory=list)
    samples: list[TextSample] = strawberry.field(description="One of each platform.", default_factory=list)
    clashes: NamedAccounts = strawberry.field(
        description="Accounts that post something else within 10 minutes of it.", default_factory=_nobody
    )
    repeats: NamedAccounts = strawberry.field(
        description="Accounts that post the same text within 3 days, before or after.", default_factory=_nobody
    )
    held: list[GateCount] = strawberry.field(
        description="What would be held if it were due now, and why.", default_factory=list
    )


@strawberry.type(description="The new post, and what comes of it; it has to be approved anew.")
class DuplicatePostPayload(ScheduleLessonPayload):
    left_out: Count = strawberry.field(
        description="Accounts of the earlier post that are active no more, or out of your reach.", default=Count(0)
    )


@strawberry.type(description="The post whose lower levels wait no longer.")
class ReleaseWaitingPayload:
    post: Post
    released: Count = strawberry.field(description="Deliveries that waited, and are due now or when they were to be.")


FACTS = ("by_release", "accounts", "by_level", "samples", "clashes", "repeats", "held")
SHAPED: dict[str, Callable[[Any], Any]] = {
    "by_level": _by_level,
    "samples": _samples,
    "clashes": _named,
    "repeats": _named,
    "held": _held,
}

ScheduleLessonResult = Annotated[ScheduleLessonPayload | Problem, strawberry.union("ScheduleLessonResult")]
DuplicatePostResult = Annotated[DuplicatePostPayload | Problem, strawberry.union("DuplicatePostResult")]
ReleaseWaitingResult = Annotated[ReleaseWaitingPayload | Problem, strawberry.union("ReleaseWaitingResult")]


@strawberry.type
class SchedulingMutations:
    @strawberry.mutation(description="Promote a showcase lesson through the accounts of some levels within a unit.")
    async def schedule_lesson(self, info: Asked, input: ScheduleLessonInput) -> ScheduleLessonResult:
        return await act(
            info,
            input,
            commands.schedule_lesson,
            ScheduleLessonPayload,
            shows=("post", models.Post),
            extras=FACTS,
            shaped=SHAPED,
            wakes="deliveries",
        )

    @strawberry.mutation(description="Schedule a post once more, to those of its accounts that are still active.")
    async def duplicate_post(self, info: Asked, input: DuplicatePostInput) -> DuplicatePostResult:
        return await act(
            info,
            input,
            commands.duplicate_post,
            DuplicatePostPayload,
            shows=("post", models.Post),
            extras=(*FACTS, "left_out"),
            shaped=SHAPED,
            wakes="deliveries",
        )

    @strawberry.mutation(description="Let go what of a post waits for the level above, though that does not stand.")
    async def release_waiting(self, info: Asked, input: ReleaseWaitingInput) -> ReleaseWaitingResult:
        shown, extras = ("post", models.Post), ("released",)
        return await act(
            info, input, waiting.release_waiting, ReleaseWaitingPayload, shows=shown, extras=extras, wakes="deliveries"
        )
