"""The wake-up: tells workers to look now. Losing one costs a second, since workers also look by themselves."""

from enum import StrEnum
from typing import Any, Protocol

import orjson
import structlog
from arq.connections import ArqRedis, RedisSettings, create_pool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

log = structlog.get_logger()

QUEUE = "qicai:wake"


class Work(StrEnum):
    """What there is to look at."""

    DELIVERIES = "deliveries"
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
        self._settings = redis_settings(redis_url, patient=False)
        self._pool: ArqRedis | None = None

    async def look_now(self, work: Work) -> None:
        """Never fails: what was committed is found by the workers' own look."""
        try:
            await (await self._connected()).enqueue_job("look_now", work=work.value, _queue_name=QUEUE)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("wake_up_lost", work=work.value, error=type(error).__name__)

    async def answers(self) -> bool:
        """Whether Valkey answers now."""
        try:
            return bool(await (await self._connected()).ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def close(self) -> None:
        if self._pool is not None:
            await self._pool.aclose()

    async def _connected(self) -> ArqRedis:
        if self._pool is None:
            self._pool = await create_pool(self._settings, job_serializer=serialize, job_deserializer=deserialize)
        return self._pool


def redis_settings(url: str, *, patient: bool) -> RedisSettings:
    """arq's settings; a patient connection outlives a restart of Valkey, an impatient one gives up within a second."""
    settings = RedisSettings.from_dsn(url)
    settings.conn_timeout = 1
    settings.conn_retries = 5 if patient else 0
    settings.retry_on_timeout = patient
    if patient:
        settings.retry = Retry(ExponentialBackoff(cap=2, base=0.1), 100)
        settings.retry_on_error = [ConnectionError, TimeoutError, OSError]
    return settings


def serialize(job: dict[str, Any]) -> bytes:
    """Jobs are JSON: arq's default, pickle, would run whatever somebody writes to Valkey."""
    return orjson.dumps(job, default=repr)


def deserialize(job: bytes) -> dict[str, Any]:
    """The other direction."""
    found: dict[str, Any] = orjson.loads(job)
    return found
