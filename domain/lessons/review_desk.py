"""What a reviewer reads (评审台): the lesson without whose it is, the call, what may be done; and who was asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.models import User
from domain.access.permissions import Permission
from domain.accounts.queries import Person
from domain.lessons.calls import Nominated, is_late, state_of
from domain.lessons.content import Content
from domain.lessons.models import Lesson, LessonCall, LessonRevision, Nomination, Review
from domain.lessons.reviews import why_no_score
from domain.refusals import Refusal


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
class ReviewCall:
    """The call that a lesson is judged for (评审所属征集)."""

    call_id: UUID
    title: str
    text: str
    score_by: datetime | None


async def calls_of_reviews(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, ReviewCall]:
    """The call of each review."""
    rows = await session.execute(
        select(Review.id, LessonCall.id, LessonCall.title, LessonCall.text, LessonCall.score_by)
        .join(Nomination, Nomination.id == Review.nomination_id)
        .join(LessonCall, LessonCall.id == Nomination.call_id)
        .where(Review.id.in_(ids), Review.reviewer_id == actor.user_id)
    )
    return {row[0]: ReviewCall(row[1], row[2], row[3], row[4]) for row in rows}


async def abilities_of_reviews(
    session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]
) -> dict[UUID, dict[str, Refusal | None]]:
    """Whether each review can be scored now."""
    rows = await session.execute(
        select(Review.id, Nomination, Lesson, LessonCall, state_of(), is_late())
        .join(Nomination, Nomination.id == Review.nomination_id)
        .join(Lesson, Lesson.id == Nomination.lesson_id)
        .join(LessonCall, LessonCall.id == Nomination.call_id)
        .where(Review.id.in_(ids), Review.reviewer_id == actor.user_id)
    )
    return {
        row[0]: {"score_review": why_no_score(actor, Nominated(row[1], row[2], row[3], row[4], row[5]))} for row in rows
    }


@dataclass(frozen=True)
class AskedReviewer:
    """Somebody who was asked to review a lesson (评审人)."""

    person: Person
    assigned_at: datetime
    scored_at: datetime | None


async def reviewers_of(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[AskedReviewer]]:
    """Who was asked to review each nomination, the first asked first: for whoever runs its call, and nobody else."""
    rows = await session.execute(
        select(Review, User.id, User.name)
        .join(User, User.id == Review.reviewer_id)
        .join(Nomination, Nomination.id == Review.nomination_id)
        .join(LessonCall, LessonCall.id == Nomination.call_id)
        .where(Review.nomination_id.in_(ids), within_reach(actor, Permission.LESSON_SHOWCASE, LessonCall.unit_path))
        .order_by(Review.assigned_at, Review.id)
    )
    asked: dict[UUID, list[AskedReviewer]] = {row_id: [] for row_id in ids}
    for review, user_id, name in rows:
        asked[review.nomination_id].append(AskedReviewer(Person(user_id, name), review.assigned_at, review.scored_at))
    return asked


def to_score(entity: Any) -> ColumnElement[bool]:
    """Reviews that are still to be scored, and can be."""
    going_on = and_(
        LessonCall.id == Nomination.call_id,
        Nomination.id == entity.nomination_id,
        Nomination.outcome.is_(None),
        LessonCall.reviews_closed_at.is_(None),
        not_(is_late()),
    )
    return and_(entity.scored_at.is_(None), exists().where(going_on))
