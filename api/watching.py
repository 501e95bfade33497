"""Those who watch how posts, and what is made for them, get on: one look a second for all of them, whoever they are."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Credentials
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.exports.models import Export
from domain.handouts import making
from domain.handouts.rows import Handout
from domain.logins.queries import callers_of
from domain.posts.progress import progress_of
from domain.press.models import PressKit
from domain.refusals import Invalid, NotAuthenticated, Reason, Refusal
from domain.reports.models import CampaignReport
from integrations.database import AWAY, Sessions, is_away

log = structlog.get_logger()

EVERY_SECONDS = 1.0
# However many watch, and whatever it costs to look, at most this part of the time is spent on it.
SHARE = 0.25
# Whoever comes is told at once, but no sooner after the look before.
NEWCOMERS_SECONDS = 0.1
# What one person watches at a time, on however many sockets: each is looked at every second.
WATCHED_EACH = 40


@dataclass(frozen=True)
class Subject:
    """A noun that is watched: how it is looked for, and who is shown the same of it."""

    look: Callable[[AsyncSession, Actor, UUID], Awaitable[Any]]
    alike: Callable[[Actor], Hashable]


def _handout(model: type[Handout]) -> Subject:
    return Subject(
        lambda session, actor, row_id: making.progress_of(session, actor, model, row_id=row_id),
        lambda actor: actor.user_id,
    )


SUBJECTS: Mapping[str, Subject] = {
    "post": Subject(
        lambda session, actor, row_id: progress_of(session, actor, post_id=row_id),
        lambda actor: actor.reach(Permission.POST_VIEW),
    ),
    "CampaignReport": _handout(CampaignReport),
    "Export": _handout(Export),
    "PressKit": _handout(PressKit),
}


@dataclass(eq=False)
class Watcher:
    """One subscription: whom it is for, what it was told last, and what it is to be told next.

    Without a row it is a socket, that only waits for the end of whoever opened it.
    """

    credentials: Credentials
    row_id: UUID | None
    noun: str = ""
    # Whether anybody has looked for this one yet.
    is_seen: bool = False
    # Whatever is told says by `is_settled` whether it is the last.
    told: Any = None
    at: datetime | None = None
    over: BaseException | None = None
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, found: Any, at: datetime) -> None:
        """Whoever is slow to listen is told the newest only."""
        if found != self.told:
            self.told, self.at = found, at
            self.news.set()

    def end(self, why: BaseException) -> None:
        self.over = why
        self.news.set()


class Watching:
    """All watchers of one process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._watchers: set[Watcher] = set()
        self._come = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def watch(
        self, credentials: Credentials, row_id: UUID, noun: str = "post"
    ) -> AsyncGenerator[tuple[Any, datetime]]:
        """How it gets on: at once, then whenever it changes; ends when all of it is settled.

        Raises the refusal as soon as whoever watches may see it no more.
        """
        theirs = [w for w in self._watchers if w.row_id and w.credentials.user_id == credentials.user_id]
        if len(theirs) >= WATCHED_EACH:
            raise Invalid(Reason.TOO_MANY, limit=WATCHED_EACH)
        watcher = self._join(credentials, row_id, noun)
        try:
            while True:
                await watcher.news.wait()
                watcher.news.clear()
                if watcher.over is not None:
                    raise watcher.over
                # What comes in while this is being sent is told next, even where it is the end.
                if (told := watcher.told) is not None and watcher.at is not None:
                    yield told, watcher.at
                    if told.is_settled:
                        return
        finally:
            self._watchers.discard(watcher)

    async def until_out(self, credentials: Credentials) -> None:
        """Wait until whoever this is may come in no more: the session was ended, or the login disabled."""
        watcher = self._join(credentials, None)
        try:
            await watcher.news.wait()
            if not isinstance(watcher.over, NotAuthenticated):
                raise watcher.over or asyncio.CancelledError
        finally:
            self._watchers.discard(watcher)

    async def is_in(self, credentials: Credentials) -> bool:
        """Whether they prove now who somebody is."""
        async with self._sessions() as session:
            return bool(await callers_of(session, {_proof(credentials)}, now=datetime.now(UTC)))

    def _join(self, credentials: Credentials, row_id: UUID | None, noun: str = "") -> Watcher:
        watcher = Watcher(credentials, row_id, noun)
        self._watchers.add(watcher)
        self._come.set()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_on())
            self._looking.add_done_callback(self._looked)
        return watcher

    async def close(self) -> None:
        """Stop looking; who still watches is cut off."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])

    async def _look_on(self) -> None:
        """Look for whoever has just come, soon, and for all of them every second, until nobody is left."""
        due = 0.0
        while self._watchers:
            began = time.monotonic()
            is_time = began >= due
            self._come.clear()
            watchers = [w for w in self._watchers if is_time or not w.is_seen]
            if watchers:
                await self._look(watchers)
            took = time.monotonic() - began
            if is_time:
                due = began + max(EVERY_SECONDS, took / SHARE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._come.wait(), max(0.0, due - time.monotonic()))
            soonest = began + max(NEWCOMERS_SECONDS, took / SHARE)
            await asyncio.sleep(min(soonest, due) - time.monotonic())

    def _looked(self, task: asyncio.Task[None]) -> None:
        """A defect is told to everybody who watches, each as the answer to their own operation."""
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        for watcher in self._watchers if error is not None else ():
            watcher.end(error or asyncio.CancelledError())

    async def _look(self, watchers: Collection[Watcher]) -> None:
        try:
            async with self._sessions() as session:
                await self._tell(session, watchers)
        except AWAY as error:
            if not is_away(error):
                raise
            # They stay, and are told when it is back.
            log.warning("database_away", lane="watching", error=type(error).__name__)

    async def _tell(self, session: AsyncSession, watchers: Collection[Watcher]) -> None:
        """Two statements for who they are, and one or two for each row as far as some of them see it."""
        now = datetime.now(UTC)
        actors = await callers_of(session, {_proof(w.credentials) for w in watchers}, now=now)
        together: dict[tuple[str, UUID, Hashable], list[tuple[Watcher, Actor]]] = {}
        for watcher in watchers:
            watcher.is_seen = True
            actor = actors.get(_proof(watcher.credentials))
            if actor is None:
                watcher.end(NotAuthenticated())
            elif watcher.row_id is not None:
                group = watcher.noun, watcher.row_id, SUBJECTS[watcher.noun].alike(actor)
                together.setdefault(group, []).append((watcher, actor))
        for (noun, row_id, _), group_of in together.items():
            try:
                found = await SUBJECTS[noun].look(session, group_of[0][1], row_id)
            except Refusal as refusal:
                for watcher, _actor in group_of:
                    watcher.end(refusal)
                continue
            for watcher, _actor in group_of:
                watcher.tell(found, now)


def _proof(credentials: Credentials) -> tuple[UUID, UUID | None, bytes | None]:
    return credentials.user_id, credentials.session_id, credentials.cookie_digest
