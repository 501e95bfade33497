"""The GraphQL endpoint: from a request to a context, and answers in JSON."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson
import strawberry
from cross_web import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from api.answers import refusal
from api.auth import BadToken, user_of
from domain.refusals import Reason
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.queue import WakeUp, Work
from schema.context import Context


class Endpoint(GraphQL[Context, None]):
    """Strawberry's view with our context; a bad token is answered before anything is run."""

    def __init__(
        self, schema: strawberry.Schema, *, sessions: Sessions, keys: Keys, wake_up: WakeUp, console: str | None
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if console else None,
            allow_queries_via_get=False,
            subscription_protocols=(),
        )
        self._sessions = sessions
        self._keys = keys
        self._wake_up = wake_up
        self._console = console or ""

    @property
    def graphql_ide_html(self) -> str:
        return self._console

    async def run(self, request: Any, *args: Any, **options: Any) -> Any:
        """Refuse a bad token with 401; a missing one only matters to what needs a login."""
        try:
            return await super().run(request, *args, **options)
        except BadToken:
            reason = Reason.UNAUTHENTICATED
            headers = {"WWW-Authenticate": "Bearer"}
            return refusal(HTTPStatus.UNAUTHORIZED, reason.en, code=reason.name, zh=reason.zh, headers=headers)
        except HTTPException as error:
            status = HTTPStatus(error.status_code)
            return refusal(status, error.reason, code=status.name)
        except ClientDisconnect:
            # Nobody is left to read this; it only says that nothing went wrong on our side.
            return refusal(HTTPStatus.BAD_REQUEST, "The request broke off.", code="BAD_REQUEST")

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        async def wake(work: str) -> None:
            await self._wake_up.look_now(Work(work))

        return Context(
            sessions=self._sessions,
            now=datetime.now(UTC),
            user_id=_caller(request, self._keys),
            wake=wake,
        )

    def decode_json(self, data: str | bytes) -> object:
        """Unlike the standard library, orjson refuses what is no text, too deep or too large, all by one error."""
        content = orjson.loads(data)
        if not isinstance(content, dict):
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The request body must be one JSON object.")
        return content

    def encode_json(self, data: object) -> bytes:
        return orjson.dumps(data)


def _caller(request: Request | WebSocket, keys: Keys) -> Any:
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer":
        raise BadToken
    return user_of(keys.signing, token.strip())
