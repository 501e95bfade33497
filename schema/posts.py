"""The window on posts and their deliveries, and the acts on them."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.posts import commands, models
from domain.posts.queries import states_of_posts
from domain.posts.rules import POST_ABILITIES
from domain.terms import AttemptKind, DeliveryState, Level
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, many, measured, one, ref, row_id_of, shows
from schema._reads import chosen, listed
from schema.accounts import Account
from schema.campaigns import Campaign, StateCount
from schema.engagement import Snapshot
from schema.lessons import Lesson
from schema.units import Unit


@shows(models.Attempt)
class Attempt(Node):
    kind: AttemptKind
    claimed_at: datetime
    settled_at: datetime
    event: str = strawberry.field(description="What came of it.")
    code: str | None = strawberry.field(description="Our code of the trouble.")
    detail: str | None = strawberry.field(description="The platform's own words.")


@shows(models.Delivery)
class Delivery(Node):
    state: DeliveryState
    text: str = strawberry.field(description="Exactly what is sent.")
    due_at: datetime
    published_at: datetime | None
    host_url: str | None = strawberry.field(description="Where the post stands.")
    problem: str | None = strawberry.field(description="Our code of the trouble it is in.")
    problem_detail: str | None = strawberry.field(description="The platform's own words.")
    post: "Post" = one("post", "The post it sends.")
    account: Account = one("account", "The account it goes to.")
    attempts: Connection[Attempt] = many("attempts", "Every call of the platform for it.")
    snapshots: Connection[Snapshot] = many("snapshots", "Its engagement over time.")


@shows(models.Post)
class Post(Node):
    text: str
    publish_at: datetime
    spread_seconds: Count
    created_at: datetime
    cancelled_at: datetime | None
    unit: Unit = one("unit", "The unit that posts.")
    campaign: Campaign | None = one("campaign", "The campaign it belongs to.")
    lesson: Lesson = one("lesson", "The showcase lesson it promotes.")
    deliveries: Connection[Delivery] = many("deliveries", "Its deliveries to accounts within your reach.")
    states: list[StateCount] = measured(states_of_posts, "Its deliveries by state, as far as you see them.")
    viewer_can: list[Can] = can(POST_ABILITIES)


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
    publish_at: datetime = strawberry.field(description="When the first goes out, with its zone.")
    spread_seconds: int = strawberry.field(
        description="Over how long the others follow, upper levels first.", default=0
    )
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The post scheduled.")
class ScheduleLessonPayload:
    post: Post
    by_release: Count = strawberry.field(
        description="Accounts left out, whose units take posts of the levels above by release only.",
        # What was kept of a request to an earlier version does not say.
        default=Count(0),
    )


@strawberry.input(description="A post to be cancelled.")
class CancelPostInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What came of cancelling: a delivery is cancelled, or it was too late for it.")
class CancelPostPayload:
    post: Post
    cancelled: Count
    too_late: Count


ScheduleLessonResult = Annotated[ScheduleLessonPayload | Problem, strawberry.union("ScheduleLessonResult")]
CancelPostResult = Annotated[CancelPostPayload | Problem, strawberry.union("CancelPostResult")]


@strawberry.type
class PostQueries:
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
        campaign = row_id_of(campaign_id, "Campaign", path="campaignId") if campaign_id else None
        where = [("campaign_id", campaign)] if campaign else []
        return await listed(info, models.Post, first, after, last, before, where)

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
        where = [("post_id", row_id_of(post_id, "Post", path="postId")), *chosen("state", states)]
        return await listed(info, models.Delivery, first, after, last, before, where)


@strawberry.type
class PostMutations:
    @strawberry.mutation(description="Promote a showcase lesson through the accounts of some levels within a unit.")
    async def schedule_lesson(self, info: Asked, input: ScheduleLessonInput) -> ScheduleLessonResult:
        return await act(
            info,
            input,
            commands.schedule_lesson,
            ScheduleLessonPayload,
            shows=("post", models.Post),
            extras=("by_release",),
            wakes="deliveries",
        )

    @strawberry.mutation(description="Cancel what of a post has not been sent yet.")
    async def cancel_post(self, info: Asked, input: CancelPostInput) -> CancelPostResult:
        shown = ("post", models.Post)
        extras = ("cancelled", "too_late")
        return await act(info, input, commands.cancel_post, CancelPostPayload, shows=shown, extras=extras)
