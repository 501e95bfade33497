"""The gate in tests: what lets posts through, what stops them, and one round of the worker that makes it seen."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.posts import deliveries
from domain.posts.deliveries import Claim
from domain.posts.models import Approval, Delivery, Hold, Post, Silence
from domain.terms import DeliveryState, HoldReason
from domain.units.models import Unit
from workers.gate import STEPS

LEASE = timedelta(seconds=30)


async def add_approval(session: AsyncSession, post: Post, **columns: Any) -> Approval:
    """A second person's word for the text that a post has now, committed."""
    facts = {"post_id": post.id, "revision": post.revision, "approved_at": datetime.now(UTC)}
    approval = Approval(**({"id": new_id()} | facts | columns))
    session.add(approval)
    await session.commit()
    return approval


async def add_silence(session: AsyncSession, unit: Unit, **columns: Any) -> Silence:
    """An order over a unit and all below it, committed."""
    place = {"unit_id": unit.id, "unit_path": unit.path}
    facts = {"reason": "全国哀悼日", "ordered_at": datetime.now(UTC)}
    silence = Silence(**({"id": new_id()} | place | facts | columns))
    session.add(silence)
    await session.commit()
    return silence


async def keep_gate_once(session: AsyncSession) -> None:
    """What the worker does every second, committed."""
    for step in STEPS:
        await step(session, limit=500)
        await session.commit()


async def claim(session: AsyncSession, limit: int = 100) -> list[Claim]:
    """Take what is due and may go out, committed."""
    claims = await deliveries.claim_due(session, limit=limit, lease=LEASE)
    await session.commit()
    return claims


async def state_of(session: AsyncSession, delivery: Delivery) -> DeliveryState:
    await session.refresh(delivery)
    return delivery.state


async def holding(session: AsyncSession, delivery: Delivery) -> set[HoldReason]:
    """For which reasons a delivery is held now."""
    query = select(Hold.reason).where(Hold.delivery_id == delivery.id, Hold.lifted_at.is_(None))
    return set((await session.execute(query)).scalars())


async def holds_of(session: AsyncSession, delivery: Delivery) -> list[Hold]:
    """Every reason for which a delivery was ever held, as the rows stand now."""
    query = select(Hold).where(Hold.delivery_id == delivery.id).order_by(Hold.since, Hold.reason)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def finish_all(session: AsyncSession) -> None:
    """As if everything in flight had been published: its accounts are free for the next, committed."""
    sent = update(Delivery).where(Delivery.state == DeliveryState.SENDING).values(state=DeliveryState.PUBLISHED)
    await session.execute(sent.execution_options(synchronize_session=False))
    await session.commit()
