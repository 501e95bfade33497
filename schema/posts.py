"""The window on posts and their deliveries, and the acts on them."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.posts import commands, models, progress, queries
from domain.posts.rules import DELIVERY_ABILITIES, POST_ABILITIES
from domain.publicity.clicks import clicks_of_deliveries, clicks_of_posts
from domain.terms import AttemptKind, DeliveryState, HoldReason, Lateness
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, many, measured, one, ref, row_id_of, shows
from schema._reads import chosen, listed
from schema.accounts import Account, Person
from schema.campaigns import Campaign, StateCount
from schema.clicks import Clicks, clicked
from schema.comments import Comment
from schema.engagement import Snapshot
from schema.lessons import Lesson
from schema.troubles import Trouble, hold_trouble
from schema.units import Unit
from schema.uploads import Picture
from schema.wording import WordingFinding


@shows(models.Attempt)
class Attempt(Node):
    kind: AttemptKind
    claimed_at: datetime
    settled_at: datetime
    event: str = strawberry.field(description="What came of it.")
    code: str | None = strawberry.field(description="Our code of the trouble.")
    detail: str | None = strawberry.field(description="The platform's own words.")


@shows(models.Hold)
class Hold(Node):
    reason: HoldReason
    since: datetime
    lifted_at: datetime | None = strawberry.field(description="Null while it holds.")
    trouble: Trouble = hold_trouble()


@strawberry.type(description="Why deliveries of a post would not go out now (放行检查), and how many.")
class GateCount:
    reason: HoldReason
    count: Count


@shows(models.Approval)
class Approval(Node):
    revision: Count = strawberry.field(description="Of which text and picture of the post.")
    approved_at: datetime
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    by: Person | None = measured(queries.approvers_of, "Who approved; null for posts of the time before approvals.")


@shows(models.Delivery)
class Delivery(Node):
    state: DeliveryState
    text: str = strawberry.field(description="Exactly what is sent.")
    due_at: datetime
    published_at: datetime | None
    gone_at: datetime | None = strawberry.field(
        description="When its platform was found to show the post no more; empty again where it comes back."
    )
    host_url: str | None = strawberry.field(description="Where the post stands.")
    problem: str | None = strawberry.field(description="Our code of the trouble it is in.")
    problem_detail: str | None = strawberry.field(description="The platform's own words.")
    trouble: Trouble | None = measured(
        progress.troubles_of, "What keeps it from going out; null where nothing does, or where its holds tell."
    )
    post: "Post" = one("post", "The post it sends.")
    account: Account = one("account", "The account it goes to.")
    waits_for: "Delivery | None" = one("waits_for", "The delivery above that has, or had, to stand first.")
    attempts: Connection[Attempt] = many("attempts", "Every call of the platform for it.")
    snapshots: Connection[Snapshot] = many("snapshots", "Its engagement over time.")
    comments: Connection[Comment] = many("comments", "What was written below it, newest first.")
    holds: Connection[Hold] = many("holds", "Why it did, or does, not go out though it is due.")
    clicks: Clicks = clicked(clicks_of_deliveries)
    viewer_can: list[Can] = can(DELIVERY_ABILITIES)


@strawberry.type(description="What the clocks of a zone are to show.")
class WallTime:
    wall_time: str = strawberry.field(description="As in 2026-06-01T09:00:00.")
    zone: str = strawberry.field(description="By its IANA name.")


@shows(models.Post)
class Post(Node):
    text: str
    publish_at: datetime
    publish_on: WallTime | None = measured(queries.wall_times_of, "How a person said it, if not as an instant.")
    spread_seconds: Count
    created_at: datetime
    cancelled_at: datetime | None
    version: Count = strawberry.field(description="Counts the edits; whoever edits gives the one that was seen.")
    revision: Count = strawberry.field(description="Counts the texts and pictures; an approval is of one.")
    held_at: datetime | None = strawberry.field(description="Since when a person holds it back.")
    held_reason: str | None
    lateness: Lateness = strawberry.field(description="What becomes of what could not go out in time.")
    late_after_seconds: Count
    is_approved: bool = strawberry.field(description="Whether a second person approved its text and picture of now.")
    wording: list[WordingFinding] = measured(queries.wording_of_posts, "What is found in its text, by today's list.")
    unit: Unit = one("unit", "The unit that posts.")
    campaign: Campaign | None = one("campaign", "The campaign it belongs to.")
    lesson: Lesson | None = one(
        "lesson", "The showcase lesson it promotes; null once it was taken back, unless you view it."
    )
    picture: Picture | None = one("picture", "The picture it carries, the same in each delivery.")
    deliveries: Connection[Delivery] = many("deliveries", "Its deliveries to accounts within your reach.")
    approvals: Connection[Approval] = many("approvals", "Who approved which text.")
    states: list[StateCount] = measured(queries.states_of_posts, "Its deliveries by state, as far as you see them.")
    gate: list[GateCount] = measured(queries.gate_of_posts, "Why deliveries that have not begun would be held now.")
    clicks: Clicks = clicked(clicks_of_posts)
    viewer_can: list[Can] = can(POST_ABILITIES)


@strawberry.input(description="A post to be cancelled.")
class CancelPostInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What came of cancelling: a delivery is cancelled, or it was too late for it.")
class CancelPostPayload:
    post: Post
    cancelled: Count
    too_late: Count


CancelPostResult = Annotated[CancelPostPayload | Problem, strawberry.union("CancelPostResult")]


@strawberry.type
class PostQueries:
    @strawberry.field(description="Posts of units you see; on request only those that a second person is to approve.")
    async def posts(
        self,
        info: Asked,
        campaign_id: strawberry.ID | None = None,
        within_id: strawberry.ID | None = None,
        awaiting_approval: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Post]:
        campaign = row_id_of(campaign_id, "Campaign", path="campaignId") if campaign_id else None
        where = [("campaign_id", campaign)] if campaign else []
        also = [queries.awaiting_approval] if awaiting_approval else []
        return await listed(info, models.Post, first, after, last, before, where, within_id, also=also)

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
    @strawberry.mutation(description="Cancel what of a post has not been sent yet.")
    async def cancel_post(self, info: Asked, input: CancelPostInput) -> CancelPostResult:
        shown = ("post", models.Post)
        extras = ("cancelled", "too_late")
        return await act(info, input, commands.cancel_post, CancelPostPayload, shows=shown, extras=extras)
