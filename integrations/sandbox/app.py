"""The sandbox as an ASGI application."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.routing import Route

from integrations.sandbox import control, oauth, page
from integrations.sandbox.api import Api
from integrations.sandbox.config import SandboxConfig
from integrations.sandbox.host import Host


def create_app(config: SandboxConfig, clock: Callable[[], float] = time.time) -> Starlette:
    """A sandbox with its own state; `clock` gives epoch seconds.

    Its faults that break a connection need the server of `integrations.sandbox.server`.
    """
    host = Host(config, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        host.stop()
        host.ledger.close()

    app = Starlette(
        routes=[
            # An endpoint that is an object sees every method, so that it can refuse with the code of the API.
            Route("/2/{rest:path}", Api(host)),
            Route("/oauth2/authorize", oauth.authorize, methods=["GET", "POST"]),
            Route("/oauth2/access_token", oauth.access_token, methods=["POST"]),
            Route("/oauth2/get_token_info", oauth.get_token_info, methods=["POST"]),
            Route("/oauth2/revokeoauth2", oauth.revoke, methods=["GET", "POST"]),
            *control.routes(),
            Route("/", page.front),
            Route("/u/{uid:str}", page.user_page),
        ],
        lifespan=lifespan,
    )
    app.state.host = host
    return app
