"""Leases that end, and deliveries whose outcome has to be looked up."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.base.keyring import Keyring
from domain.posts import deliveries
from domain.posts.deliveries import Claim
from domain.posts.lifecycle import Event
from domain.posts.outcomes import CRASHES_LIMIT
from domain.terms import AccountState, AttemptKind, DeliveryState
from integrations.database import Sessions
from tests.factories.deliveries import Scene, add_delivery, add_published, attempts_of, change, database_now, set_scene
from tests.factories.posts import add_accounts
from tests.factories.statements import statements_of

LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
PAST = func.now() - timedelta(seconds=1)
UNCONFIRMED, ACCEPTED = DeliveryState.UNCONFIRMED, DeliveryState.ACCEPTED


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east"), settling_seconds=60)


async def look(session: AsyncSession, limit: int = 100) -> list[Claim]:
    claims = await deliveries.claim_looks(session, limit=limit, lease=LEASE)
    await session.commit()
    return claims


async def test_a_lease_that_ended_leaves_the_delivery_unconfirmed_until_it_has_settled(
    session: AsyncSession, scene: Scene
):
    delivery = await add_delivery(session, scene.post, scene.accounts["nation"])
    (claim,) = await deliveries.claim_due(session, limit=1, lease=timedelta(seconds=-1))
    await session.commit()
    assert await deliveries.end_leases(session) == 1
    await session.commit()
    await session.refresh(delivery)
    assert (delivery.state, delivery.problem, delivery.lease_until) == (UNCONFIRMED, "LEASE_ENDED", None)
    assert delivery.look_at is not None
    settling = timedelta(seconds=60)
    assert settling - timedelta(seconds=2) <= delivery.look_at - await database_now(session) <= settling
    assert await look(session) == []
    (attempt,) = await attempts_of(session, delivery)
    assert (attempt.kind, attempt.event, attempt.claimed_at) == (
        AttemptKind.SUBMIT,
        Event.LEASE_ENDED,
        claim.claimed_at,
    )
    assert attempt.settled_at > claim.claimed_at


@pytest.mark.parametrize("state", [UNCONFIRMED, ACCEPTED])
async def test_a_worker_that_is_gone_while_it_looks_is_counted_and_the_look_made_anew(
    session: AsyncSession, scene: Scene, state: DeliveryState
):
    facts: dict[str, Any] = {"problem": "OUTCOME_UNKNOWN", "unclear_since": func.now() - HOUR}
    delivery = await add_delivery(session, scene.post, scene.accounts["nation"], state=state, look_at=PAST, **facts)
    since = delivery.unclear_since
    (first,) = await look(session)
    assert await deliveries.end_leases(session) == 0
    await change(session, delivery, look_at=PAST, lease_until=PAST)
    assert await deliveries.end_leases(session) == 1
    assert await deliveries.end_leases(session) == 0
    await session.refresh(delivery)
    assert (delivery.state, delivery.crashes, delivery.lease_until) == (state, 1, None)
    assert (delivery.problem, delivery.unclear_since) == ("OUTCOME_UNKNOWN", since)
    (attempt,) = await attempts_of(session, delivery)
    assert (attempt.kind, attempt.event, attempt.claimed_at) == (AttemptKind.LOOK, "LEASE_ENDED", first.claimed_at)
    (second,) = await look(session)
    assert (second.delivery_id, second.crashes) == (delivery.id, 1)


@pytest.mark.parametrize("state", [UNCONFIRMED, ACCEPTED])
async def test_what_keeps_killing_whoever_looks_for_it_is_left_to_a_person(
    session: AsyncSession, scene: Scene, state: DeliveryState
):
    delivery = await add_delivery(session, scene.post, scene.accounts["nation"], state=state, look_at=PAST)
    for crash in range(1, CRASHES_LIMIT + 1):
        assert len(await look(session)) == 1
        await change(session, delivery, look_at=PAST, lease_until=PAST)
        assert await deliveries.end_leases(session) == 1
        await session.refresh(delivery)
        assert delivery.state is (state if crash < CRASHES_LIMIT else DeliveryState.NEEDS_PERSON)
    assert (delivery.problem, delivery.crashes) == ("QUARANTINED", CRASHES_LIMIT)
    assert await look(session) == []
    last = (await attempts_of(session, delivery))[-1]
    assert (last.kind, last.event, last.code) == (AttemptKind.LOOK, "PERSON_ASKED", "QUARANTINED")


async def test_a_lease_that_runs_is_left_alone(session: AsyncSession, scene: Scene):
    delivery = await add_delivery(session, scene.post, scene.accounts["nation"])
    await deliveries.claim_due(session, limit=1, lease=LEASE)
    await session.commit()
    assert await deliveries.end_leases(session) == 0
    await session.refresh(delivery)
    assert delivery.state is DeliveryState.SENDING
    assert await attempts_of(session, delivery) == []


async def test_an_ended_lease_is_ended_once_by_many_workers(sessions: Sessions, keyring: Keyring):
    async with sessions() as session:
        scene = await set_scene(session, keyring)
        accounts = await add_accounts(session, scene.tree, "east", scene.host, keyring, count=30)
        rows = [await add_delivery(session, scene.post, account) for account in accounts]
        await deliveries.claim_due(session, limit=100, lease=timedelta(seconds=-1))
        await session.commit()

    async def worker() -> int:
        async with sessions() as own:
            ended = await deliveries.end_leases(own)
            await own.commit()
            return ended

    ended = await asyncio.gather(*(worker() for _ in range(6)))
    assert sum(ended) == 30
    async with sessions() as session:
        assert [len(await attempts_of(session, row)) for row in rows] == [1] * 30


async def test_ending_leases_costs_a_constant_number_of_statements(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keyring: Keyring
):
    for account in await add_accounts(session, scene.tree, "west", scene.host, keyring, count=20):
        await add_delivery(session, scene.post, account)
    await deliveries.claim_due(session, limit=100, lease=timedelta(seconds=-1))
    await session.commit()
    with statements_of(engine) as sent:
        assert await deliveries.end_leases(session) == 20
    assert len(sent) == 3


@pytest.mark.parametrize("state", [UNCONFIRMED, ACCEPTED])
async def test_a_look_is_claimed_once_it_is_time_and_changes_no_state(
    session: AsyncSession, scene: Scene, state: DeliveryState
):
    delivery = await add_delivery(session, scene.post, scene.accounts["nation"], state=state, look_at=PAST, looks=1)
    await add_delivery(session, scene.post, scene.accounts["east"], state=state, look_at=func.now() + HOUR)
    (claim,) = await look(session)
    await session.refresh(delivery)
    assert (claim.delivery_id, claim.state, claim.looks) == (delivery.id, state, 2)
    assert (delivery.state, delivery.looks, delivery.fence) == (state, 2, claim.fence)
    assert await look(session) == []


async def test_a_look_that_is_never_finished_comes_up_again_when_its_lease_ends(session: AsyncSession, scene: Scene):
    delivery = await add_delivery(session, scene.post, scene.accounts["nation"], state=UNCONFIRMED, look_at=PAST)
    (first,) = await look(session)
    await session.refresh(delivery)
    assert delivery.look_at == first.lease_until
    await change(session, delivery, look_at=PAST)
    (second,) = await look(session)
    assert second.delivery_id == first.delivery_id
    assert second.fence > first.fence


@pytest.mark.parametrize("state", [s for s in DeliveryState if s not in (UNCONFIRMED, ACCEPTED)])
async def test_only_an_open_outcome_is_looked_up(session: AsyncSession, scene: Scene, state: DeliveryState):
    await add_delivery(session, scene.post, scene.accounts["nation"], state=state, look_at=PAST)
    assert await look(session) == []


async def test_a_look_goes_on_for_an_account_that_may_not_send(session: AsyncSession, scene: Scene):
    # Looking sends nothing, and a delivery whose outcome is open must not stay open with its account.
    delivery = await add_delivery(session, scene.post, scene.accounts["nation"], state=UNCONFIRMED, look_at=PAST)
    await change(session, scene.accounts["nation"], state=AccountState.SUSPENDED)
    assert [claim.delivery_id for claim in await look(session)] == [delivery.id]


@pytest.mark.parametrize("change_to", [{"state": AccountState.UNAUTHORIZED}, {"paused_until": func.now() + HOUR}])
async def test_a_look_waits_for_a_living_token_and_the_end_of_a_limit(
    session: AsyncSession, scene: Scene, change_to: dict[str, object]
):
    await add_delivery(session, scene.post, scene.accounts["nation"], state=UNCONFIRMED, look_at=PAST)
    await change(session, scene.accounts["nation"], **change_to)
    assert await look(session) == []


async def test_looks_are_claimed_once_by_many_workers(sessions: Sessions, keyring: Keyring):
    async with sessions() as session:
        scene = await set_scene(session, keyring)
        accounts = await add_accounts(session, scene.tree, "east", scene.host, keyring, count=40)
        for account in accounts:
            await add_delivery(session, scene.post, account, state=UNCONFIRMED, look_at=PAST)

    async def worker() -> list[Claim]:
        async with sessions() as own:
            return [claim for _ in range(4) for claim in await look(own, limit=5)]

    claims = [claim for held in await asyncio.gather(*(worker() for _ in range(6))) for claim in held]
    assert len(claims) == len({claim.delivery_id for claim in claims}) == 40


@pytest.mark.parametrize("first", [DeliveryState.SENDING, ACCEPTED, UNCONFIRMED])
@pytest.mark.parametrize("second", [DeliveryState.SENDING, ACCEPTED, UNCONFIRMED])
async def test_the_database_lets_one_thing_of_an_account_be_in_flight(
    session: AsyncSession, scene: Scene, first: DeliveryState, second: DeliveryState
):
    account = scene.accounts["nation"]
    await add_delivery(session, scene.post, account, state=first)
    with pytest.raises(IntegrityError, match="uq_deliveries_account_in_flight"):
        await add_delivery(session, scene.post, account, state=second)
    await session.rollback()


@pytest.mark.parametrize("column", ["code", "key"])
async def test_the_database_gives_no_two_deliveries_the_same_mark(session: AsyncSession, scene: Scene, column: str):
    first = await add_delivery(session, scene.post, scene.accounts["nation"])
    with pytest.raises(IntegrityError, match=f"uq_deliveries_{column}"):
        await add_delivery(session, scene.post, scene.accounts["east"], **{column: getattr(first, column)})
    await session.rollback()


async def test_a_look_begins_at_the_accounts_last_post_known_to_stand(session: AsyncSession, scene: Scene):
    nation, east = scene.accounts["nation"], scene.accounts["east"]
    for name, hours in (("older", 3), ("newer", 2)):
        at = func.now() - hours * HOUR
        await add_published(session, scene.post, nation, host_post_id=name, published_at=at)
    await add_delivery(session, scene.post, nation, state=UNCONFIRMED, look_at=PAST)
    await add_delivery(session, scene.post, east, state=UNCONFIRMED, look_at=PAST)
    last = {claim.account_id: claim.last_post_id for claim in await look(session)}
    assert last == {nation.id: "newer", east.id: None}
