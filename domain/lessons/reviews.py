"""Blind reviews of nominated lessons (盲评): scored on the five goods, closed, and what came of them decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.base.words import said
from domain.lessons import rules
from domain.lessons.calls import Nominated, end, locked, locked_call, locked_nomination, refuse_if_ended
from domain.lessons.desk import take_part
from domain.lessons.lifecycle import Event
from domain.lessons.models import Lesson, LessonCall, Nomination, Review
from domain.lessons.reviewers import refuse_who_took_part, reviews_of, why_not_blind
from domain.refusals import Conflict, NotFound, Reason, Refusal
from domain.terms import CallState, FiveGood, LessonState, NominationOutcome
from domain.wording.queries import check_texts


async def score_review(
    session: AsyncSession, actor: Actor, *, now: datetime, review_id: UUID, scores: Sequence[Mapping[str, Any]]
) -> Review:
    """Score a lesson that one was asked to review, once for each of the five goods; until the reviews are closed."""
    own = select(Review.nomination_id).where(Review.id == review_id, Review.reviewer_id == actor.user_id)
    nomination_id = await session.scalar(own)
    # Whoever closes the reviews, or asks somebody no longer, waits for this, or comes first.
    found = None if nomination_id is None else await locked(session, nomination_id)
    review = await session.get(Review, review_id, populate_existing=True)
    if found is None or review is None:
        raise NotFound("review", path="reviewId")
    refusal = why_no_score(actor, found, path="reviewId")
    if refusal is not None:
        raise refusal
    await refuse_who_took_part(session, found.nomination, [actor.user_id], path="reviewId")
    checked = rules.checked_scores(scores)
    await check_texts(session, {f"scores.{place}.remark": each["remark"] for place, each in enumerate(scores)})
    review.scores = checked
    review.scored_at = now
    take_part(found.lesson, actor.person_id)
    await session.flush()
    return review


def why_no_score(actor: Actor, found: Nominated, *, path: str = "") -> Refusal | None:
    """Why somebody who was asked cannot score now; since then they may have come to act where the lesson is from."""
    nomination = found.nomination
    if found.call.reviews_closed_at is not None:
        return Conflict(Reason.REVIEWS_CLOSED, path=path)
    if nomination.outcome is not None:
        return Conflict(Reason.NOMINATION_ENDED, path=path, outcome=nomination.outcome)
    if found.is_late:
        return Conflict(Reason.SCORING_OVER, path=path)
    return why_not_blind(actor.scopes, found, path=path)


async def close_reviews(session: AsyncSession, actor: Actor, *, now: datetime, call_id: UUID) -> LessonCall:
    """End the scoring of a call: nobody scores any more, and what came of it is shown."""
    call, state = await locked_call(session, actor, call_id)
    if state != CallState.CLOSED.value:
        raise Conflict(Reason.CALL_STILL_OPEN, path="callId")
    if call.reviews_closed_at is not None:
        raise Conflict(Reason.REVIEWS_CLOSED, path="callId")
    call.reviews_closed_at = now
    await session.flush()
    return call


async def reopen_reviews(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    call_id: UUID,
    reason: str,
) -> LessonCall:
    """Let reviewers of a call score again what is not decided yet; until they are closed anew, no results are shown."""
    call, _ = await locked_call(session, actor, call_id)
    await check_texts(session, {"reason": said(reason, "reason", limit=rules.WORDS_LONGEST)})
    if call.reviews_closed_at is None:
        raise Conflict(Reason.REVIEWS_OPEN, path="callId")
    call.reviews_closed_at = None
    await session.flush()
    return call


async def decide_nomination(
    session: AsyncSession, actor: Actor, *, now: datetime, nomination_id: UUID, is_chosen: bool, reason: str = ""
) -> Nomination:
    """Choose a scored lesson to be polished, or decline one; what is reviewed, once the reviews are closed."""
    found = await locked_nomination(session, actor, nomination_id)
    nomination, lesson, call = found.nomination, found.lesson, found.call
    actor.require(Permission.LESSON_SHOWCASE, at=call.unit_path, path="nominationId")
    if found.state != CallState.CLOSED.value:
        raise Conflict(Reason.CALL_STILL_OPEN, path="nominationId")
    refuse_if_ended(nomination)
    if lesson.state is LessonState.UNDER_REVIEW and call.reviews_closed_at is None:
        raise Conflict(Reason.REVIEWS_OPEN, path="nominationId")
    scorers = [who for who, one in (await reviews_of(session, nomination)).items() if one.scored_at is not None]
    if actor.user_id in scorers:
        raise Conflict(Reason.DECIDER_IS_REVIEWER, path="nominationId")
    if is_chosen and not scorers:
        raise Conflict(Reason.NOMINATION_UNSCORED, path="isChosen")
    outcome, event = (
        (NominationOutcome.CHOSEN, Event.CHOSEN) if is_chosen else (NominationOutcome.DECLINED, Event.DECLINED)
    )
    why = rules.optional(reason, "reason")
    await check_texts(session, {"reason": why})
    nomination.reason = why
    end(nomination, lesson, outcome, event, now=now)
    lesson.chosen_revision = nomination.revision if is_chosen else None
    await session.flush()
    return nomination


@dataclass(frozen=True)
class GoodMean:
    """What the reviewers of a lesson gave for one of the five goods, and what they remarked (评分)."""

    good: FiveGood
    mean: float
    count: int
    remarks: list[str] = field(default_factory=list)


async def results(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[GoodMean]]:  # noqa: ARG001 - a measure
    """What came of the reviews of each nomination, once they are closed; whose score is whose is not told."""
    rows = await session.execute(
        select(Review.nomination_id, Review.scores)
        .join(Nomination, Nomination.id == Review.nomination_id)
        .join(LessonCall, LessonCall.id == Nomination.call_id)
        .where(Review.nomination_id.in_(ids), Review.scored_at.is_not(None), LessonCall.reviews_closed_at.is_not(None))
        # In no order that tells who it was.
        .order_by(Review.nomination_id, func.md5(Review.scores.cast(Text)))
    )
    scores: dict[UUID, list[dict[str, Any]]] = {}
    for nomination_id, given in rows:
        scores.setdefault(nomination_id, []).append(given)
    return {row_id: _means(scores.get(row_id, ())) for row_id in ids}


@dataclass(frozen=True)
class CallResult:
    """How a nominated lesson stands among those of its call (征集结果): lessons are ordered, units never."""

    nomination_id: UUID
    title: str
    mean: float
    count: int


async def call_results(session: AsyncSession, actor: Actor, *, call_id: UUID) -> list[CallResult]:
    """The reviewed lessons of a call, the best first, for whoever runs it: to choose lessons is what they are for."""
    call = await session.get(LessonCall, call_id)
    if call is None or not actor.holds(Permission.LESSON_SHOWCASE, at=call.unit_path):
        raise NotFound("lessoncall", path="callId")
    rows = await session.execute(
        select(Nomination.id, Lesson.title)
        .join(Lesson, Lesson.id == Nomination.lesson_id)
        .where(Nomination.call_id == call_id, within_reach(actor, Permission.LESSON_SHOWCASE, Nomination.unit_path))
    )
    titles = dict(rows.all())
    found = await results(session, actor, ids=list(titles))
    scored = [
        CallResult(row_id, titles[row_id], round(sum(good.mean for good in goods) / len(goods), 2), goods[0].count)
        for row_id, goods in found.items()
        if goods
    ]
    return sorted(scored, key=lambda one: (-one.mean, one.title, one.nomination_id))


def _means(scores: Sequence[Mapping[str, Any]]) -> list[GoodMean]:
    if not scores:
        return []
    return [GoodMean(good, mean, len(scores), said) for good, (mean, said) in rules.means(scores).items()]


@dataclass(frozen=True)
class ReviewProgress:
    """How many were asked to review a lesson, and how many have scored it (评审进度)."""

    assigned: int = 0
    scored: int = 0


async def progress(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, ReviewProgress]:  # noqa: ARG001 - a measure
    """How far the reviews of each nomination have come."""
    rows = await session.execute(
        select(Review.nomination_id, func.count(), func.count(Review.scored_at))
        .where(Review.nomination_id.in_(ids))
        .group_by(Review.nomination_id)
    )
    found = {row[0]: ReviewProgress(row[1], row[2]) for row in rows}
    return {row_id: found.get(row_id, ReviewProgress()) for row_id in ids}
