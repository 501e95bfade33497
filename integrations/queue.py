"""The wake-up: tells workers to look now. Losing one costs a second, since workers also look by themselves."""

import asyncio
from enum import StrEnum
from typing import Any, Protocol

import orjson
import structlog
from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

log = structlog.get_logger()

QUEUE = "qicai:wake"
# Longest wait for a connection or for one answer of Valkey, and for a whole call.
ANSWER_SECONDS = 1.0
CALL_SECONDS = 2.0


class Work(StrEnum):
    """What there is to look at."""

    DELIVERIES = "deliveries"
    HANDOUTS = "handouts"
    READINGS = "readings"


class WakeUp(Protocol):
    """The port: say that there may be work."""

    async def look_now(self, work: Work) -> None: ...


class MemoryWakeUp:
    """The twin for tests: remembers what was said."""

    def __init__(self) -> None:
        self.said: list[Work] = []

    async def look_now(self, work: Work) -> None:
        self.said.append(work)


class ArqWakeUp:
    """The real one: an arq job without truth of its own."""

    def __init__(self, redis_url: str) -> None:
        self._pool = open_pool(redis_url)

    async def look_now(self, work: Work) -> None:
        """Never fails: what was committed is found by the workers' own look."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                await self._pool.enqueue_job("look_now", work=work.value)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("wake_up_lost", work=work.value, error=type(error).__name__)

    async def answers(self) -> bool:
        """Whether Valkey answers now."""
        try:
            async with asyncio.timeout(CALL_SECONDS):
                return bool(await self._pool.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        await close_pool(self._pool)


def open_pool(redis_url: str) -> ArqRedis:
    """Connections that are made when first used, and that give up within a second, since arq would wait for ever."""
    connections = ConnectionPool.from_url(
        redis_url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
    )
    return ArqRedis(connections, job_serializer=serialize, job_deserializer=deserialize, default_queue_name=QUEUE)


async def close_pool(pool: ArqRedis) -> None:
    """Close the connections too: a pool that came from outside would keep them."""
    await pool.aclose(close_connection_pool=True)


def serialize(job: dict[str, Any]) -> bytes:
    """Jobs are JSON: arq's default, pickle, would run whatever somebody writes to Valkey."""
    return orjson.dumps(job, default=repr)


def deserialize(job: bytes) -> dict[str, Any]:
    """The other direction."""
    found: dict[str, Any] = orjson.loads(job)
    return found
