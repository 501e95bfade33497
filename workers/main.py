"""A worker process: its lanes, its wake-ups, and how it stops."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import httpx
import structlog
from prometheus_client import start_http_server

from domain.engagement.comments import Visit
from domain.engagement.followers import FollowerBatch
from domain.engagement.readings import Batch
from domain.exports.models import Export
from domain.handouts.making import Held as Handout
from domain.hosts.port import Client
from domain.press.models import PressKit
from domain.reports.models import CampaignReport
from domain.terms import HostKind
from integrations.database import STILL_SECONDS, open_engine, open_sessions
from integrations.keys import Keys
from integrations.microblogs.clients import CLIENTS as CLIENTS
from integrations.objects import Store
from integrations.queue import Work
from integrations.settings import Settings
from workers import (
    audit,
    comments,
    engagement,
    exports,
    followers,
    gate,
    handouts,
    jobs,
    posts,
    press,
    renewals,
    reports,
    requests,
    rollups,
    units,
)
from workers.context import WorkerContext
from workers.lane import Lane
from workers.posts import Held

log = structlog.get_logger()

DRAIN_SECONDS = 10.0
READING_SLOTS = 2
FOLLOWER_SLOTS = 1
COMMENT_SLOTS = 2
# One of each at a time: to write a file is work for the processor, which sending needs too.
HANDOUT_SLOTS = 1
# More connections than this settle no faster; whoever has more slots waits a little for one.
POOL_LIMIT = 40

Lanes = Mapping[Work, Sequence[Lane[Held] | Lane[Batch] | Lane[FollowerBatch] | Lane[Visit] | Lane[Handout]]]
# What runs beside the lanes until it is told to stop.
Upkeep = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


def lanes_of(context: WorkerContext, settings: Settings) -> Lanes:
    """The lanes of one process, by the kind of wake-up that concerns them."""
    every = settings.look_every_seconds
    send: Lane[Held] = Lane(
        "send",
        partial(posts.claim_due, context),
        partial(posts.deliver, context),
        settings.worker_batch,
        every,
    )
    look: Lane[Held] = Lane(
        "look",
        partial(posts.claim_looks, context),
        partial(posts.deliver, context),
        settings.worker_batch,
        every,
    )
    read: Lane[Batch] = Lane(
        "read",
        partial(engagement.claim_readings, context),
        partial(engagement.read, context),
        READING_SLOTS,
        every,
    )
    follow: Lane[FollowerBatch] = Lane(
        "follow",
        partial(followers.claim_followers, context),
        partial(followers.count, context),
        FOLLOWER_SLOTS,
        every,
    )
    collect: Lane[Visit] = Lane(
        "collect",
        partial(comments.claim_comments, context),
        partial(comments.collect, context),
        COMMENT_SLOTS,
        every,
    )
    return {
        Work.DELIVERIES: [send, look],
        Work.READINGS: [read, follow, collect],
        **_handouts(context, every),
    }


def _handouts(context: WorkerContext, every: float) -> Lanes:
    """The lanes that make what people asked for."""
    write: Lane[Handout] = Lane(
        "press", partial(handouts.claim, context, PressKit), partial(press.make, context), HANDOUT_SLOTS, every
    )
    export: Lane[Handout] = Lane(
        "export", partial(handouts.claim, context, Export), partial(exports.make, context), HANDOUT_SLOTS, every
    )
    report: Lane[Handout] = Lane(
        "report", partial(handouts.claim, context, CampaignReport), partial(reports.make, context), HANDOUT_SLOTS, every
    )
    return {Work.HANDOUTS: [write, export, report]}


async def work(settings: Settings, *, database_url: str, redis_url: str, keys: Keys, stopping: asyncio.Event) -> None:
    """Run one worker until `stopping` is set; what is under way gets ten seconds to finish."""
    async with AsyncExitStack() as stack:
        if settings.worker_metrics_port:
            server, _ = start_http_server(settings.worker_metrics_port, addr=settings.host)
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
        pool_size = min(settings.worker_batch + 4, POOL_LIMIT)
        engine = open_engine(database_url, pool_size=pool_size, still_seconds=STILL_SECONDS)
        stack.push_async_callback(engine.dispose)
        # One connection for every slot of every lane, so that none waits for another's call.
        connections = settings.worker_batch * 2 + READING_SLOTS + FOLLOWER_SLOTS + COMMENT_SLOTS
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        http = await stack.enter_async_context(httpx.AsyncClient(limits=limits, trust_env=False))
        context = WorkerContext(
            sessions=open_sessions(engine),
            keyring=keys.keyring,
            client=_clients(http, settings),
            store=Store(settings.store_url, settings.objects_dir),
            lease=timedelta(seconds=settings.lease_seconds),
            call_seconds=settings.call_seconds,
            ladder=settings.ladder,
            scratch=settings.data_dir / "scratch",
            keep_record=timedelta(days=settings.record_days),
            base_url=settings.base_url,
            keep_comments=timedelta(days=settings.comment_days),
        )
        log.info("worker_started", slots=settings.worker_batch)
        heads = settings.data_dir / audit.HEADS_FILE
        seal_log = partial(audit.seal_log, context.sessions, keys.sealing, heads)
        find_renewals = partial(renewals.find_renewals, context, timedelta(days=settings.renewal_days))
        lanes = lanes_of(context, settings)
        await run(context, lanes, redis_url=redis_url, stopping=stopping, beside=[seal_log, find_renewals])
    log.info("worker_stopped")


async def run(
    context: WorkerContext,
    lanes: Lanes,
    *,
    redis_url: str,
    stopping: asyncio.Event,
    beside: Sequence[Upkeep] = (),
) -> None:
    """Run lanes until told to stop, then drain them; also where one of the tasks fails."""
    every = [lane for group in lanes.values() for lane in group]
    try:
        async with asyncio.TaskGroup() as tasks:
            wakes = {kind: [lane.wake for lane in group] for kind, group in lanes.items()}
            tasks.create_task(jobs.listen(redis_url, wakes, stopping))
            tasks.create_task(requests.forget_old(context, stopping))
            tasks.create_task(units.carry_out_acts(context, stopping))
            tasks.create_task(gate.keep_gate(context, stopping))
            tasks.create_task(rollups.keep_rollups(context, stopping))
            for upkeep in beside:
                tasks.create_task(upkeep(stopping))
            for lane in every:
                tasks.create_task(lane.run(stopping))
    finally:
        await asyncio.gather(*(lane.drain(DRAIN_SECONDS) for lane in every))


def _clients(http: httpx.AsyncClient, settings: Settings) -> Callable[[HostKind, str], Client]:
    known: dict[tuple[HostKind, str], Client] = {}

    def client(kind: HostKind, api_url: str) -> Client:
        if (kind, api_url) not in known:
            known[kind, api_url] = CLIENTS[kind](http, api_url, seconds=settings.call_seconds)
        return known[kind, api_url]

    return client
