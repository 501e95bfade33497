"""Budgets of an account: spent by what claims, by the database's days and hours, and never twice."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.accounts import budgets
from domain.accounts.models import Account
from domain.base.keyring import Keyring
from domain.engagement import readings
from domain.posts import deliveries
from domain.posts.deliveries import Claim
from domain.terms import DeliveryState
from integrations.database import Sessions
from tests.factories.deliveries import Scene, add_delivery, add_published, change, database_now, set_scene
from tests.factories.posts import add_accounts
from tests.factories.statements import plan_of, statements_of

LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    """Two accounts at a platform that allows as much as Weibo."""
    scene = await set_scene(session, keyring, units=("nation", "east"))
    await change(session, scene.host, calls_per_day=100, calls_kept_back=10, posts_per_hour=30)
    return scene


async def send(session: AsyncSession, limit: int = 100) -> list[Claim]:
    claims = await deliveries.claim_due(session, limit=limit, lease=LEASE)
    await session.commit()
    return claims


async def look(session: AsyncSession) -> list[Claim]:
    claims = await deliveries.claim_looks(session, limit=100, lease=LEASE)
    await session.commit()
    return claims


async def today(session: AsyncSession) -> date:
    return (await database_now(session)).astimezone(CHINA).date()


async def this_hour(session: AsyncSession) -> datetime:
    return (await database_now(session)).astimezone(UTC).replace(minute=0, second=0, microsecond=0)


async def spent(session: AsyncSession, account: Account) -> tuple[Any, ...]:
    columns = (Account.calls_day, Account.calls_used, Account.posts_hour, Account.posts_used)
    return tuple((await session.execute(select(*columns).where(Account.id == account.id))).one())


async def unclear(session: AsyncSession, scene: Scene, account: Account) -> None:
    """A delivery whose outcome is to be looked up."""
    await add_delivery(
        session, scene.post, account, state=DeliveryState.UNCONFIRMED, look_at=func.now(), claimed_at=func.now()
    )


async def read(session: AsyncSession) -> Any:
    batch = await readings.claim(session, batch_size=99, lease=LEASE)
    await session.commit()
    return batch.account_id if batch else None


async def to_be_read(session: AsyncSession, scene: Scene) -> None:
    delivery = await add_published(session, scene.post, scene.accounts["east"], published_at=func.now() - HOUR)
    await readings.begin(session, delivery_id=delivery.id, ladder=[timedelta(minutes=1)])
    await session.commit()


async def test_a_claim_to_send_spends_a_call_and_a_post_of_its_account_only(session: AsyncSession, scene: Scene):
    await add_delivery(session, scene.post, scene.accounts["east"])
    assert len(await send(session)) == 1
    assert await spent(session, scene.accounts["east"]) == (await today(session), 1, await this_hour(session), 1)
    assert await spent(session, scene.accounts["nation"]) == (None, 0, None, 0)


async def test_a_look_spends_a_call_and_no_post(session: AsyncSession, scene: Scene):
    await unclear(session, scene, scene.accounts["east"])
    assert len(await look(session)) == 1
    assert await spent(session, scene.accounts["east"]) == (await today(session), 1, None, 0)


async def test_what_cannot_be_claimed_spends_nothing(session: AsyncSession, scene: Scene):
    await add_delivery(session, scene.post, scene.accounts["east"], due_in=HOUR)
    assert await send(session) == []
    assert await look(session) == []
    assert await spent(session, scene.accounts["east"]) == (None, 0, None, 0)


async def test_the_last_calls_of_a_day_are_kept_back_for_looks(session: AsyncSession, scene: Scene):
    nation, east = scene.accounts["nation"], scene.accounts["east"]
    for account, used in ((nation, 90), (east, 89)):
        await change(session, account, calls_day=await today(session), calls_used=used)
        await add_delivery(session, scene.post, account)
    assert [held.account_id for held in await send(session)] == [east.id]
    await unclear(session, scene, nation)
    assert [held.account_id for held in await look(session)] == [nation.id]


async def test_a_look_waits_too_when_the_day_is_used_up(session: AsyncSession, scene: Scene):
    east = scene.accounts["east"]
    await unclear(session, scene, east)
    await change(session, east, calls_day=await today(session), calls_used=100)
    assert await look(session) == []
    await change(session, east, calls_used=99)
    assert len(await look(session)) == 1
    assert (await spent(session, east))[1] == 100


async def test_a_new_day_in_china_begins_with_a_full_budget(session: AsyncSession, scene: Scene):
    east = scene.accounts["east"]
    await add_delivery(session, scene.post, east)
    await change(session, east, calls_day=await today(session), calls_used=100)
    assert await send(session) == []
    await change(session, east, calls_day=await today(session) - timedelta(days=1))
    assert len(await send(session)) == 1
    assert (await spent(session, east))[:2] == (await today(session), 1)


async def test_a_new_hour_takes_posts_again(session: AsyncSession, scene: Scene):
    east = scene.accounts["east"]
    await add_delivery(session, scene.post, east)
    await change(session, east, posts_hour=await this_hour(session), posts_used=30)
    assert await send(session) == []
    await change(session, east, posts_hour=await this_hour(session) - HOUR)
    assert len(await send(session)) == 1
    assert (await spent(session, east))[2:] == (await this_hour(session), 1)


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati"])
async def test_days_and_hours_are_those_of_china_whatever_the_session_thinks(
    session: AsyncSession, scene: Scene, zone: str
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    await session.execute(text(f"SET LOCAL timezone = '{zone}'"))
    await send(session)
    found = await spent(session, scene.accounts["east"])
    assert (found[0], found[2]) == (await today(session), await this_hour(session))


async def test_an_account_without_budget_holds_up_nobody_else(session: AsyncSession, scene: Scene):
    await change(session, scene.accounts["nation"], calls_day=await today(session), calls_used=100)
    for account in scene.accounts.values():
        await add_delivery(session, scene.post, account)
    assert [held.account_id for held in await send(session)] == [scene.accounts["east"].id]


async def test_workers_at_once_spend_no_more_than_there_is(sessions: Sessions, session: AsyncSession, scene: Scene):
    await change(session, scene.host, posts_per_hour=5)
    rows = [await add_delivery(session, scene.post, scene.accounts["east"]) for _ in range(12)]

    async def worker() -> int:
        count = 0
        async with sessions() as own:
            for _ in range(12):
                claims = await send(own)
                count += len(claims)
                for held in claims:
                    await own.execute(
                        text("UPDATE deliveries SET state = 'PUBLISHED', published_at = now() WHERE id = :id"),
                        {"id": held.delivery_id},
                    )
                await own.commit()
        return count

    assert sum(await asyncio.gather(*(worker() for _ in range(4)))) == 5 < len(rows)
    assert (await spent(session, scene.accounts["east"]))[1:4:2] == (5, 5)


async def test_two_transactions_cannot_spend_the_same_last_call(
    sessions: Sessions, session: AsyncSession, scene: Scene
):
    nation = scene.accounts["nation"]
    await change(session, scene.accounts["east"], calls_day=await today(session), calls_used=100)
    await to_be_read(session, scene)
    await add_delivery(session, scene.post, nation)
    await change(session, nation, calls_day=await today(session), calls_used=44)
    await change(session, scene.host, calls_per_day=55)
    async with sessions() as first:
        # Held, and not committed: whoever comes meanwhile passes the account over instead of waiting or overspending.
        assert len(await deliveries.claim_due(first, limit=9, lease=LEASE)) == 1
        assert await asyncio.wait_for(read(session), 5) is None
        await first.commit()
    assert (await spent(session, nation))[1] == 45
    assert await read(session) is None


async def test_a_claim_does_not_wait_for_whoever_holds_the_account(
    sessions: Sessions, session: AsyncSession, scene: Scene
):
    for account in scene.accounts.values():
        await add_delivery(session, scene.post, account)
    async with sessions() as other:
        held = select(Account.id).where(Account.id == scene.accounts["nation"].id).with_for_update(key_share=True)
        await other.execute(held)
        claims = await asyncio.wait_for(send(session), 5)
        assert [claim.account_id for claim in claims] == [scene.accounts["east"].id]
        await other.rollback()
    assert [claim.account_id for claim in await send(session)] == [scene.accounts["nation"].id]


async def test_a_reading_spends_a_call_and_goes_on_with_another_account(session: AsyncSession, scene: Scene):
    nation, east = scene.accounts["nation"], scene.accounts["east"]
    await change(session, scene.host, calls_per_day=14, calls_kept_back=10)
    readers = []
    for _ in range(5):
        await to_be_read(session, scene)
        readers.append(await read(session))
    # Half of what is not kept back is for counts, the other half is left for posts.
    assert readers == [nation.id, nation.id, east.id, east.id, None]
    assert [(await spent(session, account))[1] for account in (nation, east)] == [2, 2]


async def test_nothing_to_read_spends_nothing(session: AsyncSession, scene: Scene):
    assert await read(session) is None
    assert (await spent(session, scene.accounts["nation"]))[1] == 0


async def test_what_is_left_is_told_without_what_is_kept_back(session: AsyncSession, scene: Scene):
    nation, east = scene.accounts["nation"], scene.accounts["east"]
    day, hour = await today(session), await this_hour(session)
    await change(session, nation, calls_day=day, calls_used=95, posts_hour=hour, posts_used=12)
    await change(session, east, calls_day=day - timedelta(days=1), calls_used=95, posts_hour=hour - HOUR, posts_used=12)
    left = await budgets.left_of(session, Actor.operator(), ids=[nation.id, east.id])
    assert left == {nation.id: budgets.Left(0, 18), east.id: budgets.Left(90, 30)}


async def test_spending_adds_no_statement_to_a_claim_however_many_accounts(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keyring: Keyring
):
    for account in await add_accounts(session, scene.tree, "west", scene.host, keyring, count=30):
        await add_delivery(session, scene.post, account)
    with statements_of(engine) as sent:
        assert len(await send(session)) == 30
    # The turn at the gate, how to read, and the claim.
    assert len(sent) == 3
    assert await session.scalar(select(func.sum(Account.calls_used))) == 30
    assert await session.scalar(select(func.sum(Account.posts_used))) == 30


async def test_a_claim_among_many_finds_what_is_due_by_its_own_index(
    session: AsyncSession, engine: AsyncEngine, scene: Scene
):
    await session.execute(
        text(
            """
            INSERT INTO accounts (id, unit_id, unit_path, level, host_id, uid, screen_name, state, state_since, token,
                created_at)
            SELECT gen_random_uuid(), unit_id, unit_path, level, host_id, 'a' || n, 'a', state, state_since, token,
                created_at FROM accounts, generate_series(1, 3000) n WHERE id = :id
            """
        ),
        {"id": scene.accounts["east"].id},
    )
    await session.execute(
        text(
            """
            INSERT INTO deliveries (id, post_id, account_id, unit_id, unit_path, text, code, key, state, due_at, try_at,
                fence, tries, looks, published_at)
            SELECT gen_random_uuid(), :post, id, unit_id, unit_path, 'text', n || uid, gen_random_uuid(),
                CASE WHEN n = 1 THEN 'SCHEDULED' ELSE 'PUBLISHED' END, now() - interval '1 minute' * (9 - n),
                now() + interval '1 second' * (length(uid) - 3) * 60 * (1 + ascii(right(uid, 1)) % 7), 1, 0, 0,
                CASE WHEN n = 1 THEN NULL ELSE now() END
            FROM accounts, generate_series(1, 8) n WHERE uid LIKE 'a%'
            """
        ),
        {"post": scene.post.id},
    )
    await session.execute(text("ANALYZE accounts, deliveries, posts, hosts"))
    await session.commit()
    plan = "\n".join(await plan_of(session, engine, deliveries.claim_due(session, limit=16, lease=LEASE)))
    assert "ix_deliveries_turn" in plan
    assert "Seq Scan on deliveries" not in plan
    assert "Seq Scan on accounts" not in plan
