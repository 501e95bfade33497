"""Readings in the database: begun once published, claimed in batches, kept once per rung."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.accounts.models import Account
from domain.base.keyring import Keyring
from domain.engagement import readings
from domain.engagement.models import Reading, Snapshot
from domain.engagement.readings import Batch
from domain.hosts.port import Counts
from domain.posts.models import Delivery
from domain.terms import AccountState, DeliveryState, Metric
from integrations.database import Sessions
from integrations.settings import Settings
from tests.factories.deliveries import Scene, add_delivery, add_published, change, set_scene
from tests.factories.posts import add_account, add_accounts, add_host
from tests.factories.statements import statements_of
from tests.factories.units import NOW

# The product's own.
LADDER = Settings().ladder

LEASE = timedelta(seconds=30)
MINUTE = timedelta(minutes=1)
LATER = func.now() + timedelta(hours=1)
FIRST = LADDER[0]


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east"))


async def begun(session: AsyncSession, scene: Scene, unit: str = "east", *, ago: timedelta = FIRST) -> Delivery:
    """A delivery published some time ago, whose counts are to be read."""
    published_at = func.now() - ago
    delivery = await add_published(session, scene.post, scene.accounts[unit], published_at=published_at)
    await begin(session, delivery)
    return delivery


async def begin(session: AsyncSession, delivery: Delivery) -> None:
    await readings.begin(session, delivery_id=delivery.id, ladder=LADDER)
    await session.commit()


async def claim(session: AsyncSession, size: int = 99) -> Batch | None:
    batch = await readings.claim(session, batch_size=size, lease=LEASE)
    await session.commit()
    return batch


async def keep(session: AsyncSession, batch: Batch | None, counts: dict[str, Counts]) -> int:
    assert batch is not None
    taken_at = (await session.execute(select(func.now()))).scalar_one()
    kept = await readings.keep(session, batch, counts=counts, taken_at=taken_at, ladder=LADDER)
    await session.commit()
    return kept


async def reading_of(session: AsyncSession, delivery: Delivery) -> Reading:
    return await session.get_one(Reading, delivery.id, populate_existing=True)


async def snapshots_of(session: AsyncSession, delivery: Delivery) -> list[dict[str, Any]]:
    table = Snapshot.__table__.columns
    query = select(table.slot, table.reposts, table.comments, table.likes, table.reads).order_by(table.slot)
    return [dict(row) for row in (await session.execute(query.where(table.delivery_id == delivery.id))).mappings()]


def figures(reposts: int | None = 0, comments: int | None = 0, likes: int | None = 0) -> Counts:
    return {Metric.REPOSTS: reposts, Metric.COMMENTS: comments, Metric.LIKES: likes, Metric.READS: None}


async def test_the_counts_of_a_published_post_are_read_from_the_first_rung_on(session: AsyncSession, scene: Scene):
    delivery = await begun(session, scene)
    reading = await reading_of(session, delivery)
    assert (reading.host_id, reading.host_post_id) == (scene.host.id, delivery.host_post_id)
    assert (reading.slot, reading.published_at) == (0, delivery.published_at)
    assert reading.due_at == reading.published_at + FIRST


@pytest.mark.parametrize("state", [state for state in DeliveryState if state is not DeliveryState.PUBLISHED])
async def test_the_counts_of_a_post_that_is_not_out_are_not_read(
    session: AsyncSession, scene: Scene, state: DeliveryState
):
    delivery = await add_delivery(session, scene.post, scene.accounts["east"], state=state)
    await begin(session, delivery)
    assert await session.scalar(select(func.count()).select_from(Reading)) == 0


async def test_reading_begins_once(session: AsyncSession, scene: Scene):
    delivery = await begun(session, scene)
    batch = await claim(session)
    assert await keep(session, batch, {str(delivery.host_post_id): figures(1)}) == 1
    after = (await reading_of(session, delivery)).slot
    await begin(session, delivery)
    assert (await reading_of(session, delivery)).slot == after == 1


async def test_nothing_is_read_before_it_is_due(session: AsyncSession, scene: Scene):
    await begun(session, scene, ago=FIRST - MINUTE)
    assert await claim(session) is None


async def test_a_batch_names_posts_of_one_platform_and_the_account_that_reads(
    session: AsyncSession, scene: Scene, keyring: Keyring
):
    rows = [await begun(session, scene, ago=FIRST + MINUTE * late) for late in (3, 1, 2)]
    batch = await claim(session, size=2)
    assert batch is not None
    assert (batch.host_id, batch.host_kind, batch.api_url) == (scene.host.id, scene.host.kind, scene.host.api_url)
    # The nation's token reads for all.
    assert (batch.account_id, batch.uid) == (scene.accounts["nation"].id, scene.accounts["nation"].uid)
    assert keyring.open(batch.token, row=f"accounts:token:{batch.account_id}") == "token"
    assert batch.token not in repr(batch)
    assert {due.delivery_id for due in batch.due} == {rows[0].id, rows[2].id}
    assert {(due.slot, due.host_post_id) for due in batch.due} == {(0, rows[0].host_post_id), (0, rows[2].host_post_id)}
    rest = await claim(session, size=2)
    assert rest is not None
    assert [due.delivery_id for due in rest.due] == [rows[1].id]
    assert await claim(session) is None


async def test_a_reading_that_is_never_finished_comes_up_again_after_its_lease(session: AsyncSession, scene: Scene):
    delivery = await begun(session, scene)
    assert await claim(session) is not None
    reading = await reading_of(session, delivery)
    assert reading.due_at is not None
    left = reading.due_at - (await session.execute(select(func.now()))).scalar_one()
    assert LEASE - timedelta(seconds=2) <= left <= LEASE
    assert await claim(session) is None
    await session.execute(update(Reading).values(due_at=func.now()))
    await session.commit()
    again = await claim(session)
    assert again is not None
    assert [(due.delivery_id, due.slot) for due in again.due] == [(delivery.id, 0)]


async def test_two_platforms_are_read_one_after_the_other(session: AsyncSession, scene: Scene, keyring: Keyring):
    other = await add_host(session, keyring, name="other")
    elsewhere = await add_account(session, scene.tree, "west", other, keyring)
    here = await begun(session, scene, ago=FIRST + MINUTE)
    there = await add_published(session, scene.post, elsewhere, published_at=func.now() - FIRST)
    await begin(session, there)
    batches = [await claim(session), await claim(session)]
    assert [(batch.host_id, batch.due[0].delivery_id) for batch in batches if batch] == [
        (scene.host.id, here.id),
        (other.id, there.id),
    ]


@pytest.mark.parametrize(
    "trouble",
    [{"paused_until": LATER}, {"state": AccountState.UNAUTHORIZED}, {"state": AccountState.SUSPENDED}],
)
async def test_the_next_account_reads_where_the_highest_may_not(
    session: AsyncSession, scene: Scene, trouble: dict[str, Any]
):
    await begun(session, scene)
    await change(session, scene.accounts["nation"], **trouble)
    batch = await claim(session)
    assert batch is not None
    assert batch.account_id == scene.accounts["east"].id


async def test_a_platform_that_nobody_can_read_does_not_keep_others_from_being_read(
    session: AsyncSession, scene: Scene, keyring: Keyring
):
    other = await add_host(session, keyring, name="other")
    elsewhere = await add_account(session, scene.tree, "west", other, keyring)
    await begun(session, scene, ago=FIRST + MINUTE)
    there = await add_published(session, scene.post, elsewhere, published_at=func.now() - FIRST)
    await begin(session, there)
    nobody = update(Account).where(Account.host_id == scene.host.id).values(state=AccountState.UNAUTHORIZED)
    await session.execute(nobody)
    await session.commit()
    batch = await claim(session)
    assert batch is not None
    assert [due.delivery_id for due in batch.due] == [there.id]
    assert await claim(session) is None


async def test_a_paused_platform_is_not_read(session: AsyncSession, scene: Scene):
    await begun(session, scene)
    await change(session, scene.host, paused_until=LATER)
    assert await claim(session) is None
    await change(session, scene.host, paused_until=func.now())
    assert await claim(session) is not None


async def test_many_workers_read_each_post_once(sessions: Sessions, keyring: Keyring):
    async with sessions() as session:
        scene = await set_scene(session, keyring)
        accounts = await add_accounts(session, scene.tree, "east", scene.host, keyring, count=40)
        for account in accounts:
            await begin(session, await add_published(session, scene.post, account, published_at=func.now() - FIRST))

    async def worker() -> list[Any]:
        async with sessions() as own:
            batches = [await claim(own, size=5) for _ in range(4)]
            return [due.delivery_id for batch in batches if batch for due in batch.due]

    read = [row_id for rows in await asyncio.gather(*(worker() for _ in range(5))) for row_id in rows]
    async with sessions() as session:
        while batch := await claim(session, size=5):
            read += [due.delivery_id for due in batch.due]
    assert len(read) == len(set(read)) == 40


async def test_what_was_read_is_kept_and_the_next_reading_planned(session: AsyncSession, scene: Scene):
    delivery = await begun(session, scene)
    counts = {str(delivery.host_post_id): figures(reposts=3, comments=0, likes=7)}
    assert await keep(session, await claim(session), counts) == 1
    assert await snapshots_of(session, delivery) == [
        {"slot": 0, "reposts": 3, "comments": 0, "likes": 7, "reads": None}
    ]
    reading = await reading_of(session, delivery)
    assert (reading.slot, reading.due_at) == (1, reading.published_at + LADDER[1])


async def test_a_metric_that_is_not_reported_is_unknown_not_zero(session: AsyncSession, scene: Scene):
    delivery = await begun(session, scene)
    read: Counts = {Metric.REPOSTS: None, Metric.LIKES: 0}
    await keep(session, await claim(session), {str(delivery.host_post_id): read})
    assert await snapshots_of(session, delivery) == [
        {"slot": 0, "reposts": None, "comments": None, "likes": 0, "reads": None}
    ]


@pytest.mark.parametrize("count", [2**31, 15_460_810_000, 2**62])
async def test_a_count_beyond_32_bits_survives(session: AsyncSession, scene: Scene, count: int):
    delivery = await begun(session, scene)
    await keep(session, await claim(session), {str(delivery.host_post_id): figures(reposts=count, likes=count)})
    (kept,) = await snapshots_of(session, delivery)
    assert (kept["reposts"], kept["likes"]) == (count, count)


async def test_a_fall_in_counts_is_kept(session: AsyncSession, scene: Scene):
    delivery = await begun(session, scene)
    for reposts in (100, 40):
        await keep(session, await claim(session), {str(delivery.host_post_id): figures(reposts=reposts)})
        await session.execute(update(Reading).values(due_at=func.now()))
        await session.commit()
    assert [(row["slot"], row["reposts"]) for row in await snapshots_of(session, delivery)] == [(0, 100), (1, 40)]


async def test_reading_the_same_rung_twice_keeps_the_first(session: AsyncSession, scene: Scene):
    delivery = await begun(session, scene)
    batch = await claim(session)
    for reposts in (1, 2):
        await keep(session, batch, {str(delivery.host_post_id): figures(reposts=reposts)})
    assert [(row["slot"], row["reposts"]) for row in await snapshots_of(session, delivery)] == [(0, 1)]
    assert (await reading_of(session, delivery)).slot == 1


async def test_a_post_the_platform_does_not_name_has_no_counts_and_is_read_again_later(
    session: AsyncSession, scene: Scene
):
    named, unnamed = [await begun(session, scene) for _ in range(2)]
    assert await keep(session, await claim(session), {str(named.host_post_id): figures(5)}) == 1
    assert await snapshots_of(session, unnamed) == []
    assert (await reading_of(session, unnamed)).slot == 0
    assert await keep(session, await reclaimed(session), {}) == 0


async def reclaimed(session: AsyncSession) -> Batch | None:
    await session.execute(update(Reading).values(due_at=func.now()))
    await session.commit()
    return await claim(session)


async def test_after_the_last_rung_nothing_is_read_any_more(session: AsyncSession, scene: Scene):
    delivery = await begun(session, scene, ago=timedelta(days=31))
    await keep(session, await claim(session), {str(delivery.host_post_id): figures(1)})
    reading = await reading_of(session, delivery)
    assert (reading.slot, reading.due_at) == (len(LADDER), None)
    assert await claim(session) is None


async def test_a_full_batch_costs_a_constant_number_of_statements(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keyring: Keyring
):
    rows = [await begun(session, scene) for _ in range(30)]
    with statements_of(engine) as claiming:
        batch = await claim(session)
    counts = {str(row.host_post_id): figures(1) for row in rows}
    assert batch is not None
    with statements_of(engine) as keeping:
        kept = await readings.keep(session, batch, counts=counts, taken_at=NOW, ladder=LADDER)
    assert kept == 30
    # The third asks for comments.
    assert (len(claiming), len(keeping)) == (3, 3)
