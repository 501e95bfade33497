"""A sandbox that really listens on a loopback port, for the length of a test."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from integrations.sandbox.config import SandboxConfig
from integrations.sandbox.engagement import Counts
from integrations.sandbox.server import SandboxServer

KEY = {"X-Sandbox-Key": "open-sesame"}
CALLBACK = "https://qicai.example/accounts/callback"
DOMAIN = "qicai.example"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)
GIF = b"GIF89a" + bytes(50)
JPEG = b"\xff\xd8\xff\xe0" + bytes(50)

_uids = itertools.count(1_000_000_001)


class Clock:
    """The real time, that a test can move on."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Person:
    """A user of the sandbox with a valid token."""

    sandbox: "Running"
    uid: str
    name: str
    token: str

    def get(self, path: str, **params: object) -> httpx.Response:
        query = {"access_token": self.token} | {name: str(value) for name, value in params.items()}
        return self.sandbox.http.get(f"/2/{path}.json", params=query)

    def post(self, path: str, files: Any = None, **fields: object) -> httpx.Response:
        form = {"access_token": self.token} | {name: str(value) for name, value in fields.items()}
        return self.sandbox.http.post(f"/2/{path}.json", data=form, files=files)

    def share(self, code: str, words: str = "示范课", picture: bytes | None = None) -> httpx.Response:
        files = {"pic": ("picture", picture)} if picture is not None else None
        return self.post("statuses/share", files=files, status=f"{words} https://{DOMAIN}/s/{code}")

    def texts(self) -> list[str]:
        return [status["text"] for status in self.get("statuses/user_timeline").json()["statuses"]]


@dataclass
class Running:
    """A sandbox and a plain HTTP client for it."""

    url: str
    http: httpx.Client
    clock: Clock
    server: SandboxServer

    def person(self, audience: float = 1.0) -> Person:
        uid = str(next(_uids))
        return self.known(uid, f"学校{uid}", audience)

    def known(self, uid: str, name: str, audience: float = 1.0) -> Person:
        wanted = [{"uid": uid, "screen_name": name, "audience": audience}]
        answer = self.control("POST", "users", json=wanted).json()
        return Person(self, uid, name, answer[0]["access_token"])

    def control(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.http.request(method, f"/_sandbox/{path}", headers=KEY, **options)

    def comments_end_at(self, idstr: str, comments: int) -> None:
        """What is drawn has a long tail; a test that needs a number of comments says it."""
        self.server.app.state.host.ledger.statuses[int(idstr)].final = Counts(0, comments, 0)

    def fault(self, **rule: object) -> None:
        answer = self.control("POST", "faults", json=[rule])
        assert answer.status_code == 200, answer.text

    def journal(self, **query: object) -> list[dict[str, Any]]:
        params = {name: str(value) for name, value in query.items()}
        entries: list[dict[str, Any]] = self.control("GET", "journal", params=params).json()["entries"]
        return entries

    def accepted(self, code: str) -> int:
        count: int = self.control("POST", "journal/count", json={"codes": [code]}).json()[code]["count"]
        return count


def config(**changes: Any) -> SandboxConfig:
    plain: dict[str, Any] = {
        "client_id": "2900000001",
        "client_secret": "not-much-of-a-secret",
        "redirect_uris": (CALLBACK,),
        "safe_domain": DOMAIN,
        "control_key": KEY["X-Sandbox-Key"],
    }
    return SandboxConfig(**(plain | changes))


@contextmanager
def running(**changes: Any) -> Iterator[Running]:
    clock = Clock()
    listening = threading.Event()
    server = SandboxServer(config(**changes), ready=lambda _: listening.set(), clock=clock)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert listening.wait(10), "the sandbox did not start"
        with httpx.Client(base_url=server.base_url, timeout=10) as http:
            yield Running(server.base_url, http, clock, server)
    finally:
        server.should_exit = True
        thread.join(10)
        assert not thread.is_alive(), "the sandbox did not stop"


def code_of(answer: httpx.Response) -> int:
    """The error code of an answer in the form of the API."""
    body = answer.json()
    assert set(body) == {"error", "error_code", "request"}, body
    assert body["request"] == answer.request.url.path
    code: int = body["error_code"]
    return code
