"""Followers in the database: claimed once a day in China, kept once a day, whatever becomes of a worker."""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.accounts.models import Account
from domain.base.keyring import Keyring
from domain.engagement import followers
from domain.engagement.followers import FollowerBatch
from domain.engagement.models import FollowerCount
from domain.terms import AccountState
from integrations.database import Sessions
from tests.factories.deliveries import Scene, change, set_scene
from tests.factories.posts import add_account, add_accounts, add_host
from tests.factories.statements import statements_of

LEASE = timedelta(seconds=30)
LATER = func.now() + timedelta(hours=1)
EARLIER = func.now() - timedelta(seconds=1)


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east"))


async def claim(session: AsyncSession, size: int = 100) -> FollowerBatch | None:
    batch = await followers.claim(session, batch_size=size, lease=LEASE)
    await session.commit()
    return batch


async def keep(session: AsyncSession, batch: FollowerBatch | None, counts: Mapping[str, int | None]) -> int:
    assert batch is not None
    kept = await followers.keep(session, batch, counts=counts)
    await session.commit()
    return kept


async def come_up(session: AsyncSession) -> None:
    """As if another day had begun, or a lease had ended."""
    await session.execute(update(Account).values(followers_due_at=EARLIER))
    await session.commit()


async def a_day_passes(session: AsyncSession) -> None:
    """As if what was counted had been counted a day earlier."""
    await session.execute(update(FollowerCount).values(day=FollowerCount.day - 1))
    await come_up(session)


async def counted(session: AsyncSession, account: Account) -> list[tuple[date, int | None]]:
    query = select(FollowerCount.day, FollowerCount.count).where(FollowerCount.account_id == account.id)
    return [(day, count) for day, count in await session.execute(query.order_by(FollowerCount.day))]


async def test_a_new_account_is_counted_at_once_and_once_a_day(session: AsyncSession, scene: Scene):
    batch = await claim(session)
    assert batch is not None
    assert batch.accounts == {account.uid: account.id for account in scene.accounts.values()}
    # The nation's token reads for all.
    assert (batch.account_id, batch.host_id) == (scene.accounts["nation"].id, scene.host.id)
    assert batch.token not in repr(batch)
    counts = {account.uid: 100 + number for number, account in enumerate(scene.accounts.values())}
    assert await keep(session, batch, counts) == 2
    day = await session.scalar(select(func.date(func.timezone("Asia/Shanghai", func.now()))))
    assert isinstance(day, date)
    assert await counted(session, scene.accounts["east"]) == [(day, 101)]
    assert await claim(session) is None
    zone = func.timezone("Asia/Shanghai", Account.followers_due_at)
    dues = (await session.execute(select(func.date(zone), func.date_trunc("day", zone) == zone).distinct())).all()
    assert dues == [(day + timedelta(days=1), True)]


async def test_a_count_costs_one_call_of_the_reader_though_it_is_counted_itself(session: AsyncSession, scene: Scene):
    await claim(session)
    used = {name: (await refreshed(session, account)).calls_used for name, account in scene.accounts.items()}
    assert used == {"nation": 1, "east": 0}
    # Where nothing is due, nothing is spent.
    assert await claim(session) is None
    assert (await refreshed(session, scene.accounts["nation"])).calls_used == 1


async def refreshed(session: AsyncSession, account: Account) -> Account:
    await session.refresh(account)
    return account


async def test_a_spent_budget_leaves_it_to_another_account_and_then_to_tomorrow(session: AsyncSession, scene: Scene):
    share = (scene.host.calls_per_day - scene.host.calls_kept_back) // 2
    day = func.date(func.timezone("Asia/Shanghai", func.now()))
    await change(session, scene.accounts["nation"], calls_day=day, calls_used=share)
    batch = await claim(session, size=1)
    assert batch is not None
    assert batch.account_id == scene.accounts["east"].id
    await change(session, scene.accounts["east"], calls_day=day, calls_used=share)
    await come_up(session)
    assert await claim(session) is None
    await change(session, scene.accounts["nation"], calls_day=day - 1)
    assert await claim(session) is not None


async def test_a_fall_is_kept(session: AsyncSession, scene: Scene):
    east = scene.accounts["east"]
    for count in (1_000, 400):
        await keep(session, await claim(session), {east.uid: count})
        await a_day_passes(session)
    assert [count for _, count in await counted(session, east)] == [1_000, 400]


async def test_what_the_platform_does_not_say_is_unknown_and_never_zero(session: AsyncSession, scene: Scene):
    nation, east = scene.accounts["nation"], scene.accounts["east"]
    assert await keep(session, await claim(session), {nation.uid: 0}) == 2
    assert [count for _, count in await counted(session, nation)] == [0]
    assert [count for _, count in await counted(session, east)] == [None]


async def test_a_day_on_which_nothing_was_counted_stays_missing(session: AsyncSession, scene: Scene):
    east = scene.accounts["east"]
    await keep(session, await claim(session), {east.uid: 5})
    for _ in range(3):
        await a_day_passes(session)
    await keep(session, await claim(session), {east.uid: 7})
    (first, _), (last, _) = await counted(session, east)
    assert last - first == timedelta(days=3)


async def test_a_second_count_of_a_day_changes_nothing(session: AsyncSession, scene: Scene):
    east = scene.accounts["east"]
    batch = await claim(session)
    assert await keep(session, batch, {east.uid: 5}) == 2
    assert await keep(session, batch, {east.uid: 9}) == 0
    assert [count for _, count in await counted(session, east)] == [5]


async def test_what_a_worker_never_finished_comes_up_again_after_its_lease(session: AsyncSession, scene: Scene):
    first = await claim(session)
    assert first is not None
    assert await claim(session) is None
    due_at = (await refreshed(session, scene.accounts["east"])).followers_due_at
    left = due_at - (await session.execute(select(func.now()))).scalar_one()
    assert LEASE - timedelta(seconds=5) <= left <= LEASE
    await session.rollback()
    await come_up(session)
    again = await claim(session)
    assert again is not None
    assert again.accounts == first.accounts


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.ACTIVE])
async def test_only_active_accounts_are_counted(session: AsyncSession, scene: Scene, state: AccountState):
    await change(session, scene.accounts["east"], state=state)
    batch = await claim(session)
    assert batch is not None
    assert list(batch.accounts) == [scene.accounts["nation"].uid]


async def test_a_platform_that_nobody_may_read_does_not_keep_others_from_being_counted(
    session: AsyncSession, scene: Scene, keyring: Keyring
):
    other = await add_host(session, keyring, name="other")
    elsewhere = await add_account(session, scene.tree, "west", other, keyring)
    await change(session, scene.host, paused_until=LATER)
    batch = await claim(session)
    assert batch is not None
    assert list(batch.accounts) == [elsewhere.uid]
    assert await claim(session) is None


async def test_an_account_that_somebody_holds_is_passed_over_not_waited_for(sessions: Sessions, keyring: Keyring):
    async with sessions() as session:
        scene = await set_scene(session, keyring, units=("nation", "east"))
    east = scene.accounts["east"]
    async with sessions() as holder, sessions() as worker:
        await holder.execute(select(Account.id).where(Account.id == east.id).with_for_update(key_share=True))
        batch = await asyncio.wait_for(claim(worker), 5)
        assert batch is not None
        assert list(batch.accounts) == [scene.accounts["nation"].uid]


async def test_keeping_waits_for_nobody_who_holds_an_account(sessions: Sessions, keyring: Keyring):
    async with sessions() as session:
        scene = await set_scene(session, keyring, units=("nation", "east"))
        batch = await claim(session)
    east = scene.accounts["east"]
    async with sessions() as holder, sessions() as worker:
        await holder.execute(select(Account.id).where(Account.id == east.id).with_for_update(key_share=True))
        assert await asyncio.wait_for(keep(worker, batch, {east.uid: 3}), 5) == 2
    async with sessions() as session:
        assert [count for _, count in await counted(session, east)] == [3]


async def test_many_workers_count_each_account_once(sessions: Sessions, keyring: Keyring):
    async with sessions() as session:
        scene = await set_scene(session, keyring)
        await add_accounts(session, scene.tree, "east", scene.host, keyring, count=39)

    async def worker() -> list[str]:
        async with sessions() as own:
            batches = [await claim(own, size=5) for _ in range(4)]
            return [uid for batch in batches if batch for uid in batch.accounts]

    read = [uid for uids in await asyncio.gather(*(worker() for _ in range(5))) for uid in uids]
    async with sessions() as session:
        while batch := await claim(session, size=5):
            read += list(batch.accounts)
        spent = await session.scalar(select(func.sum(Account.calls_used)))
    assert len(read) == len(set(read)) == 40
    assert 8 <= (spent or 0) <= 40


async def test_a_batch_that_was_put_off_is_tried_again_later(session: AsyncSession, scene: Scene):
    batch = await claim(session)
    assert batch is not None
    await followers.put_off(session, batch, wait=timedelta(hours=1))
    await session.commit()
    due_at = (await refreshed(session, scene.accounts["east"])).followers_due_at
    left = due_at - (await session.execute(select(func.now()))).scalar_one()
    assert timedelta(minutes=59) <= left <= timedelta(hours=1)
    assert await claim(session) is None


async def test_a_full_batch_costs_a_constant_number_of_statements(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keyring: Keyring
):
    accounts = await add_accounts(session, scene.tree, "east", scene.host, keyring, count=30)
    with statements_of(engine) as claiming:
        batch = await claim(session)
    counts: dict[str, Any] = {account.uid: 1 for account in accounts}
    assert batch is not None
    with statements_of(engine) as keeping:
        assert await followers.keep(session, batch, counts=counts) == 32
    assert (len(claiming), len(keeping)) == (4, 2)
