"""The GraphQL endpoint: from a request to a context, and answers in JSON."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import orjson
import strawberry
import structlog
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from api.answers import refusal
from api.auth import BadToken, ExpiredToken, ForeignRequest, FrontDoor, caller
from domain.logins.sessions import touch
from domain.refusals import Reason
from integrations.database import AWAY, Sessions
from integrations.keys import Keys
from integrations.queue import WakeUp, Work
from schema.context import Context

log = structlog.get_logger()


class Endpoint(GraphQL[Context, None]):
    """Strawberry's view with our context; a bad token is answered before anything is run."""

    def __init__(
        self,
        schema: strawberry.Schema,
        *,
        sessions: Sessions,
        apart: Sessions,
        keys: Keys,
        wake_up: WakeUp,
        console: str | None,
        origins: frozenset[str],
        token_life: timedelta,
        silent_after: timedelta,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if console else None,
            allow_queries_via_get=False,
            subscription_protocols=(),
        )
        self._sessions = sessions
        # Of connections of their own: an act that waits for one of these holds one of the others already.
        self._apart = apart
        self._keys = keys
        self._wake_up = wake_up
        self._console = console or ""
        self._origins = origins
        self._token_life = token_life
        self._silent_after = silent_after

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

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        async def wake(work: str) -> None:
            await self._wake_up.look_now(Work(work))

        if not isinstance(response, Response):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "There are no subscriptions here.")
        now = datetime.now(UTC)
        credentials = caller(request, self._keys, origins=self._origins)
        context = Context(
            sessions=self._sessions,
            now=now,
            user_id=credentials.user_id if credentials else None,
            session_id=credentials.session_id if credentials else None,
            cookie_digest=credentials.cookie_digest if credentials else None,
            wake=wake,
            silent_after=self._silent_after,
            door=FrontDoor(self._keys, response, apart=self._apart.begin, now=now, life=self._token_life),
        )
        request.state.context = context
        return context

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
