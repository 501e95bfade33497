"""Settling: what came of a claim is written down by whoever holds it, and by nobody else."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.keyring import Keyring
from domain.hosts import port
from domain.posts import answers, deliveries
from domain.posts.commands import cancel_post
from domain.posts.deliveries import Claim
from domain.posts.lifecycle import Event
from domain.posts.models import Delivery, fences
from domain.posts.outcomes import LIMIT_WAIT, Settlement, after_look, after_submit
from domain.terms import AttemptKind, DeliveryState
from integrations.database import Sessions
from tests.factories.answers import NEVER_ARRIVED, PUBLISHED, UNCLEAR
from tests.factories.deliveries import Scene, add_delivery, attempts_of, change, database_now, set_scene
from tests.factories.units import NOW, actor_at

LEASE = timedelta(seconds=30)
MOMENT = timedelta(seconds=2)


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, settling_seconds=60)


async def held(session: AsyncSession, scene: Scene) -> tuple[Delivery, Claim]:
    """A delivery that a worker holds."""
    delivery = await add_delivery(session, scene.post, scene.accounts["north county"])
    (claim,) = await deliveries.claim_due(session, limit=1, lease=LEASE)
    await session.commit()
    return delivery, claim


async def looked_for(session: AsyncSession, scene: Scene, state: DeliveryState) -> tuple[Delivery, Claim]:
    """A delivery whose outcome a worker looks up."""
    account = scene.accounts["north county"]
    delivery = await add_delivery(session, scene.post, account, state=state, look_at=func.now())
    (claim,) = await deliveries.claim_looks(session, limit=1, lease=LEASE)
    await session.commit()
    return delivery, claim


async def settle(session: AsyncSession, delivery: Delivery, claim: Claim, settlement: Settlement) -> bool:
    moved = await answers.settle(session, claim, settlement)
    await session.commit()
    await session.refresh(delivery)
    return moved


async def test_a_published_post_is_kept_with_its_place_and_time(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    assert await settle(session, delivery, claim, after_submit(PUBLISHED, tries=0))
    assert delivery.state is DeliveryState.PUBLISHED
    assert (delivery.host_post_id, delivery.host_url) == (PUBLISHED.host_post_id, PUBLISHED.url)
    assert delivery.published_at is not None
    assert claim.claimed_at <= delivery.published_at <= await database_now(session)
    assert (delivery.lease_until, delivery.look_at, delivery.problem) == (None, None, None)


async def test_a_settlement_whose_answer_was_lost_can_be_repeated(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    for _ in range(2):
        assert await settle(session, delivery, claim, after_submit(PUBLISHED, tries=0))
    assert delivery.state is DeliveryState.PUBLISHED
    assert len(await attempts_of(session, delivery)) == 1


async def test_a_worker_that_was_overtaken_leaves_its_link_on_record(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    await change(session, delivery, fence=fences.next_value())
    assert not await settle(session, delivery, claim, after_submit(PUBLISHED, tries=0))
    assert (delivery.state, delivery.host_url) == (DeliveryState.SENDING, None)
    (attempt,) = await attempts_of(session, delivery)
    assert (attempt.event, attempt.detail) == (Event.PUBLISHED, PUBLISHED.url)


async def test_every_settlement_is_on_record(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    await settle(session, delivery, claim, after_submit(UNCLEAR, tries=0))
    (attempt,) = await attempts_of(session, delivery)
    assert (attempt.kind, attempt.fence, attempt.claimed_at) == (AttemptKind.SUBMIT, claim.fence, claim.claimed_at)
    assert (attempt.event, attempt.code, attempt.detail) == (
        Event.UNCLEAR,
        "OUTCOME_UNKNOWN",
        "10001: the connection broke",
    )
    assert claim.claimed_at <= attempt.settled_at <= await database_now(session)


async def test_a_post_that_never_arrived_is_put_off_and_the_try_counted(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    due = delivery.due_at
    await settle(session, delivery, claim, after_submit(NEVER_ARRIVED, tries=2))
    assert (delivery.state, delivery.tries, delivery.due_at) == (DeliveryState.SCHEDULED, 1, due)
    assert (delivery.problem, delivery.problem_detail) == ("TRANSIENT_BEFORE_SEND", "connection refused")
    wait = timedelta(seconds=30)
    assert wait - MOMENT <= delivery.try_at - await database_now(session) <= wait
    assert (delivery.lease_until, delivery.look_at) == (None, None)


async def test_a_problem_is_forgotten_once_the_post_is_out(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    await settle(session, delivery, claim, after_submit(NEVER_ARRIVED, tries=0))
    await change(session, delivery, try_at=func.now())
    (again,) = await deliveries.claim_due(session, limit=1, lease=LEASE)
    await session.commit()
    assert again.tries == 1
    await settle(session, delivery, again, after_submit(PUBLISHED, tries=again.tries))
    assert (delivery.state, delivery.problem, delivery.problem_detail) == (DeliveryState.PUBLISHED, None, None)
    assert [attempt.event for attempt in await attempts_of(session, delivery)] == [Event.NOT_SENT, Event.PUBLISHED]


@pytest.mark.parametrize(("named", "wait"), [(True, timedelta(hours=3)), (False, LIMIT_WAIT)])
async def test_a_limited_delivery_waits_for_the_end_of_the_limit_and_keeps_its_tries(
    session: AsyncSession, scene: Scene, named: bool, wait: timedelta
):
    delivery, claim = await held(session, scene)
    until = await database_now(session) + wait if named else None
    limit = port.RateLimited("too many", scope="account", until=until)
    await settle(session, delivery, claim, after_submit(limit, tries=0))
    assert (delivery.state, delivery.tries) == (DeliveryState.SCHEDULED, 0)
    assert wait - MOMENT <= delivery.try_at - await database_now(session) <= wait


async def test_a_limit_that_is_over_already_puts_nothing_off(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    limit = port.RateLimited("too many", scope="account", until=datetime(2020, 1, 1, tzinfo=UTC))
    await settle(session, delivery, claim, after_submit(limit, tries=0))
    assert claim.claimed_at <= delivery.try_at <= await database_now(session)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (port.ContentRejected("forbidden words"), DeliveryState.FAILED),
        (port.HumanNeeded("captcha"), DeliveryState.NEEDS_PERSON),
    ],
)
async def test_what_cannot_go_on_says_why(
    session: AsyncSession, scene: Scene, answer: port.HostError, state: DeliveryState
):
    delivery, claim = await held(session, scene)
    await settle(session, delivery, claim, after_submit(answer, tries=0))
    assert (delivery.state, delivery.problem_detail, delivery.lease_until) == (state, answer.detail, None)


@pytest.mark.parametrize(
    ("answer", "state"),
    [(port.Accepted(), DeliveryState.ACCEPTED), (UNCLEAR, DeliveryState.UNCONFIRMED)],
)
async def test_an_open_outcome_is_looked_up_after_the_platforms_settling_time(
    session: AsyncSession, scene: Scene, answer: port.Accepted | port.HostError, state: DeliveryState
):
    delivery, claim = await held(session, scene)
    await settle(session, delivery, claim, after_submit(answer, tries=0))
    assert delivery.state is state
    assert delivery.look_at is not None
    settling = timedelta(seconds=60)
    assert settling - MOMENT <= delivery.look_at - await database_now(session) <= settling


async def test_a_post_found_is_published(session: AsyncSession, scene: Scene):
    delivery, claim = await looked_for(session, scene, DeliveryState.UNCONFIRMED)
    await settle(session, delivery, claim, after_look(PUBLISHED, state=claim.state, looks=claim.looks))
    assert (delivery.state, delivery.host_post_id) == (DeliveryState.PUBLISHED, PUBLISHED.host_post_id)
    assert [(a.kind, a.event) for a in await attempts_of(session, delivery)] == [(AttemptKind.LOOK, Event.FOUND)]


async def test_a_post_proved_absent_is_due_again_at_once(session: AsyncSession, scene: Scene):
    delivery, claim = await looked_for(session, scene, DeliveryState.UNCONFIRMED)
    await settle(session, delivery, claim, after_look(port.Absent(), state=claim.state, looks=claim.looks))
    assert (delivery.state, delivery.look_at) == (DeliveryState.SCHEDULED, None)
    (again,) = await deliveries.claim_due(session, limit=1, lease=LEASE)
    assert (again.delivery_id, again.key, again.text) == (delivery.id, delivery.key, delivery.text)


@pytest.mark.parametrize("state", [DeliveryState.ACCEPTED, DeliveryState.UNCONFIRMED])
async def test_a_post_neither_found_nor_absent_is_looked_for_again_later(
    session: AsyncSession, scene: Scene, state: DeliveryState
):
    delivery, claim = await looked_for(session, scene, state)
    await settle(session, delivery, claim, after_look(port.Uncertain(), state=state, looks=claim.looks))
    wait = timedelta(seconds=15)
    assert (delivery.state, delivery.problem) == (state, "NOT_FOUND")
    assert delivery.look_at is not None
    assert wait - MOMENT <= delivery.look_at - await database_now(session) <= wait


async def test_a_worker_that_was_overtaken_moves_nothing_and_is_on_record(session: AsyncSession, scene: Scene):
    delivery, old = await held(session, scene)
    await change(session, delivery, state=DeliveryState.SCHEDULED)
    (new,) = await deliveries.claim_due(session, limit=1, lease=LEASE)
    await session.commit()
    assert not await settle(session, delivery, old, after_submit(port.Gone("too late"), tries=0))
    assert (delivery.state, delivery.fence, delivery.problem) == (DeliveryState.SENDING, new.fence, None)
    assert await settle(session, delivery, new, after_submit(PUBLISHED, tries=0))
    record = [(attempt.fence, attempt.event) for attempt in await attempts_of(session, delivery)]
    assert record == [(old.fence, Event.REFUSED), (new.fence, Event.PUBLISHED)]


async def test_a_worker_that_comes_back_after_its_lease_moves_nothing_and_is_on_record(
    session: AsyncSession, scene: Scene
):
    delivery, old = await held(session, scene)
    await change(session, delivery, lease_until=func.now() - timedelta(seconds=1))
    assert await deliveries.end_leases(session) == 1
    await session.commit()
    assert not await settle(session, delivery, old, after_submit(PUBLISHED, tries=0))
    assert (delivery.state, delivery.host_post_id) == (DeliveryState.UNCONFIRMED, None)
    events = {attempt.event for attempt in await attempts_of(session, delivery)}
    assert events == {Event.LEASE_ENDED, Event.PUBLISHED}


async def test_a_delivery_never_moves_out_of_a_state_it_left(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    await change(session, delivery, state=DeliveryState.PUBLISHED)
    assert not await settle(session, delivery, claim, after_submit(NEVER_ARRIVED, tries=0))
    assert delivery.state is DeliveryState.PUBLISHED


@pytest.mark.parametrize("look", [False, True])
async def test_what_was_in_flight_when_its_post_was_cancelled_is_not_sent_again(
    session: AsyncSession, scene: Scene, look: bool
):
    if look:
        delivery, claim = await looked_for(session, scene, DeliveryState.UNCONFIRMED)
        settlement = after_look(port.Absent(), state=claim.state, looks=claim.looks)
    else:
        delivery, claim = await held(session, scene)
        settlement = after_submit(NEVER_ARRIVED, tries=0)
    actor = actor_at(scene.tree["nation"])
    cancellation = await cancel_post(session, actor, now=NOW, post_id=scene.post.id)
    await session.commit()
    assert (cancellation.cancelled, cancellation.too_late) == (0, 1)
    assert await settle(session, delivery, claim, settlement)
    assert delivery.state is DeliveryState.CANCELLED
    assert delivery.problem == settlement.problem
    assert await deliveries.claim_due(session, limit=1, lease=LEASE) == []


async def test_a_cancelled_post_that_went_out_after_all_is_shown_as_published(session: AsyncSession, scene: Scene):
    delivery, claim = await held(session, scene)
    await cancel_post(session, actor_at(scene.tree["nation"]), now=NOW, post_id=scene.post.id)
    await session.commit()
    await settle(session, delivery, claim, after_submit(PUBLISHED, tries=0))
    assert delivery.state is DeliveryState.PUBLISHED


@pytest.mark.parametrize("cancelled_first", [True, False])
async def test_a_try_that_fails_while_its_post_is_being_cancelled_ends_cancelled(
    sessions: Sessions, session: AsyncSession, scene: Scene, cancelled_first: bool
):
    delivery, claim = await held(session, scene)
    actor = actor_at(scene.tree["nation"])
    async with sessions() as one, sessions() as other:
        cancelling = cancel_post(one if cancelled_first else other, actor, now=NOW, post_id=scene.post.id)
        failing = answers.settle(other if cancelled_first else one, claim, after_submit(NEVER_ARRIVED, tries=0))
        first, second = (cancelling, failing) if cancelled_first else (failing, cancelling)
        await first
        waiting = asyncio.create_task(second)
        # Long enough to overtake the first, which has not committed, if nothing held it back.
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()
        await one.commit()
        await waiting
        await other.commit()
    await session.refresh(delivery)
    assert delivery.state is DeliveryState.CANCELLED
