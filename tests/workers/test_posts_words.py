"""What a platform says of a failure is kept, and no token, secret or Authorization value with it."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from domain.hosts import port
from domain.posts.models import Attempt, Delivery
from integrations.database import Sessions
from integrations.microblogs.weibo import WeiboClient
from tests.factories.hosts import delivery_now, let_time_pass, look, send
from tests.integrations.microblogs.places import submission
from workers import posts
from workers.context import WorkerContext

# As long and as odd as a token may be; the account of the scene has one that is a plain word.
TOKEN = "2.00SECRETtoken/+=0123"
FORM = httpx.QueryParams({"t": TOKEN}).__str__()[2:]
LIMIT = port.WORDS + port.CODE + 2
Answer = Callable[[httpx.Request], httpx.Response]


def says(body: object, status: int = 200) -> Answer:
    return lambda _request: httpx.Response(status, json=body)


def raises(kind: type[Exception]) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        raise kind(f"while calling {request.url} with {request.content!r} and Authorization: OAuth2 {TOKEN}")

    return answer


def echo(request: httpx.Request) -> httpx.Response:
    """The worst platform: it repeats all that it was sent."""
    asked = f"{request.url} {request.content.decode()} access_token={TOKEN} Authorization: Bearer {TOKEN}"
    return httpx.Response(400, json={"error": asked * 100, "error_code": 10017, "request": str(request.url)})


FAILS: dict[str, Answer] = {
    "an error that names the token": says({"error": f"bad token {TOKEN}", "error_code": 21332}),
    "an error that names it encoded": says({"error": f"bad token {FORM}", "error_code": 10017}),
    "an error that repeats the request": echo,
    "an error with the secret of the application": says({"error": "client_secret=SECRETapp", "error_code": 21320}),
    "an error that is no text": says({"error": {"access_token": TOKEN}, "error_code": 10017}),
    "a code that is the token": says({"error": "x", "error_code": f"{TOKEN}" * 50}),
    "an error that no database takes": says({"error": "a\x00b\ud83d", "error_code": 10017}),
    "a limit": says({"error": f"{TOKEN} out of rate limit", "error_code": 10023}),
    "a body that is no JSON": lambda _r: httpx.Response(502, text=f"<html>access_token={TOKEN}</html>"),
    "a body that is something else": says([TOKEN]),
    "a status without words": says({"token": TOKEN}, status=500),
    "a redirect": lambda r: httpx.Response(302, headers={"location": f"https://x.example/?access_token={TOKEN}"}),
    "a connection that is refused": raises(httpx.ConnectError),
    "a connection that breaks": raises(httpx.ReadError),
    "no answer in time": raises(httpx.ReadTimeout),
    "an address that cannot be called": raises(httpx.UnsupportedProtocol),
    "a defect of the client": raises(KeyError),
    "a defect that quotes the address": raises(RuntimeError),
}


def client_of(answer: Answer) -> WeiboClient:
    http = httpx.AsyncClient(transport=httpx.MockTransport(answer), headers={"Authorization": f"OAuth2 {TOKEN}"})
    return WeiboClient(http, "https://api.example", seconds=5)


def at(context: WorkerContext, client: port.Client) -> WorkerContext:
    """The same worker over another platform, with the token above for every account."""

    class Opening:
        def open(self, _sealed: str, *, row: str) -> str:
            return TOKEN

    return replace(context, client=lambda *_: client, keyring=Opening())  # type: ignore[arg-type]


async def told(sessions: Sessions, delivery: Delivery, logs: list[Any]) -> str:
    """All that is kept or said of the delivery, as one text."""
    now = await delivery_now(sessions, delivery)
    async with sessions() as session:
        rows = (await session.execute(select(Attempt).where(Attempt.delivery_id == delivery.id))).scalars().all()
    assert rows
    for words in (now.problem_detail, *(row.detail for row in rows)):
        assert words is None or len(words) <= LIMIT
    # What a renderer makes of an exception is hidden there; here the lines are looked at as they are given.
    lines = [{name: value for name, value in line.items() if name != "exc_info"} for line in logs]
    return json.dumps([[r.code, r.detail] for r in rows], ensure_ascii=False) + str(now.problem_detail) + repr(lines)


@pytest.mark.parametrize("failure", FAILS)
async def test_no_secret_is_kept_of_a_failed_write(
    context: WorkerContext, sessions: Sessions, delivery: Delivery, failure: str
):
    with capture_logs() as logs:
        await send(at(context, client_of(FAILS[failure])))
    assert "SECRET" not in await told(sessions, delivery, logs)


@pytest.mark.parametrize("failure", FAILS)
async def test_no_secret_is_kept_of_a_failed_look(
    context: WorkerContext, sessions: Sessions, delivery: Delivery, failure: str
):
    await send(at(context, client_of(raises(httpx.ReadTimeout))))
    await let_time_pass(sessions)
    with capture_logs() as logs:
        await look(at(context, client_of(FAILS[failure])))
    assert "SECRET" not in await told(sessions, delivery, logs)


@pytest.mark.parametrize("failure", FAILS)
@pytest.mark.parametrize("call", ["counts", "identity"])
async def test_no_error_of_a_read_says_a_secret(failure: str, call: str):
    handle = port.Handle(uid="7001", token=TOKEN)
    given = (handle, ["1"]) if call == "counts" else (handle,)
    with pytest.raises(Exception) as raised:
        await getattr(client_of(FAILS[failure]), call)(*given)
    if isinstance(raised.value, port.HostError):
        assert "SECRET" not in f"{raised.value!r} {raised.value.code}"
    else:
        assert failure.startswith("a defect")


async def test_the_platforms_own_words_are_kept(context: WorkerContext, sessions: Sessions, delivery: Delivery):
    words = "请勿发布包含不当内容的微博 (text contains illegal website!)"
    await send(at(context, client_of(says({"error": words, "error_code": 20021}))))
    now = await delivery_now(sessions, delivery)
    assert (now.problem, now.problem_detail) == ("CONTENT_REJECTED", f"20021: {words}")


def test_a_submission_shows_no_token():
    assert "SECRET" not in repr(port.Handle(uid="1", token=TOKEN)) + repr(submission())
    assert posts.Held.__doc__
