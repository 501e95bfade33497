"""Totals over many posts: from the last snapshot, within reach, and honest about what is unknown."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.campaigns.models import Campaign
from domain.engagement.folding import fold
from domain.engagement.queries import LevelEngagement, engagement_by_level
from domain.engagement.rules import Total
from domain.posts.models import Post
from domain.terms import FigureGap, Level
from tests.factories.deliveries import Scene, add_delivery, add_post, add_published, add_snapshot, set_scene
from tests.factories.posts import add_campaign
from tests.factories.statements import statements_of
from tests.factories.units import actor_at


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east", "west", "north county"))


@pytest.fixture
async def campaign(session: AsyncSession, scene: Scene) -> Campaign:
    return await add_campaign(session, scene.tree)


@pytest.fixture
async def post(session: AsyncSession, scene: Scene, campaign: Campaign) -> Post:
    return await add_post(session, scene.tree, scene.lesson, campaign=campaign)


async def levels(session: AsyncSession, actor: Actor, campaign: Campaign) -> dict[Level, LevelEngagement]:
    """The same before the worker has counted, and after."""
    before = await engagement_by_level(session, actor, ids=[campaign.id])
    await fold(session, limit=100)
    after = await engagement_by_level(session, actor, ids=[campaign.id])
    await session.commit()
    assert before == after
    return {row.level: row for row in after[campaign.id]}


async def test_each_level_is_summed_from_the_last_snapshot_of_each_post(
    session: AsyncSession, scene: Scene, campaign: Campaign, post: Post
):
    east = await add_published(session, post, scene.accounts["east"])
    west = await add_published(session, post, scene.accounts["west"])
    nation = await add_published(session, post, scene.accounts["nation"])
    await add_snapshot(session, east, 0, reposts=1, likes=10)
    await add_snapshot(session, east, 2, reposts=5, likes=8)
    last = await add_snapshot(session, west, 3, reposts=7, likes=1)
    await add_snapshot(session, nation, 1, reposts=1000, likes=0)
    found = await levels(session, actor_at(scene.tree["nation"]), campaign)
    assert list(found) == [Level.NATIONAL, Level.PROVINCIAL]
    province = found[Level.PROVINCIAL]
    assert (province.deliveries, province.published) == (2, 2)
    assert province.reposts == Total(12, known=2, expected=2, as_of=last.taken_at)
    assert province.likes == Total(9, known=2, expected=2, as_of=last.taken_at)
    assert found[Level.NATIONAL].reposts.value == 1000


async def test_what_nobody_reports_is_unknown_not_zero(
    session: AsyncSession, scene: Scene, campaign: Campaign, post: Post
):
    snapshot = await add_snapshot(session, await add_published(session, post, scene.accounts["east"]), 0, likes=0)
    found = (await levels(session, actor_at(scene.tree["nation"]), campaign))[Level.PROVINCIAL]
    assert found.reads == Total(None, 0, 1, snapshot.taken_at, FigureGap.NOT_REPORTED)
    assert found.comments == Total(None, 0, 1, snapshot.taken_at, FigureGap.NOT_READ)
    assert found.likes == Total(0, known=1, expected=1, as_of=snapshot.taken_at)


async def test_a_total_says_of_how_many_posts_it_knows(
    session: AsyncSession, scene: Scene, campaign: Campaign, post: Post
):
    read = await add_published(session, post, scene.accounts["east"])
    await add_published(session, post, scene.accounts["west"])
    await add_delivery(session, post, scene.accounts["west"])
    snapshot = await add_snapshot(session, read, 0, reposts=4)
    found = (await levels(session, actor_at(scene.tree["nation"]), campaign))[Level.PROVINCIAL]
    assert (found.deliveries, found.published) == (3, 2)
    assert found.reposts == Total(4, known=1, expected=2, as_of=snapshot.taken_at)


async def test_before_the_first_reading_everything_is_unknown(
    session: AsyncSession, scene: Scene, campaign: Campaign, post: Post
):
    await add_delivery(session, post, scene.accounts["east"])
    found = (await levels(session, actor_at(scene.tree["nation"]), campaign))[Level.PROVINCIAL]
    unknown = Total(None, known=0, expected=0, as_of=None)
    assert found == LevelEngagement(Level.PROVINCIAL, 1, 0, unknown, unknown, unknown, unknown)


async def test_sums_beyond_64_bits_survive(session: AsyncSession, scene: Scene, campaign: Campaign, post: Post):
    for unit in ("east", "west"):
        delivery = await add_published(session, post, scene.accounts[unit])
        await add_snapshot(session, delivery, 0, reads=2**62, reposts=15_460_810_000)
    found = (await levels(session, actor_at(scene.tree["nation"]), campaign))[Level.PROVINCIAL]
    assert (found.reads.value, found.reposts.value) == (2**63, 30_921_620_000)
    assert type(found.reads.value) is int


async def test_only_posts_within_reach_are_summed(session: AsyncSession, scene: Scene, campaign: Campaign, post: Post):
    for number, account in enumerate(scene.accounts.values()):
        delivery = await add_published(session, post, account)
        await add_snapshot(session, delivery, 0, reposts=10**number)
    sums = {}
    for unit in ("nation", "east", "north county", "north town"):
        found = await levels(session, actor_at(scene.tree[unit]), campaign)
        sums[unit] = {level: row.reposts.value for level, row in found.items()}
    assert sums == {
        "nation": {Level.NATIONAL: 1, Level.PROVINCIAL: 110, Level.COUNTY: 1000},
        "east": {Level.PROVINCIAL: 10, Level.COUNTY: 1000},
        "north county": {Level.COUNTY: 1000},
        "north town": {},
    }
    assert await levels(session, Actor(new_id(), "nobody", ()), campaign) == {}


async def test_many_campaigns_cost_as_much_as_one(session: AsyncSession, engine: AsyncEngine, scene: Scene):
    campaigns = [await add_campaign(session, scene.tree) for _ in range(4)]
    for each in campaigns[:3]:
        one = await add_post(session, scene.tree, scene.lesson, campaign=each)
        await add_snapshot(session, await add_published(session, one, scene.accounts["east"]), 0, reposts=2)
    with statements_of(engine) as sent:
        found = await engagement_by_level(session, actor_at(scene.tree["nation"]), ids=[c.id for c in campaigns])
    assert [[row.reposts.value for row in found[each.id]] for each in campaigns] == [[2], [2], [2], []]
    assert len(sent) == 2
