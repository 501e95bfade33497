"""Reading counts with the memory twin: what is kept, and what follows from a failure."""

from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from sqlalchemy import select, text, update

from domain.accounts.models import Account
from domain.engagement.models import Reading, Snapshot
from domain.engagement.rules import ASK_AGAIN
from domain.hosts import port
from domain.posts.models import Delivery
from domain.posts.outcomes import LIMIT_WAIT
from domain.terms import AccountState, DeliveryState, Metric
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient, Trouble
from tests.factories.hosts import LADDER, account_now, host_now, schedule_to, seconds_from_now
from workers import engagement, posts
from workers.context import WorkerContext


@pytest.fixture
async def published(context: WorkerContext, sessions: Sessions, keys: Keys) -> list[Delivery]:
    """Posts of two accounts, whose counts are due."""
    (post,) = await schedule_to(sessions, keys.keyring, "north county", "south county")
    for held in await posts.claim_due(context, 10):
        await posts.deliver(context, held)
    await age(sessions, LADDER[0])
    return post.deliveries


async def age(sessions: Sessions, by: timedelta) -> None:
    """As if every post had been published earlier by so much."""
    shift = text(f"interval '{by.total_seconds():.0f} seconds'")
    async with sessions() as session:
        await session.execute(
            update(Reading).values(published_at=Reading.published_at - shift, due_at=Reading.due_at - shift)
        )
        await session.commit()


async def read(context: WorkerContext) -> int:
    batches = await engagement.claim_readings(context, 2)
    for batch in batches:
        await engagement.read(context, batch)
    return len(batches)


async def snapshots(sessions: Sessions) -> list[Snapshot]:
    async with sessions() as session:
        return list((await session.execute(select(Snapshot).order_by(Snapshot.delivery_id, Snapshot.slot))).scalars())


async def readings(sessions: Sessions) -> list[Reading]:
    async with sessions() as session:
        return list((await session.execute(select(Reading).order_by(Reading.delivery_id))).scalars())


async def test_counts_are_kept_as_read_and_what_is_not_reported_stays_unknown(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, published: list[Delivery]
):
    for timeline in memory.timelines.values():
        memory.counted[timeline[0][0]] = {
            Metric.REPOSTS: 5,
            Metric.COMMENTS: 0,
            Metric.LIKES: 5_000_000_000,
            Metric.READS: None,
        }
    assert await read(context) == 1
    kept = await snapshots(sessions)
    assert {one.delivery_id for one in kept} == {one.id for one in published}
    for one in kept:
        assert (one.slot, one.reposts, one.comments, one.likes, one.reads) == (0, 5, 0, 5_000_000_000, None)
    assert [call for call, _ in memory.calls].count("counts") == 1
    assert await read(context) == 0


async def test_each_rung_of_the_ladder_is_read_once_and_after_the_last_no_more(
    context: WorkerContext, sessions: Sessions, published: list[Delivery]
):
    await read(context)
    assert {one.due_at for one in await readings(sessions)} == {
        one.published_at + LADDER[1] for one in await readings(sessions)
    }
    await age(sessions, LADDER[1])
    await read(context)
    assert [one.slot for one in await snapshots(sessions)] == [0, 1] * len(published)
    assert {one.due_at for one in await readings(sessions)} == {None}
    await age(sessions, timedelta(days=365))
    assert await read(context) == 0


async def test_counts_may_fall(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, published: list[Delivery]
):
    ids = [timeline[0][0] for timeline in memory.timelines.values()]
    for likes in (9, 4):
        memory.counted = {one: {Metric.LIKES: likes} for one in ids}
        await read(context)
        await age(sessions, LADDER[1])
    assert [one.likes for one in await snapshots(sessions)] == [9, 4] * len(published)


async def deliveries(sessions: Sessions) -> dict[bool, list[Delivery]]:
    """Deliveries by whether their post is gone."""
    async with sessions() as session:
        found = (await session.execute(select(Delivery).order_by(Delivery.id))).scalars().all()
    return {gone: [one for one in found if (one.gone_at is not None) == gone] for gone in (True, False)}


async def test_a_post_that_the_platform_leaves_out_is_asked_for_again_in_an_hour_at_the_same_rung(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, published: list[Delivery]
):
    next(iter(memory.timelines.values())).clear()
    await read(context)
    assert len(await snapshots(sessions)) == len(published) - 1
    missing = {
        one.slot: one.due_at - one.missing_since for one in await readings(sessions) if one.due_at and one.missing_since
    }
    assert missing == {0: ASK_AGAIN}
    assert (await deliveries(sessions))[True] == []


async def test_a_post_left_out_twice_an_hour_apart_is_gone_and_keeps_the_counts_it_had(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, published: list[Delivery]
):
    await read(context)
    had = len(await snapshots(sessions))
    next(iter(memory.timelines.values())).clear()
    await age(sessions, LADDER[1])
    await read(context)
    assert (await deliveries(sessions))[True] == []
    await age(sessions, ASK_AGAIN)
    await read(context)
    (gone,) = (await deliveries(sessions))[True]
    assert gone.state is DeliveryState.PUBLISHED
    kept = [one for one in await snapshots(sessions) if one.delivery_id == gone.id]
    assert (len(kept), had) == (1, len(published))


async def test_a_post_that_comes_back_is_gone_no_more(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, published: list[Delivery]
):
    context = replace(context, ladder=(*LADDER, timedelta(days=3)))
    timeline = next(iter(memory.timelines.values()))
    posts_there = list(timeline)
    timeline.clear()
    for _ in range(2):
        await read(context)
        await age(sessions, ASK_AGAIN)
    assert len((await deliveries(sessions))[True]) == 1
    timeline.extend(posts_there)
    await age(sessions, timedelta(days=3))
    await read(context)
    assert (await deliveries(sessions))[True] == []
    assert {one.missing_since for one in await readings(sessions)} == {None}


async def test_a_post_that_was_only_left_out_once_is_read_as_before(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, published: list[Delivery]
):
    timeline = next(iter(memory.timelines.values()))
    posts_there = list(timeline)
    timeline.clear()
    await read(context)
    timeline.extend(posts_there)
    await age(sessions, ASK_AGAIN)
    await read(context)
    assert {one.delivery_id for one in await snapshots(sessions)} == {one.id for one in published}
    assert {one.missing_since for one in await readings(sessions)} == {None}
    assert (await deliveries(sessions))[True] == []


FAILURES: list[port.HostError] = [
    port.TransientBeforeSend("busy"),
    port.OutcomeUnknown("busy"),
    port.Unauthorized("expired"),
    port.RateLimited("slow down", scope="account"),
    port.RateLimited("slow down", scope="host"),
    port.PermissionMissing("no"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: f"{type(error).__name__} {vars(error).get('scope', '')}")
async def test_after_a_failure_the_same_is_read_when_the_lease_ends(
    context: WorkerContext,
    sessions: Sessions,
    memory: MemoryClient,
    published: list[Delivery],
    error: port.HostError,
):
    memory.troubles.append(Trouble(error))
    with structlog.testing.capture_logs() as said:
        await read(context)
    assert [line["event"] for line in said] == ["reading_failed"]
    assert await snapshots(sessions) == []
    assert {one.slot for one in await readings(sessions)} == {0}
    assert 0 < await seconds_from_now(sessions, Reading.due_at) <= context.lease.total_seconds()
    assert await read(context) == 0
    reader = await account_now(sessions, _reader(memory, published))
    limited = isinstance(error, port.RateLimited)
    unauthorized = isinstance(error, port.Unauthorized)
    assert (reader.state is AccountState.UNAUTHORIZED) == unauthorized
    by_host = limited and "host" in vars(error).values()
    # What it sends is another matter than what it reads.
    assert reader.paused_until is None
    assert (reader.reading_paused_until is None) == by_host
    assert ((await host_now(sessions)).paused_until is not None) == by_host


async def test_another_account_reads_where_the_first_one_may_not(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, published: list[Delivery]
):
    memory.troubles.append(Trouble(port.RateLimited("slow down", scope="account")))
    await read(context)
    assert 0 < await seconds_from_now(sessions, Account.reading_paused_until) <= LIMIT_WAIT.total_seconds()
    await age(sessions, context.lease)
    await read(context)
    assert len(await snapshots(sessions)) == len(published)
    (first, second) = [uid for call, uid in memory.calls if call == "counts"]
    assert first != second


async def test_a_reading_that_takes_too_long_is_broken_off(
    context: WorkerContext, sessions: Sessions, memory: MemoryClient, published: list[Delivery]
):
    memory.troubles.append(Trouble(seconds=30))
    await read(replace(context, call_seconds=0.05))
    assert await snapshots(sessions) == []


async def test_a_token_that_cannot_be_opened_never_leaves_and_stops_no_account(
    context: WorkerContext, sessions: Sessions, keys: Keys, memory: MemoryClient, published: list[Delivery]
):
    async with sessions() as session:
        await session.execute(update(Account).values(token=keys.keyring.seal("token", row="of another row")))
        await session.commit()
    await read(context)
    assert "counts" not in [call for call, _ in memory.calls]
    async with sessions() as session:
        states = (await session.execute(select(Account.state).order_by(Account.state))).scalars().all()
    # This process may have the wrong keys.
    assert states == [AccountState.ACTIVE, AccountState.ACTIVE]


async def test_nothing_is_claimed_without_a_free_slot(context: WorkerContext, published: list[Delivery]):
    assert await engagement.claim_readings(context, 0) == []
    assert len(await engagement.claim_readings(context, 1)) == 1


def _reader(memory: MemoryClient, published: list[Delivery]) -> Delivery:
    """A delivery of the account that paid for the call."""
    uid = memory.calls[-1][1]
    ((_, post),) = memory.timelines[uid]
    return next(one for one in published if one.code == post.code)
