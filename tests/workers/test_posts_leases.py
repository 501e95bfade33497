"""What a worker may still do with a claim: while it holds it, when it was held up, and when it comes back too late."""

from dataclasses import replace
from time import monotonic
from typing import Any, cast

import pytest
import structlog

from domain.hosts import port
from domain.posts.models import Delivery
from domain.posts.rules import LOOK_AFTER
from domain.terms import DeliveryState as State
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient, Trouble
from tests.factories.hosts import (
    account_now,
    context_of,
    delivery_now,
    events_of,
    let_time_pass,
    look,
    send,
)
from workers import posts
from workers.context import WorkerContext


async def test_a_worker_that_was_held_up_does_not_send_any_more(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    (held,) = await posts.claim_due(context, 10)
    assert 29 < held.left() <= 30
    # Somebody else might look before this call would be over.
    await posts.deliver(context, replace(held, until=monotonic() + context.call_seconds - 0.1))
    assert memory.calls == []
    now = await delivery_now(sessions, delivery)
    assert (now.state, now.problem, now.tries) == (State.SCHEDULED, "LEASE_ENDED", 0)
    await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.PUBLISHED


async def test_a_worker_that_comes_back_after_its_lease_moves_nothing(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    (held,) = await posts.claim_due(context, 10)
    await let_time_pass(sessions)
    assert await posts.claim_looks(context, 10) == []
    assert (await delivery_now(sessions, delivery)).state is State.UNCONFIRMED
    memory.troubles.append(Trouble(port.RateLimited("slow down", scope="account")))
    with structlog.testing.capture_logs() as said:
        await posts.deliver(context, held)
    assert [line["event"] for line in said] == ["overtaken"]
    assert (await delivery_now(sessions, delivery)).state is State.UNCONFIRMED
    # What it learnt is nobody's business any more either.
    assert (await account_now(sessions, delivery)).paused_until is None


async def test_a_post_sent_by_a_worker_that_then_died_is_found_and_not_sent_again(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    (held,) = await posts.claim_due(context, 10)
    await memory.submit(
        port.Handle(held.claim.uid, "token"), port.Submission(delivery.key, delivery.code, delivery.text)
    )
    with structlog.testing.capture_logs() as said:
        for _ in range(3):
            await let_time_pass(sessions)
            await look(context)
            await send(context)
    assert {"event": "leases_ended", "deliveries": 1, "log_level": "warning"} in said
    assert (await delivery_now(sessions, delivery)).state is State.PUBLISHED
    assert [call for call, _ in memory.calls] == ["submit", "find"]
    assert await events_of(sessions, delivery) == ["LEASE_ENDED", "FOUND"]


async def test_a_defect_of_a_client_is_told_and_ends_with_a_person_not_in_a_circle(
    sessions: Sessions, keys: Keys, delivery: Delivery
):
    class Broken(MemoryClient):
        async def find(self, handle: port.Handle, submission: port.Submission) -> Any:
            self.calls.append(("find", handle.uid))
            raise KeyError("gone")

        submit = find

    broken = Broken()
    context = context_of(sessions, keys.keyring, broken)
    with structlog.testing.capture_logs() as said:
        await send(context)
        now = await delivery_now(sessions, delivery)
        assert (now.state, now.problem_detail) == (State.UNCONFIRMED, "the client failed: KeyError")
        for _ in range(len(LOOK_AFTER) + 2):
            await let_time_pass(sessions)
            await look(context)
            await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.NEEDS_PERSON
    assert len([line for line in said if line["event"] == "client_failed" and line["log_level"] == "error"]) == len(
        broken.calls
    )


async def test_a_settlement_waits_for_the_database_and_is_not_lost(
    context: WorkerContext,
    sessions: Sessions,
    memory: MemoryClient,
    delivery: Delivery,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(posts, "SETTLE_AGAIN_SECONDS", 0.01)
    (held,) = await posts.claim_due(context, 10)
    with structlog.testing.capture_logs() as said:
        await posts.deliver(replace(context, sessions=_away(sessions, times=3)), held)
    assert [line["event"] for line in said] == ["settlement_waits"] * 3
    assert (await delivery_now(sessions, delivery)).state is State.PUBLISHED
    assert [call for call, _ in memory.calls] == ["submit"]


async def test_a_settlement_does_not_wait_beyond_its_lease(
    context: WorkerContext, sessions: Sessions, delivery: Delivery, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(posts, "SETTLE_AGAIN_SECONDS", 0.01)
    (held,) = await posts.claim_due(context, 10)
    with pytest.raises(ConnectionRefusedError):
        await posts.deliver(
            replace(context, sessions=_away(sessions, times=10_000), call_seconds=0.1),
            replace(held, until=monotonic() + 0.3),
        )
    assert (await delivery_now(sessions, delivery)).state is State.SENDING


def _away(sessions: Sessions, *, times: int) -> Sessions:
    """Sessions of a database that is away for the first `times`."""
    left = [ConnectionRefusedError("nobody listens")] * times

    def opened() -> Any:
        if left:
            raise left.pop()
        return sessions()

    return cast(Sessions, opened)
