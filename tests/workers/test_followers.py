"""Counting followers: through the real client at the real sandbox, and what follows from a failure."""

from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select, update

from domain.accounts.models import Account
from domain.engagement.models import FollowerCount
from domain.hosts import port
from domain.hosts.models import Host
from domain.terms import AccountState
from integrations.database import Sessions
from integrations.keys import Keys
from integrations.microblogs.memory import MemoryClient, Trouble
from integrations.microblogs.weibo import WeiboClient
from tests.factories.deliveries import Scene, set_scene
from tests.factories.hosts import context_of, host_now
from tests.factories.posts import add_account
from tests.integrations.sandbox.running import Running, running
from workers import followers
from workers.context import WorkerContext


@pytest.fixture
async def scene(sessions: Sessions, keys: Keys) -> Scene:
    async with sessions() as session:
        return await set_scene(session, keys.keyring, units=("nation", "east"))


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Running]:
    with running() as sandbox:
        yield sandbox


async def count(context: WorkerContext) -> int:
    """Count what is due; answers how many batches that were."""
    batches = 0
    while claimed := await followers.claim_followers(context, 1):
        for batch in claimed:
            await followers.count(context, batch)
        batches += 1
    return batches


async def counts_of(sessions: Sessions) -> dict[str, int | None]:
    async with sessions() as session:
        query = select(Account.uid, FollowerCount.count).join(Account, Account.id == FollowerCount.account_id)
        return dict((await session.execute(query)).all())


async def accounts_now(sessions: Sessions) -> dict[str, Account]:
    async with sessions() as session:
        return {account.uid: account for account in await session.scalars(select(Account))}


async def test_followers_come_from_the_platform_over_http(sessions: Sessions, keys: Keys, sandbox: Running):
    async with sessions() as session:
        scene = await set_scene(session, keys.keyring, units=())
        people = [sandbox.person(audience=0.00001) for _ in range(3)]
        for person in people:
            await add_account(session, scene.tree, "east", scene.host, keys.keyring, uid=person.uid, token=person.token)
        # Nobody at the platform has this uid.
        await add_account(session, scene.tree, "west", scene.host, keys.keyring, uid="4", token=people[0].token)
    async with httpx.AsyncClient(trust_env=False) as http:
        client = WeiboClient(http, sandbox.url, seconds=5.0)
        context = context_of(sessions, keys.keyring, MemoryClient(), client=lambda _kind, _url: client, call_seconds=5)
        assert await count(context) == 1
    counted = await counts_of(sessions)
    assert counted.pop("4") is None
    assert set(counted) == {person.uid for person in people}
    assert all(count is not None and 900 <= count <= 1100 for count in counted.values())


@pytest.mark.parametrize("problem", [port.PermissionMissing("no"), port.TransientBeforeSend("away"), port.Gone("no")])
async def test_a_platform_that_does_not_count_is_asked_again_later_and_still_read(
    sessions: Sessions, context: WorkerContext, memory: MemoryClient, scene: Scene, problem: port.HostError
):
    memory.troubles = [Trouble(problem)]
    assert await count(context) == 1
    assert await counts_of(sessions) == {}
    for account in (await accounts_now(sessions)).values():
        assert account.reading_paused_until is None
        assert account.state is AccountState.ACTIVE
    memory.following = {scene.accounts["east"].uid: 12}
    assert await count(context) == 0
    async with sessions() as session:
        await session.execute(update(Account).values(followers_due_at=func.now()))
        await session.commit()
    assert await count(context) == 1
    assert (await counts_of(sessions))[scene.accounts["east"].uid] == 12


async def test_a_dead_token_is_marked_and_another_account_counts(
    sessions: Sessions, context: WorkerContext, memory: MemoryClient, scene: Scene
):
    nation, east = scene.accounts["nation"], scene.accounts["east"]
    memory.troubles, memory.following = [Trouble(port.Unauthorized("expired"))], {east.uid: 3}
    await count(context)
    assert (await accounts_now(sessions))[nation.uid].state is AccountState.UNAUTHORIZED
    async with sessions() as session:
        await session.execute(update(Account).values(followers_due_at=func.now()))
        await session.commit()
    await count(context)
    assert memory.calls == [("followers", nation.uid), ("followers", east.uid)]
    assert await counts_of(sessions) == {east.uid: 3}


async def test_a_limit_of_the_platform_pauses_it(
    sessions: Sessions, context: WorkerContext, memory: MemoryClient, scene: Scene
):
    memory.troubles = [Trouble(port.RateLimited("ip", scope="host"))]
    await count(context)
    assert (await host_now(sessions)).paused_until is not None
    assert (await accounts_now(sessions))[scene.accounts["nation"].uid].reading_paused_until is None
    async with sessions() as session:
        await session.execute(update(Host).values(paused_until=func.now() - timedelta(seconds=1)))
        await session.commit()


async def test_a_limit_of_an_account_leaves_it_to_another(
    sessions: Sessions, context: WorkerContext, memory: MemoryClient, scene: Scene
):
    memory.troubles = [Trouble(port.RateLimited("user", scope="account"))]
    await count(context)
    paused = {uid: account.reading_paused_until is not None for uid, account in (await accounts_now(sessions)).items()}
    assert paused == {scene.accounts["nation"].uid: True, scene.accounts["east"].uid: False}


async def test_an_unreadable_token_is_not_sent_and_counts_nothing(
    sessions: Sessions, context: WorkerContext, memory: MemoryClient, scene: Scene, keys: Keys
):
    async with sessions() as session:
        sealed = keys.keyring.seal("token", row="of another row")
        await session.execute(update(Account).where(Account.id == scene.accounts["nation"].id).values(token=sealed))
        await session.commit()
    await count(context)
    assert memory.calls == []
    assert await counts_of(sessions) == {}


async def test_nothing_is_claimed_without_a_free_slot(context: WorkerContext, scene: Scene):
    assert scene.accounts
    assert await followers.claim_followers(context, 0) == []
    assert len(await followers.claim_followers(context, 1)) == 1
