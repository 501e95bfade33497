"""Counts over deliveries: what an actor sees, and what operators watch."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.posts.deliveries import longest_unclaimed
from domain.posts.models import Hold
from domain.posts.queries import (
    StateCount,
    backlog,
    held_by_reason,
    states_of_campaigns,
    states_of_posts,
)
from domain.terms import DeliveryState, HoldReason
from tests.factories.deliveries import Scene, add_delivery, add_post, change, set_scene
from tests.factories.posts import add_accounts, add_campaign
from tests.factories.statements import statements_of
from tests.factories.units import actor_at

SCHEDULED, PUBLISHED, FAILED = DeliveryState.SCHEDULED, DeliveryState.PUBLISHED, DeliveryState.FAILED


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east", "west", "north county"))


async def test_a_posts_deliveries_are_counted_by_state_in_the_order_of_life(session: AsyncSession, scene: Scene):
    other = await add_post(session, scene.tree, scene.lesson)
    for unit, state in [("nation", FAILED), ("east", PUBLISHED), ("west", PUBLISHED), ("north county", SCHEDULED)]:
        await add_delivery(session, scene.post, scene.accounts[unit], state=state)
    found = await states_of_posts(session, actor_at(scene.tree["nation"]), ids=[scene.post.id, other.id])
    assert found == {
        scene.post.id: [StateCount(SCHEDULED, 1), StateCount(PUBLISHED, 2), StateCount(FAILED, 1)],
        other.id: [],
    }


async def test_only_deliveries_within_reach_are_counted(session: AsyncSession, scene: Scene):
    for account in scene.accounts.values():
        await add_delivery(session, scene.post, account)
    counts = {}
    for unit in ("nation", "east", "north county", "north town"):
        found = await states_of_posts(session, actor_at(scene.tree[unit]), ids=[scene.post.id])
        counts[unit] = sum(row.count for row in found[scene.post.id])
    assert counts == {"nation": 4, "east": 2, "north county": 1, "north town": 0}
    nobody = await states_of_posts(session, Actor(new_id(), "nobody", ()), ids=[scene.post.id])
    assert nobody == {scene.post.id: []}


async def test_a_campaign_counts_the_deliveries_of_all_its_posts(session: AsyncSession, scene: Scene):
    campaign, empty = await add_campaign(session, scene.tree), await add_campaign(session, scene.tree)
    for state in (PUBLISHED, SCHEDULED):
        post = await add_post(session, scene.tree, scene.lesson, campaign=campaign)
        for unit in ("east", "west"):
            await add_delivery(session, post, scene.accounts[unit], state=state)
    await add_delivery(session, scene.post, scene.accounts["nation"], state=FAILED)
    found = await states_of_campaigns(session, actor_at(scene.tree["nation"]), ids=[campaign.id, empty.id])
    assert found == {campaign.id: [StateCount(SCHEDULED, 2), StateCount(PUBLISHED, 2)], empty.id: []}
    eastern = await states_of_campaigns(session, actor_at(scene.tree["east"]), ids=[campaign.id])
    assert eastern == {campaign.id: [StateCount(SCHEDULED, 1), StateCount(PUBLISHED, 1)]}


async def test_many_posts_are_counted_in_one_statement(session: AsyncSession, engine: AsyncEngine, scene: Scene):
    posts = [await add_post(session, scene.tree, scene.lesson) for _ in range(5)]
    for post in posts:
        await add_delivery(session, post, scene.accounts["east"])
    with statements_of(engine) as sent:
        found = await states_of_posts(session, actor_at(scene.tree["nation"]), ids=[post.id for post in posts])
    assert [len(rows) for rows in found.values()] == [1] * 5
    assert len(sent) == 1


async def test_the_backlog_counts_what_is_not_finished(session: AsyncSession, scene: Scene, keyring: Keyring):
    accounts = await add_accounts(session, scene.tree, "far county", scene.host, keyring, count=12)
    minute = timedelta(minutes=1)
    rows = [
        {"due_in": -2 * minute},
        {"due_in": -2 * minute},
        {"due_in": -minute / 2},
        {"due_in": -2 * minute, "try_at": func.now() + minute},
        {"due_in": minute},
        {"state": DeliveryState.SENDING},
        {"state": DeliveryState.ACCEPTED},
        {"state": DeliveryState.UNCONFIRMED},
        {"state": DeliveryState.NEEDS_PERSON},
        {"state": PUBLISHED, "due_in": -2 * minute},
        {"state": FAILED, "due_in": -2 * minute},
        {"state": DeliveryState.CANCELLED, "due_in": -2 * minute},
    ]
    for account, row in zip(accounts, rows, strict=True):
        await add_delivery(session, scene.post, account, **row)  # type: ignore[arg-type]
    assert await backlog(session) == {"overdue": 2, "sending": 1, "unclear": 2, "held": 0, "needs_person": 1}


async def test_nothing_to_do_is_no_backlog(session: AsyncSession, scene: Scene):
    assert await backlog(session) == {"overdue": 0, "sending": 0, "unclear": 0, "held": 0, "needs_person": 0}
    assert await longest_unclaimed(session) == 0
    assert set((await held_by_reason(session)).values()) == {0}


async def test_the_longest_wait_is_of_what_a_worker_might_have_sent(session: AsyncSession, scene: Scene):
    minute = timedelta(minutes=1)
    for unit, due_in in [("east", -3 * minute), ("west", -2 * minute), ("nation", minute)]:
        await add_delivery(session, scene.post, scene.accounts[unit], due_in=due_in)
    await add_delivery(session, scene.post, scene.accounts["nation"], due_in=-9 * minute, state=PUBLISHED)
    assert 180 <= await longest_unclaimed(session) < 240
    # What its platform keeps waiting is no delay of ours.
    await change(session, scene.accounts["east"], paused_until=func.now() + minute)
    assert 120 <= await longest_unclaimed(session) < 180
    await add_delivery(session, scene.post, scene.accounts["west"], state=DeliveryState.UNCONFIRMED)
    assert await longest_unclaimed(session) == 0


async def test_what_is_held_is_counted_by_reason(session: AsyncSession, scene: Scene):
    row = await add_delivery(session, scene.post, scene.accounts["east"], state=DeliveryState.HELD)
    now = datetime.now(UTC)
    reasons = {HoldReason.SILENCED: None, HoldReason.NOT_APPROVED: None, HoldReason.TOO_LATE: now}
    for reason, lifted_at in reasons.items():
        session.add(Hold(id=new_id(), delivery_id=row.id, reason=reason, since=now, lifted_at=lifted_at))
    await session.commit()
    found = {reason.value: count for reason, count in (await held_by_reason(session)).items() if count}
    assert found == {"SILENCED": 1, "NOT_APPROVED": 1}
