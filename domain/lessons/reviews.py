"""Blind reviews of nominated lessons (盲评): assigned by whoever runs the call, scored on the five goods, closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Text, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.models import User
from domain.access.permissions import Permission
from domain.access.queries import held_by
from domain.base.ids import new_id
from domain.lessons import rules
from domain.lessons.calls import end, locked_nomination, refuse_if_ended, state_of
from domain.lessons.content import Content
from domain.lessons.lifecycle import Event, after
from domain.lessons.models import Lesson, LessonCall, LessonRevision, Nomination, Review
from domain.refusals import Conflict, NotFound, Reason
from domain.terms import CallState, FiveGood, LessonState, NominationOutcome, Reach
from domain.wording.queries import check_texts


async def assign_reviewers(
    session: AsyncSession, actor: Actor, *, now: datetime, nomination_id: UUID, reviewer_ids: Sequence[UUID]
) -> Nomination:
    """Ask people to review a nominated lesson once its call has closed; nobody who is concerned by it."""
    found = await locked_nomination(session, actor, nomination_id)
    nomination, lesson, call = found.nomination, found.lesson, found.call
    actor.require(Permission.LESSON_SHOWCASE, at=call.unit_path, path="nominationId")
    refuse_if_ended(nomination)
    if found.state != CallState.CLOSED.value:
        raise Conflict(Reason.CALL_STILL_OPEN, path="nominationId")
    _refuse_if_closed(call, "nominationId")
    homes = await _people(session, actor, reviewer_ids)
    held = await held_by(session, reviewer_ids, now=now)
    took_part = await _took_part(session, nomination)
    for user_id in reviewer_ids:
        places = {homes[user_id]} | {one.path for one in held.get(user_id, ()) if one.reach is Reach.ACT}
        _refuse_if_concerned(user_id, places, took_part, nomination, call, path="reviewerIds")
    known = set(
        (await session.execute(select(Review.reviewer_id).where(Review.nomination_id == nomination.id))).scalars()
    )
    for user_id in [each for each in reviewer_ids if each not in known]:
        session.add(Review(id=new_id(), nomination_id=nomination.id, reviewer_id=user_id, assigned_at=now))
    if lesson.state is LessonState.NOMINATED and reviewer_ids:
        lesson.state = after(lesson.state, Event.REVIEW_BEGAN)
    await session.flush()
    return nomination


async def score_review(
    session: AsyncSession, actor: Actor, *, now: datetime, review_id: UUID, scores: Sequence[Mapping[str, Any]]
) -> Review:
    """Score a lesson that one was asked to review, once for each of the five goods; until the reviews are closed."""
    query = (
        select(Review, Nomination, LessonCall)
        .join(Nomination, Nomination.id == Review.nomination_id)
        .join(LessonCall, LessonCall.id == Nomination.call_id)
        .where(Review.id == review_id, Review.reviewer_id == actor.user_id)
        # Whoever closes the reviews waits for this, or comes first.
        .with_for_update(of=(Review, LessonCall))
    )
    found = (await session.execute(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise NotFound("review", path="reviewId")
    review, nomination, call = found
    _refuse_if_closed(call, "reviewId")
    refuse_if_ended(nomination)
    # Since they were asked they may have come to act where the lesson is from.
    places = {scope.path for scope in actor.scopes if scope.reach is Reach.ACT}
    took_part = await _took_part(session, nomination)
    _refuse_if_concerned(actor.user_id, places, took_part, nomination, call, path="reviewId")
    checked = rules.checked_scores(scores)
    await check_texts(session, {f"scores.{place}.remark": each["remark"] for place, each in enumerate(scores)})
    review.scores = checked
    review.scored_at = now
    await session.flush()
    return review


async def close_reviews(session: AsyncSession, actor: Actor, *, now: datetime, call_id: UUID) -> LessonCall:
    """End the scoring of a call: nobody scores any more, and what came of it is shown."""
    query = select(LessonCall, state_of()).where(LessonCall.id == call_id).with_for_update()
    found = (await session.execute(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise NotFound("lessoncall", path="callId")
    call, state = found
    actor.require(Permission.LESSON_SHOWCASE, at=call.unit_path, path="callId")
    if state != CallState.CLOSED.value:
        raise Conflict(Reason.CALL_STILL_OPEN, path="callId")
    _refuse_if_closed(call, "callId")
    call.reviews_closed_at = now
    await session.flush()
    return call


async def decide_nomination(
    session: AsyncSession, actor: Actor, *, now: datetime, nomination_id: UUID, is_chosen: bool, reason: str = ""
) -> Nomination:
    """Choose a nominated lesson to be polished, or decline it; one that is reviewed once the reviews are closed."""
    found = await locked_nomination(session, actor, nomination_id)
    nomination, lesson, call = found.nomination, found.lesson, found.call
    actor.require(Permission.LESSON_SHOWCASE, at=call.unit_path, path="nominationId")
    if found.state != CallState.CLOSED.value:
        raise Conflict(Reason.CALL_STILL_OPEN, path="nominationId")
    if lesson.state is LessonState.UNDER_REVIEW and call.reviews_closed_at is None:
        raise Conflict(Reason.REVIEWS_OPEN, path="nominationId")
    outcome, event = (
        (NominationOutcome.CHOSEN, Event.CHOSEN) if is_chosen else (NominationOutcome.DECLINED, Event.DECLINED)
    )
    why = rules.optional(reason, "reason")
    await check_texts(session, {"reason": why})
    nomination.reason = why
    end(nomination, lesson, outcome, event, now=now)
    await session.flush()
    return nomination


async def blind_contents(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Content]:
    """What the lesson of each review says, without who made it: for the reviewer alone."""
    rows = await session.execute(
        select(Review.id, LessonRevision.content)
        .join(Nomination, Nomination.id == Review.nomination_id)
        .join(
            LessonRevision,
            (LessonRevision.lesson_id == Nomination.lesson_id) & (LessonRevision.number == Nomination.revision),
        )
        .where(Review.id.in_(ids), Review.reviewer_id == actor.user_id)
    )
    return {review_id: Content.of(content) for review_id, content in rows}


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


def _refuse_if_closed(call: LessonCall, path: str) -> None:
    if call.reviews_closed_at is not None:
        raise Conflict(Reason.REVIEWS_CLOSED, path=path)


async def _took_part(session: AsyncSession, nomination: Nomination) -> set[UUID | None]:
    """Who wrote any revision of the lesson, or nominated it."""
    query = select(LessonRevision.written_by).where(LessonRevision.lesson_id == nomination.lesson_id)
    return {nomination.nominated_by, *(await session.execute(query)).scalars()}


def _refuse_if_concerned(
    user_id: UUID, places: set[str], took_part: set[UUID | None], nomination: Nomination, call: LessonCall, *, path: str
) -> None:
    on_line = any(rules.is_concerned(place, nomination.unit_path, call.unit_path) for place in places)
    if user_id in took_part or on_line:
        raise Conflict(Reason.REVIEWER_CONCERNED, path=path)


async def _people(session: AsyncSession, actor: Actor, user_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where people belong whom the actor can find."""
    rows = await session.execute(
        select(User.id, User.unit_path).where(User.id.in_(user_ids), User.disabled_at.is_(None))
    )
    homes = {user_id: home for user_id, home in rows if actor.holds(Permission.USER_FIND, at=home)}
    if not set(user_ids) <= homes.keys():
        raise NotFound("user", path="reviewerIds")
    return homes
