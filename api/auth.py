"""Who is calling: access tokens for apps and scripts, a cookie for browsers."""

import hmac
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import HTTPConnection
from starlette.responses import Response

from domain.base.keyring import KeySet
from domain.logins.door import Access
from domain.logins.rules import LONGEST
from domain.logins.sessions import digest_of
from domain.terms import SessionKind
from integrations.keys import Keys

ALGORITHM = "HS256"
ISSUER = "qicai"
# A browser takes a cookie of this name only over TLS, for one host and all its paths: no other site can plant it.
COOKIE = "__Host-qicai"
CSRF_HEADER = "X-CSRF-Token"


class BadToken(Exception):
    """The token is malformed or forged."""


class ExpiredToken(BadToken):
    """The token was good, and is over: the app refreshes its login."""


class ForeignRequest(Exception):
    """A request with a cookie that a page of ours did not make."""


@dataclass(frozen=True)
class Credentials:
    """Whom a request speaks for; a cookie proves it only once the database knows its digest."""

    user_id: UUID
    session_id: UUID | None = None
    cookie_digest: bytes | None = None
    # Until when a token is good; a cookie is good for as long as its session.
    expires_at: datetime | None = field(default=None, compare=False)


def issue_token(login: KeySet, user_id: UUID, *, now: datetime, life: timedelta, session_id: UUID | None = None) -> str:
    """An access token (JWT) that names the user and the session; what the user may do is looked up each time.

    Whoever runs the machine needs no session; nobody else gets a token without one.
    """
    claims = {"iss": ISSUER, "sub": str(user_id), "iat": now, "exp": now + life}
    if session_id is not None:
        claims["sid"] = str(session_id)
    return jwt.encode(claims, login.keys[login.current], algorithm=ALGORITHM, headers={"kid": login.current})


def bearer(login: KeySet, token: str) -> Credentials:
    """Whom a token speaks for; raises `BadToken`, or `ExpiredToken` where nothing else is wrong with it."""
    try:
        claims = jwt.decode(
            token,
            login.keys[jwt.get_unverified_header(token)["kid"]],
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            options={"require": ["exp", "sub", "iss"]},
        )
        session_id = UUID(claims["sid"]) if "sid" in claims else None
        return Credentials(UUID(claims["sub"]), session_id, expires_at=datetime.fromtimestamp(claims["exp"], UTC))
    except jwt.ExpiredSignatureError as error:
        raise ExpiredToken from error
    except (jwt.InvalidTokenError, KeyError, ValueError, AttributeError, TypeError) as error:
        raise BadToken from error


def caller(request: HTTPConnection, keys: Keys, *, origins: frozenset[str]) -> Credentials | None:
    """Whom a request speaks for; None for nobody. A token counts before a cookie, since no other site can add one."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise BadToken
        return bearer(keys.login, token.strip())
    credentials = _named_by(request.cookies.get(COOKIE, ""))
    # Nothing is run by GET; whoever opens the console's page with a cookie only wants to see the page.
    if credentials is None or credentials.session_id is None or request.scope.get("method") != "POST":
        return None
    given = request.headers.get(CSRF_HEADER, "")
    if not _is_ours(request, origins) or not csrf_holds(keys.login, credentials.session_id, given):
        raise ForeignRequest
    return credentials


def caller_on_socket(
    request: HTTPConnection, said: Mapping[str, Any], keys: Keys, *, origins: frozenset[str]
) -> Credentials | None:
    """Whom a websocket speaks for: by the token of its first message, or by the cookie of a page that is ours.

    A socket sends no CSRF token. In its place the browser has to name the page, and no other page will do.
    """
    given = said.get("authorization", said.get("Authorization"))
    if given is not None:
        scheme, _, token = str(given).partition(" ")
        if scheme.lower() != "bearer":
            raise BadToken
        return bearer(keys.login, token.strip())
    credentials = _named_by(request.cookies.get(COOKIE, ""))
    if credentials is None:
        return None
    if "origin" not in request.headers or not _is_ours(request, origins):
        raise ForeignRequest
    return credentials


def csrf_token(login: KeySet, session_id: UUID) -> str:
    """What a page has to send along with the cookie: no page of another site can know it."""
    return _csrf(login.keys[login.current], session_id)


def csrf_holds(login: KeySet, session_id: UUID, given: str) -> bool:
    """Whether it belongs to the session, by whichever key it was made."""
    proofs = [hmac.compare_digest(_csrf(key, session_id).encode(), given.encode()) for key in login.keys.values()]
    return any(proofs)


def session_of_cookie(request: HTTPConnection) -> UUID | None:
    """The session that the cookie names, whether or not it lasts."""
    credentials = _named_by(request.cookies.get(COOKIE, ""))
    return credentials.session_id if credentials else None


def person_of_cookie(request: HTTPConnection) -> UUID | None:
    """Whose cookie the browser carries, by its own word: good for a refusal, never for leave."""
    credentials = _named_by(request.cookies.get(COOKIE, ""))
    return credentials.user_id if credentials else None


class FrontDoor:
    """What a login needs of one request and its answer."""

    def __init__(
        self,
        keys: Keys,
        response: Response,
        *,
        apart: Callable[[], AbstractAsyncContextManager[AsyncSession]],
        now: datetime,
        life: timedelta,
    ) -> None:
        self._keys, self._response, self._now, self._life = keys, response, now, life
        self.apart = apart

    @property
    def links(self) -> KeySet:
        return self._keys.links

    def sign(self, user_id: UUID, session_id: UUID) -> Access:
        self._response.headers["Cache-Control"] = "no-store"
        token = issue_token(self._keys.login, user_id, now=self._now, life=self._life, session_id=session_id)
        return Access(token, self._now + self._life)

    def hand_cookie(self, cookie: str, *, session_id: UUID) -> str:
        self._response.headers["Cache-Control"] = "no-store"
        age = int(LONGEST[SessionKind.BROWSER].total_seconds())
        self._response.set_cookie(COOKIE, cookie, max_age=age, path="/", secure=True, httponly=True, samesite="lax")
        return csrf_token(self._keys.login, session_id)

    def take_cookie(self) -> None:
        self._response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")


def _named_by(cookie: str) -> Credentials | None:
    """Whom a cookie claims to speak for; None where it is none of ours."""
    user_id, _, rest = cookie.partition(".")
    session_id, _, secret = rest.partition(".")
    try:
        return Credentials(UUID(user_id), UUID(session_id), digest_of(cookie)) if secret else None
    except ValueError:
        return None


def _is_ours(request: HTTPConnection, origins: frozenset[str]) -> bool:
    """Whether a browser says that a page of ours made the request; some say nothing for their own pages."""
    origin = request.headers.get("origin")
    if origin is None:
        return True
    # Where TLS ends before us, the page stands under https although the request does not.
    host = request.headers.get("host", "")
    scheme = {"ws": "http", "wss": "https"}.get(request.url.scheme, request.url.scheme)
    return origin in origins or origin in (f"{scheme}://{host}", f"https://{host}")


def _csrf(key: bytes, session_id: UUID) -> str:
    return hmac.new(key, f"qicai csrf {session_id}".encode(), "sha256").hexdigest()
