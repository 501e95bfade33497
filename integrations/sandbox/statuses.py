"""The endpoints about statuses: post, read, count, delete and repost."""

import hashlib
from bisect import bisect_right

from integrations.sandbox.accounts import user_object
from integrations.sandbox.calls import Call
from integrations.sandbox.dates import weibo_time
from integrations.sandbox.errors import ApiError
from integrations.sandbox.host import Host
from integrations.sandbox.records import Picture, Status
from integrations.sandbox.texts import TEXT_LIMIT, counted_length, first_safe_url, has_topic

PICTURE_LIMIT = 5 * 1024 * 1024
"""A picture must be smaller than this, in bytes."""

COUNT_IDS = 99
"""Most ids in one call of statuses/count; the documentation says fewer than 100."""

_SIGNATURES = (
    (b"\xff\xd8\xff", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
# A reserved name: pictures are not kept, so their addresses lead nowhere.
_PICTURES = "https://img.invalid"


def share(call: Call) -> dict[str, object]:
    """Post a text with a link to the safe domain and at most one picture."""
    text = _checked_text(call.params.text("status") or "")
    domain = call.host.config.safe_domain
    if has_topic(text):
        raise ApiError(10017, "status", "text without #topic#", "text with #topic#")
    if first_safe_url(text, domain) is None:
        raise ApiError(10017, "status", f"text with a link to {domain}", "text without one")
    picture = _picture(call)
    ledger, config = call.host.ledger, call.host.config
    if config.refuse_duplicates and ledger.is_duplicate(call.user, text, call.now):
        raise ApiError(20019)
    _charge_post(call)
    status = ledger.accept_share(call.user, text, picture, received_at=call.received_at, now=call.now)
    return status_object(call.host, status, call.now)


def repost(call: Call) -> dict[str, object]:
    """Repost a status with an optional text of one's own."""
    original = _status(call)
    text = _checked_text(call.params.text("status") or "转发微博")
    _charge_post(call)
    status = call.host.ledger.accept_repost(call.user, text, original, call.now)
    return status_object(call.host, status, call.now)


def show(call: Call) -> dict[str, object]:
    """One status."""
    return status_object(call.host, _status(call), call.now)


def destroy(call: Call) -> dict[str, object]:
    """Delete one's own status; answers what it was."""
    status = _status(call)
    if status.uid != call.user.uid:
        raise ApiError(20102)
    answer = status_object(call.host, status, call.now)
    call.host.ledger.delete(status)
    return answer


def user_timeline(call: Call) -> dict[str, object]:
    """`{"statuses": [newest first], "total_number": n}` of the user who asks."""
    uid, name = call.params.text("uid"), call.params.text("screen_name")
    if (uid and uid != call.user.uid) or (name and name != call.user.screen_name):
        raise ApiError(10014)
    count = call.number("count", 20, least=1, most=100)
    page = call.number("page", 1, least=1, most=1_000_000)
    since = call.number("since_id", 0, least=0, most=2**63 - 1)
    most = call.number("max_id", 0, least=0, most=2**63 - 1) or 2**63
    call.number("base_app", 0, least=0, most=1)
    mine = call.user.statuses
    oldest = bisect_right(mine, since, key=lambda status: status.number)
    end = bisect_right(mine, most, key=lambda status: status.number) - (page - 1) * count
    shown = mine[max(oldest, end - count) : max(oldest, end)]
    return {
        "statuses": [status_object(call.host, status, call.now) for status in reversed(shown)],
        "hasvisible": False,
        "previous_cursor": 0,
        "next_cursor": 0,
        "total_number": len(mine),
    }


def count(call: Call) -> list[dict[str, object]]:
    """`[{"id", "comments", "reposts", "attitudes"}]` as numbers; deleted and unknown ids are left out."""
    return [
        {
            "id": status.number,
            "comments": counts.comments,
            "reposts": counts.reposts,
            "attitudes": counts.likes,
        }
        for status in _counted(call)
        for counts in (call.host.counts(status, call.now),)
    ]


def count_biz(call: Call) -> list[dict[str, object]]:
    """`[{"id", "comments", "reposts", "likes"}]`, all strings; deleted and unknown ids are left out."""
    return [
        {
            "id": status.idstr,
            "comments": str(counts.comments),
            "reposts": str(counts.reposts),
            "likes": str(counts.likes),
        }
        for status in _counted(call)
        for counts in (call.host.counts(status, call.now),)
    ]


def status_object(host: Host, status: Status, now: float, *, nested: bool = False) -> dict[str, object]:
    """A status as the API shows it; `id` is a rounded number as in the documentation, so use `idstr`."""
    counts = host.counts(status, now)
    shown: dict[str, object] = {
        "created_at": weibo_time(status.created_at),
        "id": int(float(f"{status.number:.10e}")),
        "mid": status.idstr,
        "idstr": status.idstr,
        "text": status.text,
        "source": '<a href="https://app.invalid" rel="nofollow">sandbox</a>',
        "favorited": False,
        "truncated": False,
        "in_reply_to_status_id": "",
        "in_reply_to_user_id": "",
        "in_reply_to_screen_name": "",
        "geo": None,
        "reposts_count": counts.reposts,
        "comments_count": counts.comments,
        "attitudes_count": counts.likes,
        "pic_urls": [],
        "user": user_object(host, host.ledger.users[status.uid], now),
    }
    if status.picture:
        file = f"{status.picture.sha256[:32]}.{status.picture.kind}"
        shown["thumbnail_pic"] = f"{_PICTURES}/thumbnail/{file}"
        shown["bmiddle_pic"] = f"{_PICTURES}/bmiddle/{file}"
        shown["original_pic"] = f"{_PICTURES}/large/{file}"
        shown["pic_urls"] = [{"thumbnail_pic": shown["thumbnail_pic"]}]
    if status.repost_of is not None and not nested:
        original = host.ledger.statuses[status.repost_of]
        if not original.deleted:
            shown["retweeted_status"] = status_object(host, original, now, nested=True)
    return shown


def _checked_text(text: str) -> str:
    if not text.strip():
        raise ApiError(20008)
    if counted_length(text) > TEXT_LIMIT:
        raise ApiError(20012)
    return text


def _picture(call: Call) -> Picture | None:
    content = call.params.pictures.get("pic")
    if content is None:
        return None
    if not content:
        raise ApiError(20007)
    kind = next((kind for signature, kind in _SIGNATURES if content.startswith(signature)), None)
    if kind is None:
        raise ApiError(20005)
    if len(content) >= PICTURE_LIMIT:
        raise ApiError(20006)
    return Picture(hashlib.sha256(content).hexdigest(), len(content), kind)


def _charge_post(call: Call) -> None:
    if not call.host.limits.user_posts.take(call.user.uid, call.now):
        raise ApiError(20016)


def _status(call: Call) -> Status:
    status = call.host.ledger.status(call.required("id"))
    if status is None:
        raise ApiError(20101)
    return status


def _counted(call: Call) -> list[Status]:
    ids = call.required("ids").split(",")
    if len(ids) > COUNT_IDS:
        raise ApiError(20009)
    found = (call.host.ledger.status(idstr.strip()) for idstr in ids)
    return [status for status in found if status is not None]
