"""Watching over a real socket of a real process: who may, what is told, and how it ends."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.auth import COOKIE, issue_token
from domain.access.models import Grant, User
from domain.base.ids import new_id
from domain.logins.models import Session
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState, Role, SessionKind
from integrations.database import Sessions
from integrations.keys import Keys
from tests.api.serving import Served, served
from tests.api.speaking import WATCH, open_socket
from tests.factories.api import id_of
from tests.factories.deliveries import Scene, add_delivery, set_scene
from tests.factories.logins import logged_in
from tests.factories.servers import eventually
from tests.factories.units import add_user

PAGE = "https://app.example"
SOCKETS = 3


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, key_file: Path, database_url: str, redis_url: str
) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("sockets")
    settings = {"database_url": database_url, "redis_url": redis_url, "QICAI_CORS_ORIGINS": PAGE}
    settings["QICAI_SOCKETS_PER_PERSON"] = str(SOCKETS)
    with served(folder, key_file=key_file, **settings) as found:
        yield found


@pytest.fixture(autouse=True)
def no_traceback(server: Served) -> Iterator[None]:
    """Whatever is sent to the server, nothing of it is a surprise."""
    before = server.log.read_text()
    yield
    said = server.log.read_text().removeprefix(before)
    assert "Traceback" not in said, said


@pytest.fixture
async def scene(session: AsyncSession, keys: Keys) -> Scene:
    return await set_scene(session, keys.keyring, units=("nation", "east", "west", "north county"))


@pytest.fixture
async def nation(session: AsyncSession, scene: Scene) -> User:
    return await add_user(session, scene.tree["nation"], login="nation")


def bearer(keys: Keys, user: User, session_id: UUID | None = None, life: timedelta = timedelta(minutes=5)) -> str:
    return f"Bearer {issue_token(keys.login, user.id, now=datetime.now(UTC), life=life, session_id=session_id)}"


async def move(session: AsyncSession, delivery: Delivery, state: DeliveryState, **columns: Any) -> None:
    moved = update(Delivery).where(Delivery.id == delivery.id).values(state=state, **columns)
    await session.execute(moved.execution_options(synchronize_session=False))
    await session.commit()


async def test_a_post_is_told_at_once_then_as_it_changes_until_all_of_it_is_settled(
    server: Served, keys: Keys, session: AsyncSession, scene: Scene, nation: User
):
    first = await add_delivery(session, scene.post, scene.accounts["east"])
    second = await add_delivery(session, scene.post, scene.accounts["west"])
    async with open_socket(server) as speaker:
        await speaker.begin(authorization=bearer(keys, nation))
        await speaker.watch(scene.post)
        assert (await speaker.told())["states"] == {"SCHEDULED": 2}
        await move(session, first, DeliveryState.PUBLISHED)
        assert (await speaker.told())["states"] == {"SCHEDULED": 1, "PUBLISHED": 1}
        await move(session, second, DeliveryState.SCHEDULED, problem="RATE_LIMITED")
        (row,) = (await speaker.told())["troubles"]
        assert (row["count"], row["state"], row["trouble"]["code"]) == (1, "SCHEDULED", "RATE_LIMITED")
        assert row["trouble"]["isRetried"] is True
        await move(session, second, DeliveryState.FAILED, problem="CONTENT_REJECTED")
        last = await speaker.told()
        assert last["states"] == {"PUBLISHED": 1, "FAILED": 1}
        assert last["troubles"][0]["trouble"]["messageZh"].startswith("平台审核未通过")
        assert await speaker.hear() == {"id": "1", "type": "complete"}


async def test_everybody_is_told_what_they_may_see(
    server: Served, keys: Keys, session: AsyncSession, scene: Scene, nation: User
):
    for account in scene.accounts.values():
        await add_delivery(session, scene.post, account)
    county = await add_user(session, scene.tree["north county"], Role.VIEWER, login="county")
    stranger = await add_user(session, scene.tree["north town"], Role.VIEWER, login="stranger")
    expected = {nation: 4, county: 1}
    for user, count in expected.items():
        async with open_socket(server) as speaker:
            await speaker.begin(authorization=bearer(keys, user))
            await speaker.watch(scene.post)
            assert (await speaker.told())["states"] == {"SCHEDULED": count}
    async with open_socket(server) as speaker:
        await speaker.begin(authorization=bearer(keys, stranger))
        await speaker.watch(scene.post)
        assert await speaker.refused() == "NOT_FOUND"
        await speaker.watch(Post(id=new_id()))
        assert await speaker.refused() == "NOT_FOUND"


async def test_a_grant_that_is_taken_back_ends_it(
    server: Served, keys: Keys, session: AsyncSession, scene: Scene, nation: User
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    async with open_socket(server) as speaker:
        await speaker.begin(authorization=bearer(keys, nation))
        await speaker.watch(scene.post)
        await speaker.told()
        await session.execute(update(Grant).where(Grant.user_id == nation.id).values(valid_to=datetime.now(UTC)))
        await session.commit()
        assert await speaker.refused() == "NOT_FOUND"


@pytest.mark.parametrize("how", ["the session is ended", "the login is disabled"])
async def test_a_login_that_is_over_ends_it(
    server: Served, keys: Keys, session: AsyncSession, sessions: Sessions, scene: Scene, nation: User, how: str
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    login, _ = await logged_in(session, nation, sessions=sessions, now=datetime.now(UTC))
    session_id = login.session_id
    async with open_socket(server) as speaker:
        await speaker.begin(authorization=bearer(keys, nation, session_id))
        await speaker.watch(scene.post)
        await speaker.told()
        if how == "the session is ended":
            await session.execute(update(Session).where(Session.id == session_id).values(ended_at=datetime.now(UTC)))
        else:
            await session.execute(update(User).where(User.id == nation.id).values(disabled_at=datetime.now(UTC)))
        await session.commit()
        assert await speaker.closed() == 4403


async def test_a_browser_comes_with_its_cookie_from_a_page_of_ours(
    server: Served, session: AsyncSession, sessions: Sessions, scene: Scene, nation: User
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    now = datetime.now(UTC)
    _, door = await logged_in(session, nation, sessions=sessions, kind=SessionKind.BROWSER, now=now)
    cookie = {"Cookie": f"{COOKIE}={door.cookies[0]}"}
    for origin in (PAGE, server.url):
        async with open_socket(server, origin=origin, additional_headers=cookie) as speaker:
            await speaker.begin()
            await speaker.watch(scene.post)
            assert (await speaker.told())["states"] == {"SCHEDULED": 1}
    # A script may leave the origin out, and then the cookie counts for nothing.
    async with open_socket(server, additional_headers=cookie) as speaker:
        await speaker.say({"type": "connection_init"})
        assert await speaker.closed() == 4403


async def test_a_forged_cookie_is_not_believed(
    server: Served, session: AsyncSession, sessions: Sessions, scene: Scene, nation: User
):
    now = datetime.now(UTC)
    _, door = await logged_in(session, nation, sessions=sessions, kind=SessionKind.BROWSER, now=now)
    forged = {"Cookie": f"{COOKIE}={door.cookies[0]}x"}
    # Nor does it take the room of whom it names.
    for _ in range(SOCKETS + 1):
        async with open_socket(server, origin=PAGE, additional_headers=forged) as speaker:
            await speaker.say({"type": "connection_init"})
            assert await speaker.closed() == 4403


@pytest.mark.parametrize("is_watching", [True, False])
async def test_a_socket_ends_with_the_token_that_opened_it(
    server: Served, keys: Keys, session: AsyncSession, scene: Scene, nation: User, is_watching: bool
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    async with open_socket(server) as lasting, open_socket(server) as speaker:
        await lasting.begin(authorization=bearer(keys, nation))
        await speaker.begin(authorization=bearer(keys, nation, life=timedelta(seconds=3)))
        if is_watching:
            await speaker.watch(scene.post)
            await speaker.told()
        assert await speaker.closed() == 4403
        await lasting.watch(scene.post)
        assert (await lasting.told())["states"] == {"SCHEDULED": 1}


async def test_a_socket_that_watches_nothing_ends_with_its_session_too(
    server: Served, keys: Keys, session: AsyncSession, sessions: Sessions, scene: Scene, nation: User
):
    login, _ = await logged_in(session, nation, sessions=sessions, now=datetime.now(UTC))
    async with open_socket(server) as speaker:
        await speaker.begin(authorization=bearer(keys, nation, login.session_id))
        ended = update(Session).where(Session.id == login.session_id).values(ended_at=datetime.now(UTC))
        await session.execute(ended)
        await session.commit()
        assert await speaker.closed() == 4403


async def test_a_person_has_room_for_some_sockets_and_others_have_their_own(
    server: Served, keys: Keys, session: AsyncSession, scene: Scene, nation: User
):
    other = await add_user(session, scene.tree["nation"], Role.VIEWER, login="other")
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(open_socket(server)) for _ in range(SOCKETS)]
        for speaker in held:
            await speaker.begin(authorization=bearer(keys, nation))
        async with open_socket(server) as more:
            await more.say({"type": "connection_init", "payload": {"authorization": bearer(keys, nation)}})
            assert await more.closed() == 1013
        async with open_socket(server) as theirs:
            await theirs.begin(authorization=bearer(keys, other))
        await held[0].socket.close()
        # Whoever leaves makes room, once the server has heard of it.
        await eventually(lambda: comes_in(server, bearer(keys, nation)))


async def comes_in(server: Served, authorization: str) -> bool:
    async with open_socket(server) as speaker:
        await speaker.say({"type": "connection_init", "payload": {"authorization": authorization}})
        try:
            return await speaker.hear() == {"type": "connection_ack"}
        except ConnectionClosed:
            return False


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://app.example", f"{PAGE}.evil.example"])
async def test_pages_of_others_are_refused_before_anything_is_said(server: Served, origin: str):
    with pytest.raises(InvalidStatus) as refused:
        async with open_socket(server, origin=origin):
            pass
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer nonsense"},
        {"authorization": "Basic YTpi"},
        {"authorization": None},
        {"authorization": {"a": 1}},
    ],
    ids=str,
)
async def test_who_does_not_say_who_it_is_is_sent_away(server: Served, payload: dict[str, Any]):
    async with open_socket(server) as speaker:
        await speaker.say({"type": "connection_init", "payload": payload})
        assert await speaker.closed() == 4403


async def test_a_token_that_is_over_is_no_token(server: Served, keys: Keys, nation: User):
    async with open_socket(server) as speaker:
        over = bearer(keys, nation, life=timedelta(seconds=-1))
        await speaker.say({"type": "connection_init", "payload": {"authorization": over}})
        assert await speaker.closed() == 4403


async def test_nothing_is_run_before_it_is_said_who_asks(server: Served, scene: Scene):
    async with open_socket(server) as speaker:
        await speaker.watch(scene.post)
        assert await speaker.closed() == 4401


async def test_whoever_says_nothing_is_sent_away_after_ten_seconds(server: Served):
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with open_socket(server) as speaker:
        await asyncio.wait_for(speaker.socket.wait_closed(), 15)
        assert speaker.socket.close_code == 4408
    assert 9 <= loop.time() - began <= 12


@pytest.mark.parametrize("protocol", ["graphql-ws", None])
async def test_no_other_protocol_is_spoken(server: Served, protocol: str | None):
    async with open_socket(server, protocol=protocol) as speaker:
        assert await speaker.closed() == 4406


SUBSCRIBE = {"query": 'subscription { postProgress(postId: "x") { at } }'}
MALFORMED: list[Any] = [
    "null",
    "1",
    '"x"',
    "[]",
    "{",
    "",
    "[" * 3000,
    '{"type": "ping", "payload": "\\ud800"}',
    b"{}",
    {},
    {"type": None},
    {"type": {}},
    {"type": "start"},
    {"type": "subscribe"},
    {"type": "subscribe", "id": {}},
    {"type": "subscribe", "id": {}, "payload": SUBSCRIBE},
    {"type": "subscribe", "id": "", "payload": SUBSCRIBE},
    {"type": "subscribe", "id": "1"},
    {"type": "subscribe", "id": "1", "payload": None},
    {"type": "subscribe", "id": "1", "payload": "x"},
    {"type": "subscribe", "id": "1", "payload": {}},
    {"type": "subscribe", "id": "1", "payload": {"query": None}},
    {"type": "subscribe", "id": "1", "payload": {**SUBSCRIBE, "variables": []}},
    {"type": "subscribe", "id": "1", "payload": {**SUBSCRIBE, "operationName": 1}},
    {"type": "complete"},
    {"type": "complete", "id": []},
    {"type": "ping", "payload": []},
]


@pytest.mark.parametrize("is_known", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("message", MALFORMED, ids=lambda m: str(m)[:40])
async def test_what_is_malformed_ends_the_socket_with_4400(
    server: Served, keys: Keys, nation: User, message: Any, is_known: bool
):
    async with open_socket(server) as speaker:
        if is_known:
            await speaker.begin(authorization=bearer(keys, nation))
        await speaker.say(message)
        assert await speaker.closed() == 4400


async def test_pings_are_answered(server: Served):
    async with open_socket(server) as speaker:
        await speaker.say({"type": "ping"})
        assert await speaker.hear() == {"type": "pong"}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ viewer { name } }", "BAD_REQUEST"),
        ("mutation { logOut(input: {}) { __typename } }", "BAD_REQUEST"),
        ("subscription {", "BAD_REQUEST"),
        ("subscription { nothing }", "BAD_REQUEST"),
        ("subscription { postProgress { at } }", "BAD_REQUEST"),
        ('subscription { postProgress(postId: "x") { at } }', "BAD_ID"),
        ('subscription { postProgress(postId: "a\\u0000") { at } }', "BAD_REQUEST"),
        ("subscription A { __typename } subscription B { __typename }", "BAD_REQUEST"),
    ],
)
async def test_only_what_is_watched_goes_over_a_socket_and_every_error_has_its_code(
    server: Served, keys: Keys, scene: Scene, nation: User, query: str, code: str
):
    async with open_socket(server) as speaker:
        await speaker.begin(authorization=bearer(keys, nation))
        await speaker.say({"id": "1", "type": "subscribe", "payload": {"query": query}})
        assert await speaker.refused() == code
        # The socket stands, and the name is free again.
        await speaker.watch(scene.post)
        assert (await speaker.told())["states"] == {}


async def test_a_subscription_is_not_run_over_http(server: Served, keys: Keys, nation: User, scene: Scene):
    body = {"query": WATCH, "variables": {"id": id_of(scene.post)}}
    answer = server.http.post("/graphql", json=body, headers={"Authorization": bearer(keys, nation)})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_person_has_room_for_forty_on_all_sockets_together(
    server: Served, keys: Keys, session: AsyncSession, scene: Scene, nation: User
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    async with open_socket(server) as speaker, open_socket(server) as other:
        for each in (speaker, other):
            await each.begin(authorization=bearer(keys, nation))
            count = 25 if each is speaker else 15
            for number in range(count):
                await each.watch(scene.post, str(number))
            for _ in range(count):
                await each.told()
        await speaker.watch(scene.post, "one more")
        assert await speaker.refused() == "TOO_MANY"
        await speaker.say({"type": "complete", "id": "7"})
        await speaker.watch(scene.post, "one more")
        assert (await speaker.told())["states"] == {"SCHEDULED": 1}


async def test_a_name_in_use_is_not_used_twice(
    server: Served, keys: Keys, session: AsyncSession, scene: Scene, nation: User
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    async with open_socket(server) as speaker:
        await speaker.begin(authorization=bearer(keys, nation))
        for _ in range(2):
            await speaker.watch(scene.post)
        assert await speaker.closed() == 4409
