"""Clicks on short links: counted in memory, and written down together a moment later."""

import asyncio
import re
from collections import Counter
from datetime import date
from uuid import UUID

import structlog
from starlette.requests import Request

from domain.publicity.clicks import add_clicks
from integrations.database import AWAY, Sessions, is_away

log = structlog.get_logger()

# What a process counted in the last moment is lost if it is killed: the price of a redirect that waits for nobody.
EVERY_SECONDS = 1.0
# While the database is away no more is kept than this many deliveries, and one statement takes no more either.
KEPT = 5_000
ROBOTS = re.compile(
    r"bot\b|bot[/_;-]|crawl|spider|slurp|preview|fetch|scan|monitor|validator|archiv|headless|lighthouse|facebookexternalhit"
    r"|curl|wget|python|httpx|okhttp|java/|go-http|libwww|perl|ruby|axios|node",
    re.IGNORECASE,
)


def is_by_person(request: Request) -> bool:
    """Whether a request looks like somebody who follows a link: no robot, no preview, no page fetched beforehand."""
    agent = request.headers.get("user-agent", "")
    purposes = [request.headers.get(name, "") for name in ("sec-purpose", "purpose", "x-purpose", "x-moz")]
    ahead = any(word in purpose.lower() for purpose in purposes for word in ("prefetch", "preview", "prerender"))
    return request.method == "GET" and bool(agent) and not ROBOTS.search(agent) and not ahead


class ClickCounter:
    """Counts by delivery and day; of whoever clicks it is told nothing."""

    def __init__(self, sessions: Sessions, *, every_seconds: float = EVERY_SECONDS) -> None:
        self._sessions, self._every = sessions, every_seconds
        self._counts: Counter[tuple[UUID, date]] = Counter()
        self._writing: asyncio.Task[None] | None = None

    def count(self, delivery_id: UUID, day: date) -> None:
        """One more; costs the same whatever the database does."""
        if (delivery_id, day) not in self._counts and len(self._counts) >= KEPT:
            return
        self._counts[delivery_id, day] += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_soon())

    async def close(self) -> None:
        """Write down what is left."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.wait([self._writing])
        await self._write()

    async def _write_soon(self) -> None:
        while self._counts:
            await asyncio.sleep(self._every)
            await self._write()

    async def _write(self) -> None:
        if not self._counts:
            return
        counts, self._counts = self._counts, Counter()
        is_sent = False
        try:
            async with self._sessions() as session:
                await add_clicks(session, counts)
                is_sent = True
                await session.commit()
        except AWAY as error:
            log.warning("clicks_not_written", deliveries=len(counts), error=type(error).__name__)
            # Once the commit was asked for nobody knows whether it came about: rather too few than twice.
            if is_away(error) and not is_sent:
                self._counts.update(counts)
        except asyncio.CancelledError:
            if not is_sent:
                self._counts.update(counts)
            raise
