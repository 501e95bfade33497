"""Acts on campaigns."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.words import said
from domain.calendar.models import Occasion
from domain.calendar.queries import falls_on
from domain.campaigns import rules
from domain.campaigns.models import Campaign, CampaignQuota
from domain.refusals import Conflict, Invalid, NotFound, Reason, edited_meanwhile
from domain.terms import Lateness, Level
from domain.units import queries as units
from domain.units.models import Unit
from domain.wording.queries import check_public

NOTE_LIMIT = 1000


async def create_campaign(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    title: str,
    occasion_id: UUID | None = None,
    occasion_date: date | None = None,
    window_from: date | None = None,
    window_to: date | None = None,
    lateness: Lateness = Lateness.SEND,
    note: str = "",
    quotas: Sequence[Mapping[str, Any]] = (),
    wording_seen: bool = False,
) -> Campaign:
    """Open a campaign of a unit."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.CAMPAIGN_EDIT, path="unitId")
    told = _told(title, occasion_id, occasion_date, window_from, window_to, lateness, note)
    rules.check_quotas(quotas, unit.level)
    await check_public(session, {"title": told["title"], "note": told["note"]}, wording_seen=wording_seen)
    await _check_occasion(session, unit.path, occasion_id, occasion_date)
    campaign = Campaign(id=new_id(), unit_id=unit.id, unit_path=unit.path, created_at=now, **told)
    session.add(campaign)
    await session.flush()
    await _write_quotas(session, campaign, quotas)
    return campaign


async def edit_campaign(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,  # noqa: ARG001 - every command takes it
    campaign_id: UUID,
    expected_version: int,
    title: str,
    occasion_id: UUID | None = None,
    occasion_date: date | None = None,
    window_from: date | None = None,
    window_to: date | None = None,
    lateness: Lateness = Lateness.SEND,
    note: str = "",
    quotas: Sequence[Mapping[str, Any]] | None = None,
    wording_seen: bool = False,
) -> Campaign:
    """Say anew what a campaign is, its quotas among it; posts that are scheduled stay as they are."""
    campaign, level = await locked_campaign(session, actor, campaign_id=campaign_id)
    told = _told(title, occasion_id, occasion_date, window_from, window_to, lateness, note)
    rules.check_quotas(quotas or (), level)
    if campaign.version != expected_version:
        raise edited_meanwhile(campaign.version, expected_version, f"title: {campaign.title}")
    await check_public(session, {"title": told["title"], "note": told["note"]}, wording_seen=wording_seen)
    if (occasion_id, occasion_date) != (campaign.occasion_id, campaign.occasion_date):
        await _check_occasion(session, campaign.unit_path, occasion_id, occasion_date)
    for name, value in told.items():
        setattr(campaign, name, value)
    campaign.version += 1
    await session.flush()
    if quotas is not None:
        await _write_quotas(session, campaign, quotas)
    return campaign


def _told(
    title: str,
    occasion_id: UUID | None,
    occasion_date: date | None,
    window_from: date | None,
    window_to: date | None,
    lateness: Lateness,
    note: str,
) -> dict[str, Any]:
    if len(note.strip()) > NOTE_LIMIT:
        raise Invalid(Reason.WORDS_TOO_LONG, path="note", limit=NOTE_LIMIT)
    if (occasion_id is None) != (occasion_date is None):
        raise Invalid(Reason.CHOOSE_OCCASION_DATE, path="occasionDate")
    rules.check_window(window_from, window_to)
    return {
        "title": said(title, "title"),
        "occasion_id": occasion_id,
        "occasion_date": occasion_date,
        "window_from": window_from,
        "window_to": window_to,
        "lateness": lateness,
        "note": note.strip(),
    }


async def locked_campaign(session: AsyncSession, actor: Actor, *, campaign_id: UUID) -> tuple[Campaign, Level]:
    """The campaign for this actor to change, and the level of its unit; whoever else wants to change it waits."""
    await units.tree_stands(session)
    query = select(Campaign, Unit.level).join(Unit, Unit.id == Campaign.unit_id).where(Campaign.id == campaign_id)
    # Posts point to it: they are not to wait.
    query = query.with_for_update(of=Campaign, key_share=True).execution_options(populate_existing=True)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("campaign", path="campaignId")
    place = found[0].unit_path
    actor.require(Permission.CAMPAIGN_EDIT, at=place, path="campaignId", what="campaign", seen_below=True)
    return found[0], found[1]


async def _check_occasion(session: AsyncSession, path: str, occasion_id: UUID | None, day: date | None) -> None:
    """An occasion of the unit or of one above it, on one of its dates."""
    if occasion_id is None or day is None:
        return
    occasion = await session.get(Occasion, occasion_id)
    if occasion is None or not path.startswith(occasion.unit_path):
        raise NotFound("occasion", path="occasionId")
    if occasion.retired_at is not None:
        raise Conflict(Reason.OCCASION_RETIRED, path="occasionId")
    if not await falls_on(session, occasion, day, path=path):
        raise Invalid(Reason.OCCASION_DATE_UNFIT, path="occasionDate", date=day.isoformat())


async def _write_quotas(session: AsyncSession, campaign: Campaign, quotas: Sequence[Mapping[str, Any]]) -> None:
    await session.execute(delete(CampaignQuota).where(CampaignQuota.campaign_id == campaign.id))
    session.add_all(CampaignQuota(id=new_id(), campaign_id=campaign.id, **quota) for quota in quotas)
    await session.flush()
