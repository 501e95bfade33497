"""Asking for a report: whoever sees the posts of the campaign's unit may, and nobody else; once is enough."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.campaigns.models import Campaign
from domain.handouts.rules import A_DAY_EACH, KEPT
from domain.refusals import NotFound, NotPermitted, QuotaExceeded
from domain.reports.models import CampaignReport
from domain.terms import HandoutState, Language, Role
from tests.factories.posts import add_campaign
from tests.factories.reports import request
from tests.factories.units import NOW, Tree, actor_at, add_user, plant_tree


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


@pytest.fixture
async def campaign(session: AsyncSession, tree: Tree) -> Campaign:
    """One of the eastern province."""
    found = await add_campaign(session, tree)
    found.unit_id, found.unit_path = tree["east"].id, tree["east"].path
    await session.commit()
    return found


async def test_what_is_asked_for_waits_at_the_unit_of_the_campaign(
    session: AsyncSession, tree: Tree, campaign: Campaign
):
    report = await request(session, campaign, now=NOW, language=Language.EN)
    assert (report.state, report.unit_path, report.language) == (HandoutState.QUEUED, tree["east"].path, Language.EN)
    assert (report.progress, report.documents, report.expires_at) == (0, {}, NOW + KEPT)


@pytest.mark.parametrize("unit", ["nation", "east"])
async def test_its_unit_and_those_above_may_ask(session: AsyncSession, tree: Tree, campaign: Campaign, unit: str):
    user = await add_user(session, tree[unit], Role.VIEWER)
    actor = actor_at(tree[unit], role=Role.VIEWER, user_id=user.id)
    assert (await request(session, campaign, actor=actor)).asked_by == user.id


async def test_those_below_see_the_campaign_and_get_no_report_of_it(
    session: AsyncSession, tree: Tree, campaign: Campaign
):
    with pytest.raises(NotPermitted) as refused:
        await request(session, campaign, actor=actor_at(tree["north county"]))
    assert refused.value.path == ("campaignId",)
    partner = actor_at(tree["east"], role=Role.PARTNER_WOMEN)
    with pytest.raises(NotPermitted):
        await request(session, campaign, actor=partner)


async def test_whoever_does_not_see_the_campaign_learns_nothing_of_it(
    session: AsyncSession, tree: Tree, campaign: Campaign
):
    with pytest.raises(NotFound):
        await request(session, campaign, actor=actor_at(tree["west"]))
    with pytest.raises(NotFound):
        await request(session, Campaign(id=new_id()))


async def test_the_same_asked_for_while_it_is_made_is_that_one(session: AsyncSession, tree: Tree, campaign: Campaign):
    user = await add_user(session, tree["nation"])
    actor = actor_at(tree["nation"], user_id=user.id)
    first = await request(session, campaign, actor=actor)
    assert (await request(session, campaign, actor=actor)).id == first.id
    assert (await request(session, campaign, actor=actor, language=Language.EN)).id != first.id
    assert (await request(session, campaign)).id != first.id
    first.state = HandoutState.READY
    await session.commit()
    assert (await request(session, campaign, actor=actor)).id != first.id


async def test_nobody_asks_for_more_than_a_day_allows(session: AsyncSession, tree: Tree, campaign: Campaign):
    asked = {"asked_by": None, "campaign_id": campaign.id, "unit_id": campaign.unit_id, "unit_path": campaign.unit_path}
    times = {"try_at": NOW, "asked_at": NOW, "expires_at": NOW}
    for _ in range(A_DAY_EACH):
        session.add(CampaignReport(**asked, **times, language=Language.EN, state=HandoutState.READY))
    await session.commit()
    with pytest.raises(QuotaExceeded) as refused:
        await request(session, campaign, actor=Actor.operator(), now=NOW)
    assert (refused.value.code, refused.value.path) == ("FILES_SPENT", ("campaignId",))
    await session.execute(update(CampaignReport).values(asked_at=NOW - timedelta(days=1)))
    assert (await request(session, campaign, now=NOW)).state is HandoutState.QUEUED
