"""Reads of posts: counts over their deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.posts.models import Delivery, Post, stands
from domain.terms import DeliveryState


@dataclass(frozen=True)
class StateCount:
    """How many deliveries stand in a state."""

    state: DeliveryState
    count: int


async def states_of_posts(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[StateCount]]:
    """For each post how many of its deliveries within the actor's reach stand in which state."""
    return await _states(session, actor, Delivery.post_id, ids)


async def states_of_campaigns(
    session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]
) -> dict[UUID, list[StateCount]]:
    """The same over all posts of each campaign."""
    return await _states(session, actor, Post.campaign_id, ids)


async def _states(
    session: AsyncSession, actor: Actor, owner: InstrumentedAttribute[Any], ids: Sequence[UUID]
) -> dict[UUID, list[StateCount]]:
    rows = await session.execute(
        select(owner, Delivery.state, func.count())
        .select_from(Delivery)
        .join(Post, Post.id == Delivery.post_id)
        .where(owner.in_(ids), within_reach(actor, Permission.POST_VIEW, Delivery.unit_path))
        .group_by(owner, Delivery.state)
    )
    found: dict[UUID, list[StateCount]] = {owner_id: [] for owner_id in ids}
    for owner_id, state, count in rows:
        found[owner_id].append(StateCount(state, count))
    for counts in found.values():
        counts.sort(key=lambda row: list(DeliveryState).index(row.state))
    return found


async def backlog(session: AsyncSession) -> dict[str, int]:
    """How many deliveries are not finished, for those who operate the system: read from small indexes only."""
    scheduled = stands(Delivery, DeliveryState.SCHEDULED)
    overdue = and_(scheduled, Delivery.try_at < func.now() - timedelta(minutes=1))
    unclear = stands(Delivery, DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED)
    standings = {
        "overdue": overdue,
        "sending": stands(Delivery, DeliveryState.SENDING),
        "unclear": unclear,
        "needs_person": stands(Delivery, DeliveryState.NEEDS_PERSON),
    }
    counts = [select(func.count()).where(condition).scalar_subquery() for condition in standings.values()]
    row = (await session.execute(select(*counts))).one()
    return dict(zip(standings, row, strict=True))
