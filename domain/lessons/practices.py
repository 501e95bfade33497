"""Where a lesson was taught (实践运用): written down by the unit that taught it, counted by lesson and below a unit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.base.dates import today
from domain.base.ids import new_id
from domain.lessons import rules
from domain.lessons.desk import visible_lesson
from domain.lessons.models import Lesson, Practice
from domain.refusals import Conflict, NotFound, Reason, edited_meanwhile
from domain.units import queries as units
from domain.wording.queries import check_texts


@dataclass(frozen=True)
class Written:
    """What was written down, and how many other records of that unit, lesson and day there are: a hint, no refusal."""

    practice: Practice
    hint: int


async def record_practice(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    lesson_id: UUID,
    unit_id: UUID,
    taught_on: date,
    classes: int,
    children: int,
    class_hours: int,
    remark: str = "",
) -> Written:
    """Write down that a unit taught a lesson; children are counted, none is named."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.LESSON_EDIT, path="unitId")
    lesson = await visible_lesson(session, actor, lesson_id)
    given = _checked(taught_on, classes, children, class_hours, remark, now=now)
    await check_texts(session, {"remark": given["remark"]})
    practice = Practice(
        id=new_id(),
        lesson_id=lesson.id,
        unit_id=unit.id,
        unit_path=unit.path,
        version=1,
        recorded_at=now,
        **given,
    )
    session.add(practice)
    await session.flush()
    return await _written(session, practice)


async def edit_practice(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    practice_id: UUID,
    expected_version: int,
    taught_on: date,
    classes: int,
    children: int,
    class_hours: int,
    remark: str = "",
) -> Written:
    """Correct what was written down of a lesson taught, unless somebody else did so after the version that was seen."""
    practice = await _locked(session, actor, practice_id)
    given = _checked(taught_on, classes, children, class_hours, remark, now=now)
    await check_texts(session, {"remark": given["remark"]})
    differing = [name for name, value in given.items() if getattr(practice, name) != value]
    if practice.version != expected_version:
        raise edited_meanwhile(practice.version, expected_version, ", ".join(differing) or "-")
    for name in differing:
        setattr(practice, name, given[name])
    practice.version += 1 if differing else 0
    await session.flush()
    return await _written(session, practice)


async def withdraw_practice(session: AsyncSession, actor: Actor, *, now: datetime, practice_id: UUID) -> Practice:
    """Take back what was written down by mistake: it stays to be seen, and is not counted."""
    practice = await _locked(session, actor, practice_id)
    practice.withdrawn_at = now
    await session.flush()
    return practice


@dataclass(frozen=True)
class PracticeTotals:
    """How often and to how many lessons were taught (实践运用统计)."""

    practices: int = 0
    lessons: int = 0
    units: int = 0
    classes: int = 0
    children: int = 0
    class_hours: int = 0


async def totals_of_lessons(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, PracticeTotals]:
    """What became of each lesson, in the units whose lessons the actor views."""
    rows = await session.execute(
        _counting(Practice.lesson_id).where(Practice.lesson_id.in_(ids), *_seen(actor)).group_by(Practice.lesson_id)
    )
    found = {row[0]: _totals(row[1:]) for row in rows}
    return {lesson_id: found.get(lesson_id, PracticeTotals()) for lesson_id in ids}


async def totals_elsewhere(
    session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]
) -> dict[UUID, PracticeTotals | None]:
    """What became of each lesson in units whose lessons the actor does not view, told to those who view the lesson's.

    Nobody who is told reads the rows, so none may be worked out: whole fives of records are counted, in the order in
    which they came. Each sum is of five at least, and nothing changes before there are five more.
    """
    is_elsewhere = ~within_reach(actor, Permission.LESSON_VIEW, Practice.unit_path)
    mine = select(Lesson.id).where(Lesson.id.in_(ids), within_reach(actor, Permission.LESSON_VIEW, Lesson.unit_path))
    of_lesson: dict[str, Any] = {"partition_by": Practice.lesson_id}
    columns = [getattr(Practice, name) for name in ("lesson_id", "unit_id", "classes", "children", "class_hours")]
    rows = (
        select(
            *columns,
            func.row_number().over(**of_lesson, order_by=Practice.id).label("place"),
            func.count().over(**of_lesson).label("all"),
        )
        .where(Practice.lesson_id.in_(mine), is_elsewhere, Practice.withdrawn_at.is_(None))
        .subquery()
    )
    told = rows.c.place <= rows.c.all - rows.c.all % rules.RECORDS_TOLD
    counted = _counting(rows.c.lesson_id, of=rows.c).where(told).group_by(rows.c.lesson_id)
    found = {row[0]: _totals(row[1:]) for row in await session.execute(counted)}
    return {lesson_id: found.get(lesson_id, PracticeTotals()) for lesson_id in await session.scalars(mine)}


async def practice_totals(
    session: AsyncSession,
    actor: Actor,
    *,
    under: str,
    lesson_id: UUID | None = None,
    since: date | None = None,
    until: date | None = None,
) -> PracticeTotals:
    """What was taught at and below a place, from a day on and before another."""
    query = _counting().where(below(Practice.unit_path, under), *_seen(actor))
    if lesson_id is not None:
        query = query.where(Practice.lesson_id == lesson_id)
    if since is not None:
        query = query.where(Practice.taught_on >= since)
    if until is not None:
        query = query.where(Practice.taught_on < until)
    return _totals((await session.execute(query)).one())


def _counting(*columns: Any, of: Any = Practice) -> Any:
    sums = (of.classes, of.children, of.class_hours)
    return select(
        *columns,
        func.count(),
        func.count(of.lesson_id.distinct()),
        func.count(of.unit_id.distinct()),
        *(func.coalesce(func.sum(column), 0) for column in sums),
    )


def _seen(actor: Actor) -> tuple[Any, ...]:
    return within_reach(actor, Permission.LESSON_VIEW, Practice.unit_path), Practice.withdrawn_at.is_(None)


def _totals(row: Sequence[Any]) -> PracticeTotals:
    return PracticeTotals(*(int(value) for value in row))


async def _written(session: AsyncSession, practice: Practice) -> Written:
    """With how many others there are of the same unit, lesson and day."""
    same = (getattr(Practice, name) == getattr(practice, name) for name in ("lesson_id", "unit_id", "taught_on"))
    others = select(func.count()).where(*same, Practice.id != practice.id, Practice.withdrawn_at.is_(None))
    return Written(practice, await session.scalar(others) or 0)


def _checked(
    taught_on: date, classes: int, children: int, class_hours: int, remark: str, *, now: datetime
) -> dict[str, Any]:
    rules.check_taught(taught_on, classes, children, class_hours, latest=today(now))
    return {
        "taught_on": taught_on,
        "classes": classes,
        "children": children,
        "class_hours": class_hours,
        "remark": rules.optional(remark, "remark"),
    }


async def _locked(session: AsyncSession, actor: Actor, practice_id: UUID) -> Practice:
    await units.tree_stands(session)
    query = select(Practice).where(Practice.id == practice_id).with_for_update()
    practice = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if practice is None:
        raise NotFound("practice", path="practiceId")
    if not actor.holds(Permission.LESSON_VIEW, at=practice.unit_path):
        raise NotFound("practice", path="practiceId")
    actor.require(Permission.LESSON_EDIT, at=practice.unit_path, path="practiceId")
    if practice.withdrawn_at is not None:
        raise Conflict(Reason.PRACTICE_WITHDRAWN, path="practiceId")
    return practice
