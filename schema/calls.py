"""The windows on calls for lessons, on nominations and on reviews, and the acts on them."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.lessons import calls, models, reviews
from domain.lessons.call_abilities import CALL_ABILITIES, abilities_of_nominations
from domain.lessons.content import Content
from domain.terms import CallState, FiveGood, NominationOutcome, ServiceKind
from domain.uploads.rules import DOCUMENTS
from schema._abilities import CAN, Can, can, cans
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, global_id, many, measured, one, ref, row_id_of, shows
from schema._reads import chosen, listed
from schema.lessons import Lesson, LessonAttachment, LessonPlan
from schema.units import Unit


@strawberry.type(description="What reviewers gave for one of the five goods (评分). Of a lesson, never of a unit.")
class GoodMean:
    good: FiveGood
    mean: float = strawberry.field(description="From 1 to 5.")
    count: Count = strawberry.field(description="Of how many scores.")
    remarks: list[str] = strawberry.field(description="Whose they are is not told.")


@strawberry.type(description="How far the reviews of a lesson have come (评审进度).")
class ReviewProgress:
    assigned: Count
    scored: Count


@shows(models.Nomination)
class Nomination(Node):
    revision: Count = strawberry.field(description="Which revision of the lesson was nominated.")
    nominated_at: datetime
    outcome: NominationOutcome | None = strawberry.field(description="Null while nothing is decided.")
    reason: str | None = strawberry.field(description="Why it was decided so.")
    ended_at: datetime | None
    unit: Unit = one("unit", "The unit that nominated it.")
    lesson: Lesson | None = one("lesson", "The lesson; null if it left your sight.")
    call: Annotated["LessonCall", strawberry.lazy("schema.calls")] = one("call", "The call.")
    progress: ReviewProgress = measured(reviews.progress, "How far its reviews have come.")
    results: list[GoodMean] = measured(reviews.results, "What came of them; empty until they are closed.")
    viewer_can: list[Can] = measured(abilities_of_nominations, CAN, shaped=cans)


@shows(models.LessonCall)
class LessonCall(Node):
    title: str
    text: str
    opens_at: datetime
    closes_at: datetime
    quota: Count | None = strawberry.field(description="How many lessons each unit may nominate; null for any number.")
    reviews_closed_at: datetime | None = strawberry.field(description="Since when nobody scores any more.")
    state: CallState = measured(calls.states_of_calls, "How it stands by the clock of the database.")
    unit: Unit = one("unit", "The unit that calls.")
    nominations: Connection[Nomination] = many("nominations", "What was nominated, as far as you see it.")
    viewer_can: list[Can] = can(CALL_ABILITIES)


@strawberry.type(description="What a nominated lesson says, without whose it is (盲评内容).")
class BlindLesson:
    title: str
    service: ServiceKind
    theme: str
    text: str
    plan: LessonPlan
    pictures: list[LessonAttachment] = strawberry.field(description="Without who made them.")


@strawberry.type(description="What you gave for one of the five goods (评分).")
class GoodScore:
    good: FiveGood
    score: Count
    remark: str


def blind(found: Content) -> BlindLesson:
    """As it is shown: no authors, no unit, no lineage, and no documents, whose properties tell who made them."""
    plan: Any = found.plan
    pictures: Any = [replace(each, credit="") for each in found.attachments if each.kind not in DOCUMENTS.values()]
    return BlindLesson(
        title=found.title, service=found.service, theme=found.theme, text=found.text, plan=plan, pictures=pictures
    )


@shows(models.Review)
class Review(Node):
    assigned_at: datetime
    scored_at: datetime | None
    lesson: BlindLesson = measured(reviews.blind_contents, "What you are to judge.", shaped=blind)

    @strawberry.field(description="What you gave; empty until you do.", metadata={"needs": ("scores",)})
    def scores(root: strawberry.Parent[Any]) -> list[GoodScore]:  # noqa: N805 - a window is never an instance
        return [
            GoodScore(good=good, score=Count(given["score"]), remark=given["remark"])
            for good in FiveGood
            if (given := root.scores.get(good.value)) is not None
        ]


@strawberry.type(description="How a nominated lesson stands in its call (征集结果): lessons are ordered, units never.")
class CallResult:
    nomination_id: strawberry.ID
    title: str
    mean: float = strawberry.field(description="Of all goods and reviewers.")
    count: Count = strawberry.field(description="By how many reviewers.")


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
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The call.")
class OpenCallPayload:
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
    reviewer_ids: list[strawberry.ID] = ref("User", "The people.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The nomination; whoever was asked before stays so.")
class AssignReviewersPayload:
    nomination: Nomination


@strawberry.input(description="A score for one of the five goods.")
class GoodScoreInput:
    good: FiveGood
    score: int = strawberry.field(description="From 1 to 5.")
    remark: str = ""


@strawberry.input(description="What you give a lesson that you were asked to review.")
class ScoreReviewInput:
    review_id: strawberry.ID = ref("Review", "Your review.")
    scores: list[GoodScoreInput] = strawberry.field(description="Each of the five goods once.")
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


@strawberry.input(description="A nomination that is to be decided.")
class DecideNominationInput:
    nomination_id: strawberry.ID = ref("Nomination", "The nomination.")
    is_chosen: bool = strawberry.field(description="Whether the lesson is to be polished, or is declined.")
    reason: str = ""
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The nomination decided.")
class DecideNominationPayload:
    nomination: Nomination


OpenCallResult = Annotated[OpenCallPayload | Problem, strawberry.union("OpenCallResult")]
NominateLessonResult = Annotated[NominateLessonPayload | Problem, strawberry.union("NominateLessonResult")]
WithdrawNominationResult = Annotated[WithdrawNominationPayload | Problem, strawberry.union("WithdrawNominationResult")]
AssignReviewersResult = Annotated[AssignReviewersPayload | Problem, strawberry.union("AssignReviewersResult")]
ScoreReviewResult = Annotated[ScoreReviewPayload | Problem, strawberry.union("ScoreReviewResult")]
CloseReviewsResult = Annotated[CloseReviewsPayload | Problem, strawberry.union("CloseReviewsResult")]
DecideNominationResult = Annotated[DecideNominationPayload | Problem, strawberry.union("DecideNominationResult")]
NOMINATION, CALL = ("nomination", models.Nomination), ("call", models.LessonCall)


@strawberry.type
class CallQueries:
    @strawberry.field(description="Calls for lessons, of every unit.")
    async def lesson_calls(
        self,
        info: Asked,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[LessonCall]:
        return await listed(info, models.LessonCall, first, after, last, before)

    @strawberry.field(description="Nominations by units you see.")
    async def nominations(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        outcomes: list[NominationOutcome] | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Nomination]:
        where = chosen("outcome", outcomes)
        return await listed(info, models.Nomination, first, after, last, before, where, within_id)

    @strawberry.field(
        description="The reviewed lessons of a call that you run, the best first, once its reviews closed."
    )
    async def call_results(self, info: Asked, call_id: strawberry.ID) -> list[CallResult]:
        row_id = row_id_of(call_id, "LessonCall", path="callId")
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            found = await reviews.call_results(session, actor, call_id=row_id)
        return [
            CallResult(
                nomination_id=global_id("Nomination", one.nomination_id),
                title=one.title,
                mean=one.mean,
                count=Count(one.count),
            )
            for one in found
        ]

    @strawberry.field(description="The lessons that you were asked to review.")
    async def reviews(
        self,
        info: Asked,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Review]:
        return await listed(info, models.Review, first, after, last, before)


@strawberry.type
class CallMutations:
    @strawberry.mutation(description="Call the units below for lessons (征集).")
    async def open_call(self, info: Asked, input: OpenCallInput) -> OpenCallResult:
        return await act(info, input, calls.open_call, OpenCallPayload, shows=CALL)

    @strawberry.mutation(description="Nominate a lesson into an open call of a unit above (推荐).")
    async def nominate_lesson(self, info: Asked, input: NominateLessonInput) -> NominateLessonResult:
        return await act(info, input, calls.nominate_lesson, NominateLessonPayload, shows=NOMINATION)

    @strawberry.mutation(description="Take a nomination back, until the call closes.")
    async def withdraw_nomination(self, info: Asked, input: WithdrawNominationInput) -> WithdrawNominationResult:
        return await act(info, input, calls.withdraw_nomination, WithdrawNominationPayload, shows=NOMINATION)

    @strawberry.mutation(description="Ask people to review a nominated lesson, once the call has closed.")
    async def assign_reviewers(self, info: Asked, input: AssignReviewersInput) -> AssignReviewersResult:
        return await act(info, input, reviews.assign_reviewers, AssignReviewersPayload, shows=NOMINATION)

    @strawberry.mutation(description="Score a lesson that you were asked to review, until the reviews are closed.")
    async def score_review(self, info: Asked, input: ScoreReviewInput) -> ScoreReviewResult:
        return await act(info, input, reviews.score_review, ScoreReviewPayload, shows=("review", models.Review))

    @strawberry.mutation(description="End the reviews of a call: what came of them is shown.")
    async def close_reviews(self, info: Asked, input: CloseReviewsInput) -> CloseReviewsResult:
        return await act(info, input, reviews.close_reviews, CloseReviewsPayload, shows=CALL)

    @strawberry.mutation(description="Choose a nominated lesson to be polished, or decline it.")
    async def decide_nomination(self, info: Asked, input: DecideNominationInput) -> DecideNominationResult:
        return await act(info, input, reviews.decide_nomination, DecideNominationPayload, shows=NOMINATION)
