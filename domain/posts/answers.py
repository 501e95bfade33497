"""What came of a claim, written down while the claim is still the worker's."""

from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, Interval, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.prepared import ask, given
from domain.posts.deliveries import Claim, settling
from domain.posts.lifecycle import IN_FLIGHT, Event, after
from domain.posts.models import Attempt, Delivery, Post, stands
from domain.posts.outcomes import Settlement
from domain.terms import AttemptKind, DeliveryState


async def settle(session: AsyncSession, claim: Claim, settlement: Settlement) -> bool:
    """Write down what came of a claim; False where another worker has taken over, and nothing moves."""
    state = after(claim.state, settlement.event)
    values = _facts(claim, settlement, state)
    statement = _settling_to(claim.state, state, tuple(values))
    if state is DeliveryState.SCHEDULED and await _is_cancelled(session, claim):
        state = after(state, Event.CANCELLED)
    rows = await ask(
        session,
        statement,
        state_now=state,
        of_delivery=claim.delivery_id,
        held_fence=claim.fence,
        held_since=claim.claimed_at,
        attempt=new_id(),
        event_now=settlement.event,
        # Where another worker has taken over, the link is kept here alone: a person may need it.
        told=settlement.detail or settlement.host_url,
        **{f"{name}_now": value for name, value in values.items()},
    )
    is_moved, is_new = rows.one()
    # An attempt that is on record already is this one: its commit came through, only the answer to it was lost.
    return is_moved or not is_new


@cache
def _settling_to(held: DeliveryState, state: DeliveryState, names: tuple[str, ...]) -> Executable:
    """Move the delivery while its fence is ours, and record the attempt in any case; answers which of both was done."""
    moved = (
        update(Delivery)
        .where(
            Delivery.id == given("of_delivery", Delivery.id),
            Delivery.fence == given("held_fence", Delivery.fence),
            Delivery.state == held,
        )
        .values(
            state=given("state_now", Delivery.state),
            lease_until=None,
            **{name: given(f"{name}_now", getattr(Delivery, name)) for name in names if hasattr(Delivery, name)},
            **_computed(held, state),
        )
        .returning(Delivery.id, Delivery.account_id)
        .cte("moved")
    )
    recorded = (
        upsert(Attempt)
        .values(
            id=given("attempt", Attempt.id),
            delivery_id=given("of_delivery", Attempt.delivery_id),
            kind=AttemptKind.SUBMIT if held is DeliveryState.SENDING else AttemptKind.LOOK,
            fence=given("held_fence", Attempt.fence),
            claimed_at=given("held_since", Attempt.claimed_at),
            settled_at=func.clock_timestamp(),
            event=given("event_now", Attempt.event),
            code=given("problem_now", Attempt.code),
            detail=given("told", Attempt.detail),
        )
        .on_conflict_do_nothing()
        .returning(Attempt.id)
        .cte("recorded")
    )
    done: Select[bool, bool] = select(select(moved.c.id).exists(), select(recorded.c.id).exists())
    if state is DeliveryState.PUBLISHED:
        done = done.add_cte(_posted(select(moved.c.account_id)).cte("posted"), _freed(select(moved.c.id)).cte("freed"))
    return done


async def _is_cancelled(session: AsyncSession, claim: Claim) -> bool:
    """Whether the post was cancelled while this delivery was in flight; waits for a cancellation under way."""
    post_id = select(Delivery.post_id).where(Delivery.id == claim.delivery_id).scalar_subquery()
    query = select(Post.cancelled_at).where(Post.id == post_id).with_for_update(read=True)
    return (await session.execute(query)).scalar_one() is not None


async def now_stands(session: AsyncSession, *, delivery_id: UUID, account_id: UUID) -> None:
    """A delivery is published: its account has posted, and what waited for it is due now, or when it was to be."""
    for follows in (_posted([account_id]), _freed([delivery_id])):
        await session.execute(follows.execution_options(synchronize_session=False))


def _posted(account_ids: Any) -> Any:
    posted = update(Account).where(Account.id.in_(account_ids)).values(last_posted_at=func.clock_timestamp())
    return posted.returning(Account.id)


def _freed(delivery_ids: Any) -> Any:
    return (
        update(Delivery)
        .where(stands(Delivery, DeliveryState.WAITING), Delivery.waits_for_id.in_(delivery_ids))
        .values(
            state=after(DeliveryState.WAITING, Event.UPPER_PUBLISHED),
            try_at=func.greatest(Delivery.due_at, func.now()),
        )
        .returning(Delivery.id)
    )


def _facts(claim: Claim, settlement: Settlement, state: DeliveryState) -> dict[str, Any]:
    """What a settlement says, by column; `wait` and `until` say when to go on."""
    facts: dict[str, Any] = {"problem": settlement.problem, "problem_detail": settlement.detail}
    again = {"wait": settlement.wait, "until": settlement.until}
    if state is DeliveryState.PUBLISHED:
        facts |= {"host_post_id": settlement.host_post_id, "host_url": settlement.host_url}
    elif state is DeliveryState.SCHEDULED:
        facts |= {"tries": claim.tries + settlement.counts_as_try, **again}
    elif state in IN_FLIGHT and claim.state is not DeliveryState.SENDING:
        facts |= {"looks": claim.looks - (not settlement.counts_as_look), **again}
    return facts


def _computed(held: DeliveryState, state: DeliveryState) -> dict[str, Any]:
    """What follows from a move by itself, and by the database's clock."""
    asked = func.coalesce(given("until_now", Delivery.try_at), func.now() + given("wait_now", Interval()))
    again = func.greatest(func.now(), asked)
    # It is known whether it stands there: a look said so, or the platform did.
    known = {"look_at": None, "unclear_since": None, "look_first": False}
    if state is DeliveryState.PUBLISHED:
        return {"published_at": func.clock_timestamp(), **known}
    if state is DeliveryState.SCHEDULED:
        return {"try_at": again, **known}
    if state not in IN_FLIGHT:
        # It was looked for: what a person says of it now counts, and is not asked of the platform again.
        return {} if held is DeliveryState.SENDING else {"look_first": False}
    if held is DeliveryState.SENDING:
        return {"look_at": func.now() + settling(), "unclear_since": func.now()}
    return {"look_at": again}
