"""The client of Sina Weibo's API v2; it sends once and never repeats by itself."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import httpx

from domain.base.words import without_secrets
from domain.hosts import port
from domain.hosts.port import (
    Absent,
    Accepted,
    Application,
    Comment,
    Counts,
    Handle,
    Identity,
    Published,
    Submission,
    TokenInfo,
    Uncertain,
)
from domain.hosts.rules import WEIBO
from domain.terms import Metric
from integrations.microblogs import weibo_errors

SHARE = "/2/statuses/share.json"
TIMELINE = "/2/statuses/user_timeline.json"
COUNTS = "/2/statuses/count.json"
USER = "/2/users/show.json"
FOLLOWERS = "/2/users/counts.json"
COMMENTS = "/2/comments/show.json"
# As many as a page of comments has where nothing is said.
PAGE = 50
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EXCHANGE = "/oauth2/access_token"
WHOSE = "/oauth2/get_token_info"
# No token lives longer: an owner's own lasts for five years.
LONGEST = 10 * 366 * 86_400
# What a request holds that nobody may read in an error.
SECRETS = ("access_token", "client_secret", "code")
# How much is read of what the platform says about an error; less of it is kept.
READ = 10_000


class WeiboClient:
    """Speaks to one address of the API; shared by all accounts there."""

    capabilities = WEIBO

    def __init__(self, http: httpx.AsyncClient, api_url: str, *, seconds: float) -> None:
        self._http = http
        self._api = api_url.rstrip("/")
        self._timeout = httpx.Timeout(seconds, connect=min(seconds, 5.0))

    async def submit(self, handle: Handle, submission: Submission) -> Published | Accepted:
        """Publish a text, with a picture if there is one.

        Weibo keeps no idempotency key: after `OutcomeUnknown` only `find` may follow.
        """
        body = {"access_token": handle.token, "status": submission.text}

        async def last_moment(event: str, _: Any) -> None:
            # A process may be held up while it connects, until others look for the post: then nothing is sent.
            if event.endswith("send_request_headers.started") and not submission.is_ours():
                raise port.TransientBeforeSend("the worker was held up before it sent")

        more: dict[str, Any] = {"extensions": {"trace": last_moment}}
        if submission.picture is not None:
            suffix = submission.picture.kind.value.lower()
            content = _Watched(submission.picture.content, submission.is_ours)
            more["files"] = {"pic": (f"picture.{suffix}", content, f"image/{suffix}")}
        answer = await self._call("POST", SHARE, writes=True, data=body, **more)
        if weibo_errors.code_of(answer) == weibo_errors.ACCEPTED:
            return Accepted()
        return self._published(handle, answer)

    async def find(self, handle: Handle, submission: Submission) -> Published | Absent | Uncertain:
        """Read the own timeline from the last known post on, for the short code that only this post carries.

        An account sends one thing at a time, so a post of our application that stands there without the code may
        be the one looked for, its link rewritten by the platform. Absence is proved by an empty stretch only.
        """
        query = {
            "access_token": handle.token,
            "uid": handle.uid,
            "count": self.capabilities.look_back,
            "base_app": 1,
            **({"since_id": submission.after} if submission.after else {}),
        }
        answer = await self._call("GET", TIMELINE, params=query)
        statuses = answer.get("statuses") if isinstance(answer, dict) else None
        if not isinstance(statuses, list) or not all(isinstance(status, dict) for status in statuses):
            raise port.TransientBeforeSend("the timeline is not a list of posts")
        for status in statuses:
            if f"/s/{submission.code}" in str(status.get("text", "")):
                return self._published(handle, status)
        return Uncertain() if statuses else Absent()

    async def counts(self, handle: Handle, host_post_ids: Sequence[str]) -> dict[str, Counts]:
        """Counts by post id. Weibo writes them as strings and leaves unknown ids out; it reports no reads."""
        query = {"access_token": handle.token, "ids": ",".join(host_post_ids)}
        answer = await self._call("GET", COUNTS, params=query)
        if not isinstance(answer, list) or not all(isinstance(row, dict) and "id" in row for row in answer):
            raise port.TransientBeforeSend("the counts are not a list of posts")
        return {
            str(row["id"]): {
                Metric.REPOSTS: _number(row.get("reposts")),
                Metric.COMMENTS: _number(row.get("comments")),
                Metric.LIKES: _number(row.get("likes", row.get("attitudes"))),
                Metric.READS: None,
            }
            for row in answer
        }

    async def followers(self, handle: Handle, uids: Sequence[str]) -> dict[str, int | None]:
        """Followers by uid. Weibo writes them as strings, and leaves unknown uids out."""
        query = {"access_token": handle.token, "uids": ",".join(uids)}
        answer = await self._call("GET", FOLLOWERS, params=query)
        if not isinstance(answer, list) or not all(isinstance(row, dict) and "id" in row for row in answer):
            raise port.TransientBeforeSend("the followers are not a list of accounts")
        return {str(row["id"]): _number(row.get("followers_count")) for row in answer}

    async def comments(self, handle: Handle, host_post_id: str, *, below: str | None) -> list[Comment]:
        """A page of comments, newest first; `max_id` names the first that is meant, so it is one less."""
        query = {"access_token": handle.token, "id": host_post_id, "count": PAGE}
        until = {} if below is None else {"max_id": int(below) - 1}
        answer = await self._call("GET", COMMENTS, params=query | until)
        rows = answer.get("comments") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise port.TransientBeforeSend("the comments are not a list")
        try:
            page = [_comment(row) for row in rows]
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise port.TransientBeforeSend("a comment cannot be understood") from error
        return sorted(page, key=lambda each: int(each.host_comment_id), reverse=True)

    async def identity(self, handle: Handle) -> Identity:
        """Who the account is; the name may have changed, the uid not."""
        answer = await self._call("GET", USER, params={"access_token": handle.token, "uid": handle.uid})
        if not isinstance(answer, dict) or not answer.get("idstr"):
            raise port.TransientBeforeSend("the answer names no user")
        return Identity(
            uid=str(answer["idstr"]),
            screen_name=str(answer.get("screen_name", "")),
            followers=_number(answer.get("followers_count")),
        )

    async def exchange(self, application: Application, *, code: str, callback_url: str) -> str:
        """The token for a code. The answer names a uid too; who logged in is asked for with the token itself."""
        body = {
            "client_id": application.key,
            "client_secret": application.secret,
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback_url,
        }
        answer = await self._call("POST", EXCHANGE, data=body)
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not isinstance(token, str) or not token:
            raise port.TransientBeforeSend("the answer holds no token")
        return token

    async def token_info(self, token: str) -> TokenInfo:
        """Whose the token is; the life it has left is called `expire_in` here."""
        answer = await self._call("POST", WHOSE, data={"access_token": token})
        facts = answer if isinstance(answer, dict) else {}
        uid, lasts = _number(facts.get("uid")), _number(facts.get("expire_in"))
        if not uid or lasts is None or not 0 < lasts < LONGEST:
            raise port.TransientBeforeSend("the answer does not say whose token it is, or until when")
        return TokenInfo(uid=str(uid), app_key=str(facts.get("appkey", "")), lasts=timedelta(seconds=lasts))

    def _published(self, handle: Handle, status: Any) -> Published:
        # `id` is a number that loses its last digits on the way; only `idstr` names the post.
        host_post_id = status.get("idstr") if isinstance(status, dict) else None
        if not host_post_id:
            raise port.OutcomeUnknown("the answer names no post")
        # A sandbox shows its own page: a link to the real platform would lead to a stranger.
        url = f"{self._api}/u/{handle.uid}"
        if self._api.startswith("https://api.weibo.com"):
            url = f"https://weibo.com/{handle.uid}/{host_post_id}"
        return Published(str(host_post_id), url)

    async def _call(self, method: str, path: str, *, writes: bool = False, **request: Any) -> Any:
        # The request may have arrived: on a write nobody knows, on a read it can simply be repeated.
        unclear = port.OutcomeUnknown if writes else port.TransientBeforeSend
        try:
            response = await self._http.request(
                method, f"{self._api}{path}", timeout=self._timeout, follow_redirects=False, **request
            )
            answer = response.json()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise port.TransientBeforeSend(type(error).__name__) from error
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise port.Misconfigured(f"the address of the platform is unusable: {type(error).__name__}") from error
        except (httpx.HTTPError, ValueError, RecursionError) as error:
            raise unclear(type(error).__name__) from error
        code = weibo_errors.code_of(answer)
        if code is None and response.status_code >= 400:
            raise unclear(f"HTTP {response.status_code}", code=f"http-{response.status_code}")
        if code is not None and code != weibo_errors.ACCEPTED:
            sent = request.get("data", request.get("params", {}))
            told = [str(sent[name]) for name in SECRETS if sent.get(name)]
            words = without_secrets(str(answer.get("error", ""))[:READ], *told)
            if path == EXCHANGE and code in weibo_errors.SIGN_IN:
                raise weibo_errors.SIGN_IN[code](words, code=code)
            raise weibo_errors.error_for(without_secrets(code[:READ], *told), words, writes=writes)
        return answer


class _Watched(BytesIO):
    """The bytes of a picture, a piece at a time: a process may be held up between two of them as well.

    A request that breaks off before its end is none to the platform.
    """

    def __init__(self, content: bytes, is_ours: Callable[[], bool]) -> None:
        super().__init__(content)
        self._is_ours = is_ours

    def read(self, size: int | None = -1, /) -> bytes:
        if not self._is_ours():
            raise port.TransientBeforeSend("the worker was held up while it sent the picture")
        return super().read(size)


def _comment(row: Any) -> Comment:
    """A comment; of its author nothing is said where the account is no more."""
    author = row.get("user") or {}
    host_comment_id = str(row.get("idstr") or row["id"])
    if not host_comment_id.isdecimal() or host_comment_id.startswith("0"):
        raise ValueError("no id of a comment")
    return Comment(
        host_comment_id=host_comment_id,
        author_uid=str(author.get("idstr") or author.get("id") or ""),
        author_name=str(author.get("screen_name") or "").replace("\0", ""),
        text=str(row["text"]).replace("\0", ""),
        created_at=_moment(row["created_at"]),
    )


def _moment(said: str) -> datetime:
    """`Wed Oct 24 23:49:17 +0800 2012`: English names, whatever the locale of the process is."""
    _, month, day, clock, zone, year = said.split()
    return datetime.fromisoformat(f"{year}-{MONTHS.index(month) + 1:02}-{int(day):02}T{clock}{zone}")


def _number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None
