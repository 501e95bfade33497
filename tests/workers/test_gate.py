"""The worker at the gate: what is due and may not go out is held and let go within a second, however much it is."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.hosts import port
from domain.posts.models import Approval, Delivery, Hold, Post
from domain.posts.outcomes import CRASHES_LIMIT, UNCLEAR_LIMIT
from domain.terms import DeliveryState as State
from domain.terms import HoldReason, Lateness
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient, Trouble
from tests.factories.deliveries import add_delivery
from tests.factories.hosts import delivery_now, events_of, let_time_pass, look, schedule_to, send
from tests.factories.servers import eventually
from workers import gate, posts
from workers.context import WorkerContext


async def change_post(sessions: Sessions, **columns: Any) -> None:
    async with sessions() as session:
        await session.execute(update(Post).values(columns).execution_options(synchronize_session=False))
        await session.commit()


async def withdraw(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.execute(update(Approval).values(withdrawn_at=func.now()))
        await session.commit()


async def approve(sessions: Sessions) -> None:
    async with sessions() as session:
        await session.execute(update(Approval).values(withdrawn_at=None))
        await session.commit()


async def reasons(sessions: Sessions) -> list[HoldReason]:
    async with sessions() as session:
        return list((await session.execute(select(Hold.reason).where(Hold.lifted_at.is_(None)))).scalars())


async def states(sessions: Sessions) -> set[State]:
    async with sessions() as session:
        return set((await session.execute(select(Delivery.state))).scalars())


async def one_round(context: WorkerContext) -> None:
    """What the worker does once a second."""
    for step in gate.STEPS:
        await gate._whole(context, step, asyncio.Event())


async def test_what_may_not_go_out_is_held_and_goes_out_once_it_may(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    await withdraw(sessions)
    await one_round(context)
    await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.HELD
    assert await reasons(sessions) == [HoldReason.NOT_APPROVED]
    await approve(sessions)
    await one_round(context)
    await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.PUBLISHED
    assert await reasons(sessions) == []
    assert [call for call, _ in memory.calls] == ["submit"]


async def test_it_keeps_at_it_until_it_is_told_to_stop(
    context: WorkerContext, sessions: Sessions, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gate, "EVERY_SECONDS", 0.02)
    stopping = asyncio.Event()
    task = asyncio.create_task(gate.keep_gate(context, stopping))

    async def stands(state: State) -> bool:
        return (await delivery_now(sessions, delivery)).state is state

    for _ in range(2):
        await withdraw(sessions)
        await eventually(lambda: stands(State.HELD))
        await approve(sessions)
        await eventually(lambda: stands(State.SCHEDULED))
    stopping.set()
    await asyncio.wait_for(task, 5)


async def test_more_than_fits_one_transaction_is_held_and_let_go_in_several(
    context: WorkerContext, sessions: Sessions, keys: Keys, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(gate, "AT_A_TIME", 2)
    await schedule_to(sessions, keys.keyring, "east", "west", "far county", "north county", "south county")
    await withdraw(sessions)
    with structlog.testing.capture_logs() as said:
        await one_round(context)
    assert await states(sessions) == {State.HELD}
    assert [line["deliveries"] for line in said if line["event"] == "gate"] == [2, 2, 1]
    await approve(sessions)
    await one_round(context)
    assert await states(sessions) == {State.SCHEDULED}


async def test_what_is_missed_is_given_up_and_never_sent(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    await change_post(sessions, lateness=Lateness.MISS, late_after_seconds=0)
    await send(context)
    await one_round(context)
    await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.MISSED
    assert memory.calls == []


async def test_a_step_that_breaks_hinders_no_other_and_is_told(
    context: WorkerContext, sessions: Sessions, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
):
    async def broken(_session: AsyncSession, *, limit: int) -> int:
        raise KeyError(limit)

    monkeypatch.setattr(gate, "STEPS", (broken, *gate.STEPS))
    await withdraw(sessions)
    with structlog.testing.capture_logs() as said:
        await one_round(context)
    assert [(line["step"], line["log_level"]) for line in said if line["event"] == "gate_broke"] == [
        ("broken", "error")
    ]
    assert (await delivery_now(sessions, delivery)).state is State.HELD


async def test_a_database_that_is_away_is_no_defect(context: WorkerContext):
    def away() -> Any:
        raise ConnectionRefusedError("nobody listens")

    with structlog.testing.capture_logs() as said:
        await one_round(replace(context, sessions=cast(Sessions, away)))
    assert [line["event"] for line in said] == ["database_away"] * len(gate.STEPS)


async def test_a_delivery_that_three_workers_died_of_is_put_into_quarantine(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    for crash in range(1, CRASHES_LIMIT + 1):
        assert len(await posts.claim_due(context, 10)) == 1
        await let_time_pass(sessions)
        # This worker takes over where the other was gone.
        assert await posts.claim_looks(context, 10) == []
        await let_time_pass(sessions)
        await look(context)
        now = await delivery_now(sessions, delivery)
        assert (now.crashes, now.state) == (crash, State.SCHEDULED if crash < CRASHES_LIMIT else State.NEEDS_PERSON)
        await let_time_pass(sessions)
    assert now.problem == "QUARANTINED"
    assert await posts.claim_due(context, 10) == []
    assert "submit" not in [call for call, _ in memory.calls]
    assert await events_of(sessions, delivery) == ["LEASE_ENDED", "ABSENT"] * 2 + ["LEASE_ENDED", "PERSON_ASKED"]


async def test_an_unclear_delivery_blocks_its_account_for_six_hours_and_no_longer(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    memory.troubles.append(Trouble(port.OutcomeUnknown("the connection broke")))
    await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.UNCONFIRMED
    async with sessions() as session:
        post, account = (
            await session.get_one(Post, delivery.post_id),
            await session.get_one(Account, delivery.account_id),
        )
        after_it = await add_delivery(session, post, account)
    for hours, state, sent in ((5.9, State.UNCONFIRMED, 0), (6.1, State.NEEDS_PERSON, 1)):
        async with sessions() as session:
            since = func.now() - timedelta(hours=hours)
            await session.execute(update(Delivery).where(Delivery.id == delivery.id).values(unclear_since=since))
            await session.commit()
        await let_time_pass(sessions)
        memory.troubles.append(Trouble(port.TransientBeforeSend("connection refused")))
        await look(context)
        assert (await delivery_now(sessions, delivery)).state is state
        claimed = await posts.claim_due(context, 10)
        assert [held.claim.delivery_id for held in claimed] == [after_it.id] * sent
    assert timedelta(hours=6) == UNCLEAR_LIMIT
