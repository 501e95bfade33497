"""The GraphQL endpoint: from a request to a context, and answers in JSON."""

from datetime import UTC, datetime
from typing import Any

import orjson
import strawberry
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from api.auth import BadToken, user_of
from domain.refusals import Reason
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.queue import WakeUp, Work
from schema.context import Context


class Endpoint(GraphQL[Context, None]):
    """Strawberry's view with our context; a bad token is answered before anything is run."""

    def __init__(
        self, schema: strawberry.Schema, *, sessions: Sessions, keys: Keys, wake_up: WakeUp, development: bool
    ) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql" if development else None,
            allow_queries_via_get=False,
            subscription_protocols=(),
        )
        self._sessions = sessions
        self._keys = keys
        self._wake_up = wake_up

    async def run(self, request: Any, *args: Any, **options: Any) -> Any:
        """Refuse a bad token with 401; a missing one only matters to what needs a login."""
        if isinstance(request, Request):
            try:
                _caller(request, self._keys)
            except BadToken:
                return _unauthenticated()
        return await super().run(request, *args, **options)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        async def wake(work: str) -> None:
            await self._wake_up.look_now(Work(work))

        return Context(
            sessions=self._sessions,
            now=datetime.now(UTC),
            user_id=_caller(request, self._keys),
            wake=wake,
        )

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


def _unauthenticated() -> Response:
    reason = Reason.UNAUTHENTICATED
    error = {"message": reason.en, "extensions": {"code": reason.name, "messageZh": reason.zh, "messageEn": reason.en}}
    return Response(
        orjson.dumps({"data": None, "errors": [error]}),
        status_code=401,
        media_type="application/json",
        headers={"WWW-Authenticate": "Bearer"},
    )
