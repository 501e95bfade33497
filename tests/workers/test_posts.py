"""Sending and looking with the memory twin: each answer, and what follows from it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from domain.accounts.models import Account
from domain.engagement.models import Reading
from domain.hosts import port
from domain.hosts.models import Host
from domain.posts.models import Delivery
from domain.posts.outcomes import LIMIT_WAIT
from domain.posts.rules import LOOK_AFTER
from domain.terms import AccountState
from domain.terms import DeliveryState as State
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient, Trouble
from tests.factories.hosts import (
    LADDER,
    account_now,
    delivery_now,
    events_of,
    host_now,
    let_time_pass,
    look,
    schedule_to,
    seconds_from_now,
    send,
)
from workers import posts
from workers.context import WorkerContext

LATER = datetime(2200, 1, 1, tzinfo=UTC)


async def test_a_due_post_is_published_and_its_counts_will_be_read(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    await send(context)
    now = await delivery_now(sessions, delivery)
    ((uid, timeline),) = memory.timelines.items()
    ((host_post_id, sent),) = timeline
    assert (now.state, now.host_post_id, now.problem) == (State.PUBLISHED, host_post_id, None)
    assert now.host_url == f"https://memory.example/{uid}/{host_post_id}"
    assert (sent.text, sent.code, sent.key) == (delivery.text, delivery.code, delivery.key)
    assert await events_of(sessions, delivery) == ["PUBLISHED"]
    async with sessions() as session:
        reading = (await session.execute(select(Reading))).scalar_one()
    assert (reading.delivery_id, reading.host_post_id, reading.slot) == (delivery.id, host_post_id, 0)
    assert now.published_at is not None
    assert reading.due_at == now.published_at + LADDER[0]


async def test_the_token_is_opened_for_the_call_only(
    context: WorkerContext, sessions: Sessions, delivery: Delivery, engine: AsyncEngine
):
    seen: list[tuple[str, State, int]] = []

    class Watching(MemoryClient):
        async def submit(self, handle: port.Handle, submission: port.Submission) -> port.Published | port.Accepted:
            open_sessions = engine.sync_engine.pool.checkedout()  # type: ignore[attr-defined]
            seen.append((handle.token, (await delivery_now(sessions, delivery)).state, open_sessions))
            return await super().submit(handle, submission)

    (held,) = await posts.claim_due(replace(context, client=lambda *_: Watching()), 10)
    assert held.claim.token not in repr(held)
    await posts.deliver(replace(context, client=lambda *_: Watching()), held)
    # The claim is committed before the call, and no session is open meanwhile.
    assert seen == [("token", State.SENDING, 0)]


async def test_a_post_that_was_only_accepted_is_looked_up_and_found(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    memory.troubles.append(Trouble(port.Accepted(), taken=True))
    await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.ACCEPTED
    await let_time_pass(sessions)
    await look(context)
    now = await delivery_now(sessions, delivery)
    assert (now.state, now.host_post_id) == (State.PUBLISHED, memory.timelines[_uid(memory)][0][0])
    async with sessions() as session:
        assert (await session.execute(select(Reading.delivery_id))).scalars().all() == [delivery.id]


async def test_an_accepted_post_that_does_not_appear_is_never_sent_again(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    memory.troubles.append(Trouble(port.Accepted(), taken=False))
    await send(context)
    for _ in range(len(LOOK_AFTER) + 2):
        await let_time_pass(sessions)
        await look(context)
        await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.NEEDS_PERSON
    assert [call for call, _ in memory.calls].count("submit") == 1


REFUSED = [port.Invalid, port.MediaInvalid, port.ContentRejected, port.Gone]
# Troubles that are not of this post's making: it stays due.
NOT_ITS_OWN = [port.PermissionMissing, port.AccountBlocked, port.Misconfigured]
ANSWERS: list[tuple[port.HostError, State, str]] = [
    *((kind("no", code="7"), State.FAILED, "REFUSED") for kind in REFUSED),
    *((kind("no", code="7"), State.SCHEDULED, "NOT_SENT") for kind in NOT_ITS_OWN),
    (port.TransientBeforeSend("no", code="7"), State.SCHEDULED, "NOT_SENT"),
    (port.OutcomeUnknown("no", code="7"), State.UNCONFIRMED, "UNCLEAR"),
    (port.Duplicate("no", code="7"), State.UNCONFIRMED, "UNCLEAR"),
    (port.RateLimited("no", code="7", scope="account"), State.SCHEDULED, "NOT_SENT"),
    (port.RateLimited("no", code="7", scope="host"), State.SCHEDULED, "NOT_SENT"),
    (port.Unauthorized("no", code="7"), State.SCHEDULED, "NOT_SENT"),
    (port.HumanNeeded("no", code="7"), State.NEEDS_PERSON, "PERSON_ASKED"),
]


def _name(value: object) -> str:
    scope = f" {value.scope}" if isinstance(value, port.RateLimited) else ""
    return type(value).__name__ + scope if isinstance(value, port.HostError) else str(value)


def test_every_way_to_fail_is_among_the_answers():
    assert {type(error) for error, *_ in ANSWERS} == set(port.HostError.__subclasses__())


@pytest.mark.parametrize(("error", "state", "event"), ANSWERS, ids=_name)
async def test_each_refusal_leads_to_its_state_and_is_visible(
    context: WorkerContext,
    sessions: Sessions,
    memory: MemoryClient,
    delivery: Delivery,
    error: port.HostError,
    state: State,
    event: str,
):
    memory.troubles.append(Trouble(error))
    await send(context)
    now = await delivery_now(sessions, delivery)
    assert (now.state, now.problem_detail) == (state, "7: no")
    assert now.problem
    assert now.lease_until is None
    assert await events_of(sessions, delivery) == [event]
    await send(context)
    assert [call for call, _ in memory.calls] == ["submit"]


async def test_what_was_certainly_not_sent_is_sent_later_and_counted(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    memory.troubles.append(Trouble(port.TransientBeforeSend("no")))
    await send(context)
    assert (await delivery_now(sessions, delivery)).tries == 1
    assert 0 < await seconds_from_now(sessions, Delivery.try_at) <= 2
    await let_time_pass(sessions)
    await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.PUBLISHED
    assert await events_of(sessions, delivery) == ["NOT_SENT", "PUBLISHED"]


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("error", [port.OutcomeUnknown("no answer"), port.Duplicate("repeated")], ids=_name)
async def test_an_unclear_answer_is_looked_up_before_anything_is_sent_again(
    context: WorkerContext,
    sessions: Sessions,
    memory: MemoryClient,
    delivery: Delivery,
    error: port.HostError,
    taken: bool,
):
    memory.troubles.append(Trouble(error, taken=taken))
    await send(context)
    # Before the settling time is over, absence would prove nothing.
    await look(context)
    assert [call for call, _ in memory.calls] == ["submit"]
    for _ in range(2):
        await let_time_pass(sessions)
        await look(context)
        await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.PUBLISHED
    assert len(memory.timelines[_uid(memory)]) == 1
    assert [call for call, _ in memory.calls] == (["submit", "find"] if taken else ["submit", "find", "submit"])


async def test_a_call_that_takes_too_long_is_unclear(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    memory.troubles.append(Trouble(taken=True, seconds=30))
    began = monotonic()
    await send(replace(context, call_seconds=0.05))
    assert monotonic() - began < 5
    now = await delivery_now(sessions, delivery)
    assert (now.state, now.problem) == (State.UNCONFIRMED, "OUTCOME_UNKNOWN")
    assert now.problem_detail == "no answer within 0.05 s"


async def test_a_look_that_proves_nothing_is_repeated_and_at_last_a_person_is_asked(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    memory.troubles.append(Trouble(port.OutcomeUnknown("no answer")))
    await send(context)
    # So many newer posts that the page of the timeline no longer reaches back.
    other = port.Submission(key=delivery.key, code="another", text="another")
    memory.timelines[(await account_now(sessions, delivery)).uid] = [("1", other)] * memory.capabilities.look_back
    for _ in range(len(LOOK_AFTER) + 2):
        await let_time_pass(sessions)
        await look(context)
        await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.NEEDS_PERSON
    events = await events_of(sessions, delivery)
    assert events == ["UNCLEAR", *["UNPROVED"] * len(LOOK_AFTER), "PERSON_ASKED"]
    assert [call for call, _ in memory.calls].count("submit") == 1


async def test_a_look_that_gets_no_answer_is_repeated_until_it_gets_one(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery
):
    memory.troubles.append(Trouble(port.OutcomeUnknown("no answer"), taken=True))
    memory.troubles.extend(Trouble(port.TransientBeforeSend("busy")) for _ in range(len(LOOK_AFTER) + 2))
    await send(context)
    for _ in range(len(LOOK_AFTER) + 2):
        await let_time_pass(sessions)
        await look(context)
        await send(context)
    assert (await delivery_now(sessions, delivery)).state is State.UNCONFIRMED
    await let_time_pass(sessions)
    await look(context)
    assert (await delivery_now(sessions, delivery)).state is State.PUBLISHED
    assert [call for call, _ in memory.calls].count("submit") == 1


@pytest.mark.parametrize("calls", ["submit", "find"])
async def test_a_dead_token_stops_its_account_until_it_is_renewed(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, delivery: Delivery, calls: str
):
    if calls == "find":
        memory.troubles.append(Trouble(port.OutcomeUnknown("no answer")))
    memory.troubles.append(Trouble(port.Unauthorized("expired", code="21327")))
    await send(context)
    await let_time_pass(sessions)
    await look(context)
    assert memory.calls[-1][0] == calls
    assert (await account_now(sessions, delivery)).state is AccountState.UNAUTHORIZED
    await let_time_pass(sessions)
    assert await posts.claim_due(context, 10) == []


@pytest.mark.parametrize("calls", ["submit", "find"])
@pytest.mark.parametrize("until", [None, LATER])
@pytest.mark.parametrize("scope", ["account", "host"])
async def test_a_limit_pauses_whom_it_concerns(
    context: WorkerContext,
    sessions: Sessions,
    memory: MemoryClient,
    delivery: Delivery,
    scope: str,
    until: datetime | None,
    calls: str,
):
    if calls == "find":
        memory.troubles.append(Trouble(port.OutcomeUnknown("no answer")))
    memory.troubles.append(Trouble(port.RateLimited("slow down", scope=scope, until=until)))
    await send(context)
    if calls == "find":
        await let_time_pass(sessions)
        await look(context)
    assert memory.calls[-1][0] == calls
    paused = {
        "account": (await account_now(sessions, delivery)).paused_until,
        "host": (await host_now(sessions)).paused_until,
    }
    assert [name for name, end in paused.items() if end] == [scope]
    if until:
        assert paused[scope] == until
    elif calls == "submit":
        column = Account.paused_until if scope == "account" else Host.paused_until
        assert 0 < await seconds_from_now(sessions, column) <= LIMIT_WAIT.total_seconds()


async def test_one_accounts_trouble_does_not_hold_up_another(
    context: WorkerContext, sessions: Sessions, keys: Keys, memory: MemoryClient
):
    (post,) = await schedule_to(sessions, keys.keyring, "north county", "south county", "far county")
    memory.troubles.append(Trouble(port.RateLimited("slow down", scope="account")))
    await send(context)
    states = [(await delivery_now(sessions, one)).state for one in post.deliveries]
    assert sorted(states) == [State.PUBLISHED, State.PUBLISHED, State.SCHEDULED]


async def test_a_token_that_cannot_be_opened_never_leaves_and_stops_no_account(
    context: WorkerContext, sessions: Sessions, keys: Keys, memory: MemoryClient, delivery: Delivery
):
    async with sessions() as session:
        account = await session.get_one(Account, delivery.account_id)
        account.token = keys.keyring.seal("token", row="accounts:token:of another row")
        await session.commit()
    await send(context)
    assert memory.calls == []
    now = await delivery_now(sessions, delivery)
    assert (now.state, now.problem) == (State.SCHEDULED, "TOKEN_UNREADABLE")
    # This process may have the wrong keys.
    assert (await account_now(sessions, delivery)).state is AccountState.ACTIVE


async def test_what_is_due_is_claimed_in_order_and_one_per_account(
    context: WorkerContext, sessions: Sessions, keys: Keys, memory: MemoryClient
):
    scheduled = await schedule_to(sessions, keys.keyring, "north county", "south county", count=3)
    for _ in range(3):
        claims = await posts.claim_due(context, 10)
        assert len({held.claim.account_id for held in claims}) == len(claims) == 2
        assert await posts.claim_due(context, 10) == []
        for held in claims:
            await posts.deliver(context, held)
    assert await posts.claim_due(context, 10) == []
    sent = {uid: [post.code for _, post in timeline] for uid, timeline in memory.timelines.items()}
    wanted: dict[Any, list[str]] = {}
    for post in scheduled:
        for one in post.deliveries:
            wanted.setdefault(one.account_id, []).append(one.code)
    assert sorted(sent.values()) == sorted(wanted.values())


async def test_the_limit_of_a_claim_is_kept(context: WorkerContext, sessions: Sessions, keys: Keys):
    await schedule_to(sessions, keys.keyring, "north county", "south county", "far county")
    assert len(await posts.claim_due(context, 2)) == 2
    assert len(await posts.claim_due(context, 2)) == 1


def _uid(memory: MemoryClient) -> str:
    (uid,) = memory.timelines
    return uid


def test_the_default_wait_after_a_limit_is_bounded():
    assert timedelta() < LIMIT_WAIT <= timedelta(hours=1)
