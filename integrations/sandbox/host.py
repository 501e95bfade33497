"""One running sandbox: what all of its doors share."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from integrations.sandbox.config import SandboxConfig
from integrations.sandbox.dates import beijing_day
from integrations.sandbox.engagement import MAX_COUNT, Counts, counts_at, final_counts, followers_at
from integrations.sandbox.faults import Faults
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
        self.grants: dict[str, Grant] = {}
        self.requests: Counter[str] = Counter()
        """Requests to the API since the start, by name of the endpoint."""
        self.stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    def counts(self, status: Status, now: float) -> Counts:
        """The counts of a status at a moment: synthetic growth plus the reposts made here."""
        config = self.config
        if now <= status.created_at:
            return Counts(status.reposted, 0, 0)
        if status.final is None:
            status.final = final_counts(config.seed, status.idstr, status.audience)
        grown = counts_at(status.final, now - status.created_at, config.growth_seconds)
        if status.reposted:
            return grown._replace(reposts=min(MAX_COUNT, grown.reposts + status.reposted))
        return grown

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
