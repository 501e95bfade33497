"""The acts on calls for lessons, on nominations and on reviews."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.lessons import calls, models, reviewers, reviews
from domain.terms import FiveGood
from schema._acts import KEY, Problem, act
from schema._base import Asked, Count, ref
from schema.calls import LessonCall, Nomination, Review

# Who reviews what, and what they gave, is not to be read in the audit log while it is blind, nor after.
UNNAMED: dict[str, Any] = {"ref": "User", "personal": True}


@strawberry.input(description="A call for lessons of the units below a unit (征集).")
class OpenCallInput:
    unit_id: strawberry.ID = ref("Unit", "The unit that calls.")
    title: str
    text: str
    opens_at: datetime | None = strawberry.field(
        description="From when on, with its zone; at once if left out.", default=None
    )
    closes_at: datetime = strawberry.field(description="Until when, with its zone.")
    quota: int | None = strawberry.field(description="How many lessons each unit may nominate.", default=None)
    score_by: datetime | None = strawberry.field(
        description="Until when reviewers score, with its zone; later than `closesAt`.", default=None
    )
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The call.")
class OpenCallPayload:
    call: LessonCall


@strawberry.input(description="A call said anew, as a whole.")
class EditCallInput:
    call_id: strawberry.ID = ref("LessonCall", "The call.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    title: str
    text: str
    closes_at: datetime = strawberry.field(description="Until when, with its zone.")
    quota: int | None = strawberry.field(
        description="How many lessons each unit may nominate; any number if left out.", default=None
    )
    score_by: datetime | None = strawberry.field(
        description="Until when reviewers score, with its zone; until the reviews are closed if left out.", default=None
    )
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The call changed.")
class EditCallPayload:
    call: LessonCall


@strawberry.input(description="A lesson for a call of a unit above (推荐).")
class NominateLessonInput:
    lesson_id: strawberry.ID = ref("Lesson", "The lesson.")
    call_id: strawberry.ID = ref("LessonCall", "The call.")
    unit_id: strawberry.ID = ref("Unit", "The unit that nominates: the lesson's, or one above it.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The nomination.")
class NominateLessonPayload:
    nomination: Nomination


@strawberry.input(description="A nomination to be taken back.")
class WithdrawNominationInput:
    nomination_id: strawberry.ID = ref("Nomination", "The nomination.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The nomination taken back.")
class WithdrawNominationPayload:
    nomination: Nomination


@strawberry.input(description="Who is to review a nominated lesson.")
class AssignReviewersInput:
    nomination_id: strawberry.ID = ref("Nomination", "The nomination.")
    reviewer_ids: list[strawberry.ID] = strawberry.field(description="The people.", metadata=UNNAMED)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The nomination; whoever was asked before stays so.")
class AssignReviewersPayload:
    nomination: Nomination
    changed: Count = strawberry.field(description="How many were not asked before.")


@strawberry.input(description="Who is no longer to review a nominated lesson.")
class UnassignReviewersInput:
    nomination_id: strawberry.ID = ref("Nomination", "The nomination.")
    reviewer_ids: list[strawberry.ID] = strawberry.field(
        description="The people; nobody who has scored.", metadata=UNNAMED
    )
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The nomination; what was scored already stays.")
class UnassignReviewersPayload:
    nomination: Nomination
    changed: Count = strawberry.field(description="How many are no longer asked.")


@strawberry.input(description="A score for one of the five goods.")
class GoodScoreInput:
    good: FiveGood
    score: int = strawberry.field(description="From 1 to 5.")
    remark: str = ""


@strawberry.input(description="What you give a lesson that you were asked to review.")
class ScoreReviewInput:
    review_id: strawberry.ID = ref("Review", "Your review.")
    scores: list[GoodScoreInput] = strawberry.field(
        description="Each of the five goods once.", metadata={"personal": True}
    )
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="Your review.")
class ScoreReviewPayload:
    review: Review


@strawberry.input(description="A call whose reviews are to end.")
class CloseReviewsInput:
    call_id: strawberry.ID = ref("LessonCall", "The call.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The call; what came of the reviews is shown from now on.")
class CloseReviewsPayload:
    call: LessonCall


@strawberry.input(description="A call whose reviews are to be open again.")
class ReopenReviewsInput:
    call_id: strawberry.ID = ref("LessonCall", "The call.")
    reason: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The call; what came of the reviews is shown once they are closed anew.")
class ReopenReviewsPayload:
    call: LessonCall


@strawberry.input(description="A nomination that is to be decided.")
class DecideNominationInput:
    nomination_id: strawberry.ID = ref("Nomination", "The nomination.")
    is_chosen: bool = strawberry.field(
        description="Whether the lesson is to be polished, or is declined; only what was scored is chosen."
    )
    reason: str = ""
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The nomination decided.")
class DecideNominationPayload:
    nomination: Nomination


OpenCallResult = Annotated[OpenCallPayload | Problem, strawberry.union("OpenCallResult")]
EditCallResult = Annotated[EditCallPayload | Problem, strawberry.union("EditCallResult")]
NominateLessonResult = Annotated[NominateLessonPayload | Problem, strawberry.union("NominateLessonResult")]
WithdrawNominationResult = Annotated[WithdrawNominationPayload | Problem, strawberry.union("WithdrawNominationResult")]
AssignReviewersResult = Annotated[AssignReviewersPayload | Problem, strawberry.union("AssignReviewersResult")]
UnassignReviewersResult = Annotated[UnassignReviewersPayload | Problem, strawberry.union("UnassignReviewersResult")]
ScoreReviewResult = Annotated[ScoreReviewPayload | Problem, strawberry.union("ScoreReviewResult")]
CloseReviewsResult = Annotated[CloseReviewsPayload | Problem, strawberry.union("CloseReviewsResult")]
ReopenReviewsResult = Annotated[ReopenReviewsPayload | Problem, strawberry.union("ReopenReviewsResult")]
DecideNominationResult = Annotated[DecideNominationPayload | Problem, strawberry.union("DecideNominationResult")]
NOMINATION, CALL = ("nomination", models.Nomination), ("call", models.LessonCall)


@strawberry.type
class CallMutations:
    @strawberry.mutation(description="Call the units below for lessons (征集).")
    async def open_call(self, info: Asked, input: OpenCallInput) -> OpenCallResult:
        return await act(info, input, calls.open_call, OpenCallPayload, shows=CALL)

    @strawberry.mutation(description="Say a call anew, until it is over; until its reviews are closed, when to score.")
    async def edit_call(self, info: Asked, input: EditCallInput) -> EditCallResult:
        return await act(info, input, calls.edit_call, EditCallPayload, shows=CALL)

    @strawberry.mutation(description="Nominate a lesson into an open call of a unit above (推荐).")
    async def nominate_lesson(self, info: Asked, input: NominateLessonInput) -> NominateLessonResult:
        return await act(info, input, calls.nominate_lesson, NominateLessonPayload, shows=NOMINATION)

    @strawberry.mutation(description="Take a nomination back, until it is decided.")
    async def withdraw_nomination(self, info: Asked, input: WithdrawNominationInput) -> WithdrawNominationResult:
        return await act(info, input, calls.withdraw_nomination, WithdrawNominationPayload, shows=NOMINATION)

    @strawberry.mutation(description="Ask people to review a nominated lesson, once the call has closed.")
    async def assign_reviewers(self, info: Asked, input: AssignReviewersInput) -> AssignReviewersResult:
        extras = ("changed",)
        return await act(
            info, input, reviewers.assign_reviewers, AssignReviewersPayload, shows=NOMINATION, extras=extras
        )

    @strawberry.mutation(description="Ask people who have not scored no longer to review a nominated lesson.")
    async def unassign_reviewers(self, info: Asked, input: UnassignReviewersInput) -> UnassignReviewersResult:
        extras = ("changed",)
        return await act(
            info, input, reviewers.unassign_reviewers, UnassignReviewersPayload, shows=NOMINATION, extras=extras
        )

    @strawberry.mutation(description="Score a lesson that you were asked to review, until the reviews are closed.")
    async def score_review(self, info: Asked, input: ScoreReviewInput) -> ScoreReviewResult:
        return await act(info, input, reviews.score_review, ScoreReviewPayload, shows=("review", models.Review))

    @strawberry.mutation(description="End the reviews of a call: what came of them is shown.")
    async def close_reviews(self, info: Asked, input: CloseReviewsInput) -> CloseReviewsResult:
        return await act(info, input, reviews.close_reviews, CloseReviewsPayload, shows=CALL)

    @strawberry.mutation(description="Let reviewers of a call score again what is not decided yet, and say why.")
    async def reopen_reviews(self, info: Asked, input: ReopenReviewsInput) -> ReopenReviewsResult:
        return await act(info, input, reviews.reopen_reviews, ReopenReviewsPayload, shows=CALL)

    @strawberry.mutation(description="Choose a nominated lesson to be polished, or decline it.")
    async def decide_nomination(self, info: Asked, input: DecideNominationInput) -> DecideNominationResult:
        return await act(info, input, reviews.decide_nomination, DecideNominationPayload, shows=NOMINATION)
