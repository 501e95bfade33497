"""What a campaign lacks before its window."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts.models import Account
from domain.base.dates import today
from domain.campaigns.commands import create_campaign
from domain.campaigns.models import Campaign
from domain.lessons.models import Lesson
from domain.posts.models import Delivery, Post
from domain.posts.readiness import Readiness, readiness_of
from domain.terms import AccountState, DeliveryState, LessonState, Level, QuotaScope
from integrations.keys import Keys
from tests.factories.posts import add_account, add_host, add_lesson, schedule
from tests.factories.units import NOW, Tree, actor_at, plant_tree

READY = Readiness(1, 0, 0, 0, 0, 0, 0, 0)


async def plant(session: AsyncSession, keys: Keys, **given: Any) -> tuple[Tree, Campaign, Post]:
    """A campaign that asks something of every province, with one post that is all right, due tomorrow."""
    tree = await plant_tree(session)
    host = await add_host(session, keys.keyring)
    for name in ("east", "west"):
        await add_account(session, tree, name, host, keys.keyring)
    quota = {"level": Level.PROVINCIAL, "scope": QuotaScope.OWN, "minimum": 30}
    wanted: dict[str, Any] = {"unit_id": tree["nation"].id, "title": "六一", "quotas": [quota]} | given
    campaign = await create_campaign(session, Actor.operator(), now=NOW, **wanted)
    lesson = await add_lesson(session, tree)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    post = (await schedule(session, tree, lesson, campaign=campaign, publish_at=tomorrow)).post
    return tree, campaign, post


async def ask(session: AsyncSession, campaign: Campaign, actor: Actor | None = None) -> Readiness:
    return (await readiness_of(session, actor or Actor.operator(), ids=[campaign.id]))[campaign.id]


async def test_a_campaign_with_all_it_needs_is_ready(session: AsyncSession, keys: Keys):
    _, campaign, _ = await plant(session, keys)
    assert await ask(session, campaign) == READY
    assert READY.is_ready


async def test_each_thing_that_is_missing_is_told(session: AsyncSession, keys: Keys):
    tree, campaign, post = await plant(session, keys)
    await schedule(session, tree, await session.get_one(Lesson, post.lesson_id), campaign=campaign, is_approved=False)
    found = await ask(session, campaign)
    assert found == replace(READY, posts=2, not_approved=1)
    await session.execute(update(Delivery).where(Delivery.post_id == post.id).values(state=DeliveryState.HELD))
    await session.execute(update(Post).where(Post.id == post.id).values(held_at=NOW))
    await session.execute(update(Lesson).values(state=LessonState.DRAFT))
    found = await ask(session, campaign)
    assert found == Readiness(2, 1, 1, 2, 1, 0, 0, 0)
    assert not found.is_ready


async def test_a_province_without_an_account_is_told(session: AsyncSession, keys: Keys):
    tree, campaign, _ = await plant(session, keys)
    of_west = update(Account).where(Account.unit_id == tree["west"].id)
    await session.execute(of_west.values(state=AccountState.SUSPENDED))
    assert (await ask(session, campaign)).units_without_account == 1
    assert (await ask(session, campaign, actor_at(tree["east"]))).units_without_account == 0


async def test_what_is_due_outside_the_window_is_told(session: AsyncSession, keys: Keys):
    day = today(datetime.now(UTC)) + timedelta(days=30)
    _, campaign, _ = await plant(session, keys, window_from=day, window_to=day)
    assert (await ask(session, campaign)).outside_window == 2


async def test_a_campaign_without_posts_is_not_ready_and_a_cancelled_post_is_none(session: AsyncSession, keys: Keys):
    _, campaign, _ = await plant(session, keys)
    await session.execute(update(Post).values(cancelled_at=NOW))
    found = await ask(session, campaign)
    assert (found.posts, found.is_ready) == (0, False)
