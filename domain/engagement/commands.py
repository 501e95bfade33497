"""Acts on the goals that units set for themselves."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.accounts.rules import Differences
from domain.base.ids import new_id
from domain.calendar.rules import check_number
from domain.engagement.models import Goal
from domain.engagement.queries import checked_period
from domain.engagement.rules import hinders_goal
from domain.lessons.rules import optional
from domain.refusals import Conflict, Reason, edited_meanwhile
from domain.terms import GoalMeasure
from domain.units import queries as units
from domain.wording.queries import check_texts

NOTE_LIMIT = 500
TARGET_LIMIT = 10**15


async def set_goal(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    measure: GoalMeasure,
    target: int,
    since: date,
    until: date,
    note: str = "",
) -> Goal:
    """Set a goal of a unit for its own posts and those of all below it."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.GOAL_EDIT, path="unitId")
    told = _told(measure, target, since, until, note)
    await check_texts(session, {"note": told["note"]})
    goal = Goal(id=new_id(), unit_id=unit.id, unit_path=unit.path, created_at=now, **told)
    session.add(goal)
    await session.flush()
    return goal


async def edit_goal(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    goal_id: UUID,
    expected_version: int,
    measure: GoalMeasure,
    target: int,
    since: date,
    until: date,
    note: str = "",
) -> Goal:
    """Say anew what a goal is."""
    goal = await _open_goal(session, actor, goal_id)
    told = _told(measure, target, since, until, note)
    await check_texts(session, {"note": told["note"]})
    if goal.version != expected_version:
        differences = Differences.between({name: getattr(goal, name) for name in told}, told)
        raise edited_meanwhile(goal.version, expected_version, differences)
    if any(getattr(goal, name) != value for name, value in told.items()):
        for name, value in told.items():
            setattr(goal, name, value)
        goal.version += 1
    await session.flush()
    return goal


async def withdraw_goal(session: AsyncSession, actor: Actor, *, now: datetime, goal_id: UUID) -> Goal:
    """Pursue a goal no longer; what it was stays on record."""
    goal = await _open_goal(session, actor, goal_id)
    goal.withdrawn_at = now
    goal.version += 1
    await session.flush()
    return goal


async def _open_goal(session: AsyncSession, actor: Actor, goal_id: UUID) -> Goal:
    goal = await units.locked_row(session, Goal, goal_id)
    actor.require(Permission.GOAL_EDIT, at=goal.unit_path, path="goalId", what="goal")
    if hinders_goal(goal):
        raise Conflict(Reason.GOAL_WITHDRAWN, path="goalId")
    return goal


def _told(measure: GoalMeasure, target: int, since: date, until: date, note: str) -> dict[str, Any]:
    """The columns of a goal as given, checked."""
    checked_period(since, until)
    return {
        "measure": measure,
        "target": check_number(target, 1, TARGET_LIMIT, path="target"),
        "since": since,
        "until": until,
        "note": optional(note, "note", limit=NOTE_LIMIT),
    }
