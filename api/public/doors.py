"""The addresses of the public pages: who is let in, what is read, and how long an answer may be kept."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import wraps
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from api.public.clicks import ClickCounter, is_by_person
from api.public.feeds import atom, robots, sitemap
from api.public.layout import POLICY, Page, address, framed, plain_address
from api.public.lesson import lesson_page
from api.public.lists import absent_page, busy_page, campaign_page, campaigns_page, lessons_page, place_text
from api.public.words import language_of
from domain.base.dates import today
from domain.base.keyring import KeySet
from domain.publicity import queries
from domain.publicity.queries import Place
from domain.terms import ServiceKind
from domain.uploads.addresses import signed
from domain.uploads.rules import LIFE, path_of
from integrations.database import AWAY, Sessions, is_away
from integrations.pictures.share import share_picture

log = structlog.get_logger()

# So many pages are read at a time, so that the public leaves connections to those who work here; who finds no place
# waits a moment, and so many wait at most.
READ_AT_ONCE, PLACE_SECONDS, WAITING = 4, 5.0, 200
# A withdrawn lesson is gone within a minute, wherever its page was kept.
KEPT_SECONDS = 30
PAGE_SIZE, CAMPAIGNS, FEED_SIZE = 30, 100, 50
# A site map holds at most 50,000 addresses; the newest of both are in it.
MAP_SIZE = 20_000
# A code is short; a longer one was never ours.
CODE_LENGTH = 64
SAFE = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
}
ICON = (files("api.public") / "icon.svg").read_bytes()
ACCENTS = {
    ServiceKind.COMPANIONSHIP: 0,
    ServiceKind.SELF_PROTECTION: 1,
    ServiceKind.DONATION: 3,
    ServiceKind.CITY_DISCOVERY: 4,
    ServiceKind.STUDY_HELP: 5,
}


class Busy(Exception):
    """Too many are reading already."""


class Absent(Exception):
    """There is no such page, or none that is public: nobody learns which."""


Door = Callable[["PublicPages", Request], Awaitable[Response]]


def _answered(door: Door) -> Door:
    """Turn what went otherwise into pages."""

    @wraps(door)
    async def answered(self: "PublicPages", request: Request) -> Response:
        try:
            return await door(self, request)
        except Absent:
            return self._page(request, absent_page(language_of(request)), status=HTTPStatus.NOT_FOUND)
        except (Busy, *AWAY) as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("page_not_read", error=type(error).__name__)
            return self._page(request, busy_page(language_of(request)), status=HTTPStatus.SERVICE_UNAVAILABLE)

    return answered


class PublicPages:
    """The pages of one API process."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        clicks: ClickCounter,
        links: KeySet,
        base_url: str,
        home: str = "",
        place_seconds: float = PLACE_SECONDS,
    ) -> None:
        self._sessions, self._clicks, self._links, self._base_url = sessions, clicks, links, base_url
        # Short links have a domain of their own, and lead to where pages live; to the same host where nobody said that.
        self._home = home.rstrip("/")
        self._place_seconds = place_seconds
        self._places = asyncio.Semaphore(READ_AT_ONCE)
        self._waiting = 0

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/s/{code}", self.follow),
            Route("/lessons", self.lessons),
            Route("/lessons.atom", self.feed),
            Route("/lessons/{lesson_id}", self.lesson),
            Route("/lessons/{lesson_id}/pictures/{file_id}", self.lesson_picture),
            Route("/campaigns", self.campaigns),
            Route("/campaigns/{campaign_id}", self.campaign),
            Route("/share/{name}.png", self.picture),
            Route("/icon.svg", self.icon),
            Route("/sitemap.xml", self.map),
            Route("/robots.txt", self.robots),
        ]

    @_answered
    async def follow(self, request: Request) -> Response:
        """Where the short link of a delivery leads; the click is counted, and nothing of whoever clicked."""
        code = request.path_params["code"]
        if len(code) > CODE_LENGTH or "\0" in code:
            raise Absent
        async with self._reading() as session:
            target = await queries.target_of(session, code)
        if target is None:
            raise Absent
        delivery_id, lesson_id = target
        if is_by_person(request):
            self._clicks.count(delivery_id, today(datetime.now(UTC)))
        path, is_said = f"/lessons/{lesson_id}", "lang" in request.query_params
        to = address(path, language_of(request)) if is_said else plain_address(path)
        # Kept by nobody: a link that is followed from memory would not be counted, nor stop when the lesson does.
        headers = {**SAFE, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
        return RedirectResponse(self._home + to, status_code=HTTPStatus.FOUND, headers=headers)

    @_answered
    async def lesson(self, request: Request) -> Response:
        """The page of a showcase lesson."""
        lesson_id = _id_in(request, "lesson_id")
        async with self._reading() as session:
            sheet = await queries.public_lesson(session, lesson_id)
        if sheet is None:
            raise Absent
        return self._page(request, lesson_page(sheet, language_of(request), base_url=self._base_url))

    @_answered
    async def lesson_picture(self, request: Request) -> Response:
        """A picture of a showcase lesson: leads to its bytes, for as long as the lesson shows it."""
        lesson_id, file_id = _id_in(request, "lesson_id"), _id_in(request, "file_id")
        async with self._reading() as session:
            found = await queries.public_picture(session, lesson_id, file_id)
        if found is None:
            raise Absent
        path = path_of(found.file_id, found.sha256, found.kind)
        to = urlsplit(self._base_url).path + signed(path, self._links, until=datetime.now(UTC) + LIFE)
        headers = {**SAFE, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
        return RedirectResponse(to, status_code=HTTPStatus.FOUND, headers=headers)

    @_answered
    async def lessons(self, request: Request) -> Response:
        """Showcase lessons, a page at a time."""
        given = request.query_params.get("after", "")
        after = _place(given) if given else None
        async with self._reading() as session:
            lines = await queries.public_lessons(session, limit=PAGE_SIZE + 1, after=after)
        shown = lines[:PAGE_SIZE]
        following = Place(shown[-1].shown_since, shown[-1].id) if len(lines) > PAGE_SIZE else None
        kept = place_text(after) if after is not None else ""
        return self._page(request, lessons_page(shown, language_of(request), after=kept, following=following))

    @_answered
    async def campaigns(self, request: Request) -> Response:
        """Campaigns that have begun."""
        async with self._reading() as session:
            lines = await queries.public_campaigns(session, limit=CAMPAIGNS)
        return self._page(request, campaigns_page(lines, language_of(request)))

    @_answered
    async def campaign(self, request: Request) -> Response:
        """The page of a campaign."""
        campaign_id = _id_in(request, "campaign_id")
        async with self._reading() as session:
            found = await queries.public_campaign(session, campaign_id)
        if found is None:
            raise Absent
        return self._page(request, campaign_page(*found, language_of(request)))

    @_answered
    async def feed(self, request: Request) -> Response:
        """The newest lessons, for feed readers."""
        async with self._reading() as session:
            lines = await queries.public_lessons(session, limit=FEED_SIZE)
        text = atom(lines, language_of(request), base_url=self._base_url)
        return _kept(request, text.encode(), "application/atom+xml", seconds=KEPT_SECONDS)

    @_answered
    async def map(self, request: Request) -> Response:
        """The map of the site."""
        async with self._reading() as session:
            lessons, campaigns = await queries.addresses(session, limit=MAP_SIZE)
        text = sitemap(lessons, campaigns, base_url=self._base_url)
        return _kept(request, text.encode(), "application/xml", seconds=KEPT_SECONDS)

    async def robots(self, request: Request) -> Response:
        """The word to robots."""
        return _kept(request, robots(base_url=self._base_url).encode(), "text/plain", seconds=3600)

    async def icon(self, request: Request) -> Response:
        """The small picture of a tab."""
        return _kept(request, ICON, "image/svg+xml", seconds=86_400)

    @_answered
    async def picture(self, request: Request) -> Response:
        """The picture of a service, for shared links."""
        try:
            service = ServiceKind[request.path_params["name"].upper()]
        except KeyError as error:
            raise Absent from error
        content = await asyncio.to_thread(share_picture, ACCENTS[service])
        return _kept(request, content, "image/png", seconds=86_400)

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncSession]:
        if self._waiting >= WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with asyncio.timeout(self._place_seconds):
                await self._places.acquire()
        except TimeoutError as error:
            raise Busy from error
        finally:
            self._waiting -= 1
        try:
            async with self._sessions() as session:
                yield session
        finally:
            self._places.release()

    def _page(self, request: Request, page: Page, status: HTTPStatus = HTTPStatus.OK) -> Response:
        language = language_of(request)
        content = framed(page, language, base_url=self._base_url).encode()
        if status is HTTPStatus.OK:
            response = _kept(request, content, "text/html", seconds=KEPT_SECONDS)
        else:
            again = {"Retry-After": "10"} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
            headers = {**SAFE, **again, "Cache-Control": "no-store"}
            response = Response(content, status_code=status, media_type="text/html", headers=headers)
        response.headers["Content-Language"] = language.value
        return response


def _kept(request: Request, content: bytes, media_type: str, *, seconds: int) -> Response:
    """An answer that may be kept for so long, and asked for again by its tag."""
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {
        **SAFE,
        "Cache-Control": f"public, max-age={seconds}",
        "ETag": tag,
        # The address may leave the language to the browser.
        "Vary": "Accept-Language",
    }
    asked = [each.strip().removeprefix("W/") for each in request.headers.get("if-none-match", "").split(",")]
    if tag in asked or asked == ["*"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _id_in(request: Request, name: str) -> UUID:
    given: Any = request.path_params[name]
    try:
        found = UUID(given)
    except ValueError as error:
        raise Absent from error
    if str(found) != given:
        # One page has one address.
        raise Absent
    return found


def _place(given: str) -> Place:
    at, _, lesson_id = given.partition("_")
    try:
        place = Place(datetime.fromisoformat(at), UUID(lesson_id))
        if place.shown_since.tzinfo is None:
            raise Absent
        return Place(place.shown_since.astimezone(UTC), place.lesson_id)
    except (ValueError, OverflowError) as error:
        raise Absent from error
