"""The gate: what must hold when a delivery goes out, one list of named checks, and what becomes of what fails.

A claim asks every check in its own statement. What is due and fails one is held, each reason a row; when the last
reason is gone it goes on. A further check adds a line to the list and a word to `HoldReason`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Integer,
    and_,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.prepared import any_of, ask, given
from domain.lessons.models import Lesson
from domain.posts.lifecycle import NOT_BEGUN, Event, after
from domain.posts.models import Approval, Delivery, Hold, Post, Silence, stands
from domain.posts.tiers import in_any_tier
from domain.terms import AccountState, DeliveryState, HoldReason, Lateness, LessonState


@dataclass(frozen=True)
class Check:
    """What must hold, and what it is called where it does not."""

    reason: HoldReason
    passes: ColumnElement[bool]


def _approved() -> ColumnElement[bool]:
    """A second person approved this very text."""
    return exists().where(
        Approval.post_id == Delivery.post_id, Approval.revision == Delivery.revision, Approval.withdrawn_at.is_(None)
    )


def _not_silenced() -> ColumnElement[bool]:
    """No order is in force over the unit or one above it: there are few, so each is compared with the path."""
    below = and_(
        Delivery.unit_path >= Silence.unit_path,
        Delivery.unit_path < func.left(Silence.unit_path, -1).op("||")("/"),
    )
    return ~exists().where(Silence.lifted_at.is_(None), below)


def is_late() -> ColumnElement[bool]:
    """Whether it could not go out for longer than its post allows."""
    allowed = func.make_interval(0, 0, 0, 0, 0, 0, Post.late_after_seconds)
    return func.now() > Delivery.due_at + allowed


CHECKS = (
    Check(HoldReason.NOT_APPROVED, _approved()),
    Check(HoldReason.HELD_BY_PERSON, Post.held_at.is_(None)),
    Check(HoldReason.SILENCED, _not_silenced()),
    Check(HoldReason.ACCOUNT_SUSPENDED, Account.state != AccountState.SUSPENDED),
    Check(HoldReason.ACCOUNT_UNAUTHORIZED, Account.state != AccountState.UNAUTHORIZED),
    Check(HoldReason.LESSON_NOT_SHOWCASE, Lesson.state == LessonState.SHOWCASE),
    Check(HoldReason.TOO_LATE, or_(Post.lateness != Lateness.HOLD, ~is_late())),
)


def passes() -> Sequence[ColumnElement[bool]]:
    """All that must hold; what is to be missed when it is late is not sent either."""
    return *(check.passes for check in CHECKS), or_(Post.lateness != Lateness.MISS, ~is_late(), Delivery.look_first)


def joined(statement: Any) -> Any:
    """A statement over deliveries with all that the checks speak of."""
    return (
        statement.join(Account, Account.id == Delivery.account_id)
        .join(Post, Post.id == Delivery.post_id)
        .join(Lesson, Lesson.id == Post.lesson_id)
    )


async def hold_due(session: AsyncSession, *, limit: int) -> int:
    """Hold what is due and fails a check, each reason a row; answers how many deliveries."""
    rows = (await ask(session, _failing_due(), limit=limit)).all()
    if not rows:
        return 0
    ids = [row[0] for row in rows]
    await _move(session, ids, after(DeliveryState.SCHEDULED, Event.GATE_SHUT))
    holds = [
        {"id": new_id(), "delivery_id": delivery_id, "reason": check.reason}
        for delivery_id, *failing in rows
        for check, fails in zip(CHECKS, failing, strict=True)
        if fails
    ]
    await session.execute(insert(Hold).values(since=func.now()), holds)
    return len(ids)


@cache
def _failing_due() -> Executable:
    due = joined(select(Delivery.id, *_failing())).where(
        stands(Delivery, DeliveryState.SCHEDULED), in_any_tier(), Delivery.try_at <= func.now(), or_(*_failing())
    )
    return _batch(due)


def _batch(found: Any) -> Executable:
    """So many of these as are asked for, and nobody else's."""
    batch: Executable = found.limit(given("limit", Integer())).with_for_update(of=Delivery, skip_locked=True)
    return batch


async def renew_holds(session: AsyncSession, *, limit: int) -> int:
    """Let the reasons of what is held be those of now: one may end, or come up, while another holds."""
    rows = (await ask(session, _held_otherwise(), limit=limit)).all()
    new = []
    for place, check in enumerate(CHECKS, 1):
        over = [row[0] for row in rows if row[len(CHECKS) + place] and not row[place]]
        if over:
            await lift_holds(session, Delivery.id.in_(over), check.reason)
        new += [
            {"id": new_id(), "delivery_id": row[0], "reason": check.reason}
            for row in rows
            if row[place] and not row[len(CHECKS) + place]
        ]
    if new:
        await session.execute(insert(Hold).values(since=func.now()), new)
    return len(rows)


@cache
def _held_otherwise() -> Executable:
    opened = [_is_open(check.reason) for check in CHECKS]
    stale = [
        or_(and_(check.passes, is_open), and_(~check.passes, ~is_open))
        for check, is_open in zip(CHECKS, opened, strict=True)
    ]
    held = joined(select(Delivery.id, *_failing(), *opened)).where(stands(Delivery, DeliveryState.HELD), or_(*stale))
    return _batch(held.order_by(Delivery.id))


def _is_open(reason: HoldReason) -> ColumnElement[bool]:
    return exists().where(Hold.delivery_id == Delivery.id, Hold.reason == reason, Hold.lifted_at.is_(None))


async def release_held(session: AsyncSession, *, limit: int) -> int:
    """Let go what was held and passes every check now; answers how many deliveries."""
    ids = list((await ask(session, _free(), limit=limit)).scalars())
    if ids:
        await release(session, Delivery.id.in_(ids))
    return len(ids)


@cache
def _free() -> Executable:
    free = joined(select(Delivery.id)).where(stands(Delivery, DeliveryState.HELD), *passes())
    return _batch(free.order_by(Delivery.due_at, Delivery.id))


async def release(session: AsyncSession, which: ColumnElement[bool], *, over: timedelta = timedelta()) -> int:
    """Put held deliveries that pass every check back where they are due, in order, over a period."""
    held = joined(
        select(
            Delivery.id,
            (func.row_number().over(order_by=(Delivery.due_at, Delivery.id)) - 1).label("place"),
            func.count().over().label("all"),
        )
    ).where(stands(Delivery, DeliveryState.HELD), which, *passes())
    order = held.cte("held")
    seconds = literal(over.total_seconds()) * order.c.place / func.greatest(order.c.all, 1)
    moved = await session.execute(
        update(Delivery)
        .where(Delivery.id == order.c.id, stands(Delivery, DeliveryState.HELD))
        .values(
            state=after(DeliveryState.HELD, Event.GATE_OPEN),
            try_at=func.greatest(Delivery.due_at, func.now() + func.make_interval(0, 0, 0, 0, 0, 0, seconds)),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    ids = [row[0] for row in moved]
    if ids:
        await lift_holds(session, Delivery.id == any_of(ids))
    return len(ids)


async def lift_holds(session: AsyncSession, which: ColumnElement[bool], *reasons: HoldReason) -> None:
    """End the reasons for which deliveries were held: those named, or all."""
    ended = [Hold.delivery_id.in_(select(Delivery.id).where(which)), Hold.lifted_at.is_(None)]
    if reasons:
        ended.append(Hold.reason.in_(reasons))
    lifted = update(Hold).where(*ended).values(lifted_at=func.now())
    await session.execute(lifted.execution_options(synchronize_session=False))


async def miss_late(session: AsyncSession, *, limit: int) -> int:
    """Give up what is late where the post says so; answers how many deliveries."""
    ids = list((await ask(session, _late(), limit=limit)).scalars())
    if ids:
        await _move(session, ids, after(DeliveryState.SCHEDULED, Event.TOO_LATE))
        await lift_holds(session, Delivery.id.in_(ids))
    return len(ids)


@cache
def _late() -> Executable:
    late = (
        select(Delivery.id)
        .join(Post, Post.id == Delivery.post_id)
        .where(
            stands(Delivery, DeliveryState.SCHEDULED, DeliveryState.HELD, DeliveryState.WAITING),
            literal_column("posts.lateness") == Lateness.MISS.value,
            is_late(),
            # Of a restored database: it may have gone out in time, so it is looked for first.
            ~Delivery.look_first,
        )
    )
    return _batch(late)


@dataclass(frozen=True)
class Held:
    """How many deliveries would be held for a reason."""

    reason: HoldReason
    count: int


async def reasons_now(
    session: AsyncSession, post_ids: Sequence[UUID], which: ColumnElement[bool]
) -> dict[UUID, list[Held]]:
    """Of each post, how many of its deliveries that have not begun fail which check as things stand."""
    counts = [func.count().filter(~check.passes) for check in CHECKS]
    rows = await session.execute(
        joined(select(Delivery.post_id, *counts))
        .where(Delivery.post_id.in_(post_ids), stands(Delivery, *sorted(NOT_BEGUN)), which)
        .group_by(Delivery.post_id)
    )
    found: dict[UUID, list[Held]] = {post_id: [] for post_id in post_ids}
    for post_id, *failing in rows:
        found[post_id] = [Held(check.reason, n) for check, n in zip(CHECKS, failing, strict=True) if n]
    return found


def _failing() -> Sequence[ColumnElement[bool]]:
    return [~check.passes for check in CHECKS]


async def _move(session: AsyncSession, ids: Sequence[UUID], state: DeliveryState) -> None:
    moved = update(Delivery).where(Delivery.id.in_(ids)).values(state=state)
    await session.execute(moved.execution_options(synchronize_session=False))
