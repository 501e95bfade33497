"""Calls for lessons (征集): opened by a unit, answered by nominations of the units below until they close.

Whether a call is open is said by the database's clock, which is the same for everybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, false, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.words import said
from domain.lessons import rules
from domain.lessons.desk import keep_revision, locked_lesson, take_part
from domain.lessons.lifecycle import Event, after
from domain.lessons.models import Lesson, LessonCall, Nomination
from domain.refusals import Conflict, Invalid, NotFound, Reason, edited_meanwhile
from domain.terms import CallState, NominationOutcome
from domain.units import queries as units
from domain.wording.queries import check_texts


async def open_call(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    title: str,
    text: str,
    closes_at: datetime,
    opens_at: datetime | None = None,
    quota: int | None = None,
    score_by: datetime | None = None,
) -> LessonCall:
    """Call the units below for lessons, from one instant to another."""
    unit = await units.unit_within(
        session, actor, unit_id=unit_id, permission=Permission.LESSON_SHOWCASE, path="unitId"
    )
    opening = opens_at or now
    _check_closing(opening, closes_at, now=now)
    _check_scoring(closes_at, score_by, now=now)
    call = LessonCall(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        title=said(title, "title", limit=rules.WORDS_LONGEST),
        text=said(text, "text", limit=rules.TEXT_LONGEST),
        opens_at=opening,
        closes_at=closes_at,
        quota=rules.within(quota, 1, rules.QUOTA, path="quota"),
        score_by=score_by,
        version=1,
        created_at=now,
    )
    await check_texts(session, {"title": call.title, "text": call.text})
    session.add(call)
    await session.flush()
    return call


async def edit_call(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    call_id: UUID,
    expected_version: int,
    title: str,
    text: str,
    closes_at: datetime,
    quota: int | None = None,
    score_by: datetime | None = None,
) -> LessonCall:
    """Say a call anew until it is over, and until its reviews are closed until when they are scored.

    What was nominated stays, also where the quota is smaller now.
    """
    call, state = await locked_call(session, actor, call_id)
    given = {
        "title": said(title, "title", limit=rules.WORDS_LONGEST),
        "text": said(text, "text", limit=rules.TEXT_LONGEST),
        "closes_at": closes_at,
        "quota": rules.within(quota, 1, rules.QUOTA, path="quota"),
        "score_by": score_by,
    }
    await check_texts(session, {"title": title, "text": text})
    changed = [name for name, value in given.items() if getattr(call, name) != value]
    if call.version != expected_version:
        raise edited_meanwhile(call.version, expected_version, ", ".join(changed) or "-")
    if call.reviews_closed_at is not None:
        raise Conflict(Reason.REVIEWS_CLOSED, path="callId")
    is_over = state == CallState.CLOSED.value
    if is_over and {*changed} - {"score_by"}:
        raise Conflict(Reason.CALL_NOT_OPEN, path="callId")
    if changed and not is_over:
        _check_closing(call.opens_at, closes_at, now=now)
    if changed:
        _check_scoring(closes_at, score_by, now=now)
    for name in changed:
        setattr(call, name, given[name])
    call.version += bool(changed)
    await session.flush()
    return call


async def nominate_lesson(
    session: AsyncSession, actor: Actor, *, now: datetime, lesson_id: UUID, call_id: UUID, unit_id: UUID
) -> Nomination:
    """Nominate a lesson, as its newest revision says it, into an open call of a unit above.

    A unit nominates its own lessons and those of the units below it, from any level straight to the one that calls.
    """
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.LESSON_EDIT, path="unitId")
    # One nomination after the other: the quota holds also for those that come at the same time.
    query = select(LessonCall, state_of()).where(LessonCall.id == call_id).with_for_update()
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("lessoncall", path="callId")
    call, state = found
    if call.unit_path == unit.path or not unit.path.startswith(call.unit_path):
        raise Conflict(Reason.CALL_NOT_ABOVE, path="callId")
    if state != CallState.OPEN.value:
        raise Conflict(Reason.CALL_NOT_OPEN, path="callId")
    lesson = await locked_lesson(session, actor, lesson_id, Permission.LESSON_EDIT)
    if not lesson.unit_path.startswith(unit.path):
        raise Conflict(Reason.LESSON_NOT_BELOW, path="lessonId")
    rules.refuse_unless(lesson, Event.NOMINATED)
    if call.quota is not None and await _nominated_by(session, call.id, unit.id) >= call.quota:
        raise Conflict(Reason.CALL_QUOTA_SPENT, path="callId", quota=call.quota)
    nomination = Nomination(
        id=new_id(),
        call_id=call.id,
        lesson_id=lesson.id,
        revision=lesson.version,
        unit_id=unit.id,
        unit_path=unit.path,
        nominated_by=actor.person_id,
        nominated_at=now,
    )
    await keep_revision(session, lesson)
    lesson.state = after(lesson.state, Event.NOMINATED)
    take_part(lesson, lesson.nominated_by)
    lesson.nominated_by = actor.person_id
    session.add(nomination)
    await session.flush()
    return nomination


async def withdraw_nomination(session: AsyncSession, actor: Actor, *, now: datetime, nomination_id: UUID) -> Nomination:
    """Take a nomination back, until it is decided, whatever has become of the call meanwhile."""
    found = await locked_nomination(session, actor, nomination_id)
    nomination = found.nomination
    actor.require(Permission.LESSON_EDIT, at=nomination.unit_path, path="nominationId")
    end(nomination, found.lesson, NominationOutcome.WITHDRAWN, Event.NOMINATION_WITHDRAWN, now=now)
    await session.flush()
    return nomination


@dataclass(frozen=True)
class Nominated:
    """A nomination with its lesson, its call, how that stands, and whether the time to score is over."""

    nomination: Nomination
    lesson: Lesson
    call: LessonCall
    state: str
    is_late: bool


async def locked_call(session: AsyncSession, actor: Actor, call_id: UUID) -> tuple[LessonCall, str]:
    """A call that the actor runs, and how it stands, for one act after the other."""
    query = select(LessonCall, state_of()).where(LessonCall.id == call_id).with_for_update()
    found = (await session.execute(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise NotFound("lessoncall", path="callId")
    call, state = found
    actor.require(Permission.LESSON_SHOWCASE, at=call.unit_path, path="callId")
    return call, state


async def locked_nomination(session: AsyncSession, actor: Actor, nomination_id: UUID) -> Nominated:
    """A nomination that the actor sees, for one act after the other."""
    found = await locked(session, nomination_id)
    if found is None or not actor.holds(Permission.LESSON_VIEW, at=found.nomination.unit_path):
        raise NotFound("nomination", path="nominationId")
    return found


async def locked(session: AsyncSession, nomination_id: UUID) -> Nominated | None:
    """A nomination, whoever sees it."""
    await units.tree_stands(session)
    # The call comes first, as where a lesson is nominated: otherwise two acts might wait for each other.
    of_call = (
        select(LessonCall, state_of(), is_late())
        .join(Nomination, Nomination.call_id == LessonCall.id)
        .where(Nomination.id == nomination_id)
        .with_for_update(of=LessonCall)
    )
    of_lesson = (
        select(Nomination, Lesson)
        .join(Lesson, Lesson.id == Nomination.lesson_id)
        .where(Nomination.id == nomination_id)
        .with_for_update(of=(Nomination, Lesson))
    )
    fresh = {"populate_existing": True}
    called = (await session.execute(of_call.execution_options(**fresh))).one_or_none()
    found = (await session.execute(of_lesson.execution_options(**fresh))).one_or_none()
    if called is None or found is None:
        return None
    return Nominated(found[0], found[1], called[0], called[1], called[2])


def refuse_if_ended(nomination: Nomination) -> None:
    if nomination.outcome is not None:
        raise Conflict(Reason.NOMINATION_ENDED, path="nominationId", outcome=nomination.outcome)


def end(nomination: Nomination, lesson: Lesson, outcome: NominationOutcome, event: Event, *, now: datetime) -> None:
    """End a nomination, and move its lesson on; what has ended, or does not stand so, is refused."""
    refuse_if_ended(nomination)
    rules.refuse_unless(lesson, event, "nominationId")
    nomination.outcome, nomination.ended_at = outcome, now
    lesson.state = after(lesson.state, event)


def state_of() -> ColumnElement[str]:
    """How a call stands by the clock of the database."""
    is_open = and_(LessonCall.opens_at <= func.now(), func.now() < LessonCall.closes_at)
    planned = LessonCall.opens_at > func.now()
    return case((is_open, CallState.OPEN.value), (planned, CallState.PLANNED.value), else_=CallState.CLOSED.value)


def is_late() -> ColumnElement[bool]:
    """Whether the time to score is over by the same clock, where the call says until when."""
    return func.coalesce(LessonCall.score_by <= func.now(), false())


async def states_of_calls(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, CallState]:  # noqa: ARG001 - a measure
    """How each call stands; calls are for everybody."""
    rows = await session.execute(select(LessonCall.id, state_of()).where(LessonCall.id.in_(ids)))
    return {call_id: CallState[state] for call_id, state in rows}


def _check_closing(opens_at: datetime, closes_at: datetime, *, now: datetime) -> None:
    """Refuse instants that leave no time to nominate."""
    for instant, path in ((opens_at, "opensAt"), (closes_at, "closesAt")):
        if instant.tzinfo is None:
            raise Invalid(Reason.TIME_WITHOUT_ZONE, path=path)
    if closes_at <= max(opens_at, now):
        raise Invalid(Reason.UNTIL_PASSED, path="closesAt")


def _check_scoring(closes_at: datetime, score_by: datetime | None, *, now: datetime) -> None:
    """Refuse an instant that leaves no time to score."""
    if score_by is None:
        return
    if score_by.tzinfo is None:
        raise Invalid(Reason.TIME_WITHOUT_ZONE, path="scoreBy")
    if score_by <= max(closes_at, now):
        raise Invalid(Reason.SCORE_BY_UNFIT, path="scoreBy")


async def _nominated_by(session: AsyncSession, call_id: UUID, unit_id: UUID) -> int:
    query = select(func.count()).where(
        Nomination.call_id == call_id,
        Nomination.unit_id == unit_id,
        Nomination.outcome.is_distinct_from(NominationOutcome.WITHDRAWN),
    )
    return await session.scalar(query) or 0
