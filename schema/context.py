"""What every resolver has at hand."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from domain.access.actor import Actor
from domain.base.models import Base
from domain.logins.door import Door
from domain.logins.queries import caller_of
from domain.reading.selection import ROWS_LIMIT, Selection, weigh
from domain.refusals import Invalid, NotAuthenticated, Reason


async def nothing_to_watch(_row_id: UUID, _noun: str) -> AsyncGenerator[tuple[Any, datetime]]:
    """A single answer has no time to watch anything."""
    nothing: tuple[tuple[Any, datetime], ...] = ()
    for found in nothing:
        yield found


@dataclass
class Context:
    """One request: who calls, when, and the way to the database."""

    sessions: async_sessionmaker[AsyncSession]
    now: datetime
    user_id: UUID | None
    # Says that there may be work of a kind; called after a commit, never fails.
    wake: Callable[[str], Awaitable[None]]
    # What logging in needs of the front door.
    door: Door
    # The session that the request came through, and the digest of the cookie that proves it; machines have none.
    session_id: UUID | None = None
    cookie_digest: bytes | None = None
    # How a row of a noun gets on, again and again, for whoever the context is of; only where it can be watched.
    watch: Callable[[UUID, str], AsyncGenerator[tuple[Any, datetime]]] = nothing_to_watch
    # After how long without a post an active account counts as silent.
    silent_after: timedelta = timedelta(days=14)
    # Where browsers reach the API.
    base_url: str = ""
    # Where platforms send people back to.
    callback_url: str = ""
    # Whether it is time to write down that the session is in use, once the request is answered.
    is_touch_due: bool = False
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _actor: Actor | None = None
    _rows: int = 0

    def charge(self, selection: Selection, *, rows: int) -> None:
        """Refuse a request whose root fields could read too many rows taken together."""
        self._rows += weigh(selection, rows=rows)
        if self._rows > ROWS_LIMIT:
            raise Invalid(Reason.TOO_MANY_ROWS, limit=ROWS_LIMIT)

    async def actor(self, session: AsyncSession) -> Actor:
        """Who calls, with the grants valid now; read once a request."""
        if self._actor is None and self.user_id is not None:
            found = await caller_of(
                session, self.user_id, now=self.now, session_id=self.session_id, cookie_digest=self.cookie_digest
            )
            if found is not None:
                self._actor, self.is_touch_due = found.actor, found.is_touch_due
        if self._actor is None:
            raise NotAuthenticated
        return self._actor

    async def reader(self, session: AsyncSession, model: type[Base]) -> Actor:
        """Who reads rows of a model: whoever is logged in; or the public, where some of the rows are open to all."""
        if self.user_id is None and model.open_where is not None:
            return Actor.public()
        return await self.actor(session)

    @property
    def caller(self) -> Actor:
        """Who calls, for fields below what was read for them."""
        if self._actor is None:
            return Actor.public()
        return self._actor

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for one read. Sibling fields resolve side by side, so they take turns."""
        async with self._turn, self.sessions() as session:
            yield session
