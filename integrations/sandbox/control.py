"""The control side for tests and demonstrations: users, journal, tokens and faults."""

import math
import re
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from hmac import compare_digest
from itertools import islice

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from integrations.sandbox.answers import json_answer
from integrations.sandbox.api import NAMES
from integrations.sandbox.errors import ApiError
from integrations.sandbox.faults import CommentFaults, FaultRule
from integrations.sandbox.forms import DisconnectedError, read_body
from integrations.sandbox.host import Host
from integrations.sandbox.ledger import NewUser

KEY_HEADER = "X-Sandbox-Key"
"""The header that carries the control key."""

JOURNAL_PAGE = 50_000
"""Most entries of the journal in one answer, and most codes in one question."""

_BODY_LIMIT = 64 * 1024 * 1024
_UID = re.compile(r"[1-9][0-9]{0,18}")

Door = Callable[[Request, Host], Awaitable[object]]


async def health(request: Request) -> Response:
    """`{"status": "ok", "users", "statuses", "journal"}`; needs no key."""
    ledger = request.app.state.host.ledger
    return json_answer(
        {"status": "ok", "users": len(ledger.users), "statuses": ledger.alive, "journal": len(ledger.journal)}
    )


async def put_users(request: Request, host: Host) -> object:
    """`[{"uid", "screen_name", "audience"?}]` -> `[{"uid", "access_token", "expires_in"}]`, in that order."""
    data = await _json(request)
    if not isinstance(data, list):
        raise ValueError("expected a list of users")
    wanted = [_new_user(one) for one in data]
    now = host.clock()
    host.ledger.put_users(wanted, now)
    tokens = host.ledger.valid_tokens((user.uid for user in wanted), now)
    return [
        {"uid": token.uid, "access_token": token.value, "expires_in": int(token.expires_at - now)} for token in tokens
    ]


async def end_tokens(request: Request, host: Host) -> object:
    """`{"uids": [...]}` to `tokens/expire` or `tokens/revoke` ends the newest token of each."""
    users = [host.ledger.users.get(uid) for uid in await _strings(request, "uids")]
    tokens = [user.token for user in users if user and user.token]
    if request.path_params["act"] not in ("expire", "revoke"):
        raise ValueError("tokens can be expired or revoked")
    for token in tokens:
        if request.path_params["act"] == "revoke":
            host.ledger.revoke(token)
        else:
            host.ledger.expire(token, host.clock())
    return {"ended": len(tokens)}


async def journal(request: Request, host: Host) -> object:
    """Accepted shares in order: `{"entries": [...], "next_after": seq or null}`.

    Query: `since` (epoch seconds or ISO time with zone), `code_prefix`, `limit`, `after` (a `seq`).
    """
    query = request.query_params
    since = _moment(query.get("since") or "0")
    limit = min(int(query.get("limit") or 1_000), JOURNAL_PAGE)
    prefix = query.get("code_prefix") or ""
    entries = host.ledger.entries(since=since, after=int(query.get("after") or 0))
    wanted = (entry for entry in entries if (entry.code or "").startswith(prefix))
    found = list(islice(wanted, limit + 1))
    more = len(found) > limit
    return {
        "entries": [asdict(entry) for entry in found[:limit]],
        "next_after": found[limit - 1].seq if more and limit > 0 else None,
    }


async def journal_count(request: Request, host: Host) -> object:
    """`{"codes": [...]}` -> `{code: {"count", "first_received_at", "uid", "text_sha256", "picture_sha256"}}`.

    An unknown code has count 0 and nulls.
    """
    codes = await _strings(request, "codes")
    if len(codes) > JOURNAL_PAGE:
        raise ValueError(f"at most {JOURNAL_PAGE} codes")
    answer: dict[str, object] = {}
    for code in codes:
        known = host.ledger.code_count(code)
        first = known.first if known else None
        answer[code] = {
            "count": known.entries if known else 0,
            "first_received_at": first.received_at if first else None,
            "uid": first.uid if first else None,
            "text_sha256": first.text_sha256 if first else None,
            "picture_sha256": first.picture_sha256 if first else None,
        }
    return answer


async def faults(request: Request, host: Host) -> object:
    """POST replaces all rules, DELETE clears, GET shows them; each answers the rules with their counts."""
    if request.method == "POST":
        data = await _json(request)
        if not isinstance(data, list):
            raise ValueError("expected a list of rules")
        host.faults.set([FaultRule.from_json(one, NAMES) for one in data])
    elif request.method == "DELETE":
        host.faults.set([])
    return host.faults.listing()


async def comments(request: Request, host: Host) -> object:
    """POST orders what is wrong with comments, GET shows it: `{"deleted", "telling", "seed"}`."""
    if request.method == "POST":
        host.comments = CommentFaults.from_json(await _json(request))
    return asdict(host.comments)


def routes() -> list[Route]:
    """All doors below `/_sandbox`."""
    return [
        Route("/_sandbox/health", health),
        Route("/_sandbox/users", _guarded(put_users), methods=["POST"]),
        Route("/_sandbox/tokens/{act:str}", _guarded(end_tokens), methods=["POST"]),
        Route("/_sandbox/journal", _guarded(journal)),
        Route("/_sandbox/journal/count", _guarded(journal_count), methods=["POST"]),
        Route("/_sandbox/faults", _guarded(faults), methods=["GET", "POST", "DELETE"]),
        Route("/_sandbox/comments", _guarded(comments), methods=["GET", "POST"]),
    ]


def _guarded(door: Door) -> Callable[[Request], Awaitable[Response]]:
    """Open a door only with the key; what is wrong with a request is answered as 400 `{"error": text}`."""

    async def opened(request: Request) -> Response:
        host: Host = request.app.state.host
        if not compare_digest(request.headers.get(KEY_HEADER, "").encode(), host.config.control_key.encode()):
            return json_answer({"error": f"the header {KEY_HEADER} is missing or wrong"}, 403)
        try:
            return json_answer(await door(request, host))
        except (ValueError, ApiError) as error:
            return json_answer({"error": str(error)}, 400)
        except DisconnectedError:
            return Response()

    return opened


async def _json(request: Request) -> object:
    data: object = orjson.loads(await read_body(request.receive, _BODY_LIMIT))
    return data


async def _strings(request: Request, name: str) -> list[str]:
    data = await _json(request)
    values = data.get(name) if isinstance(data, dict) else None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"expected an object with a list of strings {name}")
    return values


def _new_user(data: object) -> NewUser:
    if not isinstance(data, dict):
        raise ValueError("a user must be an object")
    uid, name, audience = data.get("uid"), data.get("screen_name"), data.get("audience")
    if not isinstance(uid, str) or not _UID.fullmatch(uid) or int(uid) >= 2**63:
        raise ValueError(f"uid must be a string of digits without a leading zero, not {uid!r}")
    if not isinstance(name, str) or not name.strip():
        raise ValueError(f"screen_name of {uid} must be a string")
    if audience is None:
        return NewUser(uid, name, None)
    if isinstance(audience, bool) or not isinstance(audience, int | float):
        raise ValueError(f"audience of {uid} must be a number")
    if not (math.isfinite(audience) and audience > 0):
        raise ValueError(f"audience of {uid} must be above 0")
    return NewUser(uid, name, float(audience))


def _moment(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("since needs a time zone")
    return moment.timestamp()
