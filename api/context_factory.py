"""The GraphQL endpoint: from a request to a context, and answers in JSON."""

import asyncio
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
import strawberry
import structlog
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry import UNSET
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from api.answers import refusal
from api.auth import BadToken, Credentials, ExpiredToken, ForeignRequest, FrontDoor, caller, caller_on_socket
from api.sockets import INIT_SECONDS, Handshake, Operations, Socket, TryLater
from api.watching import Watching
from domain.logins.sessions import touch
from domain.refusals import Reason
from integrations.database import AWAY, Sessions, is_away
from integrations.keys import Keys
from integrations.queue import WakeUp, Work
from schema.context import Context

log = structlog.get_logger()


class Endpoint(GraphQL[Context, None]):
    """Strawberry's view with our context; a bad token is answered before anything is run."""

    graphql_transport_ws_handler_class = Operations
    websocket_adapter_class = Socket

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        sessions: Sessions,
        apart: Sessions,
        watching: Watching,
        keys: Keys,
        wake_up: WakeUp,
        console: str | None,
        origins: frozenset[str],
        token_life: timedelta,
        silent_after: timedelta,
        sockets_per_person: int,
        base_url: str = "",
        callback_url: str = "",
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if console else None,
            allow_queries_via_get=False,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
        )
        self._sessions = sessions
        self._watching = watching
        # Of connections of their own: an act that waits for one of these holds one of the others already.
        self._apart = apart
        self._keys = keys
        self._wake_up = wake_up
        self._console = console or ""
        self._origins = origins
        self._token_life = token_life
        self._silent_after = silent_after
        self._base_url, self._callback_url = base_url, callback_url
        self._sockets_per_person = sockets_per_person
        self._sockets: Counter[UUID] = Counter()

    @property
    def graphql_ide_html(self) -> str:
        return self._console

    async def run(self, request: Any, *args: Any, **options: Any) -> Any:
        """Refuse a bad token with 401; a missing one only matters to what needs a login."""
        try:
            response = await super().run(request, *args, **options)
            await self._touch(request)
            return response
        except BadToken as error:
            reason = Reason.TOKEN_EXPIRED if isinstance(error, ExpiredToken) else Reason.UNAUTHENTICATED
            headers = {"WWW-Authenticate": "Bearer"}
            return refusal(HTTPStatus.UNAUTHORIZED, reason.en, code=reason.name, zh=reason.zh, headers=headers)
        except ForeignRequest:
            reason = Reason.CSRF_FAILED
            return refusal(HTTPStatus.FORBIDDEN, reason.en, code=reason.name, zh=reason.zh)
        except HTTPException as error:
            status = HTTPStatus(error.status_code)
            return refusal(status, error.reason, code=status.name)
        except ClientDisconnect:
            # Nobody is left to read this; it only says that nothing went wrong on our side.
            return refusal(HTTPStatus.BAD_REQUEST, "The request broke off.", code="BAD_REQUEST")

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Any:
        """The context of a request; a socket has none, since each operation on it gets one of its own."""
        if isinstance(request, WebSocket) or not isinstance(response, Response):
            return Handshake(request)  # type: ignore[arg-type]
        credentials = caller(request, self._keys, origins=self._origins)
        context = self._context(credentials, response)
        request.state.context = context
        return context

    async def on_ws_connect(self, context: Any) -> Any:
        """Only who has said who it is watches anything; whether that still holds is asked with every look."""
        said = context.connection_params or {}
        try:
            context.credentials = caller_on_socket(context.request, said, self._keys, origins=self._origins)
        except (BadToken, ForeignRequest) as error:
            raise ConnectionRejectionError from error
        if context.credentials is None:
            raise ConnectionRejectionError
        await self._count_in(context, context.credentials)
        return UNSET

    async def _count_in(self, handshake: Handshake, credentials: Credentials) -> None:
        """Find room for one more socket of a person; what proves nothing takes none of it."""
        try:
            is_in = await self._watching.is_in(credentials)
        except AWAY as error:
            if not is_away(error):
                raise
            raise TryLater("The database is away") from error
        if not is_in:
            raise ConnectionRejectionError
        if self._sockets[credentials.user_id] >= self._sockets_per_person:
            raise TryLater(f"At most {self._sockets_per_person} sockets each")
        self._sockets[credentials.user_id] += 1
        handshake.is_counted = True

    async def until_out(self, credentials: Credentials) -> None:
        """Wait for the end of the token that opened a socket, or of the session behind it."""
        ends = credentials.expires_at
        with suppress(TimeoutError):
            async with asyncio.timeout(None if ends is None else (ends - datetime.now(UTC)).total_seconds()):
                await self._watching.until_out(credentials)

    def leave(self, handshake: Handshake) -> None:
        """A socket is gone, and has room for another."""
        if handshake.is_counted and handshake.credentials is not None:
            handshake.is_counted = False
            self._sockets[handshake.credentials.user_id] -= 1
            self._sockets += Counter()

    def context_of(self, handshake: Handshake) -> Context:
        """The context of one operation on a socket."""
        credentials = handshake.credentials
        context = self._context(credentials, Response())
        if credentials is not None:
            context.watch = partial(self._watching.watch, credentials)
        return context

    def _context(self, credentials: Credentials | None, response: Response) -> Context:
        async def wake(work: str) -> None:
            await self._wake_up.look_now(Work(work))

        now = datetime.now(UTC)
        return Context(
            sessions=self._sessions,
            now=now,
            user_id=credentials.user_id if credentials else None,
            session_id=credentials.session_id if credentials else None,
            cookie_digest=credentials.cookie_digest if credentials else None,
            wake=wake,
            silent_after=self._silent_after,
            base_url=self._base_url,
            callback_url=self._callback_url,
            door=FrontDoor(self._keys, response, apart=self._apart.begin, now=now, life=self._token_life),
        )

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:  # noqa: ARG002 - Strawberry's form
        """Pages of any origin may come with a token where the settings say so; a cookie counts for those named."""
        return "*" in self._origins or origin in self._origins

    async def _touch(self, request: Request) -> None:
        """Write down that the session is in use; the answer stands, whatever becomes of this."""
        context: Context | None = getattr(request.state, "context", None)
        if context is None or context.session_id is None or not context.is_touch_due:
            return
        try:
            async with self._apart.begin() as session:
                await touch(session, session_id=context.session_id, now=context.now)
        except AWAY as error:
            log.warning("database_away", lane="touch", error=type(error).__name__)

    def decode_json(self, data: str | bytes) -> object:
        """Unlike the standard library, orjson refuses what is no text, too deep or too large, all by one error."""
        content = orjson.loads(data)
        if not isinstance(content, dict):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The request body must be one JSON object.")
        return content

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)
