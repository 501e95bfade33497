"""The memory twin of a host: keeps posts in a list, and fails in the ways it is told to."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from domain.hosts import port
from domain.hosts.port import (
    Absent,
    Accepted,
    Application,
    Counts,
    Handle,
    Identity,
    Media,
    Published,
    Submission,
    TokenInfo,
    Uncertain,
)
from domain.hosts.rules import WEIBO
from domain.terms import Metric, PictureKind

BEGINNINGS = {PictureKind.JPEG: b"\xff\xd8\xff", PictureKind.PNG: b"\x89PNG\r\n\x1a\n", PictureKind.GIF: b"GIF8"}


@dataclass(frozen=True)
class Trouble:
    """What happens to a call: it answers late, or `problem` instead; where `taken`, the post stands in spite of it."""

    problem: port.HostError | Accepted | None = None
    taken: bool = False
    seconds: float = 0.0


@dataclass
class MemoryClient:
    """For unit tests: one platform, its timelines by account, oldest post first."""

    timelines: dict[str, list[tuple[str, Submission]]] = field(default_factory=dict)
    counted: dict[str, Counts] = field(default_factory=dict)
    # How many follow whom, by uid.
    following: dict[str, int | None] = field(default_factory=dict)
    # What stands below which post, oldest first; a page of it is short.
    commented: dict[str, list[port.Comment]] = field(default_factory=dict)
    page_size: int = 2
    # Whose token a code gives; used once.
    logins: dict[str, str] = field(default_factory=dict)
    # Of which application and for how long each token is.
    tokens: dict[str, TokenInfo] = field(default_factory=dict)
    # What happens to the next calls, one after the other.
    troubles: list[Trouble] = field(default_factory=list)
    # Every call by name and uid, in order.
    calls: list[tuple[str, str]] = field(default_factory=list)

    capabilities = WEIBO

    async def submit(self, handle: Handle, submission: Submission) -> Published | Accepted:
        """Keep the post, unless told otherwise."""
        trouble = self._trouble("submit", handle)
        if submission.picture is not None:
            self._check(submission.picture)
        if trouble.problem is None or trouble.taken:
            timeline = self.timelines.setdefault(handle.uid, [])
            timeline.append((f"{handle.uid}{len(timeline) + 1:04}", submission))
        await _befall(trouble)
        if isinstance(trouble.problem, Accepted):
            return trouble.problem
        return _published(handle, self.timelines[handle.uid][-1][0])

    async def find(self, handle: Handle, submission: Submission) -> Published | Absent | Uncertain:
        """Look from the last known post on, as far back as the capabilities say."""
        await _befall(self._trouble("find", handle))
        since = submission.after or ""
        seen = [(one, other) for one, other in self.timelines.get(handle.uid, []) if one > since]
        for host_post_id, other in seen[-self.capabilities.look_back :]:
            if other.code == submission.code:
                return _published(handle, host_post_id)
        return Uncertain() if seen else Absent()

    async def counts(self, handle: Handle, host_post_ids: Sequence[str]) -> dict[str, Counts]:
        """What `counted` says of a post; 0 of one it does not name, nothing of one that is not there."""
        await _befall(self._trouble("counts", handle))
        standing = {host_post_id for timeline in self.timelines.values() for host_post_id, _ in timeline}
        fresh = {metric: 0 if metric in self.capabilities.metrics else None for metric in Metric}
        return {one: self.counted.get(one, fresh) for one in host_post_ids if one in standing}

    async def followers(self, handle: Handle, uids: Sequence[str]) -> dict[str, int | None]:
        """What `following` says, and nothing of an account it does not name."""
        await _befall(self._trouble("followers", handle))
        return {uid: self.following[uid] for uid in uids if uid in self.following}

    async def comments(self, handle: Handle, host_post_id: str, *, below: str | None) -> list[port.Comment]:
        """What `commented` says of a post, `page_size` at a time."""
        await _befall(self._trouble("comments", handle))
        found = reversed(self.commented.get(host_post_id, []))
        return [each for each in found if below is None or int(each.host_comment_id) < int(below)][: self.page_size]

    async def identity(self, handle: Handle) -> Identity:
        """A name made of the uid."""
        await _befall(self._trouble("identity", handle))
        return Identity(uid=handle.uid, screen_name=f"account {handle.uid}", followers=None)

    async def exchange(self, application: Application, *, code: str, callback_url: str) -> str:  # noqa: ARG002
        """A token for whoever a code stands for; a code that is used up or unknown is refused."""
        await _befall(self._trouble("exchange", Handle("", "")))
        if code not in self.logins:
            raise port.Invalid("invalid_grant", code="21325")
        uid = self.logins.pop(code)
        token = f"token of {uid} for {code}"
        self.tokens[token] = TokenInfo(uid, application.key, timedelta(days=30))
        return token

    async def token_info(self, token: str) -> TokenInfo:
        """What is known of a token that was given."""
        await _befall(self._trouble("token_info", Handle("", token)))
        if token not in self.tokens:
            raise port.Unauthorized("expired_token", code="21327")
        return self.tokens[token]

    def _check(self, picture: Media) -> None:
        """As platforms do: by the bytes, and by their number."""
        limits = self.capabilities.picture
        if (
            limits is None
            or picture.kind not in limits.kinds
            or not picture.content.startswith(BEGINNINGS[picture.kind])
        ):
            raise port.MediaInvalid("unsupported image type", code="20005")
        if len(picture.content) >= limits.size_limit:
            raise port.MediaInvalid("image too large", code="20006")

    def _trouble(self, call: str, handle: Handle) -> Trouble:
        self.calls.append((call, handle.uid))
        return self.troubles.pop(0) if self.troubles else Trouble()


async def _befall(trouble: Trouble) -> None:
    if trouble.seconds:
        await asyncio.sleep(trouble.seconds)
    if isinstance(trouble.problem, port.HostError):
        raise trouble.problem


def _published(handle: Handle, host_post_id: str) -> Published:
    return Published(host_post_id, f"https://memory.example/{handle.uid}/{host_post_id}")
