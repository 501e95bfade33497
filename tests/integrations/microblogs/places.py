"""Places to publish at, each with a client of ours and a way to make the next call fail."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from uuid import uuid4

import httpx

from domain.hosts import port
from domain.posts.rules import final_text
from integrations.microblogs.memory import MemoryClient, Trouble
from integrations.microblogs.weibo import WeiboClient
from tests.integrations.sandbox.running import DOMAIN, Running

SECONDS = 5.0
_codes = itertools.count(1)


@dataclass
class Place:
    """A host with one account; `break_off` lets the next submission get no answer, taken or not."""

    client: port.Client
    handle: port.Handle
    break_off: Callable[[bool], None]
    accept: Callable[[], None]
    # The hashes of the pictures that stand there, post by post.
    pictures: Callable[[], list[str | None]]


def in_memory() -> Place:
    client = MemoryClient()
    return Place(
        client,
        port.Handle(uid="7001", token="memory token"),
        lambda taken: client.troubles.append(Trouble(port.OutcomeUnknown("no answer"), taken=taken)),
        lambda: client.troubles.append(Trouble(port.Accepted(), taken=True)),
        lambda: [_digest(sent.picture) for _, sent in client.timelines.get("7001", [])],
    )


def at_weibo(sandbox: Running, http: httpx.AsyncClient) -> Place:
    """The real client over HTTP, against the sandbox."""
    person = sandbox.person()

    def break_off(taken: bool) -> None:
        kind = "drop_after_accept" if taken else "drop_before_accept"
        sandbox.fault(endpoint="share", kind=kind, uid=person.uid, times=1)

    return Place(
        WeiboClient(http, sandbox.url, seconds=SECONDS),
        port.Handle(uid=person.uid, token=person.token),
        break_off,
        lambda: sandbox.fault(endpoint="share", kind="error", code=20032, uid=person.uid, times=1),
        lambda: [entry["picture_sha256"] for entry in sandbox.journal(limit=10_000) if entry["uid"] == person.uid],
    )


def submission(words: str = "示范课程", *, code: str = "", picture: port.Media | None = None) -> port.Submission:
    """A post that nobody has sent yet."""
    code = code or f"c{next(_codes):09}"
    return port.Submission(key=uuid4(), code=code, text=final_text(words, domain=DOMAIN, code=code), picture=picture)


def _digest(picture: port.Media | None) -> str | None:
    return None if picture is None else sha256(picture.content).hexdigest()
