"""Weibo's error codes, each in its class (source: the platform's table of codes, and recorded answers)."""

from collections.abc import Callable
from typing import Any

from domain.hosts import port

# Shaped as an error, but the post was taken and will appear within minutes; a repetition would double it.
ACCEPTED = "20032"

CLASSES: dict[type[port.HostError], str] = {
    port.TransientBeforeSend: "10002 10009 20014",
    port.OutcomeUnknown: "10001 10003 10010 10011",
    port.Unauthorized: "21301 21314 21315 21316 21317 21319 21327 21332",
    port.PermissionMissing: "10005 10014 20102 21321",
    port.Invalid: "10007 10008 10012 10016 10017 10018 20008 20009 20012 20013 20109",
    port.MediaInvalid: "20005 20006 20007",
    port.Duplicate: "20017 20019 20111",
    port.ContentRejected: "20018 20020 20021 20104 21602",
    port.AccountBlocked: "10013 20015 20022",
    port.HumanNeeded: "20031 20507",
    port.Gone: "20003 20101 20201",
    port.Misconfigured: "10006 10020 10021 21305 21320",
}
# What only the exchange of a code answers; none of it is ever heard about a post.
SIGN_IN: dict[str, type[port.HostError]] = {
    **dict.fromkeys(("21322", "21323", "21324", "21328", "21329"), port.Misconfigured),
    "21325": port.Invalid,
}
LIMITS = {"10004": "host", "10022": "host", "10023": "account", "10024": "account", "20016": "account"}
BY_CODE: dict[str, Callable[..., port.HostError]] = {
    code: error for error, codes in CLASSES.items() for code in codes.split()
}


def code_of(answer: Any) -> str | None:
    """The error code of an answer: a number in real answers, a string in the documentation."""
    if isinstance(answer, dict) and "error_code" in answer:
        return str(answer["error_code"])
    return None


def error_for(code: str, detail: str, *, writes: bool) -> port.HostError:
    """The error of a code. An unknown one on a write may hide a success."""
    if code in LIMITS:
        return port.RateLimited(detail, code=code, scope=LIMITS[code])
    unknown = port.OutcomeUnknown if writes else port.TransientBeforeSend
    return BY_CODE.get(code, unknown)(detail, code=code)
