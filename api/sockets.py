"""Websockets of the protocol graphql-transport-ws: for what is watched only; what is malformed ends them with 4400."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.types.graphql import OperationType

from api.auth import Credentials

log = structlog.get_logger()

# Whoever opens a socket says who it is within this time.
INIT_SECONDS = 10
# The code of the protocol of websockets itself; apps connect again after a while.
TRY_LATER = 1013
# A frame that closes a socket has no room for more.
REASON_BYTES = 120
# The handler's own way to say that it closed the socket.
GONE = (WebSocketDisconnected, WebSocketDisconnect)


@dataclass
class Handshake:
    """What is known of a socket before anything is run on it."""

    request: WebSocket
    # Set by the handler, from what the first message carries.
    connection_params: Mapping[str, Any] | None = None
    credentials: Credentials | None = None
    # Whether it counts among the sockets of that person.
    is_counted: bool = False


class Socket(ASGIWebSocketAdapter):
    """Strawberry's adapter would end with an error where a message is no object, and answers in binary frames."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object]:
        while self.ws.application_state is not WebSocketState.DISCONNECTED:
            try:
                yield orjson.loads(await self.ws.receive_text())
            except orjson.JSONDecodeError as error:
                if not ignore_parsing_errors:
                    raise NonJsonMessageReceived from error
            except KeyError as error:
                raise NonTextMessageReceived from error
            except WebSocketDisconnect:
                return

    async def send_json(self, message: Mapping[str, object]) -> None:
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            raise WebSocketDisconnected
        try:
            await self.ws.send_text(orjson.dumps(message).decode())
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error

    async def close(self, code: int, reason: str) -> None:
        if self.ws.application_state is WebSocketState.DISCONNECTED:
            return
        try:
            await self.ws.close(code=code, reason=reason.encode()[:REASON_BYTES].decode(errors="ignore"))
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error


class TryLater(Exception):
    """There is nothing wrong with whoever comes, but no room, or nobody to ask."""


class Operations(BaseGraphQLTransportWSHandler[Any, None]):
    """What is said on one socket, for as long as whoever opened it may come in."""

    guard: asyncio.Task[None] | None = None

    async def handle_connection_init(self, message: Any) -> None:
        try:
            await super().handle_connection_init(message)
        except TryLater as why:
            await self.websocket.close(TRY_LATER, str(why))
        if self.connection_acknowledged and self.guard is None:
            self.guard = asyncio.create_task(self._end_in_time())
            self.guard.add_done_callback(self._task_done)

    async def _end_in_time(self) -> None:
        """End the socket with the token that opened it, or with its session."""
        try:
            await self.view.until_out(self.context.credentials)  # type: ignore[attr-defined]
            await self.websocket.close(4403, "The login is over")
        except GONE:
            return
        except Exception:
            log.exception("socket_guard_failed")
            await self.websocket.close(4500, "Internal error")
            raise

    async def shutdown(self) -> None:
        if self.guard is not None:
            self.guard.cancel()
        self.view.leave(self.context)  # type: ignore[attr-defined]
        await super().shutdown()

    async def handle_message(self, message: Any) -> None:
        fault = fault_of(message)
        if fault is None:
            await super().handle_message(message)
        else:
            await self.handle_invalid_message(fault)

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Each operation has a context of its own, as each request has; queries and acts go over HTTP."""
        try:
            results = await self.schema.stream(
                operation.query,
                variable_values=operation.variables,
                context_value=self.view.context_of(self.context),  # type: ignore[attr-defined]
                operation_name=operation.operation_name,
                allowed_operation_types={OperationType.SUBSCRIPTION},
            )
            async with aclosing(results):
                await self._send_result_stream(operation, results)
            await operation.send_operation_message({"id": operation.id, "type": "complete"})
        except GONE:
            return
        except Exception:
            log.exception("subscription_failed")
            await self.websocket.close(4500, "Internal error")
            raise


def fault_of(message: object) -> str | None:
    """What is wrong with the form of a message; None where nothing is."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "A message is an object with a type"
    kind = message["type"]
    payload = message.get("payload")
    if kind in ("subscribe", "complete") and not (isinstance(message.get("id"), str) and message["id"]):
        return f"The id of {kind} is a text"
    if kind == "subscribe":
        if not isinstance(payload, dict) or not isinstance(payload.get("query"), str):
            return "The payload of subscribe is an object with a query"
        if not isinstance(payload.get("variables"), dict | None):
            return "The variables are an object"
        if not isinstance(payload.get("operationName"), str | None):
            return "The operationName is a text"
    if kind in ("connection_init", "ping", "pong") and not isinstance(payload, dict | None):
        return f"The payload of {kind} is an object"
    return None
