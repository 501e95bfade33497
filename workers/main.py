"""A worker process: its lanes, its wake-ups, and how it stops."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import httpx
import structlog
from prometheus_client import start_http_server

from domain.engagement.readings import Batch
from domain.hosts.port import Client
from domain.posts.deliveries import Claim
from domain.terms import HostKind
from integrations.database import open_engine, open_sessions
from integrations.keys import Keys
from integrations.microblogs.weibo import WeiboClient
from integrations.queue import Work
from integrations.settings import Settings
from workers import engagement, jobs, posts, requests
from workers.context import WorkerContext
from workers.lane import Lane

log = structlog.get_logger()

DRAIN_SECONDS = 10.0
READING_SLOTS = 2


def lanes_of(context: WorkerContext, settings: Settings) -> dict[Work, list[Lane[Claim] | Lane[Batch]]]:
    """The lanes of one process, by the kind of wake-up that concerns them."""
    every = settings.look_every_seconds
    send: Lane[Claim] = Lane(
        "send",
        partial(posts.claim_due, context),
        partial(posts.deliver, context),
        settings.worker_batch,
        every,
    )
    look: Lane[Claim] = Lane(
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
    return {Work.DELIVERIES: [send, look], Work.READINGS: [read]}


async def work(settings: Settings, *, database_url: str, redis_url: str, keys: Keys, stopping: asyncio.Event) -> None:
    """Run one worker until `stopping` is set; what is under way gets ten seconds to finish."""
    if settings.worker_metrics_port:
        start_http_server(settings.worker_metrics_port, addr=settings.host)
    engine = open_engine(database_url)
    limits = httpx.Limits(
        max_connections=settings.worker_batch * 2, max_keepalive_connections=settings.worker_batch * 2
    )
    async with httpx.AsyncClient(limits=limits, trust_env=False) as http:
        context = WorkerContext(
            sessions=open_sessions(engine),
            keyring=keys.keyring,
            client=_clients(http, settings),
            lease=timedelta(seconds=settings.lease_seconds),
            call_seconds=settings.call_seconds,
            ladder=settings.ladder,
        )
        lanes = lanes_of(context, settings)
        wakes = {kind: [lane.wake for lane in group] for kind, group in lanes.items()}
        log.info("worker_started", slots=settings.worker_batch)
        async with asyncio.TaskGroup() as group:
            group.create_task(jobs.listen(redis_url, wakes, stopping))
            group.create_task(requests.forget_keys(context, stopping))
            for lane in (lane for same in lanes.values() for lane in same):
                group.create_task(lane.run(stopping))
        await asyncio.gather(*(lane.drain(DRAIN_SECONDS) for same in lanes.values() for lane in same))
    await engine.dispose()
    log.info("worker_stopped")


def _clients(http: httpx.AsyncClient, settings: Settings) -> Callable[[HostKind, str], Client]:
    known: dict[tuple[HostKind, str], Client] = {}

    def client(kind: HostKind, api_url: str) -> Client:
        if (kind, api_url) not in known:
            known[kind, api_url] = CLIENTS[kind](http, api_url, seconds=settings.call_seconds)
        return known[kind, api_url]

    return client


CLIENTS = {HostKind.WEIBO: WeiboClient}
