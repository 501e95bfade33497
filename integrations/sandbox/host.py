"""One running sandbox: what all of its doors share."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from integrations.sandbox.config import SandboxConfig
from integrations.sandbox.dates import beijing_day
from integrations.sandbox.engagement import MAX_COUNT, Counts, counts_at, final_counts, followers_at
from integrations.sandbox.faults import CommentFaults, Faults
from integrations.sandbox.ledger import Ledger
from integrations.sandbox.limits import Limits
from integrations.sandbox.records import Status, User


@dataclass(frozen=True, slots=True)
class Grant:
    """An authorization code that is not used yet."""

    uid: str
    redirect_uri: str
    expires_at: float


class Host:
    """State, limits, faults and the clock (epoch seconds) of one sandbox."""

    def __init__(self, config: SandboxConfig, clock: Callable[[], float]) -> None:
        self.config = config
        self.clock = clock
        self.ledger = Ledger(config)
        self.limits = Limits(config)
        self.faults = Faults()
        self.comments = CommentFaults()
        self.grants: dict[str, Grant] = {}
        self.requests: Counter[str] = Counter()
        """Requests to the API since the start, by name of the endpoint."""
        self.stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def counts(self, status: Status, now: float) -> Counts:
        """The counts of a status at a moment: synthetic growth, the reposts made here, and no deleted comment."""
        grown = self.grown(status, now)
        deleted = 0
        if self.comments.deleted:
            deleted = sum(self.comments.deletes(status.idstr, number) for number in range(1, grown.comments + 1))
        reposts = min(MAX_COUNT, grown.reposts + status.reposted)
        return grown._replace(reposts=reposts, comments=grown.comments - deleted)

    def grown(self, status: Status, now: float) -> Counts:
        """What has come of the final counts by a moment."""
        if now <= status.created_at:
            return Counts(0, 0, 0)
        return counts_at(self.final(status), now - status.created_at, self.config.growth_seconds)

    def final(self, status: Status) -> Counts:
        """What the counts of a status tend to."""
        if status.final is None:
            status.final = final_counts(self.config.seed, status.idstr, status.audience)
        return status.final

    def followers(self, user: User, now: float) -> int:
        """How many follow a user at a moment; the number changes with the day."""
        age = now - user.created_at
        return followers_at(self.config.seed, user.uid, user.audience, age - age % 86_400, beijing_day(now))

    def later(self, work: Coroutine[None, None, None]) -> None:
        """Do something without keeping a client waiting; what is not done at the stop is dropped."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self) -> None:
        """End all silences and late work; called in the server's event loop."""
        self.stopping.set()
        for task in self._tasks:
            task.cancel()
