"""Cancelling: a delivery is cancelled or it was too late for it, whoever comes first."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.posts import deliveries
from domain.posts.commands import Cancellation, cancel_post
from domain.posts.deliveries import Claim
from domain.posts.models import Delivery, Post
from domain.refusals import NotFound, NotPermitted, Refusal
from domain.terms import DeliveryState, HoldReason, Role
from integrations.database import Sessions
from tests.factories.deliveries import Scene, add_delivery, add_post, set_scene
from tests.factories.gate import add_silence, holding, keep_gate_once, state_of
from tests.factories.posts import add_accounts
from tests.factories.statements import statements_of
from tests.factories.units import NOW, actor_at

LEASE = timedelta(seconds=30)
HOUR = timedelta(hours=1)
WAITING = {DeliveryState.SCHEDULED, DeliveryState.WAITING, DeliveryState.HELD}


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east"))


async def cancel(session: AsyncSession, scene: Scene, post: Post | None = None) -> Cancellation:
    chosen = post or scene.post
    cancellation = await cancel_post(session, actor_at(scene.tree["nation"]), now=NOW, post_id=chosen.id)
    await session.commit()
    return cancellation


async def states(session: AsyncSession, post: Post) -> dict[DeliveryState, int]:
    query = select(Delivery.state, func.count()).where(Delivery.post_id == post.id).group_by(Delivery.state)
    return dict((await session.execute(query)).all())


async def test_what_waits_is_cancelled_and_the_rest_was_too_late(session: AsyncSession, scene: Scene, keyring: Keyring):
    accounts = await add_accounts(session, scene.tree, "west", scene.host, keyring, count=len(DeliveryState))
    rows = {
        state: await add_delivery(session, scene.post, account, state=state, due_in=HOUR)
        for state, account in zip(DeliveryState, accounts, strict=True)
    }
    cancellation = await cancel(session, scene)
    for state, row in rows.items():
        await session.refresh(row)
        assert row.state is (DeliveryState.CANCELLED if state in WAITING else state)
    # One had been cancelled before; it is counted nowhere.
    assert (cancellation.cancelled, cancellation.too_late) == (3, len(DeliveryState) - 4)
    assert cancellation.post.cancelled_at == NOW


async def test_cancelling_twice_keeps_the_first_instant(session: AsyncSession, scene: Scene):
    await add_delivery(session, scene.post, scene.accounts["nation"])
    await cancel(session, scene)
    again = await cancel_post(session, actor_at(scene.tree["nation"]), now=NOW + HOUR, post_id=scene.post.id)
    await session.commit()
    assert (again.cancelled, again.too_late) == (0, 0)
    await session.refresh(scene.post)
    assert scene.post.cancelled_at == NOW


async def test_other_posts_are_left_alone(session: AsyncSession, scene: Scene):
    other = await add_post(session, scene.tree, scene.lesson)
    await add_delivery(session, other, scene.accounts["nation"])
    await cancel(session, scene)
    assert await states(session, other) == {DeliveryState.SCHEDULED: 1}
    await session.refresh(other)
    assert other.cancelled_at is None


async def test_what_is_cancelled_is_never_claimed(session: AsyncSession, scene: Scene):
    await add_delivery(session, scene.post, scene.accounts["nation"])
    await cancel(session, scene)
    assert await deliveries.claim_due(session, limit=10, lease=LEASE) == []


async def test_what_is_cancelled_is_held_no_more(session: AsyncSession, scene: Scene):
    delivery = await add_delivery(session, scene.post, scene.accounts["nation"])
    await add_silence(session, scene.tree["nation"])
    await keep_gate_once(session)
    assert await holding(session, delivery) == {HoldReason.SILENCED}
    await cancel(session, scene)
    await keep_gate_once(session)
    assert (await state_of(session, delivery), await holding(session, delivery)) == (DeliveryState.CANCELLED, set())


async def test_a_post_that_never_was_is_not_found(session: AsyncSession, scene: Scene):
    with pytest.raises(NotFound) as caught:
        await cancel_post(session, actor_at(scene.tree["nation"]), now=NOW, post_id=new_id())
    assert (caught.value.path, caught.value.facts) == (("postId",), {"what": "post"})


@pytest.mark.parametrize(
    ("unit", "role", "kind"), [("east", Role.ADMINISTRATOR, NotFound), ("nation", Role.VIEWER, NotPermitted)]
)
async def test_whoever_may_not_cancel_at_the_posts_unit_cancels_nothing(
    session: AsyncSession, scene: Scene, unit: str, role: Role, kind: type[Refusal]
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    with pytest.raises(kind) as caught:
        await cancel_post(session, actor_at(scene.tree[unit], role), now=NOW, post_id=scene.post.id)
    await session.commit()
    assert caught.value.path == ("postId",)
    assert await states(session, scene.post) == {DeliveryState.SCHEDULED: 1}


async def test_cancelling_much_costs_a_constant_number_of_statements(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keyring: Keyring
):
    for account in await add_accounts(session, scene.tree, "west", scene.host, keyring, count=30):
        await add_delivery(session, scene.post, account)
    session.expunge_all()
    with statements_of(engine) as sent:
        cancellation = await cancel(session, scene)
    assert cancellation.cancelled == 30
    assert len(sent) == 6


async def test_a_delivery_is_either_cancelled_or_sent_never_both(
    sessions: Sessions, session: AsyncSession, scene: Scene, keyring: Keyring
):
    accounts = await add_accounts(session, scene.tree, "west", scene.host, keyring, count=4)
    rounds = [await add_post(session, scene.tree, scene.lesson) for _ in range(50)]
    outcomes = {"cancelled": 0, "sent": 0}
    for number, post in enumerate(rounds):
        rows = [await add_delivery(session, post, account) for account in accounts]

        async def claiming(delay: float) -> list[Claim]:
            await asyncio.sleep(delay)
            async with sessions() as own:
                claims = await deliveries.claim_due(own, limit=10, lease=LEASE)
                await own.commit()
            return claims

        async def cancelling(delay: float, post: Post = post) -> Cancellation:
            await asyncio.sleep(delay)
            async with sessions() as own:
                return await cancel(own, scene, post)

        # The claims lead by 50 ms at first and lag by as much at last; in between they come closer than a statement.
        lead = 0.05 * (1 - number / 25) ** 3
        one, two, cancellation = await asyncio.gather(
            claiming(max(-lead, 0)), claiming(max(-lead, 0) + 0.001), cancelling(max(lead, 0))
        )
        claimed = {claim.delivery_id for claim in one + two}
        for row in rows:
            await session.refresh(row)
            sent = row.id in claimed
            assert row.state is (DeliveryState.SENDING if sent else DeliveryState.CANCELLED)
        assert (cancellation.cancelled, cancellation.too_late) == (4 - len(claimed), len(claimed))
        outcomes["cancelled"] += cancellation.cancelled
        outcomes["sent"] += len(claimed)
        await session.execute(
            update(Delivery)
            .where(Delivery.state == DeliveryState.SENDING)
            .values(state=DeliveryState.PUBLISHED)
            .execution_options(synchronize_session=False)
        )
        await session.commit()
    assert min(outcomes.values()) > 0, outcomes
