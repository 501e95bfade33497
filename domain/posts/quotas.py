"""How far the units have come with what a campaign asks of each: against their own quota, never against each other.

What a unit published is counted by the tree of the day on which each post went out, whoever asks; of which units the
progress is shown goes by the tree of today.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, column, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, below, within_reach
from domain.access.permissions import Permission
from domain.base.dates import day_of
from domain.campaigns.models import Campaign, CampaignQuota
from domain.posts.models import Delivery, Post, stands
from domain.terms import DeliveryState, Level, QuotaScope, UnitKind
from domain.units.models import Unit, UnitPlace, valid_on


@dataclass(frozen=True)
class QuotaStanding:
    """A quota, how many units it is asked of, and how many of them have met it."""

    level: Level
    scope: QuotaScope
    minimum: int
    units: int
    met: int


@dataclass(frozen=True)
class UnitProgress:
    """What a unit published for a campaign, against what is asked of it."""

    unit_id: UUID
    code: str
    name: str
    level: Level
    scope: QuotaScope
    minimum: int
    published: int


async def quotas_of(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, list[QuotaStanding]]:
    """The quotas of each campaign, upper levels first, and how many of the units that the actor sees have met them."""
    counted = _counted(ids)
    asked = and_(*asked_of(Campaign), within_reach(actor, Permission.POST_VIEW, Unit.path))
    rows = await session.execute(
        select(
            CampaignQuota.campaign_id,
            CampaignQuota.level,
            CampaignQuota.scope,
            CampaignQuota.minimum,
            func.count(Unit.id),
            func.count(Unit.id).filter(_published(counted) >= CampaignQuota.minimum),
        )
        .select_from(CampaignQuota)
        .join(Campaign, Campaign.id == CampaignQuota.campaign_id)
        .outerjoin(Unit, asked)
        .outerjoin(counted, and_(counted.c.campaign_id == Campaign.id, counted.c.unit_id == Unit.id))
        .where(CampaignQuota.campaign_id.in_(ids))
        .group_by(CampaignQuota.id)
    )
    found: dict[UUID, list[QuotaStanding]] = {campaign_id: [] for campaign_id in ids}
    for campaign_id, level, scope, minimum, units, met in rows:
        found[campaign_id].append(QuotaStanding(level, scope, minimum, units, met))
    for standings in found.values():
        standings.sort(key=lambda row: (row.level.depth, row.scope.value))
    return found


async def progress(
    session: AsyncSession, actor: Actor, *, campaign_id: UUID, path: str, after: str = "", limit: int
) -> list[UnitProgress]:
    """What is asked of a unit and of those below it that the actor sees, in the order of the tree.

    At most so many units, after the path of the last one seen; a unit of which two things are asked has two rows.
    """
    asked = [*asked_of(Campaign), Campaign.id == campaign_id, within_reach(actor, Permission.POST_VIEW, Unit.path)]
    page = (
        select(Unit.id)
        .join(Campaign, Campaign.id == campaign_id)
        .join(CampaignQuota, CampaignQuota.campaign_id == Campaign.id)
        .where(*asked, below(Unit.path, path), Unit.path > after)
        .distinct()
        .add_columns(Unit.path)
        .order_by(Unit.path)
        .limit(limit)
        .subquery()
    )
    counted = _counted([campaign_id])
    rows = await session.execute(
        select(
            Unit.id,
            Unit.code,
            Unit.name,
            Unit.level,
            CampaignQuota.scope,
            CampaignQuota.minimum,
            func.coalesce(_published(counted), 0),
        )
        .join(page, page.c.id == Unit.id)
        .join(CampaignQuota, and_(CampaignQuota.campaign_id == campaign_id, CampaignQuota.level == Unit.level))
        .outerjoin(counted, counted.c.unit_id == Unit.id)
        .order_by(Unit.path, CampaignQuota.scope)
    )
    return [UnitProgress(*row) for row in rows]


def asked_of(campaign: Any) -> list[Any]:
    """Open units within the campaign's own of which one of its quotas is asked."""
    top = campaign.unit_path
    return [
        Unit.level == CampaignQuota.level,
        Unit.closed_on.is_(None),
        Unit.kind != UnitKind.STATISTICAL,
        Unit.path >= top,
        Unit.path < func.left(top, -1).op("||")("/"),
    ]


def _published(counted: Any) -> Any:
    """Whichever of the two counts the quota asks for."""
    return case((CampaignQuota.scope == QuotaScope.OWN, counted.c.own), else_=counted.c.all)


def _counted(campaign_ids: Sequence[UUID]) -> Any:
    """Per campaign and unit, the posts that stand within the window: of its own accounts, and with those below it.

    Each delivery is counted for the unit of its account and for all that stood above it on that day: the paths of
    those are the beginnings of its own, so that they are found by comparing for equality.
    """
    day = day_of(Delivery.published_at)
    lower, upper = aliased(UnitPlace), aliased(UnitPlace)
    steps = func.string_to_array(lower.path, ".")
    cut = func.generate_series(1, func.cardinality(steps) - 1).table_valued(column("cut")).render_derived()
    beginning = func.array_to_string(func.trim_array(steps, cut.c.cut), ".").op("||")(".").collate("C")
    return (
        select(
            Post.campaign_id,
            upper.unit_id,
            func.count().label("all"),
            func.count().filter(upper.unit_id == Delivery.unit_id).label("own"),
        )
        .select_from(Post)
        .join(Campaign, Campaign.id == Post.campaign_id)
        .join(Delivery, Delivery.post_id == Post.id)
        .join(lower, and_(lower.unit_id == Delivery.unit_id, valid_on(lower, day)))
        .join(cut, cut.c.cut > 0)
        .join(upper, and_(upper.path == beginning, valid_on(upper, day)))
        .where(
            Post.campaign_id.in_(campaign_ids),
            stands(Delivery, DeliveryState.PUBLISHED),
            or_(Campaign.window_from.is_(None), and_(day >= Campaign.window_from, day <= Campaign.window_to)),
        )
        .group_by(Post.campaign_id, upper.unit_id)
        .subquery("counted")
    )
