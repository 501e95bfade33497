"""The act of asking for a report."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.campaigns.models import Campaign
from domain.handouts import making
from domain.handouts.rules import opens
from domain.refusals import NotFound
from domain.reports.models import CampaignReport
from domain.terms import Language


async def request_campaign_report(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    campaign_id: UUID,
    language: Language = Language.ZH_CN,
) -> CampaignReport:
    """Ask for what a campaign came to; the same asked for again while it is made is that one."""
    campaign = await session.get(Campaign, campaign_id)
    if campaign is None:
        raise NotFound("campaign", path="campaignId")
    # All figures of its unit and of those below: nothing in it may be hidden from whoever reads it.
    place = campaign.unit_path
    actor.require(Permission.POST_VIEW, at=place, path="campaignId", what="campaign", seen_below=True)
    await making.wait_for_turn(session, actor)
    same = CampaignReport.campaign_id == campaign_id, CampaignReport.language == language
    own = select(CampaignReport).where(CampaignReport.asked_by == actor.person_id, *same)
    under_way = (await session.scalars(own.where(making.is_under_way(CampaignReport)).limit(1))).one_or_none()
    if under_way is not None:
        return under_way
    await making.check_day(session, actor, CampaignReport, now=now, path="campaignId")
    report = CampaignReport(
        id=new_id(),
        unit_id=campaign.unit_id,
        unit_path=place,
        campaign_id=campaign_id,
        language=language,
        asked_by=actor.person_id,
        **opens(now),
    )
    session.add(report)
    await session.flush()
    return report
