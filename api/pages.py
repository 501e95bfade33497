"""Pages for people, and the token that goes with a cookie."""

import html
import re
from base64 import b64encode
from hashlib import sha256
from http import HTTPStatus
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from api.answers import refusal
from api.auth import csrf_token, session_of_cookie
from domain.refusals import Reason
from integrations.keys import Keys


def console(assets: str) -> str:
    """The page for people: GraphiQL, or a plain console where its files cannot be had."""
    return page("console.html").replace("@ASSETS@", html.escape(assets.rstrip("/"), quote=True))


class Pages:
    """What is answered beside GraphQL."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._join = page("join.html")
        self._join_headers = headers_of(self._join)

    async def join(self, _request: Request) -> Response:
        """The page of a link, where a person sets a password; the token stays in the browser until it is sent."""
        return HTMLResponse(self._join, headers=self._join_headers)

    async def csrf(self, request: Request) -> Response:
        """The token that a page sends along with its cookie, for a page that was loaded anew.

        A page of another site may ask too, with the cookie even; the browser does not let it read the answer.
        """
        session_id = session_of_cookie(request)
        if session_id is None:
            reason = Reason.UNAUTHENTICATED
            return refusal(HTTPStatus.UNAUTHORIZED, reason.en, code=reason.name, zh=reason.zh)
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return JSONResponse({"csrfToken": csrf_token(self._keys.login, session_id)}, headers=headers)


def page(name: str) -> str:
    """A page as it lies beside this module."""
    return (files("api") / name).read_text("utf-8")


def headers_of(text: str) -> dict[str, str]:
    """What goes with a page that a secret led to: it is kept nowhere, and no other site learns its address."""
    return {
        "Content-Security-Policy": policy(text),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def policy(text: str) -> str:
    """Nothing but the page's own script and style, named by their digests, and our own API."""
    allowed = {kind: digests(text, kind) for kind in ("script", "style")}
    kinds = " ".join(f"{kind}-src {digests};" for kind, digests in allowed.items())
    return (
        f"default-src 'none'; {kinds} connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def digests(text: str, kind: str) -> str:
    """What a policy calls the scripts or styles within a page."""
    inside = re.findall(rf"<{kind}>(.*?)</{kind}>", text, re.DOTALL)
    return " ".join(f"'sha256-{b64encode(sha256(part.encode()).digest()).decode()}'" for part in inside)
