"""The figures of a report are those of the reads that front ends use: of this campaign, below its unit, no other."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.dates import CHINA
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.campaigns.commands import create_campaign
from domain.campaigns.models import Campaign
from domain.engagement.folding import fold
from domain.engagement.models import Comment
from domain.engagement.queries import engagement_by_level
from domain.publicity.clicks import DayClicks, add_clicks
from domain.reports.figures import CampaignFigures, Platform, Promoted
from domain.reports.gathering import figures_of_campaign
from domain.terms import DeliveryState, FigureGap, HostKind, Level, Metric, QuotaScope, SeriesStep
from tests.factories.deliveries import Scene, add_delivery, add_post, add_published, add_snapshot, change, set_scene

FIRST = datetime(2026, 6, 1, 9, tzinfo=CHINA)
NOW = FIRST + timedelta(days=3)
WINDOW = {"window_from": date(2026, 6, 1), "window_to": date(2026, 6, 30)}
UNITS = ("nation", "east", "north county", "far county")


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=UNITS)


async def open_campaign(session: AsyncSession, scene: Scene, unit: str = "nation", **given: Any) -> Campaign:
    wanted: dict[str, Any] = {"unit_id": scene.tree[unit].id, "title": "六一", **WINDOW, **given}
    campaign = await create_campaign(session, Actor.operator(), now=FIRST, **wanted)
    await session.commit()
    return campaign


async def told(session: AsyncSession, campaign: Campaign, now: datetime = NOW) -> CampaignFigures:
    return await figures_of_campaign(session, campaign_id=campaign.id, now=now)


async def test_a_report_has_what_the_campaign_came_to_and_nothing_of_others(session: AsyncSession, scene: Scene):
    quota = {"level": Level.COUNTY, "scope": QuotaScope.OWN, "minimum": 1}
    campaign = await open_campaign(session, scene, quotas=[quota])
    post = await add_post(session, scene.tree, scene.lesson, campaign=campaign)
    east = await add_published(session, post, scene.accounts["east"], published_at=FIRST, due_at=FIRST)
    county = await add_published(
        session,
        post,
        scene.accounts["north county"],
        published_at=FIRST + timedelta(days=2),
        due_at=FIRST,
    )
    await add_delivery(session, post, scene.accounts["far county"], state=DeliveryState.FAILED)
    await add_snapshot(session, east, 0, reposts=5, comments=2, likes=1)
    await add_snapshot(session, county, 0, reposts=7, comments=0, likes=3)
    # Of no campaign.
    other = await add_published(session, scene.post, scene.accounts["nation"], published_at=FIRST)
    await add_snapshot(session, other, 0, reposts=1000, comments=1000, likes=1000)
    day = date(2026, 6, 2)
    await add_clicks(session, {(east.id, day): 4, (other.id, day): 9})
    for delivery in (east, other):
        comment = {"host_comment_id": "1", "marks": [], "created_at": FIRST, "collected_at": FIRST}
        session.add(Comment(id=new_id(), delivery_id=delivery.id, **comment))
    await session.commit()
    for _ in range(2):
        found = await told(session, campaign)
        assert (found.title, found.unit, found.window) == ("六一", scene.tree["nation"].name, tuple(WINDOW.values()))
        assert {row.state: row.count for row in found.states} == {
            DeliveryState.PUBLISHED: 2,
            DeliveryState.FAILED: 1,
        }
        assert (found.late, found.comments) == (1, 1)
        assert (found.total.published, found.total.reposts.value, found.total.reposts.known) == (2, 12, 2)
        assert [(level, own.published) for level, own in found.levels] == [(Level.PROVINCIAL, 1), (Level.COUNTY, 1)]
        assert [(kind, own.likes.value) for kind, own in found.hosts] == [(HostKind.WEIBO, 4)]
        assert [each.figures.published for each in found.series] == [1, 0, 1, 0]
        assert [(row.name, row.published) for row in found.progress if row.published] == [("north county", 1)]
        assert [(row.units, row.met) for row in found.quotas] == [(len(found.progress), 1)]
        assert (found.top_by, [each.counts[Metric.REPOSTS] for each in found.top]) == (Metric.REPOSTS, [7, 5])
        assert [each.short_link for each in found.top] == [
            f"https://qicai.example/s/{each.code}" for each in (county, east)
        ]
        assert [each.clicks for each in found.top] == [0, 4]
        assert found.clicks == [DayClicks(day, 4)]
        assert found.lessons == [Promoted(scene.lesson.title, scene.tree["nation"].name, 2)]
        # The same figures, once as they stand and once as they are stored.
        await fold(session, limit=100)
        await session.commit()


async def test_it_says_what_campaigns_say_to_front_ends(session: AsyncSession, scene: Scene):
    campaign = await open_campaign(session, scene)
    post = await add_post(session, scene.tree, scene.lesson, campaign=campaign)
    for number, unit in enumerate(UNITS):
        delivery = await add_published(session, post, scene.accounts[unit], published_at=FIRST)
        await add_snapshot(session, delivery, 0, reposts=10**number, likes=number)
    found = await told(session, campaign)
    shown = (await engagement_by_level(session, Actor.operator(), ids=[campaign.id]))[campaign.id]
    assert [(level, own.published, own.reposts, own.likes) for level, own in found.levels] == [
        (row.level, row.published, row.reposts, row.likes) for row in shown
    ]


async def test_a_campaign_of_a_province_has_only_what_lies_below_it(session: AsyncSession, scene: Scene):
    campaign = await open_campaign(session, scene, "east")
    post = await add_post(session, scene.tree, scene.lesson, campaign=campaign)
    for unit in ("east", "far county"):
        await add_published(session, post, scene.accounts[unit], published_at=FIRST)
    found = await told(session, campaign)
    assert (found.total.published, [row.count for row in found.states]) == (1, [1])
    assert [each.published for each in found.lessons] == [1]


async def test_posts_that_went_out_beside_the_window_are_in_it_too_and_years_are_told_by_months(
    session: AsyncSession, scene: Scene
):
    campaign = await open_campaign(session, scene)
    post = await add_post(session, scene.tree, scene.lesson, campaign=campaign)
    await add_published(session, post, scene.accounts["east"], published_at=FIRST - timedelta(days=800))
    found = await told(session, campaign)
    assert (found.step, found.total.published) == (SeriesStep.MONTH, 1)
    assert sum(each.figures.published for each in found.series) == 1
    assert found.total.reposts.gap is FigureGap.NOT_READ
    assert (found.top_by, found.top) == (None, [])


async def test_an_empty_campaign_is_told_as_one(session: AsyncSession, scene: Scene):
    campaign = await open_campaign(session, scene, window_from=None, window_to=None)
    found = await told(session, campaign)
    assert (found.total.published, found.window, found.occasion) == (0, None, None)
    for empty in (found.platforms, found.states, found.series, found.levels, found.hosts, found.clicks, found.lessons):
        assert list(empty) == []


async def test_what_only_plays_a_platform_is_synthetic(session: AsyncSession, scene: Scene):
    campaign = await open_campaign(session, scene)
    post = await add_post(session, scene.tree, scene.lesson, campaign=campaign)
    await add_delivery(session, post, scene.accounts["east"])
    assert (await told(session, campaign)).platforms == [Platform("sandbox", HostKind.WEIBO, True)]
    await change(session, scene.host, api_url="https://api.weibo.com")
    assert (await told(session, campaign)).platforms == [Platform("sandbox", HostKind.WEIBO, False)]
