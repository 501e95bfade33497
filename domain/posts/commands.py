"""Acts on posts: scheduled, scheduled once more, cancelled."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.posts import forecasts, gate, rules
from domain.posts.audiences import Audience, add_deliveries, audience_of, check_content, plan_of
from domain.posts.lifecycle import NOT_BEGUN, Event, after
from domain.posts.models import LATE_AFTER, Delivery, Post, stands
from domain.posts.pictures import picture_for
from domain.posts.plans import keep_in
from domain.posts.promotions import check_lesson, checked_campaign, checked_timing, post_of, promotion_of
from domain.refusals import NotFound
from domain.terms import DeliveryState, Lateness, Level
from domain.units import queries as units
from domain.uploads.models import Picture


@dataclass(frozen=True)
class Scheduling(forecasts.Forecast):
    """A post with all that comes of it.

    `by_release` counts accounts left out because their units take posts from above by release only, `left_out` those
    of an earlier post that it no longer goes to.
    """

    post: Post
    by_release: int
    left_out: int = 0


async def schedule_lesson(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    lesson_id: UUID,
    unit_id: UUID,
    within_unit_id: UUID | None = None,
    campaign_id: UUID | None = None,
    levels: Sequence[Level],
    text: str,
    picture_id: UUID | None = None,
    publish_at: datetime | None = None,
    publish_on: Mapping[str, str] | None = None,
    spread_seconds: int = 0,
    waits_for_upper: bool = False,
    lateness: Lateness | None = None,
    late_after_seconds: int | None = None,
) -> Scheduling:
    """Promote a showcase lesson through every active account of some levels within a unit, from an instant on.

    Units that take posts of the levels above by release only are left out, but for the posting unit where its own
    people post.
    """
    promotion = await promotion_of(
        session,
        actor,
        lesson_id=lesson_id,
        unit_id=unit_id,
        within_unit_id=within_unit_id,
        campaign_id=campaign_id,
        levels=levels,
        lateness=lateness,
    )
    timing = checked_timing(publish_at, publish_on, spread_seconds, now=now)
    late_after = rules.late_after(late_after_seconds) or LATE_AFTER
    picture = await picture_for(session, picture_id=picture_id, unit_id=unit_id, now=now)
    post = promotion.post(actor, timing, now=now, text=text)
    post.spread_seconds, post.late_after_seconds = spread_seconds, late_after
    return await _added(session, post, picture, promotion.audience, waits_for_upper=waits_for_upper)


async def duplicate_post(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    post_id: UUID,
    publish_at: datetime | None = None,
    publish_on: Mapping[str, str] | None = None,
) -> Scheduling:
    """Schedule a post once more, at another time, to those of its accounts that are still active.

    It is another post, which has to be approved anew.
    """
    await units.tree_stands(session)
    earlier = await session.get(Post, post_id)
    if earlier is None:
        raise NotFound("post", path="postId")
    actor.require(Permission.LESSON_SCHEDULE, at=earlier.unit_path, path="postId", what="post")
    unit = await units.unit_within(
        session, actor, unit_id=earlier.unit_id, permission=Permission.LESSON_SCHEDULE, path="postId"
    )
    timing = checked_timing(publish_at, publish_on, earlier.spread_seconds, now=now)
    await check_lesson(session, actor, earlier.lesson_id, path="postId")
    await checked_campaign(session, actor, earlier.campaign_id, unit=unit, path="postId")
    went_to = select(Delivery.account_id).where(Delivery.post_id == earlier.id)
    counts = select(func.count(func.distinct(Delivery.account_id)), func.count(Delivery.waits_for_id))
    accounts, waiting = (await session.execute(counts.where(Delivery.post_id == earlier.id))).one()
    # It may have gone to places that only whoever scheduled it then reaches.
    chosen = (Account.id.in_(went_to), within_reach(actor, Permission.LESSON_SCHEDULE, Account.unit_path))
    audience = await audience_of(session, actor, unit, *chosen, path="postId")
    picture = await picture_for(session, picture_id=earlier.picture_id, unit_id=unit.id, now=now)
    same: dict[str, Any] = {"lesson_id": earlier.lesson_id, "campaign_id": earlier.campaign_id}
    post = post_of(actor, unit, timing, now=now, text=earlier.text, **same)
    post.spread_seconds = earlier.spread_seconds
    post.lateness, post.late_after_seconds = earlier.lateness, earlier.late_after_seconds
    left_out = accounts - len(audience.accounts) - audience.by_release
    return await _added(session, post, picture, audience, waits_for_upper=waiting > 0, left_out=left_out)


@dataclass(frozen=True)
class Cancellation:
    """What came of cancelling a post: every delivery is either cancelled or was too late, never both.

    One that was in flight, and then proves not to have been sent, is cancelled when that is known.
    """

    post: Post
    cancelled: int
    too_late: int


async def cancel_post(session: AsyncSession, actor: Actor, *, now: datetime, post_id: UUID) -> Cancellation:
    """Cancel what of a post has not been sent yet."""
    # A move rewrites the same deliveries in another order.
    await units.tree_stands(session)
    post = await session.get(Post, post_id)
    if post is None:
        raise NotFound("post", path="postId")
    actor.require(Permission.POST_CANCEL, at=post.unit_path, path="postId", what="post")
    post.cancelled_at = post.cancelled_at or now
    done = await session.execute(
        update(Delivery)
        .where(Delivery.post_id == post_id, stands(Delivery, *sorted(NOT_BEGUN)))
        .values(state=after(DeliveryState.SCHEDULED, Event.CANCELLED))
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    cancelled = len(done.all())
    await gate.lift_holds(session, Delivery.post_id == post_id)
    others = select(func.count()).where(Delivery.post_id == post_id, Delivery.state != DeliveryState.CANCELLED)
    return Cancellation(post=post, cancelled=cancelled, too_late=await session.scalar(others) or 0)


async def _added(
    session: AsyncSession,
    post: Post,
    picture: Picture | None,
    audience: Audience,
    *,
    waits_for_upper: bool,
    left_out: int = 0,
) -> Scheduling:
    """Write the post and its deliveries, and say what comes of them."""
    check_content(post.text, picture, audience)
    post.picture_id = picture.id if picture else None
    plan = plan_of(post, picture, audience, waits_for_upper=waits_for_upper)
    session.add(post)
    await session.flush()
    if post.campaign_id is not None:
        await keep_in(session, post.campaign_id, [post.lesson_id], now=post.created_at)
    await add_deliveries(session, audience, [(post, plan)])
    facts = asdict(await forecasts.forecast_of(session, post, audience, plan))
    return Scheduling(**facts, post=post, by_release=audience.by_release, left_out=left_out)
