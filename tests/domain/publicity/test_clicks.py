"""Clicks are added up by delivery and day, and shown with the deliveries they belong to."""

from datetime import date
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.publicity.clicks import (
    Clicks,
    DayClicks,
    add_clicks,
    clicks_of_campaigns,
    clicks_of_deliveries,
    clicks_of_posts,
)
from integrations.keys import Keys
from tests.factories.api import Country, plant_country
from tests.factories.posts import Scheduled, add_campaign, add_lesson, schedule
from tests.factories.units import actor_at

MONDAY, TUESDAY = date(2026, 6, 1), date(2026, 6, 2)


@pytest.fixture
async def country(session: AsyncSession, keys: Keys) -> Country:
    return await plant_country(session, keys)


@pytest.fixture
async def sent(session: AsyncSession, country: Country) -> Scheduled:
    campaign = await add_campaign(session, country.tree)
    return await schedule(session, country.tree, await add_lesson(session, country.tree), campaign=campaign)


async def test_clicks_of_many_processes_add_up(session: AsyncSession, country: Country, sent: Scheduled):
    delivery_id = sent.deliveries[0].id
    await add_clicks(session, {(delivery_id, MONDAY): 2, (delivery_id, TUESDAY): 1})
    await add_clicks(session, {(delivery_id, MONDAY): 3})
    found = await clicks_of_deliveries(session, actor_at(country.tree["nation"]), ids=[delivery_id])
    assert found == {delivery_id: Clicks(6, [DayClicks(MONDAY, 5), DayClicks(TUESDAY, 1)])}


async def test_a_post_and_a_campaign_have_the_clicks_of_their_deliveries_that_the_actor_sees(
    session: AsyncSession, country: Country, sent: Scheduled
):
    await add_clicks(session, {(delivery.id, MONDAY): 1 for delivery in sent.deliveries})
    campaign_id = sent.post.campaign_id
    assert campaign_id is not None

    async def totals(actor: Actor) -> tuple[int, int]:
        of_posts = await clicks_of_posts(session, actor, ids=[sent.post.id])
        return of_posts[sent.post.id].total, (await clicks_of_campaigns(session, actor, ids=[campaign_id]))[
            campaign_id
        ].total

    assert await totals(actor_at(country.tree["nation"])) == (8, 8)
    # The east, its city, and two counties.
    assert await totals(actor_at(country.tree["east"])) == (4, 4)
    assert await totals(Actor(UUID(int=9), "nobody", ())) == (0, 0)
