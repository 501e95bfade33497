"""Turns between units: one unit's many posts do not hold up another's few."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.base.keyring import Keyring
from domain.posts import deliveries, tiers
from domain.posts.models import Delivery
from domain.terms import DeliveryState, Level
from tests.factories.deliveries import Scene, add_delivery, add_post, set_scene
from tests.factories.posts import add_accounts, schedule
from tests.factories.statements import plan_of

LEASE = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)


async def claim(session: AsyncSession, limit: int) -> list[deliveries.Claim]:
    claims = await deliveries.claim_due(session, limit=limit, lease=LEASE)
    await session.commit()
    return claims


@pytest.mark.parametrize(
    ("rank", "tier"),
    [(0, 0), (15, 0), (16, 1), (63, 1), (64, 2), (255, 2), (256, 3), (4095, 4), (16383, 5), (16384, 6), (10**6, 6)],
)
def test_each_tier_ends_four_times_as_far_on_as_the_one_before_and_the_last_has_no_end(rank: int, tier: int):
    assert tiers.tier_of(rank) == tier


@given(st.integers(min_value=0, max_value=200_000))
def test_who_comes_later_is_never_in_an_earlier_tier(rank: int):
    assert 0 <= tiers.tier_of(rank) <= tiers.tier_of(rank + 1) < tiers.TIERS


@given(st.integers(min_value=1, max_value=10**9))
def test_every_turn_goes_through_all_tiers(turn: int):
    assert sorted(tiers.order_of(turn)) == list(range(tiers.TIERS))


def test_no_tier_waits_for_ever_and_the_first_is_first_every_second_time():
    firsts = Counter(tiers.order_of(turn)[0] for turn in range(1, 129))
    assert firsts == {0: 64, 1: 32, 2: 16, 3: 8, 4: 4, 5: 2, 6: 2}


async def set_many(session: AsyncSession, keyring: Keyring, count: int) -> Scene:
    """A post of the nation to many accounts, all due long before anything else, each in its tier."""
    scene = await set_scene(session, keyring)
    accounts = await add_accounts(session, scene.tree, "east", scene.host, keyring, count=count)
    due = datetime.now(UTC) - 10 * MINUTE
    for rank, account in enumerate(accounts):
        await add_delivery(session, scene.post, account, due_at=due, try_at=due, tier=tiers.tier_of(rank))
    return scene


async def test_a_units_single_post_does_not_wait_for_another_units_many(session: AsyncSession, keyring: Keyring):
    scene = await set_many(session, keyring, 120)
    own = await add_post(session, scene.tree, scene.lesson, unit="north county")
    single = await add_delivery(session, own, scene.accounts["north county"], due_in=timedelta(seconds=-1))
    before = []
    while single.id not in before:
        before += [held.delivery_id for held in await claim(session, 1)]
    # First comes what the nation has had no more of: sixteen, and some of its others between them.
    assert len(before) <= 2 * (tiers.FIRST + 1)


@pytest.mark.parametrize("looks_before", [0, 1])
async def test_many_go_on_while_others_keep_posting_a_few(session: AsyncSession, keyring: Keyring, looks_before: int):
    scene = await set_many(session, keyring, 70)
    deep = select(func.count()).where(Delivery.tier > 0, Delivery.state == DeliveryState.SCHEDULED)
    others = await add_accounts(session, scene.tree, "west", scene.host, keyring, count=60)
    for account in others:
        await add_delivery(session, scene.post, account, due_in=-20 * MINUTE)
    for _ in range(looks_before):
        await deliveries.claim_looks(session, limit=1, lease=LEASE)
    for _ in range(60):
        await claim(session, 1)
        # As a worker does, which looks between: that takes no turn away from what is to be sent.
        await deliveries.claim_looks(session, limit=1, lease=LEASE)
    # Every fourth claim begins with the second tier.
    assert (await session.execute(deep)).scalar_one() <= 70 - tiers.FIRST - 15


async def test_a_claim_takes_all_that_it_may_from_one_tier_where_nothing_else_is_due(
    session: AsyncSession, keyring: Keyring
):
    scene = await set_scene(session, keyring)
    for account in await add_accounts(session, scene.tree, "east", scene.host, keyring, count=12):
        await add_delivery(session, scene.post, account, tier=tiers.TIERS - 1)
    assert [len(await claim(session, 8)) for _ in range(2)] == [8, 4]


async def test_looks_take_turns_too(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring)
    unclear: dict[str, Any] = {"state": DeliveryState.UNCONFIRMED, "unclear_since": func.now()}
    for account in await add_accounts(session, scene.tree, "east", scene.host, keyring, count=12):
        await add_delivery(session, scene.post, account, tier=1, look_at=func.now() - 5 * MINUTE, **unclear)
    single = await add_delivery(session, scene.post, scene.accounts["north county"], look_at=func.now(), **unclear)
    looked = []
    for _ in range(2):
        looked += await deliveries.claim_looks(session, limit=1, lease=LEASE)
        await session.commit()
    assert single.id in {look.delivery_id for look in looked}


async def test_what_a_unit_schedules_stands_in_tiers_by_how_much_it_has_sent_around_that_time(
    session: AsyncSession, keyring: Keyring
):
    scene = await set_scene(session, keyring)
    await add_accounts(session, scene.tree, "east", scene.host, keyring, count=40)
    at = datetime.now(UTC) + timedelta(days=1)

    async def tiers_of(publish_at: datetime, unit: str = "nation") -> list[int]:
        asked: dict[str, Any] = {"levels": (Level.PROVINCIAL,), "publish_at": publish_at}
        post = (await schedule(session, scene.tree, scene.lesson, unit=unit, **asked)).post
        query = select(Delivery.tier).where(Delivery.post_id == post.id).order_by(Delivery.id)
        return list(await session.scalars(query))

    assert await tiers_of(publish_at=at) == [0] * 16 + [1] * 24
    # Ranks 40 to 79.
    assert await tiers_of(publish_at=at) == [1] * 24 + [2] * 16
    # Its own of another time, and another unit's of the same, begin anew.
    assert await tiers_of(publish_at=at + 2 * tiers.AROUND) == [0] * 16 + [1] * 24
    assert await tiers_of(publish_at=at, unit="east") == [0] * 16 + [1] * 24


@pytest.mark.parametrize(
    ("claiming", "index"), [("claim_due", "ix_deliveries_turn"), ("claim_looks", "ix_deliveries_look_turn")]
)
@pytest.mark.parametrize("maintenance", ["ANALYZE", "VACUUM ANALYZE"])
async def test_a_claim_reads_no_more_than_it_takes_however_much_is_due(
    session: AsyncSession, engine: AsyncEngine, keyring: Keyring, claiming: str, index: str, maintenance: str
):
    scene = await set_scene(session, keyring)
    await add_accounts(session, scene.tree, "east", scene.host, keyring, count=600)
    at = datetime.now(UTC) + timedelta(days=1)
    await schedule(session, scene.tree, scene.lesson, levels=(Level.PROVINCIAL,), publish_at=at)
    due: dict[str, object] = {"due_at": at - timedelta(days=2), "try_at": at - timedelta(days=2)}
    if claiming == "claim_looks":
        due |= {"state": DeliveryState.UNCONFIRMED, "look_at": at - timedelta(days=2)}
    await session.execute(update(Delivery).values(due))
    await session.commit()
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text(maintenance))
    claims = getattr(deliveries, claiming)(session, limit=10, lease=LEASE)
    [[plan]] = await plan_of(session, engine, claims, "ANALYZE, FORMAT JSON")
    (scan,) = [node for node in nodes_of(plan["Plan"]) if node.get("Index Name") == index]
    assert scan["Actual Rows"] * scan["Actual Loops"] <= 10, plan


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """All steps of a plan."""
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes_of(part)
