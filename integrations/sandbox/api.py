"""The doors below `/2/`: which path leads where, who is let in, and when it fails on purpose."""

import asyncio
from collections.abc import Callable

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from integrations.sandbox import accounts, comments, statuses
from integrations.sandbox.answers import Dropped, Late, Truncated, error_answer, json_answer
from integrations.sandbox.calls import Call, Endpoint
from integrations.sandbox.errors import ApiError
from integrations.sandbox.faults import FaultRule
from integrations.sandbox.forms import API_BODY_LIMIT, DisconnectedError, Params, header, parse, read_body
from integrations.sandbox.host import Host
from integrations.sandbox.records import Token, User

ENDPOINTS = {
    "/2/statuses/share.json": Endpoint("share", "POST", statuses.share),
    "/2/statuses/user_timeline.json": Endpoint("timeline", "GET", statuses.user_timeline),
    "/2/statuses/user_timeline/biz.json": Endpoint("timeline", "GET", statuses.user_timeline),
    "/2/statuses/count.json": Endpoint("count", "GET", statuses.count),
    "/2/statuses/count/biz.json": Endpoint("count", "GET", statuses.count_biz),
    "/2/statuses/show.json": Endpoint("status", "GET", statuses.show),
    "/2/statuses/destroy.json": Endpoint("destroy", "POST", statuses.destroy),
    "/2/statuses/repost.json": Endpoint("repost", "POST", statuses.repost),
    "/2/comments/show.json": Endpoint("comments", "GET", comments.show),
    "/2/users/show.json": Endpoint("user", "GET", accounts.show),
    "/2/users/counts.json": Endpoint("followers", "GET", accounts.counts),
    "/2/account/get_uid.json": Endpoint("uid", "GET", accounts.get_uid),
    "/2/account/rate_limit_status.json": Endpoint("limits", "GET", accounts.rate_limit_status, charged=False),
}

NAMES = frozenset(endpoint.name for endpoint in ENDPOINTS.values())
"""What a fault rule may name as its endpoint."""

_HTML = "<!DOCTYPE html><html><head><title>sandbox</title></head><body><h1>系统繁忙 / Busy</h1></body></html>"


class Api:
    """The ASGI application of the Weibo API."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or be the fault that was ordered."""
        try:
            answer = await self._answer(scope, receive)
        except ApiError as error:
            answer = error_answer(error, scope["path"])
        except DisconnectedError:
            return
        await answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        host = self._host
        endpoint = ENDPOINTS.get(scope["path"])
        host.requests[endpoint.name if endpoint else "unknown"] += 1
        # The body is read even for a wrong path: a client may not be able to read while it still writes.
        body = await read_body(receive, API_BODY_LIMIT)
        if endpoint is None:
            raise ApiError(10020)
        if scope["method"] != endpoint.method:
            raise ApiError(10021)
        received_at = host.clock()
        params = parse(scope, body)
        request = _Request(host, endpoint, scope, params, received_at)
        token = host.ledger.tokens.get(request.token or "")
        rule = host.faults.choose(endpoint.name, token.uid if token else None)
        return request.handle() if rule is None else self._fail(rule, request)

    def _fail(self, rule: FaultRule, request: "_Request") -> Response:
        stopping = self._host.stopping
        if rule.kind == "accept_late":
            self._host.later(_handle_after(rule.seconds, request.handle))
            return Dropped(stopping)
        answer = request.handle() if rule.handles() else json_answer({})
        match rule.kind:
            case "error":
                return error_answer(ApiError(rule.code, http=rule.http), request.path)
            case "html":
                return HTMLResponse(_HTML, rule.http or 200)
            case "truncate":
                return Truncated(answer)
            case "slow":
                return Late(answer, stopping, rule.seconds)
            case _:
                return Dropped(stopping, rule.seconds)


class _Request:
    """A request that is complete and can be handled at any time."""

    def __init__(self, host: Host, endpoint: Endpoint, scope: Scope, params: Params, received_at: float) -> None:
        self._host = host
        self._endpoint = endpoint
        self._params = params
        self._received_at = received_at
        self._ip: str = scope["client"][0] if scope.get("client") else ""
        self.path: str = scope["path"]
        self.token = params.text("access_token") or _bearer(scope)

    def handle(self) -> Response:
        """Check token and limits, then let the endpoint answer."""
        now = self._host.clock()
        try:
            user = self._user(now)
            call = Call(self._host, self._params, user, self._ip, self._received_at, now)
            return json_answer(self._endpoint.answer(call))
        except ApiError as error:
            return error_answer(error, self.path)

    def _user(self, now: float) -> User:
        host, charged = self._host, self._endpoint.charged
        if charged and not host.limits.ip_requests.take(self._ip, now):
            raise ApiError(10022)
        if not self.token:
            raise ApiError(21301 if self._params.text("source") else 10006)
        user = host.ledger.users[valid_token(host, self.token, now).uid]
        if charged and not host.limits.user_requests.take(user.uid, now):
            raise ApiError(10023)
        return user


def valid_token(host: Host, value: str, now: float) -> Token:
    """A token that may be used now, else 21332, 21316 or 21327."""
    token = host.ledger.tokens.get(value)
    if token is None:
        raise ApiError(21332)
    if token.revoked:
        raise ApiError(21316)
    if token.expires_at <= now:
        raise ApiError(21327)
    return token


def _bearer(scope: Scope) -> str | None:
    scheme, _, value = header(scope, b"authorization").decode("latin-1").partition(" ")
    return value.strip() if scheme.lower() == "oauth2" else None


async def _handle_after(seconds: float, handle: Callable[[], Response]) -> None:
    await asyncio.sleep(seconds)
    handle()
