"""Collecting comments: through the real client at the real sandbox, and what follows from a failure."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import func, select, update

from domain.engagement import comments as collecting
from domain.engagement.models import Comment, CommentReading
from domain.hosts import port
from domain.hosts.models import Host
from domain.posts.models import Delivery
from domain.terms import AccountState, WordingKind
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient, Trouble
from integrations.microblogs.weibo import WeiboClient
from tests.factories.deliveries import add_published, set_scene
from tests.factories.hosts import account_now, context_of, host_now
from tests.factories.posts import add_account
from tests.integrations.sandbox.running import Person, Running, running
from workers import comments
from workers.context import WorkerContext

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running(growth_seconds=600.0) as sandbox:
        yield sandbox


@pytest.fixture
async def delivery(sessions: Sessions, keys: Keys, memory: MemoryClient) -> Delivery:
    """Published, with five comments below it that were counted."""
    async with sessions() as session:
        scene = await set_scene(session, keys.keyring)
        delivery = await add_published(session, scene.post, scene.accounts["north county"], host_post_id="41")
        await note(sessions, delivery, 5)
    memory.commented["41"] = [port.Comment(str(number), "71", "模拟读者", "好", NOW) for number in range(1, 6)]
    return delivery


async def note(sessions: Sessions, delivery: Delivery, count: int) -> None:
    async with sessions() as session:
        await collecting.note_counts(session, {delivery.id: count})
        await session.commit()


async def collect(context: WorkerContext, pages: int = 100) -> int:
    """Collect what is due, so many pages at most; answers how many were read."""
    for read in range(pages):
        visits = await comments.claim_comments(context, 1)
        if not visits:
            return read
        await comments.collect(context, visits[0])
    return pages


async def held(sessions: Sessions) -> list[Comment]:
    async with sessions() as session:
        return list(await session.scalars(select(Comment).order_by(Comment.created_at)))


async def reading(sessions: Sessions) -> CommentReading:
    async with sessions() as session:
        return (await session.execute(select(CommentReading))).scalar_one()


async def posted(sessions: Sessions, keys: Keys, person: Person, code: str, *, comments: int) -> Delivery:
    """What a person at the sandbox posted, as ours; so many comments are written below it in the end."""
    idstr = person.share(code).json()["idstr"]
    person.sandbox.comments_end_at(idstr, comments)
    async with sessions() as session:
        scene = await set_scene(session, keys.keyring, units=())
        account = await add_account(
            session, scene.tree, "east", scene.host, keys.keyring, uid=person.uid, token=person.token
        )
        return await add_published(session, scene.post, account, host_post_id=idstr)


async def test_all_comments_come_from_the_platform_over_http_and_each_once(
    sessions: Sessions, keys: Keys, sandbox: Running
):
    sandbox.control("POST", "comments", json={"telling": 0.3})
    person = sandbox.person()
    delivery = await posted(sessions, keys, person, "comments01", comments=200)
    seen: list[int] = []
    async with httpx.AsyncClient(trust_env=False) as http:
        client = WeiboClient(http, sandbox.url, seconds=5.0)
        context = context_of(sessions, keys.keyring, MemoryClient(), client=lambda _kind, _url: client, call_seconds=5)
        for later in (300, 600):
            sandbox.clock.ahead += later
            (row,) = person.get("statuses/count", ids=delivery.host_post_id).json()
            await note(sessions, delivery, row["comments"])
            # A worker dies after the first page; the next goes on from where that came to.
            await collect(context, pages=1)
            await collect(context)
            seen.append(len(await held(sessions)))
            # What grew while it was read may be among them already.
            assert row["comments"] <= seen[-1] <= row["comments"] + 5
    assert 50 < seen[0] < seen[1]
    told = [row for row in await held(sessions) if row.marks]
    assert told
    assert {kind for row in told for kind in row.marks} == {WordingKind.PHONE}
    assert not any("13800138000" in str(row.text) for row in told)
    assert all(str(row.author_name).startswith("模拟读者") for row in told)
    sandbox.control("POST", "comments", json={})


async def test_deletions_at_the_platform_are_marked_where_pages_show_them(
    sessions: Sessions, keys: Keys, sandbox: Running
):
    person = sandbox.person()
    delivery = await posted(sessions, keys, person, "comments02", comments=40)
    sandbox.clock.ahead += 60_000
    async with httpx.AsyncClient(trust_env=False) as http:
        client = WeiboClient(http, sandbox.url, seconds=5.0)
        context = context_of(sessions, keys.keyring, MemoryClient(), client=lambda _kind, _url: client, call_seconds=5)
        await note(sessions, delivery, 1)
        await collect(context)
        whole = await held(sessions)
        sandbox.control("POST", "comments", json={"deleted": 0.5})
        await note(sessions, delivery, 2)
        await collect(context)
    gone = [row for row in await held(sessions) if row.gone_at is not None]
    assert len(await held(sessions)) == len(whole)
    assert 0 < len(gone) < len(whole)
    sandbox.control("POST", "comments", json={})


async def test_a_page_that_breaks_off_is_read_again_later_and_nothing_is_lost(
    sessions: Sessions, context: WorkerContext, memory: MemoryClient, delivery: Delivery
):
    memory.troubles = [Trouble(), Trouble(port.TransientBeforeSend("broken off"))]
    assert await collect(context) == 2
    assert len(await held(sessions)) == 2
    assert (await reading(sessions)).below == "4"
    async with sessions() as session:
        await session.execute(update(CommentReading).values(due_at=func.now()))
        await session.commit()
    await collect(context)
    assert len(await held(sessions)) == 5
    assert (await account_now(sessions, delivery)).calls_used == len(memory.calls)


@pytest.mark.parametrize("problem", [port.Gone("no more"), port.PermissionMissing("no"), port.Invalid("no")])
async def test_what_a_platform_will_say_again_is_asked_when_there_is_more(
    sessions: Sessions, context: WorkerContext, memory: MemoryClient, delivery: Delivery, problem: port.HostError
):
    memory.troubles = [Trouble(problem)]
    assert await collect(context) == 1
    assert (await reading(sessions)).due_at is None
    assert (await account_now(sessions, delivery)).reading_paused_until is None
    await note(sessions, delivery, 6)
    await collect(context)
    assert len(await held(sessions)) == 5


async def test_a_dead_token_is_marked_and_a_limit_pauses(
    sessions: Sessions, context: WorkerContext, memory: MemoryClient, delivery: Delivery
):
    memory.troubles = [Trouble(port.RateLimited("ip", scope="host"))]
    await collect(context)
    assert (await host_now(sessions)).paused_until is not None
    async with sessions() as session:
        await session.execute(update(Host).values(paused_until=func.now()))
        await session.execute(update(CommentReading).values(due_at=func.now()))
        await session.commit()
    memory.troubles = [Trouble(port.Unauthorized("expired"))]
    await collect(context)
    assert (await account_now(sessions, delivery)).state is AccountState.UNAUTHORIZED
    assert await held(sessions) == []


async def test_nothing_is_claimed_without_a_free_slot(context: WorkerContext, delivery: Delivery):
    assert delivery.id
    assert await comments.claim_comments(context, 0) == []
    assert len(await comments.claim_comments(context, 5)) == 1
