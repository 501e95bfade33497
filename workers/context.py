"""What a worker has at hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from domain.base.keyring import Keyring
from domain.hosts.port import Client
from domain.terms import HostKind
from integrations.database import Sessions
from integrations.objects import Store


@dataclass(frozen=True)
class WorkerContext:
    """Handed to every piece of work; the clients come in here, so that tests can hand in others."""

    sessions: Sessions
    keyring: Keyring
    client: Callable[[HostKind, str], Client]
    store: Store
    lease: timedelta
    call_seconds: float
    ladder: Sequence[timedelta]
    # Where files lie while they are written; nobody else of this machine looks at them.
    scratch: Path
    # For how long the record of sending and reading is kept.
    keep_record: timedelta = timedelta(days=730)
    # Where the public finds the programme; newspapers print it.
    base_url: str = ""
    # For how long comments are.
    keep_comments: timedelta = timedelta(days=180)
