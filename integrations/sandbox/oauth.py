"""Sign-in by OAuth 2: the page where a sandbox user is chosen, and the exchange of a code for a token."""

import secrets
from hmac import compare_digest
from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from integrations.sandbox.answers import error_answer, json_answer
from integrations.sandbox.api import valid_token
from integrations.sandbox.errors import ApiError
from integrations.sandbox.forms import DisconnectedError, Params, parse, read_body
from integrations.sandbox.host import Grant, Host
from integrations.sandbox.page import HEADERS, frame
from integrations.sandbox.records import User

_BODY_LIMIT = 64 * 1024
_SUGGESTED = 200


async def authorize(request: Request) -> Response:
    """GET shows the page; POST sends the browser back with `code` (or `error`) and `state`."""
    host: Host = request.app.state.host
    try:
        params = await _params(request)
        _check_app(host, params)
    except ApiError as error:
        text = f'<p class="note">{error.code} {escape(error.message)}</p>'
        return HTMLResponse(frame("Sign in", text), 400, HEADERS)
    except DisconnectedError:
        return Response()
    if request.method == "GET":
        return HTMLResponse(_sign_in_page(host, params, ""), headers=HEADERS)
    if params.text("action") == "deny":
        return _back(params, error="access_denied", error_code="21330")
    user = _chosen(host, (params.text("account") or "").strip())
    if user is None:
        return HTMLResponse(_sign_in_page(host, params, "没有这个用户 / No such user"), 400, HEADERS)
    return _back(params, code=_grant(host, user, params))


async def access_token(request: Request) -> Response:
    """Exchange a code: `{"access_token", "remind_in": str, "expires_in": int, "uid": str}`."""
    host: Host = request.app.state.host
    try:
        params = await _params(request)
        uid = _redeem(host, params)
    except ApiError as error:
        return error_answer(error, request.url.path)
    except DisconnectedError:
        return Response()
    token = host.ledger.issue_token(uid, host.clock())
    life = host.config.token_seconds
    return json_answer(
        {
            "access_token": token.value,
            "remind_in": str(life),
            "expires_in": life,
            "uid": uid,
            "isRealName": "true",
        }
    )


async def get_token_info(request: Request) -> Response:
    """`{"uid": number, "appkey", "scope": null, "create_at": epoch seconds, "expire_in": seconds left}`."""
    host: Host = request.app.state.host
    now = host.clock()
    try:
        params = await _params(request)
        token = valid_token(host, params.text("access_token") or "", now)
    except ApiError as error:
        return error_answer(error, request.url.path)
    except DisconnectedError:
        return Response()
    return json_answer(
        {
            "uid": int(token.uid),
            "appkey": host.config.client_id,
            "scope": None,
            "create_at": int(token.created_at),
            "expire_in": int(token.expires_at - now),
        }
    )


async def revoke(request: Request) -> Response:
    """`{"result": true}`; the token is refused with 21316 from now on."""
    host: Host = request.app.state.host
    try:
        params = await _params(request)
        host.ledger.revoke(valid_token(host, params.text("access_token") or "", host.clock()))
    except ApiError as error:
        return error_answer(error, request.url.path)
    except DisconnectedError:
        return Response()
    return json_answer({"result": True})


async def _params(request: Request) -> Params:
    return parse(request.scope, await read_body(request.receive, _BODY_LIMIT))


def _check_app(host: Host, params: Params) -> None:
    if params.text("client_id") != host.config.client_id:
        raise ApiError(21324)
    if params.text("redirect_uri") not in host.config.redirect_uris:
        raise ApiError(21322)
    # Known clients leave the response type out, and the platform lets them.
    if params.text("response_type") not in (None, "code"):
        raise ApiError(21329)


def _chosen(host: Host, account: str) -> User | None:
    return host.ledger.users.get(account) or host.ledger.names.get(account)


def _grant(host: Host, user: User, params: Params) -> str:
    now = host.clock()
    host.grants = {code: grant for code, grant in host.grants.items() if grant.expires_at > now}
    code = secrets.token_hex(16)
    host.grants[code] = Grant(user.uid, params.values["redirect_uri"], now + host.config.code_seconds)
    return code


def _redeem(host: Host, params: Params) -> str:
    config = host.config
    secret = (params.text("client_secret") or "").encode()
    known = params.text("client_id") == config.client_id
    if not (compare_digest(secret, config.client_secret.encode()) and known):
        raise ApiError(21324)
    if params.text("grant_type") != "authorization_code":
        raise ApiError(21328)
    grant = host.grants.get(params.text("code") or "")
    if grant is None or grant.expires_at <= host.clock():
        raise ApiError(21325)
    if params.text("redirect_uri") != grant.redirect_uri:
        raise ApiError(21322)
    del host.grants[params.values["code"]]
    return grant.uid


def _back(params: Params, **answer: str) -> Response:
    target = params.values["redirect_uri"]
    state = params.text("state")
    query = urlencode(answer | ({"state": state} if state else {}))
    return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{query}", 302)


def _sign_in_page(host: Host, params: Params, problem: str) -> str:
    search = params.text("q") or ""
    kept = "".join(
        f'<input type="hidden" name="{name}" value="{escape(params.text(name) or "")}">'
        for name in ("client_id", "redirect_uri", "state")
    )
    names = [user for user in host.ledger.users.values() if search in user.screen_name or search in user.uid]
    options = "".join(
        f'<option value="{user.uid}">{escape(user.screen_name)} ({user.uid})</option>' for user in names[:_SUGGESTED]
    )
    return frame(
        "登录 / Sign in",
        f"""<p class="note">{escape(problem)}</p>
<form method="get">{kept}<label>查找 / Search <input name="q" value="{escape(search)}"></label>
<button>查找 / Search</button></form>
<form method="post">{kept}<label>用户 / User
<select name="account" size="8" required>{options}</select></label>
<p>{len(names)} 个用户 / users, {min(len(names), _SUGGESTED)} shown</p>
<button name="action" value="allow">以此用户登录 / Sign in as this user</button>
<button name="action" value="deny" formnovalidate>拒绝 / Deny</button></form>""",
    )
