"""Acts on posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.ids import CODE_LENGTH, new_code, new_id
from domain.campaigns.models import Campaign
from domain.hosts.models import Host
from domain.hosts.rules import CAPABILITIES
from domain.lessons.models import Lesson
from domain.lessons.rules import hinders_scheduling
from domain.posts import rules
from domain.posts.lifecycle import Event, after
from domain.posts.models import Delivery, Post
from domain.refusals import Conflict, Invalid, NotFound, Reason
from domain.terms import AccountState, DeliveryState, Level, UpperPosting
from domain.units import queries as units
from domain.units.models import Unit


@dataclass(frozen=True)
class Scheduling:
    """A post, and how many accounts were left out because their units take posts from above by release only."""

    post: Post
    by_release: int


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
    publish_at: datetime,
    spread_seconds: int = 0,
) -> Scheduling:
    """Promote a showcase lesson through every active account of some levels within a unit, from an instant on.

    Units that take posts of the levels above by release only are left out, but for the posting unit where its own
    people post.
    """
    unit = await units.unit_within(
        session, actor, unit_id=unit_id, permission=Permission.LESSON_SCHEDULE, path="unitId"
    )
    within = unit
    if within_unit_id is not None and within_unit_id != unit_id:
        within = await units.unit_within(
            session, actor, unit_id=within_unit_id, permission=Permission.LESSON_SCHEDULE, path="withinUnitId"
        )
    _check_time(publish_at, spread_seconds, now=now)
    await _check_lesson(session, actor, lesson_id)
    await _check_campaign(session, actor, campaign_id)
    audience, by_release = await _audience(session, actor, unit, within, levels)
    for domain, kind in {(account.safe_domain, account.kind) for account in audience}:
        rules.check_post(text, domain=domain, capabilities=CAPABILITIES[kind], code_length=CODE_LENGTH)
    post = Post(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        campaign_id=campaign_id,
        lesson_id=lesson_id,
        text=text.strip(),
        publish_at=publish_at,
        spread_seconds=spread_seconds,
        created_at=now,
        created_by=actor.user_id,
    )
    session.add(post)
    await session.flush()
    await session.execute(insert(Delivery), _deliveries(post, audience))
    return Scheduling(post=post, by_release=by_release)


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
    waiting = update(Delivery).where(Delivery.post_id == post_id, Delivery.state == DeliveryState.SCHEDULED)
    done = await session.execute(
        waiting.values(state=after(DeliveryState.SCHEDULED, Event.CANCELLED))
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    cancelled = len(done.all())
    others = select(func.count()).where(Delivery.post_id == post_id, Delivery.state != DeliveryState.CANCELLED)
    return Cancellation(post=post, cancelled=cancelled, too_late=await session.scalar(others) or 0)


def _check_time(publish_at: datetime, spread_seconds: int, *, now: datetime) -> None:
    if publish_at.tzinfo is None:
        raise Invalid(Reason.TIME_WITHOUT_ZONE, path="publishAt")
    if publish_at < now - rules.GRACE:
        raise Invalid(Reason.TIME_PASSED, path="publishAt")
    if publish_at > now + rules.HORIZON:
        raise Invalid(Reason.TIME_TOO_FAR, path="publishAt", days=rules.HORIZON.days)
    if not 0 <= spread_seconds <= rules.SPREAD_LIMIT:
        raise Invalid(Reason.SPREAD_INVALID, path="spreadSeconds", limit=rules.SPREAD_LIMIT)


async def _check_lesson(session: AsyncSession, actor: Actor, lesson_id: UUID) -> None:
    lesson = await session.get(Lesson, lesson_id)
    if lesson is None:
        raise NotFound("lesson", path="lessonId")
    # A showcase lesson is there for every level; a draft is known to those who may see its unit's lessons.
    if hinders_scheduling(lesson):
        actor.require(Permission.LESSON_VIEW, at=lesson.unit_path, path="lessonId", what="lesson")
        raise Conflict(Reason.LESSON_NOT_SHOWCASE, path="lessonId")


async def _check_campaign(session: AsyncSession, actor: Actor, campaign_id: UUID | None) -> None:
    if campaign_id is None:
        return
    campaign = await session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("campaign", path="campaignId")
    actor.require(Permission.CAMPAIGN_EDIT, at=campaign.unit_path, path="campaignId", what="campaign")


async def _audience(
    session: AsyncSession, actor: Actor, unit: Unit, within: Unit, levels: Sequence[Level]
) -> tuple[Sequence[Any], int]:
    """The active accounts, upper levels first, so that the nation's post stands before the counties' do.

    Also how many are left out because their units take posts from above by release only.
    """
    rows = await session.execute(
        select(
            *(Account.id, Account.unit_id, Account.unit_path, Account.level),
            *(Unit.upper_posting, Host.kind, Host.safe_domain),
        )
        .join(Host, Host.id == Account.host_id)
        .join(Unit, Unit.id == Account.unit_id)
        .where(
            Unit.closed_on.is_(None),
            below(Account.unit_path, within.path),
            Account.level.in_(levels),
            Account.state == AccountState.ACTIVE,
        )
    )
    found = rows.all()
    # Whoever speaks in a unit's name from above is the level above all the same.
    itself = unit.id if actor.holds_itself(Permission.LESSON_SCHEDULE, at=unit.path) else None
    direct = [row for row in found if row.upper_posting is UpperPosting.DIRECT or row.unit_id == itself]
    if found and not direct:
        raise Conflict(Reason.ONLY_BY_RELEASE, path="levels", count=len(found))
    if not direct:
        raise Invalid(Reason.NO_ACCOUNTS, path="levels")
    return sorted(direct, key=lambda row: (row.level.depth, row.unit_path)), len(found) - len(direct)


def _deliveries(post: Post, audience: Sequence[Any]) -> list[dict[str, Any]]:
    due_times = rules.spread(len(audience), post.publish_at, timedelta(seconds=post.spread_seconds))
    rows = []
    # Sorted, because ids made within one millisecond are not in order, and what is due at once goes out by id.
    ids = sorted(new_id() for _ in audience)
    for delivery_id, account, due_at in zip(ids, audience, due_times, strict=True):
        code = new_code()
        text = rules.final_text(post.text, domain=account.safe_domain, code=code)
        rows.append(
            {
                "id": delivery_id,
                "post_id": post.id,
                "account_id": account.id,
                "unit_id": account.unit_id,
                "unit_path": account.unit_path,
                "text": text,
                "code": code,
                "key": rules.delivery_key(delivery_id, text),
                "state": DeliveryState.SCHEDULED,
                "due_at": due_at,
                "try_at": due_at,
                "tries": 0,
                "looks": 0,
            }
        )
    return rows
