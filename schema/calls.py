"""The windows on calls for lessons, on nominations and on reviews."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.lessons import calls, models, review_desk, reviews
from domain.lessons.call_abilities import CALL_ABILITIES, abilities_of_nominations
from domain.lessons.content import Content
from domain.terms import CallState, FiveGood, NominationOutcome, ServiceKind
from domain.uploads.rules import DOCUMENTS
from schema._abilities import CAN, Can, can, cans
from schema._base import Asked, Connection, Count, Node, global_id, many, measured, one, row_id_of, shows
from schema._reads import chosen, listed
from schema.accounts import Person
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


@strawberry.type(description="Somebody who was asked to review a lesson (评审人).")
class AskedReviewer:
    person: Person
    assigned_at: datetime
    scored_at: datetime | None = strawberry.field(description="Null while they have not.")


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
    reviewers: list[AskedReviewer] = measured(
        review_desk.reviewers_of, "Who was asked to review it; empty unless you run its call."
    )
    results: list[GoodMean] = measured(reviews.results, "What came of them; empty until they are closed.")
    viewer_can: list[Can] = measured(abilities_of_nominations, CAN, shaped=cans)


@shows(models.LessonCall)
class LessonCall(Node):
    title: str
    text: str
    opens_at: datetime
    closes_at: datetime
    quota: Count | None = strawberry.field(description="How many lessons each unit may nominate; null for any number.")
    score_by: datetime | None = strawberry.field(
        description="Until when reviewers score; null for as long as reviews are open."
    )
    reviews_closed_at: datetime | None = strawberry.field(description="Since when nobody scores any more.")
    version: Count = strawberry.field(description="Say it when you edit.")
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


@strawberry.type(description="The call that a lesson is judged for (评审所属征集).")
class ReviewCall:
    call_id: strawberry.ID
    title: str
    text: str
    score_by: datetime | None = strawberry.field(description="Until when to score, where the call says so.")


def of_call(found: review_desk.ReviewCall) -> ReviewCall:
    """As it is shown."""
    call_id = global_id("LessonCall", found.call_id)
    return ReviewCall(call_id=call_id, title=found.title, text=found.text, score_by=found.score_by)


@shows(models.Review)
class Review(Node):
    assigned_at: datetime
    scored_at: datetime | None
    call: ReviewCall = measured(review_desk.calls_of_reviews, "What it is judged for.", shaped=of_call)
    viewer_can: list[Can] = measured(review_desk.abilities_of_reviews, CAN, shaped=cans)
    lesson: BlindLesson = measured(review_desk.blind_contents, "What you are to judge.", shaped=blind)

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

    @strawberry.field(
        description="The lessons that you were asked to review; on request those that you still have to score."
    )
    async def reviews(
        self,
        info: Asked,
        to_score: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Review]:
        also = [review_desk.to_score] if to_score else []
        return await listed(info, models.Review, first, after, last, before, also=also)
