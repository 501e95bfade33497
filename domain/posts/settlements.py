"""What only a person can settle: a delivery whose outcome no proof could tell, and failures that are tried again."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, func, insert, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.posts.answers import now_stands
from domain.posts.lifecycle import Event, after
from domain.posts.models import Attempt, Delivery, Post, fences, stands
from domain.refusals import Conflict, Invalid, NotFound, Reason
from domain.terms import AttemptKind, DeliveryState, PersonSettlement
from domain.units import queries as units
from domain.units.models import Unit

LINK_LIMIT = 500
EVENTS = {
    PersonSettlement.PUBLISHED: Event.PERSON_FOUND,
    PersonSettlement.SEND_AGAIN: Event.PERSON_RESENDS,
    PersonSettlement.DROP: Event.PERSON_DROPS,
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
    if settlement is PersonSettlement.SEND_AGAIN and not await _going_on(session, Post.id == delivery.post_id):
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
class Retrying:
    """How many deliveries are tried again, and where that was decided."""

    retried: int
    unit_id: UUID
    unit_path: str


async def retry_deliveries(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    problem: str,
    post_id: UUID | None = None,
    unit_id: UUID | None = None,
) -> Retrying:
    """Try again what failed by one cause, of a post or below a unit, once whatever caused it is mended."""
    if (post_id is None) == (unit_id is None):
        raise Invalid(Reason.CHOOSE_POST_OR_UNIT, path="postId")
    place = await _place(session, post_id=post_id, unit_id=unit_id)
    actor.require(Permission.POST_SETTLE, at=place.unit_path, path=f"{place.noun}Id", what=place.noun)
    which = Delivery.post_id == post_id if unit_id is None else below(Delivery.unit_path, place.unit_path)
    failed = and_(
        stands(Delivery, DeliveryState.FAILED),
        Delivery.problem == problem,
        which,
        within_reach(actor, Permission.POST_SETTLE, Delivery.unit_path),
    )
    posts = await _going_on(session, Post.id.in_(select(Delivery.post_id).where(failed)))
    moved = await session.execute(
        update(Delivery)
        .where(failed, Delivery.post_id == any_(literal(posts, ARRAY(Uuid()))))
        .values(
            state=after(DeliveryState.FAILED, Event.RETRIED),
            problem=None,
            problem_detail=None,
            tries=0,
            try_at=func.greatest(Delivery.due_at, func.now()),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    ids = [row[0] for row in moved]
    await _note(session, ids, Event.RETRIED, actor, now)
    return Retrying(len(ids), place.unit_id, place.unit_path)


@dataclass(frozen=True)
class _Place:
    """Where the post or the unit lies whose failures are tried again."""

    noun: str
    unit_id: UUID
    unit_path: str


async def _place(session: AsyncSession, *, post_id: UUID | None, unit_id: UUID | None) -> _Place:
    await units.tree_stands(session)
    if unit_id is not None:
        unit = await session.get(Unit, unit_id, populate_existing=True)
        if unit is None or unit.closed_on is not None:
            raise NotFound("unit", path="unitId")
        return _Place("unit", unit.id, unit.path)
    post = await session.get(Post, post_id, populate_existing=True)
    if post is None:
        raise NotFound("post", path="postId")
    return _Place("post", post.unit_id, post.unit_path)


async def _going_on(session: AsyncSession, which: ColumnElement[bool]) -> list[UUID]:
    """Those of some posts that are not cancelled; nobody cancels one before the transaction ends."""
    query = select(Post.id).where(which, Post.cancelled_at.is_(None)).order_by(Post.id).with_for_update(read=True)
    return list((await session.execute(query)).scalars())


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
