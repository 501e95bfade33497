"""The platform limits us, is away, or refuses a token mid-batch; nothing is lost, and nothing is asked in vain."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.access.actor import Actor
from domain.accounts.commands import NewAccount, connect_accounts
from domain.accounts.models import Account
from domain.hosts.models import Host
from domain.posts.edits import edit_post
from domain.posts.models import Attempt, Delivery, Post
from domain.terms import AccountState, DeliveryState, HoldReason
from domain.units.models import Unit
from tests.factories.gate import holding
from tests.factories.hosts import let_time_pass
from tests.factories.people import add_keeper
from tests.factories.servers import eventually
from tests.faults.scene import Scene
from tests.integrations.sandbox.running import Person

pytestmark = pytest.mark.faults
# Some looks of a worker for due work, each of which would be a request if a pause did not keep it from one.
SOME_LOOKS = 1.5
OUTAGE_SECONDS = 10.0


def only_counting(uid: str) -> dict[str, object]:
    """A rule that never strikes, and counts what is asked with any token of an account."""
    return {"endpoint": "*", "kind": "drop_before_accept", "probability": 0.0, "uid": uid}


async def standing(stage: Scene, uid: str) -> tuple[AccountState, int]:
    """The account's state, and how many of its deliveries do not stand yet."""
    async with stage.sessions() as session:
        account = (await session.scalars(select(Account).where(Account.uid == uid))).one()
        unsent = Delivery.state != DeliveryState.PUBLISHED
        left = await session.scalars(select(Delivery.id).where(Delivery.account_id == account.id, unsent))
        return account.state, len(left.all())


async def reconnect(stage: Scene, person: Person) -> None:
    """The keeper of the account's unit connects it again, with the token that the platform gives now."""
    fresh = stage.sandbox.known(person.uid, person.name)
    assert fresh.token != person.token
    async with stage.sessions() as session:
        account = (await session.scalars(select(Account).where(Account.uid == person.uid))).one()
        keeper = await add_keeper(session, await session.get_one(Unit, account.unit_id))
        now = datetime.now(UTC)
        until = now + timedelta(days=30)
        wanted = NewAccount(account.unit_id, person.uid, person.name, token=fresh.token, token_expires_at=until)
        given: dict[str, Any] = {"keyring": stage.keys.keyring, "host_id": account.host_id, "accounts": [wanted]}
        await connect_accounts(session, keeper, now=now, **given)
        await session.commit()


async def postpone_the_first(stage: Scene) -> None:
    """What has not begun of the first post is due after all others, yet soon."""
    now = datetime.now(UTC)
    async with stage.sessions() as session:
        post = (await session.scalars(select(Post).order_by(Post.publish_at))).first()
        assert post is not None
        given: dict[str, Any] = {"expected_version": post.version, "publish_at": now + timedelta(seconds=1)}
        await edit_post(session, Actor.operator(), now=now, post_id=post.id, **given)
        await session.commit()


async def test_a_token_that_dies_in_the_middle_of_a_batch_holds_its_account_alone_until_it_is_renewed(stage: Scene):
    promised = await stage.promise(accounts=5, posts=3)
    dying = stage.people[0]
    slow = {"endpoint": "share", "kind": "slow", "seconds": 0.3}
    stage.sandbox.control("POST", "faults", json=[only_counting(dying.uid), slow])
    stage.worker()
    await stage.taken(5)
    stage.sandbox.control("POST", "tokens/revoke", json={"uids": [dying.uid]})

    async def others_are_out() -> bool:
        return await stage.states() == {DeliveryState.PUBLISHED: 13, DeliveryState.HELD: 2}

    await eventually(others_are_out)
    assert await standing(stage, dying.uid) == (AccountState.UNAUTHORIZED, 2)
    async with stage.sessions() as session:
        for row in await session.scalars(select(Delivery).where(Delivery.state == DeliveryState.HELD)):
            assert await holding(session, row) == {HoldReason.ACCOUNT_UNAUTHORIZED}
    # One post before, and the one request that told us.
    assert stage.requests()[0] == 2
    await asyncio.sleep(SOME_LOOKS)
    assert stage.requests()[0] == 2
    await reconnect(stage, dying)
    await eventually(stage.all_published)
    await stage.judge(promised)


async def test_limited_accounts_are_asked_nothing_more_while_the_others_go_on(stage: Scene):
    promised = await stage.promise(accounts=5, posts=3)
    limited = [person.uid for person in stage.people[:3]]
    # Another code for each: calls of the user, calls of the user for this, posts of the user.
    storm = zip(limited, (10023, 10024, 20016), strict=True)
    stage.sandbox.control(
        "POST", "faults", json=[{"endpoint": "*", "kind": "error", "code": code, "uid": uid} for uid, code in storm]
    )
    stage.worker()

    async def others_are_out() -> bool:
        return await stage.states() == {DeliveryState.PUBLISHED: 6, DeliveryState.SCHEDULED: 9}

    await eventually(others_are_out)
    assert stage.requests() == [1, 1, 1]
    # What was refused goes out last now: only the pause of the account keeps the next ones back.
    await postpone_the_first(stage)
    await asyncio.sleep(SOME_LOOKS)
    assert stage.requests() == [1, 1, 1]
    stage.sandbox.control("DELETE", "faults")
    await let_time_pass(stage.sessions)
    await eventually(stage.all_published)
    await stage.judge(promised)


async def test_a_platform_that_limits_all_of_us_is_asked_nothing_more(stage: Scene):
    promised = await stage.promise(accounts=6, posts=2)
    stage.sandbox.fault(endpoint="*", kind="error", code=10022)
    # One account after the other: all but the first learn of the limit before they are asked for.
    stage.worker(QICAI_WORKER_BATCH="1")

    async def is_paused() -> bool:
        async with stage.sessions() as session:
            paused = await session.scalar(select(Host.paused_until))
        return paused is not None and await stage.states() == {DeliveryState.SCHEDULED: 12}

    await eventually(is_paused)
    assert stage.requests() == [1]
    await asyncio.sleep(SOME_LOOKS)
    assert stage.requests() == [1]
    stage.sandbox.control("DELETE", "faults")
    await let_time_pass(stage.sessions)
    await eventually(stage.all_published)
    await stage.judge(promised)


async def test_after_an_outage_everything_goes_out_once_and_little_was_asked_meanwhile(stage: Scene):
    promised = await stage.promise(accounts=4, posts=2)
    stage.sandbox.fault(endpoint="*", kind="drop_before_accept")
    stage.worker()
    await stage.hit(4)
    await asyncio.sleep(OUTAGE_SECONDS)
    (asked,) = stage.requests()
    stage.sandbox.control("DELETE", "faults")
    # Each account sent once, and looked ever less often: after 1, 6 and 12 seconds.
    assert 4 <= asked <= 4 * 4
    await eventually(stage.all_published)
    await stage.judge(promised)
    async with stage.sessions() as session:
        attempts = (await session.scalars(select(Attempt.id))).all()
    assert len(attempts) <= promised + 4 * 4
