"""The endpoints about users and what they may still do."""

from integrations.sandbox.calls import Call
from integrations.sandbox.dates import beijing_time, weibo_time
from integrations.sandbox.errors import ApiError
from integrations.sandbox.host import Host
from integrations.sandbox.records import User

COUNTED_UIDS = 100
"""Most uids in one call of users/counts."""


def show(call: Call) -> dict[str, object]:
    """A user by `uid` or `screen_name`."""
    users = call.host.ledger
    name = call.params.text("screen_name")
    user = users.names.get(name) if name else users.users.get(call.required("uid"))
    if user is None:
        raise ApiError(20003)
    return user_object(call.host, user, call.now)


def counts(call: Call) -> list[dict[str, object]]:
    """`[{"id", "followers_count", "friends_count", "statuses_count"}]`, all strings; unknown uids are left out."""
    uids = call.required("uids").split(",")
    if len(uids) > COUNTED_UIDS:
        raise ApiError(20009)
    known = (call.host.ledger.users.get(uid.strip()) for uid in uids)
    return [
        {
            "id": user.uid,
            "followers_count": str(call.host.followers(user, call.now)),
            "friends_count": "0",
            "statuses_count": str(len(user.statuses)),
        }
        for user in known
        if user is not None
    ]


def get_uid(call: Call) -> dict[str, object]:
    """`{"uid": number}` of the user the token belongs to."""
    return {"uid": int(call.user.uid)}


def rate_limit_status(call: Call) -> dict[str, object]:
    """What is left of the limits; `reset_time` is Beijing time without a zone."""
    limits, uid, ip, now = call.host.limits, call.user.uid, call.ip, call.now
    resets_in = limits.resets_in(uid, ip, now)
    return {
        "ip_limit": limits.ip_requests.limit,
        "limit_time_unit": "HOURS",
        "remaining_ip_hits": limits.ip_requests.left(ip, now),
        "remaining_user_hits": limits.user_requests.left(uid, now),
        "reset_time": beijing_time(now + resets_in),
        "reset_time_in_seconds": round(resets_in),
        "user_limit": limits.user_requests.limit,
        "api_rate_limits": [
            {
                "api": "/statuses/share",
                "limit": limits.user_posts.limit,
                "limit_time_unit": "HOURS",
                "remaining_hits": limits.user_posts.left(uid, now),
            }
        ],
    }


def user_object(host: Host, user: User, now: float) -> dict[str, object]:
    """A user as the API shows it."""
    return {
        "id": int(user.uid),
        "idstr": user.uid,
        "screen_name": user.screen_name,
        "name": user.screen_name,
        "province": "100",
        "city": "1000",
        "location": "其他",
        "description": "",
        "url": "",
        "profile_url": f"u/{user.uid}",
        "domain": "",
        "gender": "n",
        "followers_count": host.followers(user, now),
        "friends_count": 0,
        "statuses_count": len(user.statuses),
        "favourites_count": 0,
        "created_at": weibo_time(user.created_at),
        "following": False,
        "allow_all_act_msg": False,
        "geo_enabled": False,
        "verified": False,
        "verified_type": -1,
        "verified_reason": "",
        "allow_all_comment": True,
        "follow_me": False,
        "online_status": 0,
        "bi_followers_count": 0,
        "lang": "zh-cn",
    }
