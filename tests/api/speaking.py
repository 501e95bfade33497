"""A front end in small on a websocket: it speaks in messages of graphql-transport-ws."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from domain.base.models import Base
from tests.api.serving import Served
from tests.factories.api import id_of

PATIENCE = 10.0
PROTOCOL: Any = "graphql-transport-ws"
WATCH = """subscription($id: ID!) { postProgress(postId: $id) {
  states { state count } troubles { count state trouble { code messageZh isRetried } } at } }"""


@dataclass
class Speaker:
    """One socket, spoken over in messages of the protocol."""

    socket: ClientConnection

    async def say(self, message: object) -> None:
        await self.socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        said = await asyncio.wait_for(self.socket.recv(), PATIENCE)
        assert isinstance(said, str), "answers are text"
        message: dict[str, Any] = json.loads(said)
        return message

    async def closed(self) -> int:
        """The code with which the server ends the socket."""
        try:
            while True:
                await self.hear()
        except ConnectionClosed as ended:
            return 0 if ended.rcvd is None else ended.rcvd.code

    async def begin(self, **payload: Any) -> "Speaker":
        await self.say({"type": "connection_init", "payload": payload})
        assert await self.hear() == {"type": "connection_ack"}
        return self

    async def watch(self, row: Base, name: str = "1", query: str = WATCH) -> None:
        payload = {"query": query, "variables": {"id": id_of(row)}}
        await self.say({"id": name, "type": "subscribe", "payload": payload})

    async def told(self) -> dict[str, Any]:
        """The next progress, its states as a mapping."""
        message = await self.hear()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        found: dict[str, Any] = message["payload"]["data"]["postProgress"]
        return {**found, "states": {row["state"]: row["count"] for row in found["states"]}}

    async def refused(self) -> str:
        """The code of the error that ends an operation."""
        message = await self.hear()
        assert message["type"] in ("next", "error"), message
        errors = message["payload"] if message["type"] == "error" else message["payload"]["errors"]
        if message["type"] == "next":
            assert (await self.hear())["type"] == "complete"
        code: str = errors[0]["extensions"]["code"]
        return code


@asynccontextmanager
async def open_socket(server: Served, *, protocol: Any = PROTOCOL, **options: Any) -> AsyncIterator[Speaker]:
    address = server.url.replace("http://", "ws://") + "/graphql"
    protocols = [protocol] if protocol else None
    async with connect(address, subprotocols=protocols, proxy=None, **options) as socket:
        yield Speaker(socket)
