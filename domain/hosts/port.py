"""The port to a platform: what its clients do, what they answer, and the closed set of ways to fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from domain.base.words import kept
from domain.hosts.rules import Capabilities
from domain.terms import Metric, PictureKind

# How much is kept of what a platform says about an error, and of its code.
WORDS, CODE = 500, 32


@dataclass(frozen=True)
class Handle:
    """An account as a client needs it; the repr does not show the token."""

    uid: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Application:
    """Our application at a platform; the repr does not show the secret."""

    key: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class TokenInfo:
    """What a platform says of a token: whose it is, of which application, and how much longer it lives."""

    uid: str
    app_key: str
    lasts: timedelta


@dataclass(frozen=True)
class Media:
    """The bytes of a picture; the repr does not show them."""

    kind: PictureKind
    content: bytes = field(repr=False)


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Submission:
    """A frozen post: the same bytes and key on every try. `code` is the short code inside the text.

    `after` is the account's last post known to stand, from which a look for this one begins.
    """

    key: UUID
    code: str
    text: str
    picture: Media | None = None
    after: str | None = None
    # Whether it may still be sent: asked in the last moment before the first byte leaves.
    is_ours: Callable[[], bool] = _always


@dataclass(frozen=True)
class Published:
    """The post stands at the platform."""

    host_post_id: str
    url: str


@dataclass(frozen=True)
class Accepted:
    """The platform took the post and will publish it later."""


@dataclass(frozen=True)
class Absent:
    """Nothing stands in the account's own timeline after the last post known: the post did not go out."""


@dataclass(frozen=True)
class Uncertain:
    """The timeline could not be read far enough, or holds a post of ours that nobody knows: it may be this one."""


@dataclass(frozen=True)
class Identity:
    """Who an account is at its platform."""

    uid: str
    screen_name: str
    followers: int | None


@dataclass(frozen=True)
class Comment:
    """What somebody wrote below a post, as the platform shows it to everybody; the repr shows nothing of it."""

    host_comment_id: str
    author_uid: str = field(repr=False)
    author_name: str = field(repr=False)
    text: str = field(repr=False)
    created_at: datetime


# Counts of one post; a metric that the platform does not report is None, never 0.
Counts = dict[Metric, int | None]


class Client(Protocol):
    """A client of one platform; it holds no state of ours."""

    capabilities: Capabilities

    async def submit(self, handle: Handle, submission: Submission) -> Published | Accepted:
        """Send once. Never repeats by itself."""

    async def find(self, handle: Handle, submission: Submission) -> Published | Absent | Uncertain:
        """Look for the post in the account's own timeline."""

    async def counts(self, handle: Handle, host_post_ids: Sequence[str]) -> dict[str, Counts]:
        """Counts of posts, at most `batch_size` at once; a post the platform does not name is left out."""

    async def followers(self, handle: Handle, uids: Sequence[str]) -> dict[str, int | None]:
        """How many follow each account, at most `accounts_at_once`; one the platform does not name is left out."""

    async def comments(self, handle: Handle, host_post_id: str, *, below: str | None) -> list[Comment]:
        """A page of the comments below a post, newest first, from the newest or below one; empty at their end."""

    async def identity(self, handle: Handle) -> Identity:
        """Who the token belongs to."""

    async def exchange(self, application: Application, *, code: str, callback_url: str) -> str:
        """The token for the code with which a person came back; a code is good for once."""

    async def token_info(self, token: str) -> TokenInfo:
        """Who really logged in, and until when the token is good."""


class HostError(Exception):
    """A platform did not do what was asked.

        HostError
        ├── TransientBeforeSend   the request certainly did not take effect; the same may be sent again
        ├── OutcomeUnknown        it may have taken effect: look before anything else
        ├── RateLimited           not done; wait until the given instant
        ├── Unauthorized          the token is dead; a person must renew it
        ├── PermissionMissing     the application or account may not do this
        ├── Invalid               the request breaks a rule of the platform
        ├── MediaInvalid          the picture does
        ├── Duplicate             the platform holds the same text already
        ├── ContentRejected       the platform refuses the content
        ├── AccountBlocked        the platform blocked the account, application or address
        ├── HumanNeeded           the platform asks for a person (captcha)
        ├── Gone                  what was asked for is no more
        └── Misconfigured         our application is set up wrongly

    `code` is the platform's own, `detail` its message, short and without secrets whoever wrote it.
    """

    def __init__(self, detail: str, *, code: str | None = None) -> None:
        self.detail = kept(detail, limit=WORDS)
        self.code = None if code is None else kept(code, limit=CODE)
        super().__init__(self.detail)


class TransientBeforeSend(HostError): ...


class OutcomeUnknown(HostError): ...


class RateLimited(HostError):
    """`scope` is "account" or "host"; `until` is None where the platform does not say."""

    def __init__(self, detail: str, *, code: str | None = None, scope: str, until: datetime | None = None) -> None:
        super().__init__(detail, code=code)
        self.scope = scope
        self.until = until


class Unauthorized(HostError): ...


class PermissionMissing(HostError): ...


class Invalid(HostError): ...


class MediaInvalid(HostError): ...


class Duplicate(HostError): ...


class ContentRejected(HostError): ...


class AccountBlocked(HostError): ...


class HumanNeeded(HostError): ...


class Gone(HostError): ...


class Misconfigured(HostError): ...
