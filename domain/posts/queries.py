"""Reads of posts: counts over their deliveries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.access.actor import Actor, within_reach
from domain.access.models import User
from domain.access.permissions import Permission
from domain.accounts.queries import Person
from domain.calendar.models import Occasion
from domain.campaigns.models import Campaign
from domain.posts import gate
from domain.posts.models import Approval, Delivery, Hold, Post, stands
from domain.posts.tiers import in_any_tier
from domain.terms import DeliveryState, HoldReason
from domain.wording.findings import Finding
from domain.wording.queries import findings_by_id


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


def awaiting_approval(entity: Any) -> ColumnElement[bool]:
    """Posts that may still go out, and whose text nobody approved."""
    return and_(entity.cancelled_at.is_(None), ~entity.is_approved, entity.has_unbegun)


@dataclass(frozen=True)
class WallTime:
    """What the clocks of a zone are to show."""

    wall_time: str
    zone: str


async def wall_times_of(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, WallTime | None]:
    """How a person said when each of these posts goes out; None where it was said as an instant."""
    rows = await session.execute(select(Post.id, Post.wall_time, Post.zone).where(Post.id.in_(ids)))
    return {post_id: None if wall is None else WallTime(wall.isoformat(), zone) for post_id, wall, zone in rows}


async def wording_of_posts(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[Finding]]:
    """Of each post, what is found in the texts that become public with it."""
    return await findings_by_id(session, await texts_of_posts(session, ids))


async def texts_of_posts(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """What becomes public with each post: its text, and what its campaign and the occasion of that are called."""
    rows = await session.execute(
        select(Post.id, Post.text, Campaign.title, Occasion.name)
        .outerjoin(Campaign, Campaign.id == Post.campaign_id)
        .outerjoin(Occasion, Occasion.id == Campaign.occasion_id)
        .where(Post.id.in_(ids))
    )
    return {
        post_id: {"text": text, "campaign.title": title or "", "campaign.occasion.name": name or ""}
        for post_id, text, title, name in rows
    }


async def approvers_of(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Who gave each of these approvals."""
    query = select(Approval.id, User.id, User.name).join(User, User.id == Approval.approved_by)
    rows = await session.execute(query.where(Approval.id.in_(ids)))
    return {found: Person(who, name) for found, who, name in rows}


async def gate_of_posts(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[gate.Held]]:
    """Of each post, how many deliveries that have not begun would be held now, by reason, within the actor's reach."""
    reached = within_reach(actor, Permission.POST_VIEW, Delivery.unit_path)
    return await gate.reasons_now(session, ids, reached)


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
    overdue = and_(scheduled, in_any_tier(), Delivery.try_at < func.now() - timedelta(minutes=1))
    unclear = stands(Delivery, DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED)
    standings = {
        "overdue": overdue,
        "sending": stands(Delivery, DeliveryState.SENDING),
        "unclear": unclear,
        "held": stands(Delivery, DeliveryState.HELD),
        "needs_person": stands(Delivery, DeliveryState.NEEDS_PERSON),
    }
    counts = [select(func.count()).where(condition).scalar_subquery() for condition in standings.values()]
    row = (await session.execute(select(*counts))).one()
    return dict(zip(standings, row, strict=True))


async def held_by_reason(session: AsyncSession) -> dict[HoldReason, int]:
    """How many deliveries each reason holds; every reason has a number, so that an alert sees it fall to 0."""
    rows = await session.execute(
        select(Hold.reason, func.count()).where(Hold.lifted_at.is_(None)).group_by(Hold.reason)
    )
    counts: dict[HoldReason, int] = dict(rows.all())
    return {reason: counts.get(reason, 0) for reason in HoldReason}
