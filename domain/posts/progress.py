"""How posts get on, for those who watch: deliveries by state, and what keeps them, grouped by cause."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.posts.lifecycle import LOOKED_FOR, SETTLED
from domain.posts.models import Delivery, Hold, Post, stands
from domain.posts.queries import StateCount
from domain.posts.troubles import (
    GOES_OUT_AGAIN,
    IS_LOOKED_FOR,
    LOOKED_FIRST,
    UPPERS,
    Trouble,
    cause_of,
    held_for,
    told,
    trouble_of,
)
from domain.refusals import NotFound
from domain.terms import DeliveryState, HoldReason

# How many deliveries are shown of each cause.
SAMPLES = 5
# There are no more causes than that, with a word for each; a request is charged for as many.
CAUSES_LIMIT = 40
# The delivery of the level above for which another waits.
UPPER = aliased(Delivery)


@dataclass(frozen=True)
class TroubleGroup:
    """Deliveries that one cause keeps in one state, by when they were due."""

    trouble: Trouble
    state: DeliveryState
    count: int
    oldest: datetime
    newest: datetime
    sample_ids: tuple[UUID, ...] = ()


@dataclass(frozen=True)
class TroubleCount:
    """How many deliveries of a post one cause keeps in one state."""

    trouble: Trouble
    state: DeliveryState
    count: int


@dataclass(frozen=True)
class Progress:
    """How a post gets on, as far as somebody sees its deliveries."""

    states: tuple[StateCount, ...]
    troubles: tuple[TroubleCount, ...]

    @property
    def is_settled(self) -> bool:
        """Whether no worker will move any of them by itself."""
        return all(row.state in SETTLED for row in self.states)


async def troubles(
    session: AsyncSession,
    actor: Actor,
    *,
    within_path: str | None = None,
    post_id: UUID | None = None,
    campaign_id: UUID | None = None,
    since: datetime | None = None,
) -> list[TroubleGroup]:
    """What is in trouble within the actor's reach, grouped by cause, the most frequent first: one statement."""
    where = [
        within_reach(actor, Permission.POST_VIEW, Delivery.unit_path),
        below(Delivery.unit_path, within_path or ""),
    ]
    if post_id is not None:
        where.append(Delivery.post_id == post_id)
    if campaign_id is not None:
        where.append(Delivery.post_id.in_(select(Post.id).where(Post.campaign_id == campaign_id)))
    if since is not None:
        where.append(Delivery.due_at >= since)
    rows = (await session.execute(causes(where))).all()
    groups: dict[tuple[DeliveryState, str], TroubleGroup] = {}
    for row in rows:
        key = (row.state, row.cause)
        found = groups.get(key)
        if found is None:
            trouble = _told(row.cause, row.state, row.next_at)
            groups[key] = TroubleGroup(trouble, row.state, row.count, row.oldest, row.newest, (row.id,))
        else:
            groups[key] = replace(found, sample_ids=(*found.sample_ids, row.id))
    return sorted(groups.values(), key=lambda group: (-group.count, group.trouble.code, group.state.value))


def causes(where: Sequence[ColumnElement[bool]]) -> Select[Any]:
    """A few rows of each cause, each with how many there are in all.

    Each branch names its states as one of the partial indexes does, so that what went well is never read.
    """
    problem: Any = Delivery.problem
    branches = [
        _found(problem).where(stands(Delivery, state), Delivery.problem.is_not(None), *where)
        for state in (DeliveryState.SCHEDULED, DeliveryState.FAILED, DeliveryState.NEEDS_PERSON)
    ]
    looked_for: Any = func.coalesce(problem, case((stands(Delivery, DeliveryState.UNCONFIRMED), LOOKED_FIRST)))
    branches.append(_found(looked_for).where(stands(Delivery, *LOOKED_FOR), looked_for.is_not(None), *where))
    upper: Any = func.concat("UPPER_", cast(UPPER.state, String))
    branches.append(_found(upper).join(UPPER, _is_waited_for()).where(UPPER.state.in_(UPPERS), *where))
    holding = and_(Hold.delivery_id == Delivery.id, Hold.lifted_at.is_(None))
    held = _found(cast(Hold.reason, String)).join(Hold, holding).where(stands(Delivery, DeliveryState.HELD), *where)
    found = union_all(*branches, held).subquery("found")
    cause = found.c.state, found.c.cause
    placed = select(
        found,
        func.row_number().over(partition_by=cause, order_by=(found.c.due_at, found.c.id)).label("place"),
        func.count().over(partition_by=cause).label("count"),
        func.min(found.c.due_at).over(partition_by=cause).label("oldest"),
        func.max(found.c.due_at).over(partition_by=cause).label("newest"),
        func.min(found.c.goes_on).over(partition_by=cause).label("next_at"),
    ).subquery("placed")
    return select(placed).where(placed.c.place <= SAMPLES).order_by(placed.c.state, placed.c.cause, placed.c.place)


async def progress_of(session: AsyncSession, actor: Actor, *, post_id: UUID) -> Progress:
    """How a post gets on; refused where the actor reaches neither it nor any of its deliveries."""
    reached = within_reach(actor, Permission.POST_VIEW, Delivery.unit_path)
    rows = await session.execute(
        select(Delivery.state, Delivery.problem, UPPER.state.label("upper_state"))
        .add_columns(func.count(Delivery.id).label("all"), func.min(_goes_on()).label("next_at"))
        .select_from(Post)
        .outerjoin(Delivery, and_(Delivery.post_id == Post.id, reached))
        .outerjoin(UPPER, _is_waited_for())
        .where(Post.id == post_id)
        .where(or_(within_reach(actor, Permission.POST_VIEW, Post.unit_path), Delivery.id.is_not(None)))
        .group_by(Delivery.state, Delivery.problem, UPPER.state)
    )
    found = rows.all()
    if not found:
        raise NotFound("post", path="postId")
    states: Counter[DeliveryState] = Counter()
    counts: Counter[tuple[DeliveryState, str]] = Counter()
    next_at: dict[tuple[DeliveryState, str], datetime] = {}
    for row in found:
        if row.state is None:
            continue
        states[row.state] += row.all
        if (code := cause_of(row)) is not None:
            cause = row.state, code
            counts[cause] += row.all
            if row.next_at is not None:
                next_at[cause] = min(row.next_at, next_at.get(cause, row.next_at))
    kept = [TroubleCount(told(cause[1], cause[0], next_at.get(cause)), cause[0], n) for cause, n in counts.items()]
    if DeliveryState.HELD in states:
        kept += await _held(session, reached, post_id)
    kept.sort(key=lambda row: (-row.count, row.trouble.code, row.state.value))
    order = list(DeliveryState)
    told_states = sorted((StateCount(state, n) for state, n in states.items()), key=lambda c: order.index(c.state))
    return Progress(tuple(told_states), tuple(kept))


async def troubles_of(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Trouble | None]:
    """What keeps each of these deliveries; the one above for which it waits may be out of the actor's sight."""
    rows = await session.execute(
        select(Delivery.id, Delivery.state, Delivery.problem, Delivery.try_at, Delivery.look_at)
        .add_columns(UPPER.state.label("upper_state"))
        .outerjoin(UPPER, _is_waited_for())
        .where(Delivery.id.in_(ids))
    )
    return {row.id: trouble_of(row) for row in rows}


async def _held(session: AsyncSession, reached: ColumnElement[bool], post_id: UUID) -> list[TroubleCount]:
    rows = await session.execute(
        select(Hold.reason, func.count())
        .join(Delivery, Delivery.id == Hold.delivery_id)
        .where(Hold.lifted_at.is_(None), Delivery.post_id == post_id, reached)
        .where(stands(Delivery, DeliveryState.HELD))
        .group_by(Hold.reason)
    )
    return [TroubleCount(held_for(reason), DeliveryState.HELD, count) for reason, count in rows]


def _found(cause: Any) -> Select[Any]:
    columns = Delivery.id, Delivery.state, Delivery.due_at
    return select(*columns, cause.label("cause"), _goes_on().label("goes_on")).select_from(Delivery)


def _is_waited_for() -> ColumnElement[bool]:
    return and_(stands(Delivery, DeliveryState.WAITING), UPPER.id == Delivery.waits_for_id)


def _goes_on() -> Any:
    """When a delivery goes on by itself."""
    return case(
        (stands(Delivery, *sorted(GOES_OUT_AGAIN)), Delivery.try_at),
        (stands(Delivery, *sorted(IS_LOOKED_FOR)), Delivery.look_at),
    )


def _told(cause: str, state: DeliveryState, next_at: datetime | None) -> Trouble:
    return held_for(HoldReason[cause]) if state is DeliveryState.HELD else told(cause, state, next_at)
