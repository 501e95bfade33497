"""Probes and metrics: they ask PostgreSQL and Valkey now, and say what they found."""

import asyncio
import math

from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from domain.engagement import folding
from domain.posts.deliveries import longest_unclaimed
from domain.posts.queries import backlog, held_by_reason
from integrations.database import AWAY, answers
from integrations.queue import ArqWakeUp

POSTGRES = Gauge("qicai_postgres_up", "Whether PostgreSQL answers.")
VALKEY = Gauge("qicai_valkey_up", "Whether Valkey answers.")
BACKLOG = Gauge("qicai_deliveries", "Deliveries that are not finished, by where they stand.", ["standing"])
HELD = Gauge("qicai_deliveries_held", "Deliveries that are held, by the reason; some have several.", ["reason"])
UNCLAIMED = Gauge(
    "qicai_deliveries_oldest_overdue_seconds",
    "How long what a worker might send has waited at most; what its account or platform keeps waiting is left out.",
)
NOT_COUNTED = Gauge("qicai_rollup_marks", "Marks of what the stored roll-ups do not hold yet.")
NOT_COUNTED_FOR = Gauge(
    "qicai_rollup_marks_oldest_seconds", "How long the oldest change has waited to be counted; 0 where none waits."
)


class Health:
    """The three endpoints of one API process."""

    def __init__(self, engine: AsyncEngine, wake_up: ArqWakeUp) -> None:
        self._engine = engine
        self._wake_up = wake_up

    async def healthz(self, _request: Request) -> Response:
        """The process is alive; nothing else is asked."""
        return JSONResponse({"status": "alive"})

    async def readyz(self, _request: Request) -> Response:
        """Ready with PostgreSQL; without Valkey only degraded, since workers look by themselves."""
        postgres, valkey = await self._look()
        status = "unavailable" if not postgres else "ready" if valkey else "degraded"
        content = {"status": status, "postgres": postgres, "valkey": valkey}
        return JSONResponse(content, status_code=200 if postgres else 503)

    async def metrics(self, _request: Request) -> Response:
        """Prometheus text. What cannot be known now is left out rather than repeated from before."""
        postgres, valkey = await self._look()
        POSTGRES.set(postgres)
        VALKEY.set(valkey)
        for labelled in (BACKLOG, HELD):
            labelled.clear()
        for gauge in (UNCLAIMED, NOT_COUNTED, NOT_COUNTED_FOR):
            gauge.set(math.nan)
        if postgres:
            try:
                await self._count()
            except AWAY:
                # It went away just now, or it answers and has no tables yet.
                POSTGRES.set(await answers(self._engine))
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    async def _count(self) -> None:
        async with AsyncSession(self._engine) as session:
            standings, held = await backlog(session), await held_by_reason(session)
            UNCLAIMED.set(await longest_unclaimed(session))
            not_counted = await folding.backlog(session)
        NOT_COUNTED.set(not_counted.marks)
        NOT_COUNTED_FOR.set(not_counted.oldest_seconds)
        for standing, count in standings.items():
            BACKLOG.labels(standing).set(count)
        for reason, count in held.items():
            HELD.labels(reason.value).set(count)

    async def _look(self) -> tuple[bool, bool]:
        postgres, valkey = await asyncio.gather(answers(self._engine), self._wake_up.answers())
        return postgres, valkey
