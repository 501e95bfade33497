"""The Weibo client against the sandbox, and against answers that the sandbox does not give."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest

from domain.hosts import port
from domain.hosts.rules import check_text
from domain.refusals import Invalid as TextRefused
from domain.refusals import Reason
from domain.terms import Metric, PictureKind
from integrations.microblogs.weibo import WeiboClient
from tests.integrations.microblogs.places import SECONDS, submission
from tests.integrations.microblogs.test_weibo_errors import ACCEPTED, CODES, SCOPES, UNKNOWN
from tests.integrations.sandbox.running import Person, Running

TOKEN = "2.00secret-token"
HANDLE = port.Handle(uid="7001", token=TOKEN)
READS: dict[str, Callable[[WeiboClient, port.Handle], Any]] = {
    "timeline": lambda client, handle: client.find(handle, submission()),
    "count": lambda client, handle: client.counts(handle, ["4100000000502731"]),
    "comments": lambda client, handle: client.comments(handle, "4100000000502731", below=None),
    "followers": lambda client, handle: client.followers(handle, ["7001"]),
    "user": lambda client, handle: client.identity(handle),
}


@pytest.fixture
def person(sandbox: Running) -> Person:
    return sandbox.person()


@pytest.fixture
def handle(person: Person) -> port.Handle:
    return port.Handle(uid=person.uid, token=person.token)


@pytest.fixture
def client(http: httpx.AsyncClient, sandbox: Running) -> WeiboClient:
    return WeiboClient(http, sandbox.url, seconds=SECONDS)


@asynccontextmanager
async def answering(said: object = None, status: int = 200, **options: Any) -> AsyncIterator[WeiboClient]:
    """A client whose platform always gives the same answer."""
    answer = options or {"json": said}
    transport = httpx.MockTransport(lambda _request: httpx.Response(status, **answer))
    async with httpx.AsyncClient(transport=transport) as http:
        yield WeiboClient(http, "https://api.example", seconds=SECONDS)


PICTURE = port.Media(PictureKind.JPEG, b"\xff\xd8\xff" + bytes(1_000_000))


@pytest.mark.parametrize("picture", [None, PICTURE])
async def test_what_is_ours_no_more_in_the_last_moment_does_not_leave(
    sandbox: Running, client: WeiboClient, handle: port.Handle, picture: port.Media | None
):
    asked: list[int] = []

    def overtaken() -> bool:
        asked.append(1)
        return False

    late = replace(submission(picture=picture), is_ours=overtaken)
    with pytest.raises(port.TransientBeforeSend):
        await client.submit(handle, late)
    # Once connected, and again on a connection that is there.
    with pytest.raises(port.TransientBeforeSend):
        await client.submit(handle, late)
    assert len(asked) == 2
    assert sandbox.accepted(late.code) == 0
    assert isinstance(await client.submit(handle, submission()), port.Published)


@pytest.mark.parametrize("pieces", [1, 2, 8])
async def test_a_picture_is_ours_to_its_last_piece_or_no_post_stands(
    sandbox: Running, client: WeiboClient, handle: port.Handle, pieces: int
):
    asked: list[bool] = []

    def until_then() -> bool:
        asked.append(len(asked) < pieces)
        return asked[-1]

    late = replace(submission(picture=PICTURE), is_ours=until_then)
    with pytest.raises(port.TransientBeforeSend):
        await client.submit(handle, late)
    assert asked == [True] * pieces + [False]
    assert await client.submit(handle, submission(picture=PICTURE)) != port.Accepted()
    assert (sandbox.accepted(late.code), await client.find(handle, late)) == (0, port.Uncertain())


@pytest.mark.parametrize(("code", "kind"), CODES)
async def test_each_error_code_is_raised_in_its_class(
    sandbox: Running, client: WeiboClient, handle: port.Handle, code: int, kind: type[port.HostError]
):
    sandbox.fault(endpoint="share", kind="error", code=code, uid=handle.uid)
    with pytest.raises(port.HostError) as raised:
        await client.submit(handle, submission())
    assert type(raised.value) is kind
    assert raised.value.code == str(code)
    assert raised.value.detail
    if isinstance(raised.value, port.RateLimited):
        assert raised.value.scope == SCOPES[code]


async def test_a_success_that_is_shaped_like_an_error_is_an_acceptance(
    sandbox: Running, client: WeiboClient, handle: port.Handle
):
    mine = submission()
    sandbox.fault(endpoint="share", kind="error", code=ACCEPTED, uid=handle.uid)
    assert await client.submit(handle, mine) == port.Accepted()
    assert sandbox.accepted(mine.code) == 1
    assert isinstance(await client.find(handle, mine), port.Published)


async def test_an_unknown_code_on_a_write_may_hide_a_success(
    sandbox: Running, client: WeiboClient, handle: port.Handle
):
    mine = submission()
    sandbox.fault(endpoint="share", kind="error", code=UNKNOWN, accept=True, uid=handle.uid)
    with pytest.raises(port.OutcomeUnknown):
        await client.submit(handle, mine)
    assert isinstance(await client.find(handle, mine), port.Published)


@pytest.mark.parametrize("endpoint", READS)
@pytest.mark.parametrize("code", [UNKNOWN, ACCEPTED])
async def test_an_unknown_code_on_a_read_is_tried_again(
    sandbox: Running, client: WeiboClient, handle: port.Handle, endpoint: str, code: int
):
    sandbox.fault(endpoint=endpoint, kind="error", code=code, accept=False, uid=handle.uid)
    with pytest.raises(port.TransientBeforeSend):
        await READS[endpoint](client, handle)


BROKEN = [
    {"kind": "drop_after_accept"},
    {"kind": "drop_before_accept"},
    {"kind": "html"},
    {"kind": "html", "http": 502, "accept": True},
    {"kind": "truncate"},
    {"kind": "hang", "seconds": 20},
    {"kind": "hang", "seconds": 20, "accept": True},
]


@pytest.mark.parametrize("fault", BROKEN, ids=str)
async def test_an_answer_that_does_not_arrive_whole_leaves_a_write_unclear(
    sandbox: Running, http: httpx.AsyncClient, handle: port.Handle, fault: dict[str, Any]
):
    client, mine = WeiboClient(http, sandbox.url, seconds=0.3), submission()
    sandbox.fault(endpoint="share", uid=handle.uid, times=1, **fault)
    with pytest.raises(port.OutcomeUnknown):
        await client.submit(handle, mine)
    stands = sandbox.accepted(mine.code) == 1
    assert isinstance(await client.find(handle, mine), port.Published if stands else port.Absent)
    assert stands == (fault["kind"] in ("drop_after_accept", "truncate") or fault.get("accept", False))


@pytest.mark.parametrize("endpoint", READS)
@pytest.mark.parametrize("fault", BROKEN[1:], ids=str)
async def test_an_answer_that_does_not_arrive_whole_lets_a_read_be_tried_again(
    sandbox: Running, http: httpx.AsyncClient, handle: port.Handle, fault: dict[str, Any], endpoint: str
):
    client = WeiboClient(http, sandbox.url, seconds=0.3)
    sandbox.fault(endpoint=endpoint, uid=handle.uid, times=1, **fault)
    with pytest.raises(port.TransientBeforeSend):
        await READS[endpoint](client, handle)


async def test_a_refused_connection_is_safe_to_repeat(http: httpx.AsyncClient):
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = WeiboClient(http, f"http://127.0.0.1:{nobody.getsockname()[1]}", seconds=SECONDS)
        with pytest.raises(port.TransientBeforeSend):
            await client.submit(HANDLE, submission())
        with pytest.raises(port.TransientBeforeSend):
            await client.find(HANDLE, submission())


@pytest.mark.parametrize("address", ["ftp://127.0.0.1", "nonsense", "http://127.0.0.1:port"])
async def test_an_unusable_address_is_our_own_fault(http: httpx.AsyncClient, address: str):
    with pytest.raises(port.Misconfigured):
        await WeiboClient(http, address, seconds=SECONDS).submit(HANDLE, submission())


async def test_a_dead_token_is_told_whether_it_expired_was_revoked_or_never_was(sandbox: Running, client: WeiboClient):
    expired, revoked = sandbox.person(), sandbox.person()
    sandbox.control("POST", "tokens/expire", json={"uids": [expired.uid]})
    sandbox.control("POST", "tokens/revoke", json={"uids": [revoked.uid]})
    for uid, token in [(expired.uid, expired.token), (revoked.uid, revoked.token), ("7001", "never was")]:
        with pytest.raises(port.Unauthorized):
            await client.submit(port.Handle(uid=uid, token=token), submission())


async def test_the_real_limit_on_posting_is_a_limit_of_the_account(http: httpx.AsyncClient, sandbox: Running):
    person = sandbox.person()
    posts = sandbox.server.app.state.host.limits.user_posts
    while posts.take(person.uid, sandbox.clock()):
        pass
    with pytest.raises(port.RateLimited) as raised:
        await WeiboClient(http, sandbox.url, seconds=SECONDS).submit(
            port.Handle(uid=person.uid, token=person.token), submission()
        )
    assert raised.value.scope == "account"


async def test_a_post_is_named_by_its_exact_id_not_by_the_rounded_number(
    sandbox: Running, client: WeiboClient, person: Person, handle: port.Handle
):
    published = await client.submit(handle, submission())
    assert isinstance(published, port.Published)
    shown = person.get("statuses/show", id=published.host_post_id).json()
    assert shown["idstr"] == published.host_post_id
    assert str(shown["id"]) != published.host_post_id
    # The sandbox's own page: at the real platform the same uid is a stranger.
    assert published.url == f"{sandbox.url.rstrip('/')}/u/{person.uid}"
    assert sandbox.http.get(f"/u/{person.uid}").status_code == 200


async def test_a_post_at_the_real_platform_is_linked_there(handle: port.Handle):
    answer = {"idstr": "5000000000000001", "id": 5000000000000000}
    transport = httpx.MockTransport(lambda _request: httpx.Response(200, json=answer))
    async with httpx.AsyncClient(transport=transport) as http:
        published = await WeiboClient(http, "https://api.weibo.com", seconds=1).submit(handle, submission())
    assert published == port.Published("5000000000000001", f"https://weibo.com/{handle.uid}/5000000000000001")


async def test_the_host_refuses_a_text_with_a_topic_as_the_preview_does(client: WeiboClient, handle: port.Handle):
    mine = submission("#七彩课堂# 示范课程")
    with pytest.raises(TextRefused) as refused:
        check_text(mine.text, client.capabilities, path="text")
    assert refused.value.reason is Reason.TEXT_HAS_TOPIC
    with pytest.raises(port.Invalid):
        await client.submit(handle, mine)


async def test_a_repeated_text_is_a_duplicate(client: WeiboClient, handle: port.Handle):
    mine = submission()
    await client.submit(handle, mine)
    with pytest.raises(port.Duplicate):
        await client.submit(handle, mine)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "4100000000502731", "comments": "3", "reposts": "5", "likes": "8"},
        {"id": 4100000000502731, "comments": 3, "reposts": 5, "attitudes": 8},
    ],
    ids=["strings and likes", "numbers and attitudes"],
)
async def test_counts_are_understood_in_both_shapes(row: dict[str, object]):
    async with answering([row]) as client:
        counts = await client.counts(HANDLE, ["4100000000502731"])
    assert counts == {"4100000000502731": {Metric.REPOSTS: 5, Metric.COMMENTS: 3, Metric.LIKES: 8, Metric.READS: None}}


@pytest.mark.parametrize("value", [None, "", "many"])
async def test_a_count_that_is_missing_or_no_number_is_unknown(value: str | None):
    async with answering([{"id": "1", "comments": value, "reposts": 0}]) as client:
        counts = await client.counts(HANDLE, ["1"])
    assert counts["1"] == {Metric.REPOSTS: 0, Metric.COMMENTS: None, Metric.LIKES: None, Metric.READS: None}


ODD: list[object] = [None, 7, "text", {}, [], [None], {"statuses": [None]}, {"statuses": {}}, [{"likes": "1"}]]


@pytest.mark.parametrize("content", ODD, ids=str)
async def test_an_answer_of_another_shape_never_breaks_the_client(content: object):
    async with answering(content) as client:
        with pytest.raises(port.OutcomeUnknown):
            await client.submit(HANDLE, submission())
        with pytest.raises(port.TransientBeforeSend):
            await client.find(HANDLE, submission())
        with pytest.raises(port.TransientBeforeSend):
            await client.identity(HANDLE)
        with pytest.raises(port.TransientBeforeSend):
            await client.comments(HANDLE, "1", below=None)
        if content != []:
            with pytest.raises(port.TransientBeforeSend):
                await client.counts(HANDLE, ["1"])
            with pytest.raises(port.TransientBeforeSend):
                await client.followers(HANDLE, ["1"])


@pytest.mark.parametrize(
    "content",
    [b"", b"null", b"\xff\xfe", b"[" * 100_000, b'{"idstr": ' + b"9" * 5000 + b"}"],
    ids=["empty", "null", "no text", "too deep", "too long a number"],
)
async def test_an_answer_that_cannot_be_read_never_breaks_the_client(content: bytes):
    async with answering(content=content) as client:
        with pytest.raises(port.OutcomeUnknown):
            await client.submit(HANDLE, submission())
        with pytest.raises(port.TransientBeforeSend):
            await client.find(HANDLE, submission())


async def test_an_error_status_without_a_code_is_kept_with_the_status():
    async with answering({"idstr": "1"}, 503) as client:
        with pytest.raises(port.OutcomeUnknown) as raised:
            await client.submit(HANDLE, submission())
        assert raised.value.code == "http-503"
        with pytest.raises(port.TransientBeforeSend):
            await client.identity(HANDLE)


async def test_the_platform_sends_nobody_elsewhere():
    async with answering(headers={"Location": "https://elsewhere.example/"}, status=302) as client:
        with pytest.raises(port.OutcomeUnknown):
            await client.submit(HANDLE, submission())


async def test_what_the_platform_says_is_kept_short_and_without_the_token():
    async with answering({"error": f"token {TOKEN} rejected" + "!" * 9000, "error_code": 21332}) as client:
        for call in (client.submit(HANDLE, submission()), client.identity(HANDLE)):
            with pytest.raises(port.Unauthorized) as raised:
                await call
            assert raised.value.detail.startswith("token (secret) rejected")
            assert len(raised.value.detail) <= 500
            assert TOKEN not in repr(raised.value)


async def test_the_token_is_not_in_the_repr_of_what_carries_it(http: httpx.AsyncClient):
    assert TOKEN not in repr(HANDLE)
    client = WeiboClient(http, "http://127.0.0.1:9", seconds=SECONDS)
    assert TOKEN not in repr(client)
    for call in (client.submit(HANDLE, submission()), client.find(HANDLE, submission())):
        with pytest.raises(port.HostError) as raised:
            await call
        error: BaseException | None = raised.value
        while error is not None:
            assert TOKEN not in f"{error} {error!r}"
            error = error.__cause__ or error.__context__


SPEAK = """
import asyncio, sys
import httpx
from domain.hosts import port
from integrations.logs import set_up_logs
from integrations.microblogs.weibo import WeiboClient

async def main():
    handle = port.Handle(uid="7001", token=sys.argv[2])
    async with httpx.AsyncClient() as http:
        client = WeiboClient(http, sys.argv[1], seconds=5)
        for call in (client.identity(handle), client.submit(handle, port.Submission(None, "code", "text"))):
            try:
                await call
            except port.HostError:
                import structlog
                structlog.get_logger().exception("call_failed", handle=handle)

set_up_logs("DEBUG")
asyncio.run(main())
"""


def test_the_token_is_in_no_line_of_the_log_even_when_everything_is_logged(sandbox: Running):
    done = subprocess.run(
        [sys.executable, "-c", SPEAK, sandbox.url, TOKEN], capture_output=True, text=True, check=True, timeout=30
    )
    said = done.stdout + done.stderr
    assert said.count("call_failed") == 2
    assert TOKEN not in said
