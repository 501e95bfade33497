"""Who reviews a nominated lesson (评审人): neither concerned by it nor able to see whose it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, union
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, Scope
from domain.access.models import User
from domain.access.permissions import Permission, permissions_of
from domain.access.queries import held_by
from domain.access.rules import Held
from domain.base.ids import new_id
from domain.lessons import rules
from domain.lessons.calls import Nominated, locked_nomination, refuse_if_ended
from domain.lessons.lifecycle import Event, after
from domain.lessons.models import Lesson, LessonRevision, Nomination, Review
from domain.refusals import Conflict, NotFound, Reason
from domain.terms import CallState, LessonState, Reach


@dataclass(frozen=True)
class ReviewersChanged:
    """A nomination, and how many are now asked, or no longer asked, to review it.

    It is decided at the unit that calls: whom it asks is not for those who nominate.
    """

    nomination: Nomination
    changed: int
    unit_id: UUID
    unit_path: str


async def assign_reviewers(
    session: AsyncSession, actor: Actor, *, now: datetime, nomination_id: UUID, reviewer_ids: Sequence[UUID]
) -> ReviewersChanged:
    """Ask people to review a nominated lesson once its call has closed; nobody who is concerned by it or sees it."""
    found = await _running(session, actor, nomination_id)
    if found.state != CallState.CLOSED.value:
        raise Conflict(Reason.CALL_STILL_OPEN, path="nominationId")
    homes = await _people(session, actor, reviewer_ids)
    held = await held_by(session, reviewer_ids, now=now)
    for user_id in reviewer_ids:
        refusal = why_not_blind(held.get(user_id, ()), found, homes=[homes[user_id]], path="reviewerIds")
        if refusal is not None:
            raise refusal
    await refuse_who_took_part(session, found.nomination, reviewer_ids, path="reviewerIds")
    known = await reviews_of(session, found.nomination)
    fresh = [each for each in reviewer_ids if each not in known]
    for user_id in fresh:
        session.add(Review(id=new_id(), nomination_id=found.nomination.id, reviewer_id=user_id, assigned_at=now))
    if found.lesson.state is LessonState.NOMINATED and reviewer_ids:
        found.lesson.state = after(found.lesson.state, Event.REVIEW_BEGAN)
    await session.flush()
    return ReviewersChanged(found.nomination, len(fresh), found.call.unit_id, found.call.unit_path)


async def unassign_reviewers(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    nomination_id: UUID,
    reviewer_ids: Sequence[UUID],
) -> ReviewersChanged:
    """Ask people no longer to review a nominated lesson; what somebody scored already stays."""
    found = await _running(session, actor, nomination_id)
    known = await reviews_of(session, found.nomination)
    if not set(reviewer_ids) <= known.keys():
        raise NotFound("review", path="reviewerIds")
    if any(known[user_id].scored_at is not None for user_id in reviewer_ids):
        raise Conflict(Reason.REVIEW_SCORED, path="reviewerIds")
    asked = Review.nomination_id == found.nomination.id, Review.reviewer_id.in_(reviewer_ids)
    await session.execute(delete(Review).where(*asked))
    return ReviewersChanged(found.nomination, len(reviewer_ids), found.call.unit_id, found.call.unit_path)


async def reviews_of(session: AsyncSession, nomination: Nomination) -> dict[UUID, Review]:
    """The reviews of a nomination by who is asked for them."""
    query = select(Review).where(Review.nomination_id == nomination.id).execution_options(populate_existing=True)
    return {review.reviewer_id: review for review in (await session.execute(query)).scalars()}


def why_not_blind(
    grants: Iterable[Held | Scope], found: Nominated, *, homes: Sequence[str] = (), path: str = ""
) -> Conflict | None:
    """Why somebody with these grants, who belongs to these places, cannot judge a lesson blind.

    Whoever may view the lesson, however little else, may have read whose it is before being asked.
    """
    grants = list(grants)
    nominating, calling = found.nomination.unit_path, found.call.unit_path
    acting = [one.path for one in grants if one.reach is Reach.ACT]
    if any(rules.is_concerned(place, nominating, calling) for place in (*homes, *acting)):
        return Conflict(Reason.REVIEWER_CONCERNED, path=path)
    viewing = [one.path for one in grants if Permission.LESSON_VIEW in permissions_of(one.role, one.reach)]
    if any(here.startswith(place) for place in viewing for here in (nominating, found.lesson.unit_path)):
        return Conflict(Reason.REVIEWER_SEES_LESSON, path=path)
    return None


async def refuse_who_took_part(
    session: AsyncSession, nomination: Nomination, user_ids: Iterable[UUID], *, path: str
) -> None:
    """Refuse whoever wrote any revision of the lesson, or of what it was made of, or ever nominated one of them."""
    lineage = select(Lesson.id, Lesson.adapted_from_id).where(Lesson.id == nomination.lesson_id)
    below = lineage.cte("lineage", recursive=True)
    original = aliased(Lesson)
    above = select(original.id, original.adapted_from_id).join(below, original.id == below.c.adapted_from_id)
    ids = select(below.union(above).c.id)
    people = union(
        select(LessonRevision.written_by).where(LessonRevision.lesson_id.in_(ids)),
        select(Nomination.nominated_by).where(Nomination.lesson_id.in_(ids)),
    )
    if not {*user_ids}.isdisjoint((await session.execute(people)).scalars()):
        raise Conflict(Reason.REVIEWER_CONCERNED, path=path)


async def _running(session: AsyncSession, actor: Actor, nomination_id: UUID) -> Nominated:
    """An open nomination into a call that the actor runs, and whose reviews are not closed."""
    found = await locked_nomination(session, actor, nomination_id)
    actor.require(Permission.LESSON_SHOWCASE, at=found.call.unit_path, path="nominationId")
    refuse_if_ended(found.nomination)
    if found.call.reviews_closed_at is not None:
        raise Conflict(Reason.REVIEWS_CLOSED, path="nominationId")
    return found


async def _people(session: AsyncSession, actor: Actor, user_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Where people belong whom the actor can find."""
    rows = await session.execute(
        select(User.id, User.unit_path).where(User.id.in_(user_ids), User.disabled_at.is_(None))
    )
    homes = {user_id: home for user_id, home in rows if actor.holds(Permission.USER_FIND, at=home)}
    if not set(user_ids) <= homes.keys():
        raise NotFound("user", path="reviewerIds")
    return homes
