"""Against its own quota each unit's posts are counted by the tree of the time, within the window, in tree order."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.dates import CHINA
from domain.campaigns.commands import create_campaign
from domain.campaigns.models import Campaign
from domain.engagement.earlier import EarlierPost, record_earlier_posts
from domain.posts.models import Delivery, Post
from domain.posts.quotas import progress, quotas_of
from domain.terms import DeliveryState, Level, QuotaScope
from integrations.keys import Keys
from tests.factories.history import MOVED, move_north_county
from tests.factories.posts import add_account, add_host, add_lesson
from tests.factories.units import NOW, Tree, actor_at, add_user, plant_tree

BEFORE = datetime(2026, 5, 9, 23, 59, 59, tzinfo=CHINA)
AFTER = datetime(2026, 5, 10, 0, 0, tzinfo=CHINA)
EVERY_LEVEL = [Level.PROVINCIAL, Level.PREFECTURE, Level.COUNTY]


async def plant(session: AsyncSession, keys: Keys, **given: Any) -> tuple[Tree, Campaign]:
    """East posted once before north county moved; north and south county once before it and once after it."""
    tree = await plant_tree(session)
    host, lesson = await add_host(session, keys.keyring), await add_lesson(session, tree)
    user = await add_user(session, tree["nation"])
    posts = []
    for name, instants in {"east": [BEFORE], "north county": [BEFORE, AFTER], "south county": [BEFORE, AFTER]}.items():
        account = await add_account(session, tree, name, host, keys.keyring)
        posts += [
            EarlierPost(account.id, tree[name].id, at, f"{name}{at}", "https://weibo.example/1", 3, 2, 1)
            for at in instants
        ]
    told: dict[str, Any] = {"lesson_id": lesson.id, "created_by": user.id, "text": "示范课程", "posts": posts}
    await record_earlier_posts(session, Actor.operator(), now=AFTER, unit_id=tree["nation"].id, **told)
    asked = [
        {"level": level, "scope": scope, "minimum": minimum}
        for level in EVERY_LEVEL
        for scope, minimum in ((QuotaScope.OWN, 1), (QuotaScope.WITH_BELOW, 2))
    ]
    wanted: dict[str, Any] = {"unit_id": tree["nation"].id, "title": "六一", "quotas": asked} | given
    campaign = await create_campaign(session, Actor.operator(), now=NOW, **wanted)
    await session.execute(update(Post).values(campaign_id=campaign.id))
    await session.commit()
    return tree, campaign


async def counts(
    session: AsyncSession, campaign: Campaign, path: str, scope: QuotaScope, actor: Actor | None = None
) -> dict[str, int]:
    """What each unit published, in the order of the answer."""
    given: dict[str, Any] = {"campaign_id": campaign.id, "path": path, "limit": 100}
    rows = await progress(session, actor or Actor.operator(), **given)
    return {row.name: row.published for row in rows if row.scope is scope}


async def test_own_posts_and_those_below_are_counted_apart_in_the_order_of_the_tree(session: AsyncSession, keys: Keys):
    tree, campaign = await plant(session, keys)
    own = await counts(session, campaign, tree["nation"].path, QuotaScope.OWN)
    both = await counts(session, campaign, tree["nation"].path, QuotaScope.WITH_BELOW)
    assert own == {
        "east": 1,
        "east city": 0,
        "north county": 2,
        "south county": 2,
        "west": 0,
        "west city": 0,
        "far county": 0,
    }
    assert both == own | {"east": 5, "east city": 4}
    # Never by what came out: those in front are so by their place.
    assert list(own) == list(both) == sorted(own, key=lambda name: tree[name].path)


async def test_a_post_counts_where_its_unit_stood_on_the_day(session: AsyncSession, keys: Keys):
    tree, campaign = await plant(session, keys)
    await move_north_county(session, tree)
    both = await counts(session, campaign, tree["nation"].path, QuotaScope.WITH_BELOW)
    assert (both["east city"], both["west city"], both["new county"]) == (3, 1, 2)
    assert (both["east"], both["west"]) == (4, 1)


async def test_only_posts_that_stand_within_the_window_count(session: AsyncSession, keys: Keys):
    window = {"window_from": MOVED, "window_to": MOVED}
    tree, campaign = await plant(session, keys, **window)
    assert await counts(session, campaign, tree["east"].path, QuotaScope.WITH_BELOW) == {
        "east": 2,
        "east city": 2,
        "north county": 1,
        "south county": 1,
    }
    of_south = update(Delivery).where(Delivery.unit_id == tree["south county"].id)
    await session.execute(of_south.values(state=DeliveryState.FAILED))
    assert (await counts(session, campaign, tree["east"].path, QuotaScope.OWN))["south county"] == 0


async def test_the_posts_of_another_campaign_do_not_count(session: AsyncSession, keys: Keys):
    tree, campaign = await plant(session, keys)
    other: dict[str, Any] = {"unit_id": tree["nation"].id, "title": "别的", "quotas": []}
    another = await create_campaign(session, Actor.operator(), now=NOW, **other)
    await session.execute(update(Post).values(campaign_id=another.id))
    assert set((await counts(session, campaign, tree["nation"].path, QuotaScope.WITH_BELOW)).values()) == {0}


async def test_one_sees_oneself_and_those_below(session: AsyncSession, keys: Keys):
    tree, campaign = await plant(session, keys)
    actor = actor_at(tree["north county"])
    assert await counts(session, campaign, tree["nation"].path, QuotaScope.OWN, actor) == {"north county": 2}
    (standing,) = [
        row
        for row in (await quotas_of(session, actor, ids=[campaign.id]))[campaign.id]
        if (row.level, row.scope) == (Level.COUNTY, QuotaScope.OWN)
    ]
    assert (standing.units, standing.met) == (1, 1)


async def test_a_quota_says_how_many_units_have_met_it(session: AsyncSession, keys: Keys):
    _, campaign = await plant(session, keys)
    found = (await quotas_of(session, Actor.operator(), ids=[campaign.id]))[campaign.id]
    assert [(row.level, row.scope, row.minimum, row.units, row.met) for row in found] == [
        (Level.PROVINCIAL, QuotaScope.OWN, 1, 2, 1),
        (Level.PROVINCIAL, QuotaScope.WITH_BELOW, 2, 2, 1),
        (Level.PREFECTURE, QuotaScope.OWN, 1, 2, 0),
        (Level.PREFECTURE, QuotaScope.WITH_BELOW, 2, 2, 1),
        (Level.COUNTY, QuotaScope.OWN, 1, 3, 2),
        (Level.COUNTY, QuotaScope.WITH_BELOW, 2, 3, 2),
    ]


@pytest.mark.parametrize("size", [1, 3])
async def test_pages_follow_one_another_without_loss(session: AsyncSession, keys: Keys, size: int):
    tree, campaign = await plant(session, keys)
    by_id = {unit.id: unit.path for unit in tree.units.values()}
    given: dict[str, Any] = {"campaign_id": campaign.id, "path": tree["nation"].path}
    whole = await progress(session, Actor.operator(), **given, limit=100)
    pages, after = [], ""
    while page := await progress(session, Actor.operator(), **given, after=after, limit=size):
        assert len({row.unit_id for row in page}) <= size
        pages += page
        after = by_id[page[-1].unit_id]
    assert pages == whole


async def test_nothing_is_asked_of_a_closed_unit(session: AsyncSession, keys: Keys):
    tree, campaign = await plant(session, keys)
    tree["far county"].closed_on = date(2026, 5, 1) + timedelta(days=1)
    session.add(tree["far county"])
    await session.flush()
    assert "far county" not in await counts(session, campaign, tree["nation"].path, QuotaScope.OWN)
