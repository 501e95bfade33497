"""Answers of the sandbox, the honest ones and those that break off."""

import asyncio

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from integrations.sandbox.errors import ApiError

CONNECTION = "sandbox.connection"
"""ASGI extension with the callables `abort` and `close` of the connection, given by the sandbox's server."""

JSON = "application/json;charset=UTF-8"


def json_answer(content: object, status: int = 200) -> Response:
    """JSON with the content type of the Weibo API."""
    return Response(orjson.dumps(content), status, media_type=JSON)


def error_answer(error: ApiError, path: str) -> Response:
    """A refusal in the form of the Weibo API."""
    return json_answer(error.body(path), error.http)


class Dropped(Response):
    """Closes the connection without a byte, after an optional silence of some seconds."""

    def __init__(self, stopping: asyncio.Event, seconds: float = 0.0) -> None:
        super().__init__()
        self._stopping = stopping
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Be silent, then abort the connection."""
        if self._seconds:
            await silence(receive, self._seconds, self._stopping)
        scope["extensions"][CONNECTION]["abort"]()
        await gone(receive)


class Late(Response):
    """Another answer, after some seconds."""

    def __init__(self, answer: Response, stopping: asyncio.Event, seconds: float) -> None:
        super().__init__()
        self._answer = answer
        self._stopping = stopping
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Be silent, then answer."""
        await silence(receive, self._seconds, self._stopping)
        await self._answer(scope, receive, send)


class Truncated(Response):
    """The head and the first half of another answer; then the connection is closed."""

    def __init__(self, answer: Response) -> None:
        super().__init__(answer.body, answer.status_code, media_type=answer.media_type or JSON)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Promise the whole length and send half of it."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
        scope["extensions"][CONNECTION]["close"]()
        await gone(receive)


async def gone(receive: Receive) -> None:
    """Return when the client's connection is lost."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def silence(receive: Receive, seconds: float, stopping: asyncio.Event) -> None:
    """Return after some seconds, or earlier when the client leaves or the sandbox stops."""
    waits = {asyncio.ensure_future(gone(receive)), asyncio.ensure_future(stopping.wait())}
    _, pending = await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in pending:
        wait.cancel()
