"""What a platform can do and what it takes: used alike by preview, scheduling and workers."""

import re
from dataclasses import dataclass
from math import ceil
from urllib.parse import urlencode, urlsplit

from domain.refusals import Invalid, Reason
from domain.terms import HostKind, Metric, PictureKind

TOPIC = re.compile(r"#[^#\s][^#]*#")


@dataclass(frozen=True)
class PictureLimits:
    """Which pictures a platform takes; one of `size_limit` bytes is too large."""

    kinds: frozenset[PictureKind]
    size_limit: int


@dataclass(frozen=True)
class Capabilities:
    """The limits of a platform, in its own units."""

    kind: HostKind
    text_limit: int
    takes_topics: bool
    # None where posts carry no picture.
    picture: PictureLimits | None
    metrics: frozenset[Metric]
    # How many posts one reading of counts may name.
    batch_size: int
    # How many accounts one call may name whose followers are counted.
    accounts_at_once: int
    # How many posts back the own timeline is searched.
    look_back: int


WEIBO = Capabilities(
    kind=HostKind.WEIBO,
    text_limit=140,
    takes_topics=False,
    picture=PictureLimits(frozenset(PictureKind), 5 * 1024 * 1024),
    metrics=frozenset({Metric.REPOSTS, Metric.COMMENTS, Metric.LIKES}),
    batch_size=99,
    accounts_at_once=100,
    look_back=100,
)
CAPABILITIES = {HostKind.WEIBO: WEIBO}


# Whatever answers elsewhere only plays the platform, and its counts are made up.
DOMAINS = {HostKind.WEIBO: "weibo.com"}


def is_the_platform(kind: HostKind, api_url: str) -> bool:
    """Whether this is the platform itself, and no sandbox that speaks like it."""
    name = urlsplit(api_url).hostname or ""
    return name == DOMAINS[kind] or name.endswith(f".{DOMAINS[kind]}")


# Where a platform asks a person for leave, below its address.
AUTHORIZE = {HostKind.WEIBO: "/oauth2/authorize"}


def authorize_url(kind: HostKind, api_url: str, *, app_key: str, callback_url: str, state: str) -> str:
    """Where a person gives our application leave to post for an account."""
    query = {"client_id": app_key, "redirect_uri": callback_url, "response_type": "code", "state": state}
    # Whoever is logged in there already is asked all the same which account it shall be.
    return f"{api_url.rstrip('/')}{AUTHORIZE[kind]}?{urlencode(query | {'forcelogin': 'true'})}"


def weibo_length(text: str) -> int:
    """Length by Weibo's rule: Latin letters count a half, most others one, beyond the basic plane two; rounded up."""
    halves = sum(1 if ord(c) <= 0xFF else 2 if ord(c) <= 0xFFFF else 4 for c in text)
    return ceil(halves / 2)


def check_text(text: str, capabilities: Capabilities, *, path: str) -> None:
    """Refuse a final text that the platform would refuse."""
    if not text.strip():
        raise Invalid(Reason.TEXT_EMPTY, path=path)
    if not capabilities.takes_topics and TOPIC.search(text):
        raise Invalid(Reason.TEXT_HAS_TOPIC, path=path, host=capabilities.kind)
    length = weibo_length(text)
    if length > capabilities.text_limit:
        raise Invalid(
            Reason.TEXT_TOO_LONG,
            path=path,
            host=capabilities.kind,
            length=length,
            limit=capabilities.text_limit,
        )


def check_picture(kind: PictureKind, size: int, capabilities: Capabilities, *, path: str) -> None:
    """Refuse a picture that the platform would refuse."""
    limits, host = capabilities.picture, capabilities.kind
    kinds = frozenset[PictureKind]() if limits is None else limits.kinds
    if kind not in kinds:
        raise Invalid(Reason.PICTURE_KIND, path=path, host=host, kinds=", ".join(sorted(kinds)) or "-")
    if limits is not None and size >= limits.size_limit:
        raise Invalid(Reason.PICTURE_SIZE, path=path, host=host, limit=limits.size_limit)
