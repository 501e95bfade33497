"""The HTTP application."""

import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from strawberry.extensions import DisableIntrospection

from api.context_factory import Endpoint
from api.health import Health
from api.limits import BodyLimit, RequestNumber
from integrations.database import open_engine, open_sessions
from integrations.keys import Keys
from integrations.queue import ArqWakeUp
from integrations.settings import Settings
from schema.root import build_schema

# No front end waits longer; what takes longer would only keep others waiting.
STATEMENT_SECONDS = 15


def create_app(settings: Settings, *, database_url: str, redis_url: str, keys: Keys) -> Starlette:
    """One API process over a database and a queue; it starts and answers probes even while they are away."""
    engine = open_engine(database_url, statement_seconds=STATEMENT_SECONDS)
    wake_up = ArqWakeUp(redis_url)
    schema = build_schema()
    if not settings.development:
        schema.extensions = (*schema.extensions, DisableIntrospection)
    endpoint = Endpoint(
        schema,
        sessions=open_sessions(engine),
        keys=keys,
        wake_up=wake_up,
        console=console(settings.graphiql_assets) if settings.development else None,
    )
    health = Health(engine, wake_up)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await wake_up.close()
        await engine.dispose()

    return Starlette(
        routes=[
            Route("/", _home),
            Route("/graphql", endpoint, methods=["GET", "POST", "OPTIONS"]),
            Route("/healthz", health.healthz),
            Route("/readyz", health.readyz),
            Route("/metrics", health.metrics),
        ],
        middleware=[
            Middleware(RequestNumber),
            Middleware(
                CORSMiddleware,
                allow_origins=[origin.strip() for origin in settings.cors_origins.split(",") if origin.strip()],
                allow_methods=["POST"],
                allow_headers=["Authorization", "Content-Type"],
                expose_headers=["X-Request-Id"],
            ),
            Middleware(BodyLimit, limit=settings.body_limit),
        ],
        exception_handlers={404: _not_found},
        lifespan=lifespan,
    )


def console(assets: str) -> str:
    """The page for people: GraphiQL, or a plain console where its files cannot be had."""
    page = (files("api") / "console.html").read_text("utf-8")
    return page.replace("@ASSETS@", html.escape(assets.rstrip("/"), quote=True))


async def _home(_request: Request) -> Response:
    return RedirectResponse("/graphql")


async def _not_found(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(
        "Nothing is here; the API is at /graphql. 此处无内容,接口位于 /graphql。\n", status_code=404
    )
