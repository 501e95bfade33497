"""Deliveries in the database: claimed once, in order, when due, and only where the gate is open."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.posts import answers, deliveries
from domain.posts.deliveries import Claim
from domain.posts.lifecycle import SETTLED
from domain.posts.models import Delivery, Post
from domain.posts.outcomes import after_submit
from domain.terms import AccountState, DeliveryState, LessonState
from integrations.database import Sessions
from tests.factories.answers import PUBLISHED
from tests.factories.deliveries import add_delivery, add_post, change, set_scene
from tests.factories.posts import add_account, add_accounts, add_host, add_lesson
from tests.factories.statements import statements_of

LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
LATER = func.now() + HOUR


async def claim(session: AsyncSession, limit: int = 100) -> list[Claim]:
    claims = await deliveries.claim_due(session, limit=limit, lease=LEASE)
    await session.commit()
    return claims


async def test_a_due_delivery_is_claimed_once(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring)
    delivery = await add_delivery(session, scene.post, scene.accounts["north county"])
    (first,) = await claim(session)
    assert first.delivery_id == delivery.id
    assert await claim(session) == []


async def test_a_claim_holds_all_that_a_worker_needs(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring)
    account = scene.accounts["north county"]
    delivery = await add_delivery(session, scene.post, account, tries=3, looks=2)
    (held,) = await claim(session)
    await session.refresh(delivery)
    assert held.state is delivery.state is DeliveryState.SENDING
    assert (held.text, held.code, held.key) == (delivery.text, delivery.code, delivery.key)
    assert (held.tries, held.looks) == (3, 2)
    assert (held.account_id, held.uid) == (account.id, account.uid)
    assert keyring.open(held.token, row=f"accounts:token:{account.id}") == "token"
    assert (held.host_id, held.host_kind, held.api_url) == (scene.host.id, scene.host.kind, scene.host.api_url)
    assert (held.fence, held.claimed_at, held.lease_until) == (
        delivery.fence,
        delivery.claimed_at,
        delivery.lease_until,
    )
    assert held.lease_until - held.claimed_at == LEASE
    assert held.token not in repr(held)


async def test_each_claim_has_a_higher_fence(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring, units=("nation", "east"))
    fences = []
    for account in scene.accounts.values():
        await add_delivery(session, scene.post, account)
        fences += [held.fence for held in await claim(session)]
    assert len(fences) == 2
    assert fences[0] < fences[1]


async def test_no_more_is_claimed_than_asked_for_and_the_longest_due_first(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring)
    accounts = await add_accounts(session, scene.tree, "east", scene.host, keyring, count=5)
    late = [await add_delivery(session, scene.post, a, due_in=timedelta(seconds=-n)) for n, a in enumerate(accounts, 1)]
    claimed = [held.delivery_id for _ in range(3) for held in await claim(session, limit=2)]
    assert {late[4].id, late[3].id} == set(claimed[:2])
    assert {late[2].id, late[1].id} == set(claimed[2:4])
    assert claimed[4:] == [late[0].id]


async def test_nothing_is_claimed_before_it_is_due_by_the_databases_clock(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring, units=("nation", "east"))
    await add_delivery(session, scene.post, scene.accounts["nation"], due_in=HOUR)
    soon = await add_delivery(session, scene.post, scene.accounts["east"], due_in=timedelta(seconds=0.6))
    early = await claim(session)
    await session.execute(select(func.pg_sleep(0.7)))
    await session.commit()
    (held,) = await claim(session)
    assert early == []
    assert held.delivery_id == soon.id
    assert held.claimed_at >= soon.try_at


async def test_a_delivery_put_off_is_claimed_by_its_next_try_not_its_due_time(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring)
    delivery = await add_delivery(session, scene.post, scene.accounts["north county"], try_at=LATER)
    assert await claim(session) == []
    await change(session, delivery, try_at=func.now())
    assert len(await claim(session)) == 1


async def test_an_account_sends_in_the_order_of_due_times(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring)
    account = scene.accounts["north county"]
    order = [await add_delivery(session, scene.post, account, due_in=timedelta(seconds=s)) for s in (-1, -3, -2)]
    sent = []
    for _ in order:
        (held,) = await claim(session)
        assert await claim(session) == []
        assert await answers.settle(session, held, after_submit(PUBLISHED, tries=0))
        await session.commit()
        sent.append(held.delivery_id)
    assert sent == [order[1].id, order[2].id, order[0].id]


async def test_a_delivery_put_off_holds_back_the_later_ones_of_its_account_only(
    session: AsyncSession, keyring: Keyring
):
    scene = await set_scene(session, keyring, units=("nation", "east"))
    first, other = scene.accounts["nation"], scene.accounts["east"]
    await add_delivery(session, scene.post, first, due_in=-2 * HOUR, try_at=LATER)
    await add_delivery(session, scene.post, first, due_in=-HOUR)
    free = await add_delivery(session, scene.post, other)
    assert [held.delivery_id for held in await claim(session)] == [free.id]


@pytest.mark.parametrize("state", [DeliveryState.SENDING, DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED])
async def test_an_account_with_something_in_flight_waits_and_others_do_not(
    session: AsyncSession, keyring: Keyring, state: DeliveryState
):
    scene = await set_scene(session, keyring, units=("nation", "east"))
    await add_delivery(session, scene.post, scene.accounts["nation"], state=state, due_in=HOUR)
    await add_delivery(session, scene.post, scene.accounts["nation"])
    free = await add_delivery(session, scene.post, scene.accounts["east"])
    assert [held.delivery_id for held in await claim(session)] == [free.id]


@pytest.mark.parametrize("state", sorted(SETTLED | {DeliveryState.HELD, DeliveryState.WAITING}))
async def test_what_is_done_with_or_held_is_neither_claimed_nor_in_the_way(
    session: AsyncSession, keyring: Keyring, state: DeliveryState
):
    scene = await set_scene(session, keyring)
    account = scene.accounts["north county"]
    await add_delivery(session, scene.post, account, state=state, due_in=-HOUR)
    next_one = await add_delivery(session, scene.post, account)
    assert [held.delivery_id for held in await claim(session)] == [next_one.id]


@pytest.mark.parametrize(
    "trouble",
    [
        {"state": AccountState.SUSPENDED},
        {"state": AccountState.UNAUTHORIZED},
        {"paused_until": LATER},
    ],
)
async def test_an_account_in_trouble_waits_and_others_do_not(
    session: AsyncSession, keyring: Keyring, trouble: dict[str, Any]
):
    scene = await set_scene(session, keyring, units=("nation", "east"))
    blocked = await add_delivery(session, scene.post, scene.accounts["nation"])
    free = await add_delivery(session, scene.post, scene.accounts["east"])
    await change(session, scene.accounts["nation"], **trouble)
    assert [held.delivery_id for held in await claim(session)] == [free.id]
    await change(session, scene.accounts["nation"], state=AccountState.ACTIVE, paused_until=func.now())
    assert [held.delivery_id for held in await claim(session)] == [blocked.id]


async def test_a_paused_platform_waits_and_others_do_not(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring)
    other = await add_host(session, keyring, name="other")
    elsewhere = await add_account(session, scene.tree, "north county", other, keyring)
    blocked = await add_delivery(session, scene.post, scene.accounts["north county"])
    free = await add_delivery(session, scene.post, elsewhere)
    await change(session, scene.host, paused_until=LATER)
    assert [held.delivery_id for held in await claim(session)] == [free.id]
    await change(session, scene.host, paused_until=func.now())
    assert [held.delivery_id for held in await claim(session)] == [blocked.id]


async def test_a_lesson_that_is_no_showcase_lesson_any_more_is_not_sent(session: AsyncSession, keyring: Keyring):
    scene = await set_scene(session, keyring, units=("nation", "east"))
    other = await add_post(session, scene.tree, await add_lesson(session, scene.tree))
    blocked = await add_delivery(session, scene.post, scene.accounts["nation"])
    free = await add_delivery(session, other, scene.accounts["east"])
    await change(session, scene.lesson, state=LessonState.DRAFT)
    assert [held.delivery_id for held in await claim(session)] == [free.id]
    await change(session, scene.lesson, state=LessonState.SHOWCASE)
    assert [held.delivery_id for held in await claim(session)] == [blocked.id]


async def test_ten_workers_at_once_claim_each_account_once(sessions: Sessions, keyring: Keyring):
    async with sessions() as session:
        scene = await set_scene(session, keyring)
        accounts = await add_accounts(session, scene.tree, "east", scene.host, keyring, count=120)
        session.add_all([row for account in accounts for row in two_due(scene.post, account)])
        await session.commit()

    async def worker() -> list[Claim]:
        held: list[Claim] = []
        async with sessions() as own:
            while claims := await claim(own, limit=7):
                held += claims
        return held

    by_worker = await asyncio.gather(*(worker() for _ in range(10)))
    claims = [held for claims in by_worker for held in claims]
    assert sum(bool(claims) for claims in by_worker) > 1
    assert len({held.delivery_id for held in claims}) == len(claims)
    assert {held.account_id for held in claims} == {account.id for account in accounts}
    assert len({held.fence for held in claims}) == len(claims) == 120
    async with sessions() as session:
        firsts = select(func.min(Delivery.due_at)).group_by(Delivery.account_id)
        query = select(Delivery.due_at).where(Delivery.state == DeliveryState.SENDING)
        due = (await session.execute(query)).scalars().all()
        assert sorted(due) == sorted((await session.execute(firsts)).scalars())


def two_due(post: Post, account: Account) -> list[Delivery]:
    """Two deliveries of one account, a minute apart, not yet written."""
    place = {"unit_id": account.unit_id, "unit_path": account.unit_path}
    facts = {"post_id": post.id, "account_id": account.id, **place, "text": "示范课程"}
    return [
        Delivery(
            **facts,
            code=f"{account.uid}-{minutes}",
            key=new_id(),
            due_at=func.now() - timedelta(minutes=minutes),
            try_at=func.now() - timedelta(minutes=minutes),
        )
        for minutes in (1, 2)
    ]


async def test_claiming_costs_three_statements_however_much_is_due(
    session: AsyncSession, engine: AsyncEngine, keyring: Keyring
):
    scene = await set_scene(session, keyring)
    accounts = await add_accounts(session, scene.tree, "east", scene.host, keyring, count=40)
    for account in accounts:
        await add_delivery(session, scene.post, account)
    with statements_of(engine) as sent:
        claims = await claim(session)
    assert len(claims) == 40
    # It first stands at the gate: what a statement sees was there when it began. The second is a setting.
    assert len(sent) == 3
    assert "advisory" in sent[0]
