"""Acts on campaigns."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.words import said
from domain.campaigns.models import Campaign
from domain.units import queries as units


async def create_campaign(session: AsyncSession, actor: Actor, *, now: datetime, unit_id: UUID, title: str) -> Campaign:
    """Open a campaign of a unit."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.CAMPAIGN_EDIT, path="unitId")
    campaign = Campaign(id=new_id(), unit_id=unit.id, unit_path=unit.path, title=said(title, "title"), created_at=now)
    session.add(campaign)
    await session.flush()
    return campaign
