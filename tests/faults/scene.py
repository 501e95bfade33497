"""The scene of a fault: a sandbox, a database, accounts, and real worker processes that may be killed."""

import json
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.processes import Child, child
from domain.accounts.models import Account
from domain.lessons.models import Lesson
from domain.posts.models import Delivery
from domain.terms import DeliveryState
from domain.uploads.models import Picture
from domain.uploads.rules import digest_of
from integrations.database import Sessions
from integrations.keys import Keys, load_keys
from integrations.objects import Store
from tests.factories.pictures import add_picture, jpeg
from tests.factories.posts import add_account, add_host, add_lesson, schedule
from tests.factories.servers import eventually
from tests.factories.units import Tree, plant_tree
from tests.integrations.sandbox.running import Person, Running

SETTLING_SECONDS = 1
# Short, so that a test need not wait long for another worker to take over.
SETTINGS = {
    "QICAI_LEASE_SECONDS": "2",
    "QICAI_CALL_SECONDS": "1.5",
    "QICAI_LOOK_EVERY_SECONDS": "0.2",
    "QICAI_WORKER_BATCH": "8",
}
# Where the module stands that Python loads first in a process whose clock is wrong.
SKEWED = Path(__file__).parent / "skewed"


@dataclass(frozen=True)
class Caught:
    """Posts whose worker was killed before the platform took them, or after it did but before that was written down."""

    before: set[str]
    after: set[str]


@dataclass
class Scene:
    """What was promised is in the database; what was sent is in the journal of the sandbox."""

    sandbox: Running
    sessions: Sessions
    keys: Keys
    folder: Path
    environment: dict[str, str]
    people: list[Person] = field(default_factory=list)
    _workers: ExitStack = field(default_factory=ExitStack)

    async def furnish(self, accounts: int) -> tuple[Tree, Lesson]:
        """Accounts of one county, and a lesson to promote; nothing is promised yet."""
        # The sandbox decides the fate of a request by the uid, so every run has the same fates.
        self.people = [self.sandbox.known(str(3_000_000_001 + n), f"账号{n}") for n in range(accounts)]
        async with self.sessions() as session:
            tree = await plant_tree(session)
            host = await add_host(
                session, self.keys.keyring, api_url=self.sandbox.url, settling_seconds=SETTLING_SECONDS
            )
            for person in self.people:
                await add_account(
                    session, tree, "north county", host, self.keys.keyring, uid=person.uid, token=person.token
                )
            # Faults count what posts ask for: the followers of today are counted.
            await session.execute(update(Account).values(followers_due_at=func.now() + timedelta(days=1)))
            return tree, await add_lesson(session, tree)

    async def promise(self, *, accounts: int, posts: int = 1, due_in: float = -60, pictured: bool = False) -> int:
        """Posts to each of the accounts, all due unless said, each with a picture if wanted; answers how many."""
        tree, lesson = await self.furnish(accounts)
        first = datetime.now(UTC) + timedelta(seconds=due_in)
        async with self.sessions() as session:
            for number in range(posts):
                at = first + timedelta(seconds=number)
                picture = await self._picture(session, tree, number) if pictured else None
                await schedule(session, tree, lesson, publish_at=at, picture=picture)
        return accounts * posts

    async def _picture(self, session: AsyncSession, tree: Tree, number: int) -> Picture:
        """In the store of the workers, who have the same folder."""
        store = Store(None, self.folder / "objects")
        return await add_picture(session, tree["nation"], store, content=jpeg(shade=number))

    def worker(self, **changes: str) -> Child:
        """A worker process; it is stopped with the scene, or earlier by the test."""
        log = self.folder / "worker.log"
        running = child("work", environment={**self.environment, **SETTINGS, **changes}, log=log)
        return self._workers.enter_context(running)

    def log(self) -> list[dict[str, Any]]:
        """What the workers said."""
        lines = (self.folder / "worker.log").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    async def states(self) -> Counter[DeliveryState]:
        async with self.sessions() as session:
            return Counter((await session.execute(select(Delivery.state))).scalars())

    async def caught(self) -> Caught:
        """What the workers that are gone had in hand."""
        async with self.sessions() as session:
            rows = await session.scalars(select(Delivery.code).where(Delivery.state == DeliveryState.SENDING))
            codes = set(rows)
        taken = codes & {entry["code"] for entry in self.journal()}
        return Caught(before=codes - taken, after=taken)

    async def all_published(self) -> bool:
        return set(await self.states()) == {DeliveryState.PUBLISHED}

    async def judge(self, promised: int) -> None:
        """Everything is published, and the journal holds each post once, unaltered, and in order within its account."""
        async with self.sessions() as session:
            query = select(Delivery, Account.uid).join(Account).order_by(Delivery.due_at, Delivery.id)
            rows = (await session.execute(query)).all()
        assert len(rows) == promised
        assert {row.state for row, _ in rows} == {DeliveryState.PUBLISHED}
        wanted: dict[str, list[tuple[str, str | None, str, str | None]]] = {}
        for row, uid in rows:
            picture = None if row.picture_key is None else digest_of(row.picture_key)
            text = sha256(row.text.encode()).hexdigest()
            wanted.setdefault(uid, []).append((row.code, row.host_post_id, text, picture))
        sent: dict[str, list[tuple[str, str | None, str, str | None]]] = {}
        for entry in self.journal():
            found = (entry["code"], entry["idstr"], entry["text_sha256"], entry["picture_sha256"])
            sent.setdefault(entry["uid"], []).append(found)
        codes = Counter(entry["code"] for entry in self.journal())
        lost = [row.code for row, _ in rows if row.code not in codes]
        twice = [code for code, count in codes.items() if count > 1]
        assert (lost, twice) == ([], []), f"lost {lost}, sent twice {twice}"
        due = {row.code: row.due_at.timestamp() for row, _ in rows}
        assert [entry["code"] for entry in self.journal() if entry["received_at"] < due[entry["code"]]] == [], "early"
        assert sent == wanted, "out of order, altered, or sent for another account"

    def requests(self) -> list[int]:
        """How many requests each of the fault rules has looked at; one of probability 0 only counts."""
        return [rule["requests"] for rule in self.sandbox.control("GET", "faults").json()]

    def journal(self) -> list[dict[str, Any]]:
        """All that the sandbox ever took, in order."""
        return self.sandbox.journal(limit=50_000)

    async def hit(self, times: int = 1) -> None:
        """Wait until the faults have struck so often."""

        def struck() -> bool:
            rules = self.sandbox.control("GET", "faults").json()
            return bool(sum(rule["hits"] for rule in rules) >= times)

        await eventually(struck)

    async def taken(self, count: int) -> None:
        """Wait until the sandbox has taken so many posts."""
        await eventually(lambda: len(self.journal()) >= count)

    def close(self) -> None:
        self._workers.close()


@contextmanager
def scene(sandbox: Running, sessions: Sessions, *, database_url: str, redis_url: str) -> Iterator[Scene]:
    """Set up a scene, and leave no worker behind."""
    with tempfile.TemporaryDirectory(prefix="qicai-faults-") as name:
        folder = Path(name)
        environment = {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "QICAI_DATA_DIR": str(folder),
            "QICAI_KEY_FILE": str(folder / "keys.json"),
        }
        set_up = Scene(sandbox, sessions, load_keys(folder / "keys.json"), folder, environment)
        try:
            yield set_up
        finally:
            set_up.close()


def wrong_clock(ahead: timedelta) -> dict[str, str]:
    """What a process gets to believe that it is so much later; nothing where its clock is right."""
    return {"PYTHONPATH": str(SKEWED), "CLOCK_AHEAD_SECONDS": str(ahead.total_seconds())} if ahead else {}


def kill(worker: Child) -> None:
    """As the machine would, without any warning."""
    worker.process.kill()
    worker.process.wait()


@contextmanager
def stopped(worker: Child) -> Iterator[None]:
    """The process stands still, and goes on afterwards as if nothing had been."""
    os.kill(worker.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker.process.pid, signal.SIGCONT)
