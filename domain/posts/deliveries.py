"""The life of deliveries in the database: claim, look, settle. Called by workers, in their transactions."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, Select, and_, case, func, insert, null, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.accounts import budgets
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.turns import gate_stands
from domain.hosts.models import Host
from domain.posts import gate
from domain.posts.lifecycle import IN_FLIGHT, Event, after
from domain.posts.models import Attempt, Delivery, Post, fences, stands
from domain.posts.outcomes import Settlement
from domain.terms import AccountState, AttemptKind, DeliveryState, HostKind


@dataclass(frozen=True)
class Claim:
    """A delivery that one worker holds until `lease_until`, with all it needs to call the platform."""

    delivery_id: UUID
    state: DeliveryState
    fence: int
    claimed_at: datetime
    lease_until: datetime
    text: str
    picture_key: str | None
    code: str
    key: UUID
    tries: int
    looks: int
    crashes: int
    # How long nobody has known whether it went out.
    unclear_for: timedelta | None
    account_id: UUID
    uid: str
    token: str = field(repr=False)
    host_id: UUID
    host_kind: HostKind
    api_url: str
    # The account's last post known to stand; only looked up for a look.
    last_post_id: str | None


async def claim_due(session: AsyncSession, *, limit: int, lease: timedelta) -> list[Claim]:
    """Take what is due by the database's clock: at most one delivery per account, in order within it."""
    # The next statement sees all that was said before: whoever shuts the gate waits for claims that began earlier.
    await gate_stands(session)
    due = _claimable(Delivery.id, Delivery.account_id).limit(limit)
    return await _claim(session, due, state=after(DeliveryState.SCHEDULED, Event.CLAIMED), lease=lease)


async def longest_unclaimed(session: AsyncSession) -> float:
    """For how many seconds a worker might have sent what none has claimed; 0 where there is nothing of the kind.

    What its account or platform keeps waiting is not our delay, so it does not count.
    """
    waited = func.extract("epoch", func.now() - Delivery.try_at)
    return float(await session.scalar(_claimable(waited).limit(1)) or 0)


def _claimable(*columns: Any) -> Select[Any]:
    """What may go out now, the longest waiting first."""
    joined: Select[Any] = gate.joined(select(*columns)).join(Host, Host.id == Account.host_id)
    claimable: Select[Any] = (
        joined.where(stands(Delivery, DeliveryState.SCHEDULED), Delivery.try_at <= func.now())
        .where(*gate.passes(), *_not_paused(), budgets.may_send(), _is_next())
        .order_by(Delivery.try_at, Delivery.id)
    )
    return claimable


async def claim_looks(session: AsyncSession, *, limit: int, lease: timedelta) -> list[Claim]:
    """Take deliveries whose outcome is to be looked up at the platform now."""
    due = (
        select(Delivery.id, Delivery.account_id)
        .join(Account, Account.id == Delivery.account_id)
        .join(Host, Host.id == Account.host_id)
        .where(
            stands(Delivery, DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED),
            Delivery.look_at <= func.now(),
            # Looking is harmless for a suspended account, but it takes a token that lives and a platform that answers.
            Account.state != AccountState.UNAUTHORIZED,
            *_not_paused(),
            budgets.may_look(),
        )
        .order_by(Delivery.look_at, Delivery.id)
        .limit(limit)
    )
    return await _claim(session, due, state=None, lease=lease)


async def end_leases(session: AsyncSession) -> int:
    """Deliveries whose worker is gone: nobody knows whether they went out, so they will be looked for."""
    rows = await session.execute(
        select(Delivery.id, Delivery.claimed_at)
        .where(stands(Delivery, DeliveryState.SENDING), Delivery.lease_until < func.now())
        .with_for_update(skip_locked=True)
    )
    ended = rows.all()
    if not ended:
        return 0
    fenced = await session.execute(
        update(Delivery)
        .where(Delivery.id.in_([delivery_id for delivery_id, _ in ended]))
        .values(
            state=after(DeliveryState.SENDING, Event.LEASE_ENDED),
            fence=fences.next_value(),
            problem=Event.LEASE_ENDED,
            look_at=func.now() + _settling(),
            lease_until=None,
            crashes=Delivery.crashes + 1,
            unclear_since=func.now(),
        )
        .returning(Delivery.id, Delivery.fence)
        .execution_options(synchronize_session=False)
    )
    # Recorded under the new fence: the old one is left to the worker, should it come back with its answer.
    fence_of: dict[UUID, int | None] = dict(fenced.all())
    await session.execute(
        insert(Attempt).values(settled_at=func.now()),
        [
            {
                "id": new_id(),
                "delivery_id": delivery_id,
                "kind": AttemptKind.SUBMIT,
                "fence": fence_of[delivery_id],
                "claimed_at": claimed_at,
                "event": Event.LEASE_ENDED,
            }
            for delivery_id, claimed_at in ended
        ],
    )
    return len(ended)


async def settle(session: AsyncSession, claim: Claim, settlement: Settlement) -> bool:
    """Write down what came of a claim; False where another worker has taken over, and nothing moves."""
    state = after(claim.state, settlement.event)
    facts = _facts(claim, settlement, state)
    if state is DeliveryState.SCHEDULED and await _is_cancelled(session, claim):
        state = after(state, Event.CANCELLED)
    moved = await session.execute(
        update(Delivery)
        .where(
            Delivery.id == claim.delivery_id,
            Delivery.fence == claim.fence,
            Delivery.state == claim.state,
        )
        .values(state=state, lease_until=None, **facts)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    kind = AttemptKind.SUBMIT if claim.state is DeliveryState.SENDING else AttemptKind.LOOK
    recorded = await session.execute(
        upsert(Attempt)
        .values(
            id=new_id(),
            delivery_id=claim.delivery_id,
            kind=kind,
            fence=claim.fence,
            claimed_at=claim.claimed_at,
            settled_at=func.clock_timestamp(),
            event=settlement.event,
            code=settlement.problem,
            detail=settlement.detail,
        )
        .on_conflict_do_nothing()
        .returning(Attempt.id)
    )
    if state is DeliveryState.PUBLISHED:
        await now_stands(session, delivery_id=claim.delivery_id, account_id=claim.account_id)
    # An attempt that is on record already is this one: its commit came through, only the answer to it was lost.
    is_recorded = recorded.scalar_one_or_none() is None
    return moved.scalar_one_or_none() is not None or is_recorded


async def _is_cancelled(session: AsyncSession, claim: Claim) -> bool:
    """Whether the post was cancelled while this delivery was in flight; waits for a cancellation under way."""
    post_id = select(Delivery.post_id).where(Delivery.id == claim.delivery_id).scalar_subquery()
    query = select(Post.cancelled_at).where(Post.id == post_id).with_for_update(read=True)
    return (await session.execute(query)).scalar_one() is not None


async def now_stands(session: AsyncSession, *, delivery_id: UUID, account_id: UUID) -> None:
    """A delivery is published: its account has posted, and what waited for it is due now, or when it was to be."""
    posted = update(Account).where(Account.id == account_id).values(last_posted_at=func.clock_timestamp())
    await session.execute(posted.execution_options(synchronize_session=False))
    await session.execute(
        update(Delivery)
        .where(stands(Delivery, DeliveryState.WAITING), Delivery.waits_for_id == delivery_id)
        .values(
            state=after(DeliveryState.WAITING, Event.UPPER_PUBLISHED),
            try_at=func.greatest(Delivery.due_at, func.now()),
        )
        .execution_options(synchronize_session=False)
    )


def _not_paused() -> Sequence[ColumnElement[bool]]:
    """The platform limits neither the account nor us."""
    account = or_(Account.paused_until.is_(None), Account.paused_until <= func.now())
    host = or_(Host.paused_until.is_(None), Host.paused_until <= func.now())
    return account, host


def _is_next() -> ColumnElement[bool]:
    """Nothing of the account is in flight, and nothing scheduled stands before it."""
    other = aliased(Delivery)
    earlier = and_(
        stands(other, DeliveryState.SCHEDULED),
        tuple_(other.due_at, other.id) < tuple_(Delivery.due_at, Delivery.id),
    )
    busy = stands(other, *sorted(IN_FLIGHT))
    same_account = other.account_id == Delivery.account_id
    # The offset keeps each a look into its own index per row: joined, it would go through all that is in flight.
    ahead = [select(other.id).where(same_account, either).offset(0).exists() for either in (busy, earlier)]
    return and_(*(~one for one in ahead))


def _settling() -> ColumnElement[timedelta]:
    return (
        select(func.make_interval(0, 0, 0, 0, 0, 0, Host.settling_seconds))
        .join(Account, Account.host_id == Host.id)
        .where(Account.id == Delivery.account_id)
        .correlate(Delivery)
        .scalar_subquery()
    )


async def _claim(
    session: AsyncSession, due: Select[UUID, UUID], *, state: DeliveryState | None, lease: timedelta
) -> list[Claim]:
    # Accounts are locked too, and those that somebody holds are passed over: what is left of a budget is compared
    # as it stands then, and whoever holds an account while waiting for us at the gate is not waited for.
    locked = due.with_for_update(of=[Delivery, Account], key_share=True, skip_locked=True)
    chosen = locked.cte("due").prefix_with("MATERIALIZED")
    looking = state is None
    values: dict[str, Any] = {
        "fence": fences.next_value(),
        "claimed_at": func.now(),
        "lease_until": func.now() + lease,
        # A look that is never finished comes up again when its lease ends.
        **({"looks": Delivery.looks + 1, "look_at": func.now() + lease} if looking else _begun(state, lease)),
    }
    rows = await session.execute(
        update(Delivery)
        .add_cte(_spent(chosen.c.account_id, is_post=not looking))
        .where(
            Delivery.id.in_(select(chosen.c.id)),
            Account.id == Delivery.account_id,
            Host.id == Account.host_id,
        )
        .values(values)
        .returning(*_told(looking=looking))
        .execution_options(synchronize_session=False)
    )
    return [Claim(**row) for row in rows.mappings()]


def _told(*, looking: bool) -> list[Any]:
    """All that a claim tells whoever holds it."""
    return [
        Delivery.id.label("delivery_id"),
        Delivery.state,
        Delivery.fence,
        Delivery.claimed_at,
        Delivery.lease_until,
        Delivery.text,
        Delivery.picture_key,
        Delivery.code,
        Delivery.key,
        Delivery.tries,
        Delivery.looks,
        Delivery.crashes,
        (func.now() - Delivery.unclear_since).label("unclear_for"),
        Account.id.label("account_id"),
        Account.uid,
        Account.token,
        Host.id.label("host_id"),
        Host.kind.label("host_kind"),
        Host.api_url,
        (_last_post() if looking else case((Delivery.look_first, _last_post()), else_=null())).label("last_post_id"),
    ]


def _spent(account_id: ColumnElement[UUID], *, is_post: bool) -> CTE:
    """A call of each account that is claimed for, spent in the very statement that claims."""
    return (
        update(Account)
        .where(Account.id.in_(select(account_id)))
        .values(budgets.spending(is_post=is_post))
        .returning(Account.id)
        .cte("spent")
    )


def _begun(state: DeliveryState | None, lease: timedelta) -> dict[str, Any]:
    """A claim that sends; what a restored database says has not gone out is looked for instead."""
    looked = after(DeliveryState.SCHEDULED, Event.LOOKED_FIRST)
    return {
        "state": case((Delivery.look_first, looked), else_=state),
        "look_at": case((Delivery.look_first, func.now() + lease), else_=Delivery.look_at),
        "unclear_since": case((Delivery.look_first, func.now()), else_=Delivery.unclear_since),
    }


def _last_post() -> ColumnElement[str | None]:
    other = aliased(Delivery)
    return (
        select(other.host_post_id)
        # What a person found there is known by its link alone.
        .where(other.account_id == Account.id, other.published_at.is_not(None), other.host_post_id.is_not(None))
        .order_by(other.published_at.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )


def _facts(claim: Claim, settlement: Settlement, state: DeliveryState) -> dict[str, Any]:
    facts: dict[str, Any] = {"problem": settlement.problem, "problem_detail": settlement.detail}
    until = settlement.until
    again = func.now() + settlement.wait if until is None else func.greatest(func.now(), until)
    if state is DeliveryState.PUBLISHED:
        facts |= {
            "host_post_id": settlement.host_post_id,
            "host_url": settlement.host_url,
            "published_at": func.clock_timestamp(),
            "look_at": None,
            "unclear_since": None,
            "look_first": False,
        }
    elif state is DeliveryState.SCHEDULED:
        tries = claim.tries + settlement.counts_as_try
        # It is known not to stand there: a look said so, or the platform did.
        facts |= {"try_at": again, "look_at": None, "tries": tries, "unclear_since": None, "look_first": False}
    elif claim.state is DeliveryState.SENDING and state in IN_FLIGHT:
        facts |= {"look_at": func.now() + _settling(), "unclear_since": func.now()}
    elif state in IN_FLIGHT:
        facts |= {"look_at": again, "looks": claim.looks - (not settlement.counts_as_look)}
    return facts
