"""Deliveries that a worker takes: to send, or to look for. Called by workers, in their transactions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Executable,
    Integer,
    Interval,
    Select,
    SmallInteger,
    and_,
    case,
    func,
    insert,
    null,
    or_,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.accounts import budgets
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.prepared import ask, given, in_order
from domain.base.turns import gate_stands
from domain.hosts.models import Host
from domain.posts import gate, tiers
from domain.posts.lifecycle import IN_FLIGHT, LOOKED_FOR, Event, after
from domain.posts.models import Attempt, Delivery, fences, stands
from domain.posts.outcomes import CRASHES_LIMIT
from domain.terms import AccountState, AttemptKind, DeliveryState, HostKind

# Counted apart in each process: with one count for both, a worker that looks between its sendings would never come to
# the deeper tiers of what is to be sent.
_due_turns, _look_turns = count(1), count(1)


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
    await in_order(session)
    rows = await ask(session, _claiming_due(), limit=limit, lease=lease, tiers=tiers.order_of(next(_due_turns)))
    return [Claim(**row) for row in rows.mappings()]


async def longest_unclaimed(session: AsyncSession) -> float:
    """For how many seconds a worker might have sent what none has claimed; 0 where there is nothing of the kind.

    What its account or platform keeps waiting is not our delay, so it does not count.
    """
    await in_order(session)
    waited = func.extract("epoch", func.now() - Delivery.try_at).label("waited")
    every = func.generate_series(0, tiers.TIERS - 1).table_valued("tier").render_derived()
    longest = _claimable(every.c.tier, waited).limit(1).lateral()
    query = select(func.max(longest.c.waited)).select_from(every).join(longest, true())
    return float(await session.scalar(query) or 0)


def _claimable(tier: ColumnElement[int], *columns: Any) -> Select[Any]:
    """What of a tier may go out now, the longest waiting first."""
    joined: Select[Any] = gate.joined(select(*columns)).join(Host, Host.id == Account.host_id)
    claimable: Select[Any] = (
        joined.where(stands(Delivery, DeliveryState.SCHEDULED), Delivery.tier == tier, Delivery.try_at <= func.now())
        .where(*gate.passes(), *_not_paused(), budgets.may_send(), _is_next())
        .order_by(Delivery.try_at, Delivery.id)
    )
    return claimable


@cache
def _claiming_due() -> Executable:
    return _claiming(lambda tier: _claimable(tier, Delivery.id, Delivery.account_id), looking=False)


async def claim_looks(session: AsyncSession, *, limit: int, lease: timedelta) -> list[Claim]:
    """Take deliveries whose outcome is to be looked up at the platform now."""
    await in_order(session)
    rows = await ask(session, _claiming_looks(), limit=limit, lease=lease, tiers=tiers.order_of(next(_look_turns)))
    return [Claim(**row) for row in rows.mappings()]


@cache
def _claiming_looks() -> Executable:
    return _claiming(_to_look_for, looking=True)


def _to_look_for(tier: ColumnElement[int]) -> Select[UUID, UUID]:
    """What of a tier may be looked for now, the longest waiting first."""
    return (
        select(Delivery.id, Delivery.account_id)
        .join(Account, Account.id == Delivery.account_id)
        .join(Host, Host.id == Account.host_id)
        .where(
            stands(Delivery, *LOOKED_FOR),
            Delivery.tier == tier,
            Delivery.look_at <= func.now(),
            # Looking is harmless for a suspended account, but it takes a token that lives and a platform that answers.
            Account.state != AccountState.UNAUTHORIZED,
            *_not_paused(),
            budgets.may_look(),
        )
        .order_by(Delivery.look_at, Delivery.id)
    )


async def end_leases(session: AsyncSession) -> int:
    """Deliveries whose worker is gone: what it was sending will be looked for, what it looked for is looked for anew.

    What keeps killing whoever looks for it is left to a person.
    """
    ended = {row.id: row for row in await ask(session, _ended_leases())}
    if not ended:
        return 0
    sending = stands(Delivery, DeliveryState.SENDING)
    is_deadly = and_(~sending, Delivery.crashes + 1 >= CRASHES_LIMIT)
    unconfirmed = after(DeliveryState.SENDING, Event.LEASE_ENDED)
    asked = after(DeliveryState.UNCONFIRMED, Event.PERSON_ASKED)
    fenced = await session.execute(
        update(Delivery)
        .where(Delivery.id.in_(ended))
        .values(
            state=case((sending, unconfirmed), (is_deadly, asked), else_=Delivery.state),
            fence=fences.next_value(),
            problem=case((sending, Event.LEASE_ENDED), (is_deadly, "QUARANTINED"), else_=Delivery.problem),
            look_at=case((sending, func.now() + settling()), else_=Delivery.look_at),
            lease_until=None,
            crashes=Delivery.crashes + 1,
            unclear_since=case((sending, func.now()), else_=Delivery.unclear_since),
        )
        .returning(Delivery.id, Delivery.fence, Delivery.state, Delivery.problem)
        .execution_options(synchronize_session=False)
    )
    # Recorded under the new fence: the old one is left to the worker, should it come back with its answer.
    attempts = [_ended(ended[row.id], row) for row in fenced]
    await session.execute(insert(Attempt).values(settled_at=func.now()), attempts)
    return len(ended)


def _ended(was: Any, now: Any) -> dict[str, Any]:
    """What is on record of a claim whose worker is gone."""
    is_deadly = now.state is DeliveryState.NEEDS_PERSON
    return {
        "id": new_id(),
        "delivery_id": was.id,
        "kind": AttemptKind.SUBMIT if was.state is DeliveryState.SENDING else AttemptKind.LOOK,
        "fence": now.fence,
        "claimed_at": was.claimed_at,
        "event": Event.PERSON_ASKED if is_deadly else Event.LEASE_ENDED,
        "code": now.problem if is_deadly else None,
    }


@cache
def _ended_leases() -> Executable:
    # While it is looked for, the end of the lease is the time of the next look, for which there is an index.
    looking = and_(stands(Delivery, *LOOKED_FOR), tiers.in_any_tier(), Delivery.look_at <= func.now())
    return (
        select(Delivery.id, Delivery.state, Delivery.claimed_at)
        .where(or_(stands(Delivery, DeliveryState.SENDING), looking), Delivery.lease_until < func.now())
        .with_for_update(skip_locked=True)
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


def _claiming(of_tier: Callable[[ColumnElement[int]], Select[UUID, UUID]], *, looking: bool) -> Executable:
    limit = given("limit", Integer())
    order = func.unnest(given("tiers", ARRAY(SmallInteger()))).table_valued("tier").render_derived()
    # Accounts are locked too, and those that somebody holds are passed over: what is left of a budget is compared
    # as it stands then, and whoever holds an account while waiting for us at the gate is not waited for.
    locked = (
        of_tier(order.c.tier).limit(limit).with_for_update(of=[Delivery, Account], key_share=True, skip_locked=True)
    )
    due = locked.lateral()
    # Tiers are gone through one after another, and those after the last that is needed not at all.
    chosen = (
        select(due.c.id, due.c.account_id).select_from(order).join(due, true()).limit(limit).cte("due")
    ).prefix_with("MATERIALIZED")
    lease_ends = func.now() + given("lease", Interval())
    values: dict[str, Any] = {
        "fence": fences.next_value(),
        "claimed_at": func.now(),
        "lease_until": lease_ends,
        # A look that is never finished comes up again when its lease ends.
        **({"looks": Delivery.looks + 1, "look_at": lease_ends} if looking else _begun(lease_ends)),
    }
    return (
        update(Delivery)
        .add_cte(_spent(chosen.c.account_id, is_post=not looking))
        .where(
            Delivery.id.in_(select(chosen.c.id)),
            Account.id == Delivery.account_id,
            Host.id == Account.host_id,
        )
        .values(values)
        .returning(*_told(looking=looking))
    )


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


def _begun(lease_ends: ColumnElement[datetime]) -> dict[str, Any]:
    """A claim that sends; what a restored database says has not gone out is looked for instead."""
    looked, claimed = (after(DeliveryState.SCHEDULED, event) for event in (Event.LOOKED_FIRST, Event.CLAIMED))
    return {
        "state": case((Delivery.look_first, looked), else_=claimed),
        "look_at": case((Delivery.look_first, lease_ends), else_=Delivery.look_at),
        "looks": case((Delivery.look_first, Delivery.looks + 1), else_=Delivery.looks),
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


def settling() -> ColumnElement[timedelta]:
    """How long the platform of a delivery takes to show what it took."""
    return (
        select(func.make_interval(0, 0, 0, 0, 0, 0, Host.settling_seconds))
        .join(Account, Account.host_id == Host.id)
        .where(Account.id == Delivery.account_id)
        .correlate(Delivery)
        .scalar_subquery()
    )
