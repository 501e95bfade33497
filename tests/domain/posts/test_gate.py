"""The gate: each check by itself keeps a delivery back and lets it go, and nothing that fails one is ever claimed."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.base.keyring import Keyring
from domain.posts import gate
from domain.posts.models import Approval, Delivery, Silence
from domain.terms import AccountState, DeliveryState, HoldReason, Lateness, LessonState
from tests.factories.deliveries import Scene, add_delivery, add_post, change, database_now, set_scene
from tests.factories.gate import (
    add_approval,
    add_silence,
    claim,
    finish_all,
    holding,
    holds_of,
    keep_gate_once,
    state_of,
)
from tests.factories.posts import add_accounts
from tests.factories.statements import statements_of

HOUR, MINUTE, MOMENT = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=3)
HERE = "north county"
Change = Callable[[AsyncSession, Scene], Awaitable[Any]]


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=(HERE, "east"))


async def set_approvals(session: AsyncSession, **columns: Any) -> None:
    await session.execute(update(Approval).values(columns).execution_options(synchronize_session=False))
    await session.commit()


async def lift_silences(session: AsyncSession) -> None:
    await session.execute(update(Silence).values(lifted_at=func.now()).execution_options(synchronize_session=False))
    await session.commit()


def of_post(**columns: Any) -> Change:
    return lambda session, scene: change(session, scene.post, **columns)


def of_account(**columns: Any) -> Change:
    return lambda session, scene: change(session, scene.accounts[HERE], **columns)


def of_lesson(**columns: Any) -> Change:
    return lambda session, scene: change(session, scene.lesson, **columns)


# What shuts the gate by one check alone, and what opens it again.
WAYS: list[tuple[HoldReason, Change, Change]] = [
    (
        HoldReason.NOT_APPROVED,
        lambda session, _: set_approvals(session, withdrawn_at=func.now()),
        lambda session, scene: add_approval(session, scene.post),
    ),
    (HoldReason.HELD_BY_PERSON, of_post(held_at=func.now(), held_reason="核对"), of_post(held_at=None)),
    (
        HoldReason.SILENCED,
        lambda session, scene: add_silence(session, scene.tree[HERE]),
        lambda session, _: lift_silences(session),
    ),
    (
        HoldReason.ACCOUNT_SUSPENDED,
        of_account(state=AccountState.SUSPENDED),
        of_account(state=AccountState.ACTIVE),
    ),
    (
        HoldReason.ACCOUNT_UNAUTHORIZED,
        of_account(state=AccountState.UNAUTHORIZED),
        of_account(state=AccountState.ACTIVE),
    ),
    (HoldReason.LESSON_NOT_SHOWCASE, of_lesson(state=LessonState.DRAFT), of_lesson(state=LessonState.SHOWCASE)),
    (
        HoldReason.TOO_LATE,
        of_post(lateness=Lateness.HOLD, late_after_seconds=0),
        of_post(lateness=Lateness.SEND),
    ),
]


def test_every_check_has_its_way_here():
    assert [check.reason for check in gate.CHECKS] == [reason for reason, _, _ in WAYS] == list(HoldReason)


@pytest.mark.parametrize(("reason", "shut", "open_"), WAYS, ids=[reason.value for reason, _, _ in WAYS])
async def test_each_check_by_itself_holds_a_delivery_and_lets_it_go(
    session: AsyncSession, scene: Scene, reason: HoldReason, shut: Change, open_: Change
):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await shut(session, scene)
    assert await claim(session) == []
    await keep_gate_once(session)
    assert (await state_of(session, delivery), await holding(session, delivery)) == (DeliveryState.HELD, {reason})
    assert await claim(session) == []
    await open_(session, scene)
    # Held is held until the worker has seen it: the claim takes nothing on the side.
    assert await claim(session) == []
    await keep_gate_once(session)
    assert (await state_of(session, delivery), await holding(session, delivery)) == (DeliveryState.SCHEDULED, set())
    (hold,) = await holds_of(session, delivery)
    assert hold.lifted_at is not None
    assert hold.since <= hold.lifted_at <= await database_now(session)
    assert [one.delivery_id for one in await claim(session)] == [delivery.id]


@pytest.mark.parametrize(("reason", "shut", "open_"), WAYS, ids=[reason.value for reason, _, _ in WAYS])
async def test_what_fails_a_check_is_not_claimed_though_no_worker_has_held_it(
    session: AsyncSession, scene: Scene, reason: HoldReason, shut: Change, open_: Change
):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await shut(session, scene)
    assert await claim(session) == [], reason
    await open_(session, scene)
    assert [one.delivery_id for one in await claim(session)] == [delivery.id]


async def test_what_is_not_due_is_not_held(session: AsyncSession, scene: Scene):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], due_in=HOUR)
    await set_approvals(session, withdrawn_at=func.now())
    await keep_gate_once(session)
    assert await state_of(session, delivery) is DeliveryState.SCHEDULED
    assert await holds_of(session, delivery) == []


async def test_several_reasons_hold_at_once_and_the_last_one_decides(session: AsyncSession, scene: Scene):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await set_approvals(session, withdrawn_at=func.now())
    await add_silence(session, scene.tree["east"])
    await change(session, scene.post, held_at=func.now())
    await keep_gate_once(session)
    reasons = {HoldReason.NOT_APPROVED, HoldReason.SILENCED, HoldReason.HELD_BY_PERSON}
    assert await holding(session, delivery) == reasons
    await add_approval(session, scene.post)
    await keep_gate_once(session)
    # One of them is over; the row says so while the others hold.
    assert await holding(session, delivery) == reasons - {HoldReason.NOT_APPROVED}
    await change(session, scene.accounts[HERE], state=AccountState.SUSPENDED)
    await lift_silences(session)
    await keep_gate_once(session)
    # And one came up that did not hold before.
    assert await holding(session, delivery) == {HoldReason.HELD_BY_PERSON, HoldReason.ACCOUNT_SUSPENDED}
    assert await claim(session) == []
    await change(session, scene.accounts[HERE], state=AccountState.ACTIVE)
    await change(session, scene.post, held_at=None)
    await keep_gate_once(session)
    assert [one.delivery_id for one in await claim(session)] == [delivery.id]
    assert sorted(hold.reason for hold in await holds_of(session, delivery)) == sorted(
        reasons | {HoldReason.ACCOUNT_SUSPENDED}
    )


async def test_reasons_that_stay_are_left_as_they_are(session: AsyncSession, scene: Scene):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await set_approvals(session, withdrawn_at=func.now())
    await keep_gate_once(session)
    (before,) = [(hold.id, hold.since) for hold in await holds_of(session, delivery)]
    for step in gate.miss_late, gate.hold_due, gate.release_held, gate.renew_holds:
        assert await step(session, limit=100) == 0
    await session.commit()
    assert [(hold.id, hold.since) for hold in await holds_of(session, delivery)] == [before]


async def test_an_approval_of_an_older_text_does_not_count(session: AsyncSession, scene: Scene):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], revision=2)
    await change(session, scene.post, revision=2)
    assert await claim(session) == []
    await keep_gate_once(session)
    assert await holding(session, delivery) == {HoldReason.NOT_APPROVED}
    await add_approval(session, scene.post)
    await keep_gate_once(session)
    assert [one.delivery_id for one in await claim(session)] == [delivery.id]


async def test_an_approval_of_another_post_does_not_count(session: AsyncSession, scene: Scene):
    other = await add_post(session, scene.tree, scene.lesson, is_approved=False)
    await add_delivery(session, other, scene.accounts[HERE])
    assert await claim(session) == []


@pytest.mark.parametrize(
    ("silenced", "held"),
    [("nation", True), ("east", True), ("east city", True), (HERE, True), ("west", False), ("south county", False)],
)
async def test_an_order_holds_at_and_below_its_unit_and_nowhere_else(
    session: AsyncSession, scene: Scene, silenced: str, held: bool
):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await add_silence(session, scene.tree[silenced])
    await keep_gate_once(session)
    assert await holding(session, delivery) == ({HoldReason.SILENCED} if held else set())
    assert bool(await claim(session)) is not held


async def test_an_order_below_a_unit_leaves_that_unit_alone(session: AsyncSession, scene: Scene):
    await add_delivery(session, scene.post, scene.accounts["east"])
    await add_silence(session, scene.tree[HERE])
    assert len(await claim(session)) == 1


async def test_a_held_delivery_does_not_block_the_later_posts_of_its_account(session: AsyncSession, scene: Scene):
    unapproved = await add_post(session, scene.tree, scene.lesson, is_approved=False)
    first = await add_delivery(session, unapproved, scene.accounts[HERE], due_in=-HOUR)
    second = await add_delivery(session, scene.post, scene.accounts[HERE])
    await keep_gate_once(session)
    assert [one.delivery_id for one in await claim(session)] == [second.id]
    await finish_all(session)
    await add_approval(session, unapproved)
    await keep_gate_once(session)
    assert [one.delivery_id for one in await claim(session)] == [first.id]


async def test_what_is_late_is_sent_all_the_same_unless_its_post_says_otherwise(session: AsyncSession, scene: Scene):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], due_in=-30 * 24 * HOUR)
    assert scene.post.lateness is Lateness.SEND
    await keep_gate_once(session)
    assert [one.delivery_id for one in await claim(session)] == [delivery.id]


@pytest.mark.parametrize("late", [False, True])
async def test_what_is_late_is_held_where_its_post_says_so(session: AsyncSession, scene: Scene, late: bool):
    await change(session, scene.post, lateness=Lateness.HOLD, late_after_seconds=3600)
    overdue = HOUR + MINUTE if late else HOUR - MINUTE
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], due_in=-overdue)
    await keep_gate_once(session)
    assert await holding(session, delivery) == ({HoldReason.TOO_LATE} if late else set())
    assert bool(await claim(session)) is not late


@pytest.mark.parametrize("late", [False, True])
async def test_what_is_late_is_missed_where_its_post_says_so(session: AsyncSession, scene: Scene, late: bool):
    await change(session, scene.post, lateness=Lateness.MISS, late_after_seconds=3600)
    overdue = HOUR + MINUTE if late else HOUR - MINUTE
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], due_in=-overdue)
    # The claim itself knows: it needs no worker to have been there before it.
    if late:
        assert await claim(session) == []
    await keep_gate_once(session)
    assert await state_of(session, delivery) is (DeliveryState.MISSED if late else DeliveryState.SCHEDULED)
    assert bool(await claim(session)) is not late


@pytest.mark.parametrize("state", list(DeliveryState))
async def test_only_what_has_not_begun_is_missed(session: AsyncSession, scene: Scene, state: DeliveryState):
    await change(session, scene.post, lateness=Lateness.MISS, late_after_seconds=60)
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], state=state, due_in=-HOUR)
    await gate.miss_late(session, limit=100)
    await session.commit()
    begun = state not in {DeliveryState.SCHEDULED, DeliveryState.HELD, DeliveryState.WAITING}
    assert await state_of(session, delivery) is (state if begun else DeliveryState.MISSED)


async def test_what_is_missed_is_held_no_more(session: AsyncSession, scene: Scene):
    await change(session, scene.post, lateness=Lateness.MISS, late_after_seconds=3600, held_at=func.now())
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await keep_gate_once(session)
    assert await state_of(session, delivery) is DeliveryState.HELD
    await change(session, delivery, due_at=func.now() - 2 * HOUR)
    await keep_gate_once(session)
    assert (await state_of(session, delivery), await holding(session, delivery)) == (DeliveryState.MISSED, set())


async def test_what_is_let_go_over_a_period_goes_out_in_order_and_evenly(
    session: AsyncSession, scene: Scene, keyring: Keyring
):
    accounts = await add_accounts(session, scene.tree, HERE, scene.host, keyring, count=4)
    rows = [await add_delivery(session, scene.post, each, due_in=-n * MINUTE) for n, each in enumerate(accounts, 1)]
    future = await add_delivery(
        session,
        scene.post,
        scene.accounts[HERE],
        due_in=3 * HOUR,
        state=DeliveryState.HELD,
        due_at=func.now() + 3 * HOUR,
    )
    await add_silence(session, scene.tree[HERE])
    await keep_gate_once(session)
    await lift_silences(session)
    start = await database_now(session)
    assert await gate.release(session, Delivery.post_id == scene.post.id, over=HOUR) == 5
    await session.commit()
    # The longest due goes first.
    for place, row in enumerate(reversed(rows)):
        await session.refresh(row)
        assert row.state is DeliveryState.SCHEDULED
        assert abs(row.try_at - (start + place * HOUR / 5)) < MOMENT
    await session.refresh(future)
    # Nothing goes out before it was to.
    assert future.try_at == future.due_at
    assert [one.delivery_id for one in await claim(session)] == [rows[-1].id]
    # The worker does not cut the period short.
    await keep_gate_once(session)
    assert await claim(session) == []


async def test_letting_go_leaves_what_another_check_keeps_back(session: AsyncSession, scene: Scene):
    free = await add_delivery(session, scene.post, scene.accounts[HERE], state=DeliveryState.HELD)
    kept = await add_delivery(session, scene.post, scene.accounts["east"], state=DeliveryState.HELD)
    await add_silence(session, scene.tree["east city"], lifted_at=func.now())
    await change(session, scene.accounts["east"], state=AccountState.SUSPENDED)
    assert await gate.release(session, Delivery.post_id == scene.post.id) == 1
    await session.commit()
    assert await state_of(session, free) is DeliveryState.SCHEDULED
    assert await state_of(session, kept) is DeliveryState.HELD


async def test_what_would_be_held_is_told_by_reason_before_it_is_due(session: AsyncSession, scene: Scene):
    post = await add_post(session, scene.tree, scene.lesson, is_approved=False)
    for unit in (HERE, "east"):
        await add_delivery(session, post, scene.accounts[unit], due_in=HOUR)
    await add_silence(session, scene.tree[HERE])
    everywhere = Delivery.unit_path.is_not(None)
    told = await gate.reasons_now(session, [post.id, scene.post.id], everywhere)
    assert told == {
        post.id: [gate.Held(HoldReason.NOT_APPROVED, 2), gate.Held(HoldReason.SILENCED, 1)],
        scene.post.id: [],
    }


async def test_holding_and_letting_go_cost_a_constant_number_of_statements(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keyring: Keyring
):
    for account in await add_accounts(session, scene.tree, HERE, scene.host, keyring, count=30):
        await add_delivery(session, scene.post, account)
    await add_silence(session, scene.tree[HERE])
    with statements_of(engine) as holding_:
        assert await gate.hold_due(session, limit=100) == 30
    await session.commit()
    await lift_silences(session)
    with statements_of(engine) as releasing:
        assert await gate.release_held(session, limit=100) == 30
    await session.commit()
    assert (len(holding_), len(releasing)) == (3, 3)


async def test_no_more_is_held_at_a_time_than_asked_for(session: AsyncSession, scene: Scene):
    for unit in (HERE, "east"):
        await add_delivery(session, scene.post, scene.accounts[unit])
    await set_approvals(session, withdrawn_at=func.now())
    assert [await gate.hold_due(session, limit=1) for _ in range(3)] == [1, 1, 0]
