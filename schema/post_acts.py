"""The acts on posts that are scheduled already: approved, edited, held back, silenced, settled by a person."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.posts import approvals, edits, models, settlements, silences
from domain.posts.rules import SILENCE_ABILITIES
from domain.terms import DeliveryState, GroupSettlement, Lateness, PersonSettlement
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, one, ref, shows
from schema._reads import listed
from schema.posts import Delivery, Post
from schema.scheduling import WallTimeInput
from schema.units import Unit
from schema.wording import SEEN


@shows(models.Silence)
class Silence(Node):
    reason: str
    ordered_at: datetime
    lifted_at: datetime | None = strawberry.field(description="Null while it is in force.")
    unit: Unit = one("unit", "The unit at and below which nothing goes out.")
    viewer_can: list[Can] = can(SILENCE_ABILITIES)


@strawberry.input(description="A post that is to go out as it stands.")
class ApprovePostInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    wording_seen: bool = strawberry.field(description=SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The post approved.")
class ApprovePostPayload:
    post: Post


@strawberry.input(description="A post that may go out as it was seen.")
class SeenPostInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    expected_version: int = strawberry.field(description="The version that was seen.")


@strawberry.input(description="Posts of one unit that may go out as they stand: all of them, or none.")
class ApprovePostsInput:
    posts: list[SeenPostInput] = strawberry.field(description="1 to 100 of them.")
    wording_seen: bool = strawberry.field(description=SEEN, default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="How many posts were approved.")
class ApprovePostsPayload:
    approved: Count


@strawberry.input(description="A post whose approval is taken back.")
class WithdrawApprovalInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    reason: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The post; nothing of it begins to go out after this answer.")
class WithdrawApprovalPayload:
    post: Post


@strawberry.input(description="What of a post is to be changed; what is left out stays.")
class EditPostInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    text: str | None = strawberry.field(description="Another text, which has to be approved anew.", default=None)
    picture_id: strawberry.ID | None = ref("Picture", "Another picture, which has to be approved anew.", default=None)
    drop_picture: bool = strawberry.field(description="It is to carry no picture any more.", default=False)
    publish_at: datetime | None = strawberry.field(
        description="Another time for the first, with its zone.", default=None
    )
    publish_on: WallTimeInput | None = strawberry.field(
        description="Another time for the first, by the clocks of a zone.", default=None
    )
    spread_seconds: int | None = strawberry.field(description="Over how long the others follow.", default=None)
    lateness: Lateness | None = strawberry.field(description="What becomes of what is late.", default=None)
    late_after_seconds: int | None = strawberry.field(description="After how long it is late.", default=None)
    preview: bool = strawberry.field(description="Answers what would come of it, and does nothing.", default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The post as changed.")
class EditPostPayload:
    post: Post
    changed: Count = strawberry.field(description="Deliveries that had not begun and were changed.")
    too_late: Count = strawberry.field(description="Deliveries that had begun and stay as they are.")


@strawberry.input(description="A post to be held back.")
class HoldPostInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    reason: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The post held back; nothing of it begins to go out after this answer.")
class HoldPostPayload:
    post: Post


@strawberry.input(description="A post to be let go.")
class ReleasePostInput:
    post_id: strawberry.ID = ref("Post", "The post.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The post let go.")
class ReleasePostPayload:
    post: Post


@strawberry.input(description="A unit that is to be silent with all below it (静默).")
class OrderSilenceInput:
    unit_id: strawberry.ID = ref("Unit", "The unit.")
    reason: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The order; nothing begins to go out there after this answer.")
class OrderSilencePayload:
    silence: Silence


@strawberry.input(description="An order to be lifted.")
class LiftSilenceInput:
    silence_id: strawberry.ID = ref("Silence", "The order.")
    over_seconds: int = strawberry.field(description="Over how long what it held goes out, in order.", default=0)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The order lifted.")
class LiftSilencePayload:
    silence: Silence
    released: Count = strawberry.field(description="Deliveries that it held, and that go on.")


@strawberry.input(description="What became of a delivery that waits for a person.")
class SettleDeliveryInput:
    delivery_id: strawberry.ID = ref("Delivery", "The delivery.")
    settlement: PersonSettlement
    link: str | None = strawberry.field(description="Where the post stands, if it does.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The delivery settled.")
class SettleDeliveryPayload:
    delivery: Delivery


@strawberry.input(description="All deliveries that one cause keeps in one state, as `troubles` groups them.")
class SettleDeliveriesInput:
    state: DeliveryState = strawberry.field(description="The group's state: FAILED or NEEDS_PERSON.")
    problem: str = strawberry.field(description="The code of the group's trouble.")
    settlement: GroupSettlement
    post_id: strawberry.ID | None = ref("Post", "Of this post.", default=None)
    campaign_id: strawberry.ID | None = ref("Campaign", "Or of all posts of this campaign.", default=None)
    unit_id: strawberry.ID | None = ref("Unit", "Or at and below this unit.", default=None)
    preview: bool = strawberry.field(description="Answers what would come of it, and does nothing.", default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="How many deliveries of a group are left as they are, and why.")
class RefusedCount:
    problem: Problem
    count: Count


@strawberry.type(description="How far a group is settled; while some remain, ask once more with another key.")
class SettleDeliveriesPayload:
    settled: Count = strawberry.field(description=f"This time: at most {settlements.BATCH}, the earliest due first.")
    remaining: Count = strawberry.field(description="What can be settled and is not yet.")
    refused: list[RefusedCount] = strawberry.field(description="What you see of the group and cannot settle so.")


def _refused(rows: list[dict[str, Any]]) -> list[RefusedCount]:
    return [
        RefusedCount(
            problem=Problem(code=row["code"], path=[], message_zh=row["zh"], message_en=row["en"], retryable=False),
            count=Count(row["count"]),
        )
        for row in rows
    ]


ApprovePostsResult = Annotated[ApprovePostsPayload | Problem, strawberry.union("ApprovePostsResult")]
ApprovePostResult = Annotated[ApprovePostPayload | Problem, strawberry.union("ApprovePostResult")]
WithdrawApprovalResult = Annotated[WithdrawApprovalPayload | Problem, strawberry.union("WithdrawApprovalResult")]
EditPostResult = Annotated[EditPostPayload | Problem, strawberry.union("EditPostResult")]
HoldPostResult = Annotated[HoldPostPayload | Problem, strawberry.union("HoldPostResult")]
ReleasePostResult = Annotated[ReleasePostPayload | Problem, strawberry.union("ReleasePostResult")]
OrderSilenceResult = Annotated[OrderSilencePayload | Problem, strawberry.union("OrderSilenceResult")]
LiftSilenceResult = Annotated[LiftSilencePayload | Problem, strawberry.union("LiftSilenceResult")]
SettleDeliveryResult = Annotated[SettleDeliveryPayload | Problem, strawberry.union("SettleDeliveryResult")]
SettleDeliveriesResult = Annotated[SettleDeliveriesPayload | Problem, strawberry.union("SettleDeliveriesResult")]


@strawberry.type
class PostActQueries:
    @strawberry.field(description="Silence orders, in force or lifted, over units you see.")
    async def silences(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Silence]:
        return await listed(info, models.Silence, first, after, last, before, None, within_id)


@strawberry.type
class PostActMutations:
    @strawberry.mutation(description="Say, as a second person, that a post may go out as it stands.")
    async def approve_post(self, info: Asked, input: ApprovePostInput) -> ApprovePostResult:
        shown = ("post", models.Post)
        return await act(info, input, approvals.approve_post, ApprovePostPayload, shows=shown, wakes="deliveries")

    @strawberry.mutation(description="Say, as a second person, that many posts of a unit may go out as they stand.")
    async def approve_posts(self, info: Asked, input: ApprovePostsInput) -> ApprovePostsResult:
        extras = ("approved",)
        return await act(info, input, approvals.approve_posts, ApprovePostsPayload, extras=extras, wakes="deliveries")

    @strawberry.mutation(description="Take an approval back: what has not begun does not go out.")
    async def withdraw_approval(self, info: Asked, input: WithdrawApprovalInput) -> WithdrawApprovalResult:
        shown = ("post", models.Post)
        return await act(info, input, approvals.withdraw_approval, WithdrawApprovalPayload, shows=shown)

    @strawberry.mutation(description="Give a post another text, picture or time, as far as it has not begun to go out.")
    async def edit_post(self, info: Asked, input: EditPostInput) -> EditPostResult:
        shown, extras = ("post", models.Post), ("changed", "too_late")
        return await act(info, input, edits.edit_post, EditPostPayload, shows=shown, extras=extras)

    @strawberry.mutation(description="Hold back what of a post has not begun to go out.")
    async def hold_post(self, info: Asked, input: HoldPostInput) -> HoldPostResult:
        return await act(info, input, edits.hold_post, HoldPostPayload, shows=("post", models.Post))

    @strawberry.mutation(description="Let a post go that was held back.")
    async def release_post(self, info: Asked, input: ReleasePostInput) -> ReleasePostResult:
        shown = ("post", models.Post)
        return await act(info, input, edits.release_post, ReleasePostPayload, shows=shown, wakes="deliveries")

    @strawberry.mutation(description="Let nothing go out at a unit and below it, until it is lifted.")
    async def order_silence(self, info: Asked, input: OrderSilenceInput) -> OrderSilenceResult:
        shown = ("silence", models.Silence)
        return await act(info, input, silences.order_silence, OrderSilencePayload, shows=shown)

    @strawberry.mutation(
        description="Lift a silence order; what it held goes out in order, over a period if you say so."
    )
    async def lift_silence(self, info: Asked, input: LiftSilenceInput) -> LiftSilenceResult:
        shown = ("silence", models.Silence)
        return await act(
            info,
            input,
            silences.lift_silence,
            LiftSilencePayload,
            shows=shown,
            extras=("released",),
            wakes="deliveries",
        )

    @strawberry.mutation(description="Say what became of a delivery that waits for a person.")
    async def settle_delivery(self, info: Asked, input: SettleDeliveryInput) -> SettleDeliveryResult:
        shown = ("delivery", models.Delivery)
        return await act(
            info, input, settlements.settle_delivery, SettleDeliveryPayload, shows=shown, wakes="deliveries"
        )

    @strawberry.mutation(
        description="Send again, or drop, all that one cause keeps in one state, a bounded number at a time."
    )
    async def settle_deliveries(self, info: Asked, input: SettleDeliveriesInput) -> SettleDeliveriesResult:
        return await act(
            info,
            input,
            settlements.settle_deliveries,
            SettleDeliveriesPayload,
            extras=("settled", "remaining", "refused"),
            shaped={"refused": _refused},
            wakes="deliveries",
        )
