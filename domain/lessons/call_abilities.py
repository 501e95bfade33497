"""What may be done with calls and nominations now: told beforehand, decided by the commands."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.abilities import Ability
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.lessons.calls import state_of
from domain.lessons.lifecycle import Event, can
from domain.lessons.models import Lesson, LessonCall, Nomination, Review
from domain.refusals import Conflict, Hindered, NotPermitted, Reason, Refusal
from domain.terms import CallState, LessonState


class Nominating(Ability):
    """Into a call that is open, by somebody who nominates for a unit below the one that calls."""

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        refusal = super().why_not(actor, row, now=now)
        places = actor.reach(self.permission)
        if refusal is None and not any(_has_below(place, row.unit_path) for place in places):
            return Hindered.by(Reason.CALL_NOT_ABOVE)
        if refusal is None and not row.opens_at <= now < row.closes_at:
            return Hindered.by(Reason.CALL_NOT_OPEN)
        return refusal


class ClosingReviews(Ability):
    """Once the call is over, and once."""

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        refusal = super().why_not(actor, row, now=now)
        if refusal is None and now < row.closes_at:
            return Hindered.by(Reason.CALL_STILL_OPEN)
        if refusal is None and row.reviews_closed_at is not None:
            return Hindered.by(Reason.REVIEWS_CLOSED)
        return refusal


class OnReviews(Ability):
    """As long as the reviews are not closed, or once they are."""

    def why_not(self, actor: Actor, row: Any, *, now: datetime) -> Refusal | None:
        refusal = super().why_not(actor, row, now=now)
        is_closed = row.reviews_closed_at is not None
        if refusal is None and is_closed is not (self.act == "reopen_reviews"):
            return Hindered.by(Reason.REVIEWS_CLOSED if is_closed else Reason.REVIEWS_OPEN)
        return refusal


def _has_below(place: str, calling: str) -> bool:
    """Whether what lies at or below a place lies below the unit that calls."""
    return place.startswith(calling) or calling.startswith(place)


CALL_ABILITIES = (
    Nominating(
        "nominate_lesson",
        Permission.LESSON_EDIT,
        is_done_elsewhere=True,
        needs=frozenset({"opens_at", "closes_at"}),
    ),
    OnReviews("edit_call", Permission.LESSON_SHOWCASE, needs=frozenset({"reviews_closed_at"})),
    ClosingReviews("close_reviews", Permission.LESSON_SHOWCASE, needs=frozenset({"closes_at", "reviews_closed_at"})),
    OnReviews("reopen_reviews", Permission.LESSON_SHOWCASE, needs=frozenset({"reviews_closed_at"})),
)


async def abilities_of_nominations(
    session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]
) -> dict[UUID, dict[str, Refusal | None]]:
    """Of each nomination, what the actor may do with it: its call says as much as the row."""
    own = exists().where(
        Review.nomination_id == Nomination.id, Review.reviewer_id == actor.user_id, Review.scored_at.is_not(None)
    )
    rows = await session.execute(
        select(Nomination, Lesson.state, LessonCall, state_of(), own)
        .join(Lesson, Lesson.id == Nomination.lesson_id)
        .join(LessonCall, LessonCall.id == Nomination.call_id)
        .where(Nomination.id.in_(ids))
    )
    return {
        nomination.id: {
            "withdraw_nomination": _hinders_withdrawing(actor, nomination, lesson_state),
            "assign_reviewers": _hinders_assigning(actor, nomination, call, call_state),
            "unassign_reviewers": _hinders_assigning(actor, nomination, call, call_state),
            "decide_nomination": _hinders_deciding(actor, nomination, lesson_state, call, call_state)
            or (Hindered.by(Reason.DECIDER_IS_REVIEWER) if has_scored else None),
        }
        for nomination, lesson_state, call, call_state, has_scored in rows
    }


def _hinders_withdrawing(actor: Actor, nomination: Nomination, lesson_state: LessonState) -> Refusal | None:
    if not actor.holds(Permission.LESSON_EDIT, at=nomination.unit_path):
        return NotPermitted(Permission.LESSON_EDIT.value)
    if nomination.outcome is not None:
        return Conflict(Reason.NOMINATION_ENDED, outcome=nomination.outcome)
    if not can(lesson_state, Event.NOMINATION_WITHDRAWN):
        return Conflict(Reason.LESSON_STAYS, state=lesson_state)
    return None


def _hinders_assigning(actor: Actor, nomination: Nomination, call: LessonCall, call_state: str) -> Refusal | None:
    refusal = _hinders_running(actor, nomination, call, call_state)
    if refusal is None and call.reviews_closed_at is not None:
        return Hindered.by(Reason.REVIEWS_CLOSED)
    return refusal


def _hinders_deciding(
    actor: Actor, nomination: Nomination, lesson_state: LessonState, call: LessonCall, call_state: str
) -> Refusal | None:
    refusal = _hinders_running(actor, nomination, call, call_state)
    if refusal is None and lesson_state is LessonState.UNDER_REVIEW and call.reviews_closed_at is None:
        return Hindered.by(Reason.REVIEWS_OPEN)
    return refusal


def _hinders_running(actor: Actor, nomination: Nomination, call: LessonCall, call_state: str) -> Refusal | None:
    """The unit that calls runs it, once it is over."""
    if not actor.holds(Permission.LESSON_SHOWCASE, at=call.unit_path):
        return NotPermitted(Permission.LESSON_SHOWCASE.value)
    if nomination.outcome is not None:
        return Conflict(Reason.NOMINATION_ENDED, outcome=nomination.outcome)
    return None if call_state == CallState.CLOSED.value else Hindered.by(Reason.CALL_STILL_OPEN)
