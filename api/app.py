"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from strawberry.extensions import DisableIntrospection

from api.auth import CSRF_HEADER
from api.callback import Callback
from api.context_factory import Endpoint
from api.handouts import Handouts
from api.health import Health
from api.limits import BodyLimit, RequestNumber
from api.pages import Pages, console
from api.public.clicks import ClickCounter
from api.public.doors import PublicPages
from api.uploads import Uploads
from api.watching import Watching
from domain.uploads.rules import SIZE_LIMIT
from integrations.database import STILL_SECONDS, Sessions, open_engine, open_sessions
from integrations.keys import Keys
from integrations.microblogs.clients import CLIENTS
from integrations.objects import Store
from integrations.queue import ArqWakeUp
from integrations.settings import Settings
from schema.root import Schema, build_schema

# No front end waits longer; what takes longer would only keep others waiting.
STATEMENT_SECONDS = 15
# What is committed apart from an act, such as a guess at a password, is short and never many at once.
CONNECTIONS_APART = 2


def create_app(settings: Settings, *, database_url: str, redis_url: str, keys: Keys) -> Starlette:
    """One API process over a database and a queue; it starts and answers probes even while they are away."""
    opened = partial(open_engine, database_url, statement_seconds=STATEMENT_SECONDS, still_seconds=STILL_SECONDS)
    engine, engine_apart = opened(), opened(pool_size=CONNECTIONS_APART)
    wake_up = ArqWakeUp(redis_url)
    origins = frozenset(origin.strip() for origin in settings.cors_origins.split(",") if origin.strip())
    watching = Watching(open_sessions(engine))
    endpoint = Endpoint(
        _schema(settings),
        watching=watching,
        sessions=open_sessions(engine),
        apart=open_sessions(engine_apart),
        keys=keys,
        wake_up=wake_up,
        console=console(settings.graphiql_assets) if settings.development else None,
        origins=origins,
        token_life=timedelta(minutes=settings.token_minutes),
        silent_after=timedelta(days=settings.silence_warning_days),
        sockets_per_person=settings.sockets_per_person,
        base_url=settings.base_url,
        callback_url=settings.callback_url,
    )
    store = Store(settings.store_url, settings.objects_dir)
    sessions = open_sessions(engine)
    uploads = Uploads(sessions=sessions, links=keys.links, store=store)
    handouts = Handouts(sessions=sessions, links=keys.links, store=store)
    http = httpx.AsyncClient(trust_env=False)
    callback = _callback(settings, sessions, keys, http)
    clicks = ClickCounter(sessions)
    public = _public(settings, sessions, clicks, keys)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await clicks.close()
        uploads.close()
        await watching.close()
        await http.aclose()
        await wake_up.close()
        await engine.dispose()
        await engine_apart.dispose()

    return Starlette(
        routes=[*_routes(endpoint, Pages(keys), callback, uploads, handouts, Health(engine, wake_up)), *public.routes],
        middleware=_middleware(settings, origins),
        exception_handlers={404: _not_found},
        lifespan=lifespan,
    )


def _public(settings: Settings, sessions: Sessions, clicks: ClickCounter, keys: Keys) -> PublicPages:
    return PublicPages(
        sessions=sessions,
        clicks=clicks,
        links=keys.links,
        base_url=settings.base_url,
        home=settings.public_url or "",
    )


def _routes(
    endpoint: Endpoint, pages: Pages, callback: Callback, uploads: Uploads, handouts: Handouts, health: Health
) -> list[BaseRoute]:
    return [
        Route("/", _home),
        Route("/graphql", endpoint, methods=["GET", "POST", "OPTIONS"]),
        WebSocketRoute("/graphql", endpoint),
        Route("/csrf", pages.csrf),
        Route("/join", pages.join),
        Route("/accounts/callback", callback.arrive),
        Route("/uploads/{upload_id:uuid}", uploads.take, methods=["PUT"]),
        Route("/pictures/{file_id:uuid}/{name}", uploads.show),
        Route("/files/{file_id:uuid}/{name}", uploads.show),
        Route("/exports/{row_id:uuid}/{name}", handouts.show),
        Route("/reports/{row_id:uuid}/{name}", handouts.show),
        Route("/press/{row_id:uuid}/{name}", handouts.show),
        Route("/healthz", health.healthz),
        Route("/readyz", health.readyz),
        Route("/metrics", health.metrics),
    ]


def _schema(settings: Settings) -> Schema:
    schema = build_schema()
    if not settings.development:
        schema.extensions = (*schema.extensions, DisableIntrospection)
    return schema


def _callback(settings: Settings, sessions: Sessions, keys: Keys, http: httpx.AsyncClient) -> Callback:
    return Callback(
        sessions=sessions,
        keys=keys,
        client=lambda kind, api_url: CLIENTS[kind](http, api_url, seconds=settings.call_seconds),
        callback_url=settings.callback_url,
        call_seconds=settings.call_seconds,
    )


def _middleware(settings: Settings, origins: frozenset[str]) -> list[Middleware]:
    return [
        Middleware(RequestNumber),
        Middleware(
            CORSMiddleware,
            allow_origins=sorted(origins),
            # A cookie goes to origins that are named, never to "whoever asks".
            allow_credentials="*" not in origins,
            allow_methods=["POST", "PUT"],
            allow_headers=["Authorization", "Content-Type", CSRF_HEADER],
            expose_headers=["X-Request-Id"],
        ),
        Middleware(BodyLimit, limit=settings.body_limit, larger={"/uploads/": SIZE_LIMIT}),
    ]


async def _home(_request: Request) -> Response:
    return RedirectResponse("/graphql")


async def _not_found(_request: Request, _error: Exception) -> Response:
    return PlainTextResponse(
        "Nothing is here; the API is at /graphql. 此处无内容,接口位于 /graphql。\n", status_code=404
    )
