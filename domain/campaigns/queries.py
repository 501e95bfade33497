"""Reads of campaigns."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import line_of
from domain.campaigns.models import Campaign


async def campaigns_on(
    session: AsyncSession, *, path: str, days: Collection[date]
) -> dict[tuple[UUID, date], list[UUID]]:
    """Which campaigns of a unit and of those above it stand on which of these days, by occasion, the oldest first."""
    rows = await session.execute(
        select(Campaign.id, Campaign.occasion_id, Campaign.occasion_date)
        .where(
            Campaign.unit_path.in_(line_of(path)),
            Campaign.occasion_date.in_(days),
        )
        .order_by(Campaign.id)
    )
    found: dict[tuple[UUID, date], list[UUID]] = defaultdict(list)
    for campaign_id, occasion_id, day in rows:
        # A campaign with a date has the occasion too.
        if occasion_id is not None and day is not None:
            found[occasion_id, day].append(campaign_id)
    return found
