"""What only a person can settle: deliveries whose outcome no proof could tell, and failures, one by one or by cause."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.prepared import any_of
from domain.campaigns.models import Campaign
from domain.posts.answers import now_stands
from domain.posts.lifecycle import Event, after
from domain.posts.models import Attempt, Delivery, Post, fences, stands
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Reason
from domain.terms import AttemptKind, DeliveryState, GroupSettlement, PersonSettlement
from domain.units import queries as units
from domain.units.models import Unit

LINK_LIMIT = 500
# So many deliveries of a group are settled at a time.
BATCH = 500
EVENTS = {
    PersonSettlement.PUBLISHED: Event.PERSON_FOUND,
    PersonSettlement.SEND_AGAIN: Event.PERSON_RESENDS,
    PersonSettlement.DROP: Event.PERSON_DROPS,
}
GROUP_EVENTS = {
    (DeliveryState.FAILED, GroupSettlement.SEND_AGAIN): Event.RETRIED,
    (DeliveryState.FAILED, GroupSettlement.DROP): Event.PERSON_DROPS,
    (DeliveryState.NEEDS_PERSON, GroupSettlement.SEND_AGAIN): Event.PERSON_RESENDS,
    (DeliveryState.NEEDS_PERSON, GroupSettlement.DROP): Event.PERSON_DROPS,
}


async def settle_delivery(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    delivery_id: UUID,
    settlement: PersonSettlement,
    link: str | None = None,
) -> Delivery:
    """Say what became of a delivery that waits for a person: it stands at this link, send it again, or drop it."""
    await units.tree_stands(session)
    query = select(Delivery).where(Delivery.id == delivery_id).with_for_update()
    delivery = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if delivery is None:
        raise NotFound("delivery", path="deliveryId")
    if not actor.holds(Permission.POST_VIEW, at=delivery.unit_path):
        raise NotFound("delivery", path="deliveryId")
    actor.require(Permission.POST_SETTLE, at=delivery.unit_path, path="deliveryId")
    if delivery.state is not DeliveryState.NEEDS_PERSON:
        raise Conflict(Reason.NOT_FOR_A_PERSON, path="deliveryId")
    event = EVENTS[settlement]
    if settlement is PersonSettlement.SEND_AGAIN and not await _is_going_on(session, delivery.post_id):
        raise Conflict(Reason.POST_CANCELLED, path="settlement")
    if settlement is PersonSettlement.PUBLISHED:
        delivery.host_url = _checked_link(link)
        delivery.published_at = now
        await now_stands(session, delivery_id=delivery.id, account_id=delivery.account_id)
    delivery.state = after(delivery.state, event)
    delivery.problem = delivery.problem_detail = None
    delivery.crashes, delivery.looks, delivery.tries = 0, 0, 0
    delivery.unclear_since = None
    delivery.try_at = max(now, delivery.due_at)
    await session.flush()
    await _note(session, [delivery.id], event, actor, now)
    return delivery


@dataclass(frozen=True)
class Settling:
    """What came of a group of deliveries: how many are settled, how many are left, and which are refused why."""

    settled: int
    remaining: int
    refused: list[dict[str, Any]]
    unit_id: UUID
    unit_path: str

    @property
    def decided(self) -> dict[str, Any]:
        """What the audit log says beside what was given."""
        return {"settled": self.settled, "remaining": self.remaining}


async def settle_deliveries(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    state: DeliveryState,
    problem: str,
    settlement: GroupSettlement,
    post_id: UUID | None = None,
    campaign_id: UUID | None = None,
    unit_id: UUID | None = None,
) -> Settling:
    """Send again, or drop, what one cause keeps in one state, of a post or a campaign or below a unit.

    A bounded number at a time, the earliest due first; asking once more goes on with what is left.
    """
    event = GROUP_EVENTS.get((state, settlement))
    if event is None:
        raise Invalid(Reason.NOT_FOR_A_PERSON, path="state")
    place = await _place(session, post_id=post_id, campaign_id=campaign_id, unit_id=unit_id)
    actor.require(Permission.POST_SETTLE, at=place.unit_path, path=f"{place.noun}Id", what=place.noun)
    group = and_(stands(Delivery, state), Delivery.problem == problem, place.which)
    # Nothing of a cancelled post goes out; what is dropped may well be of one.
    is_open = Post.cancelled_at.is_(None) if settlement is GroupSettlement.SEND_AGAIN else true()
    batch = await _batch(session, and_(group, within_reach(actor, Permission.POST_SETTLE, Delivery.unit_path)), is_open)
    anew = {"problem": None, "problem_detail": None, "tries": 0, "looks": 0, "crashes": 0, "unclear_since": None}
    moved = await session.execute(
        update(Delivery)
        .where(Delivery.id == any_of(batch), stands(Delivery, state))
        .values(state=after(state, event), try_at=func.greatest(Delivery.due_at, func.now()), **anew)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    ids = [row[0] for row in moved]
    await _note(session, ids, event, actor, now)
    remaining, refused = await _left(session, actor, group, is_open)
    return Settling(len(ids), remaining, refused, place.unit_id, place.unit_path)


async def _batch(session: AsyncSession, which: ColumnElement[bool], is_open: ColumnElement[bool]) -> list[UUID]:
    """The next deliveries of a group, locked; whoever settles the same group meanwhile takes others."""
    first = select(Delivery.post_id, Delivery.id).join(Post, Post.id == Delivery.post_id).where(which, is_open)
    chosen = first.order_by(Delivery.due_at, Delivery.id).limit(BATCH).subquery()
    # Nobody cancels a post of theirs before the transaction ends.
    locked = select(Post.id).where(Post.id.in_(select(chosen.c.post_id)), is_open).order_by(Post.id)
    posts = list((await session.execute(locked.with_for_update(read=True))).scalars())
    query = (
        select(Delivery.id)
        .where(which, Delivery.post_id == any_of(posts))
        .order_by(Delivery.due_at, Delivery.id)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return list((await session.execute(query)).scalars())


async def _left(
    session: AsyncSession, actor: Actor, group: ColumnElement[bool], is_open: ColumnElement[bool]
) -> tuple[int, list[dict[str, Any]]]:
    """How much of a group, as far as the actor sees it, can still be settled, and what is refused for which reason."""
    reached = within_reach(actor, Permission.POST_SETTLE, Delivery.unit_path)
    counts = select(
        func.count().filter(reached, is_open), func.count().filter(~reached), func.count().filter(reached, ~is_open)
    )
    seen = within_reach(actor, Permission.POST_VIEW, Delivery.unit_path)
    rows = await session.execute(
        counts.select_from(Delivery).join(Post, Post.id == Delivery.post_id).where(group, or_(seen, reached))
    )
    remaining, beyond, cancelled = rows.one()
    why = NotPermitted(Permission.POST_SETTLE.value), Conflict(Reason.POST_CANCELLED)
    refused = [
        {"code": refusal.code, "zh": refusal.words("zh"), "en": refusal.words("en"), "count": count}
        for refusal, count in zip(why, (beyond, cancelled), strict=True)
        if count
    ]
    return remaining, refused


@dataclass(frozen=True)
class _Place:
    """Where a group of deliveries is settled, and which they are."""

    noun: str
    unit_id: UUID
    unit_path: str
    which: ColumnElement[bool]


async def _place(
    session: AsyncSession, *, post_id: UUID | None, campaign_id: UUID | None, unit_id: UUID | None
) -> _Place:
    named = {"post": post_id, "campaign": campaign_id, "unit": unit_id}
    given = [noun for noun, row_id in named.items() if row_id is not None]
    if len(given) != 1:
        raise Invalid(Reason.CHOOSE_PLACE, path="postId")
    (noun,) = given
    await units.tree_stands(session)
    models: dict[str, Any] = {"post": Post, "campaign": Campaign, "unit": Unit}
    row = await session.get(models[noun], named[noun], populate_existing=True)
    if row is None or (noun == "unit" and row.closed_on is not None):
        raise NotFound(noun, path=f"{noun}Id")
    if noun == "unit":
        return _Place(noun, row.id, row.path, below(Delivery.unit_path, row.path))
    of_campaign = Delivery.post_id.in_(select(Post.id).where(Post.campaign_id == campaign_id))
    return _Place(noun, row.unit_id, row.unit_path, Delivery.post_id == post_id if noun == "post" else of_campaign)


async def _is_going_on(session: AsyncSession, post_id: UUID) -> bool:
    """Whether a post is not cancelled; nobody cancels it before the transaction ends."""
    query = select(Post.id).where(Post.id == post_id, Post.cancelled_at.is_(None)).with_for_update(read=True)
    return (await session.execute(query)).first() is not None


def _checked_link(link: str | None) -> str:
    if link is None or not link.strip():
        raise Invalid(Reason.LINK_NEEDED, path="link")
    parts = urlsplit(link.strip())
    if parts.scheme not in ("http", "https") or not parts.netloc or len(link) > LINK_LIMIT:
        raise Invalid(Reason.LINK_UNFIT, path="link")
    return link.strip()


async def _note(session: AsyncSession, ids: list[UUID], event: Event, actor: Actor, now: datetime) -> None:
    """What a person said stands beside what the platform answered."""
    if not ids:
        return
    told = {"kind": AttemptKind.PERSON, "claimed_at": now, "settled_at": now, "event": event}
    rows = [{"id": new_id(), "delivery_id": each, "detail": str(actor.user_id), **told} for each in ids]
    await session.execute(insert(Attempt).values(fence=fences.next_value()), rows)
