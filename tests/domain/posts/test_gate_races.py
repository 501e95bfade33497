"""Acts and claims at the same moment: what a person was answered holds for every claim from then on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts.commands import suspend_account
from domain.base.keyring import Keyring
from domain.posts import deliveries
from domain.posts.approvals import withdraw_approval
from domain.posts.deliveries import Claim
from domain.posts.edits import edit_post, hold_post
from domain.posts.models import Delivery, Silence
from domain.posts.silences import order_silence
from domain.refusals import Conflict
from domain.terms import DeliveryState
from domain.units.commands import move_unit
from integrations.database import Sessions
from tests.factories.deliveries import Scene, add_delivery, add_post, set_scene
from tests.factories.gate import LEASE, claim, state_of
from tests.factories.people import add_keeper

HERE, ELSEWHERE = "north county", "far county"
HOUR = timedelta(hours=1)
NEW = "更正后的推介"
# Long for a statement, short for a test: what has not come to an end by then waits.
PATIENCE = 0.4
Act = Callable[[AsyncSession, Scene, Actor], Awaitable[Any]]


def now() -> datetime:
    return datetime.now(UTC)


async def move_below_an_order(session: AsyncSession, scene: Scene, actor: Actor) -> None:
    west = scene.tree["west"]
    session.add(Silence(unit_id=west.id, unit_path=west.path, reason="哀悼日", ordered_at=now()))
    await session.flush()
    here, parent, today = scene.tree[HERE].id, scene.tree["west city"].id, now().date()
    await move_unit(session, actor, now=now(), unit_id=here, parent_id=parent, effective_on=today, reason="划转")


ACTS: dict[str, Act] = {
    "move_unit": move_below_an_order,
    "withdraw_approval": lambda session, scene, actor: withdraw_approval(
        session, actor, now=now(), post_id=scene.post.id, reason="用词不妥"
    ),
    "order_silence": lambda session, scene, actor: order_silence(
        session, actor, now=now(), unit_id=scene.tree["east"].id, reason="哀悼日"
    ),
    "hold_post": lambda session, scene, actor: hold_post(
        session, actor, now=now(), post_id=scene.post.id, reason="核对"
    ),
    "suspend_account": lambda session, scene, actor: suspend_account(
        session, actor, now=now(), account_id=scene.accounts[HERE].id, reason="整顿"
    ),
    "edit_post": lambda session, scene, actor: edit_post(
        session, actor, now=now(), post_id=scene.post.id, expected_version=1, text=NEW
    ),
}


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=(HERE, ELSEWHERE))


@pytest.fixture
async def chief(session: AsyncSession, scene: Scene) -> Actor:
    return await add_keeper(session, scene.tree["nation"])


@pytest.fixture
async def target(session: AsyncSession, scene: Scene) -> Delivery:
    """What the acts are about: due, approved, free to go."""
    return await add_delivery(session, scene.post, scene.accounts[HERE])


@pytest.fixture
async def opened(sessions: Sessions, scene: Scene, target: Delivery) -> AsyncIterator[AsyncSession]:
    """A claim of another post that has chosen, and not committed yet."""
    async with sessions() as session:
        other = await add_post(session, scene.tree, scene.lesson)
        longest_due = await add_delivery(session, other, scene.accounts[ELSEWHERE], due_in=-HOUR)
        (held,) = await deliveries.claim_due(session, limit=1, lease=LEASE)
        assert held.delivery_id == longest_due.id
        yield session
        await session.rollback()


async def acting(sessions: Sessions, name: str, scene: Scene, actor: Actor) -> None:
    async with sessions() as own:
        await ACTS[name](own, scene, actor)
        await own.commit()


async def claiming(sessions: Sessions) -> list[Claim]:
    async with sessions() as own:
        return await claim(own)


async def waits(task: asyncio.Task[Any]) -> bool:
    done, _ = await asyncio.wait({task}, timeout=PATIENCE)
    return not done


@pytest.mark.parametrize("name", ACTS)
async def test_an_act_waits_for_a_claim_under_way_and_a_later_claim_sees_it(
    sessions: Sessions,
    session: AsyncSession,
    scene: Scene,
    chief: Actor,
    target: Delivery,
    opened: AsyncSession,
    name: str,
):
    act = asyncio.create_task(acting(sessions, name, scene, chief))
    assert await waits(act)
    # Begun before the act has its answer: it waits too, and then goes by what was said.
    later = asyncio.create_task(claiming(sessions))
    assert await waits(later)
    await opened.commit()
    await act
    assert await later == []
    assert await claiming(sessions) == []
    assert await state_of(session, target) is DeliveryState.SCHEDULED


@pytest.mark.parametrize("name", ACTS)
async def test_an_act_that_is_undone_has_kept_nothing_back(
    sessions: Sessions, scene: Scene, chief: Actor, target: Delivery, name: str
):
    async with sessions() as own:
        await ACTS[name](own, scene, chief)
        later = asyncio.create_task(claiming(sessions))
        assert await waits(later)
        await own.rollback()
    # A suspension holds the account as well, and whoever claims passes by what is held.
    found = await later or await claiming(sessions)
    assert [one.delivery_id for one in found] == [target.id]


@pytest.mark.parametrize("name", sorted(set(ACTS) - {"edit_post"}))
async def test_what_was_claimed_before_the_answer_goes_out(
    sessions: Sessions, scene: Scene, chief: Actor, target: Delivery, name: str
):
    async with sessions() as own:
        (held,) = await deliveries.claim_due(own, limit=1, lease=LEASE)
        act = asyncio.create_task(acting(sessions, name, scene, chief))
        assert await waits(act)
        await own.commit()
    await act
    assert held.delivery_id == target.id


async def test_an_edit_that_comes_after_the_claim_says_too_late(
    sessions: Sessions, session: AsyncSession, scene: Scene, chief: Actor, target: Delivery
):
    async with sessions() as own:
        (held,) = await deliveries.claim_due(own, limit=1, lease=LEASE)
        act = asyncio.create_task(acting(sessions, "edit_post", scene, chief))
        assert await waits(act)
        await own.commit()
    with pytest.raises(Conflict) as caught:
        await act
    assert caught.value.code == "NOTHING_LEFT_TO_EDIT"
    await session.refresh(target)
    await session.refresh(scene.post)
    assert held.text == target.text
    assert (target.revision, scene.post.version, scene.post.text) == (1, 1, "示范课程推介")


async def test_a_claim_that_comes_after_the_edit_takes_neither_text(
    sessions: Sessions, session: AsyncSession, scene: Scene, chief: Actor, target: Delivery
):
    async with sessions() as own:
        await ACTS["edit_post"](own, scene, chief)
        later = asyncio.create_task(claiming(sessions))
        assert await waits(later)
        await own.commit()
    assert await later == []
    await session.refresh(target)
    assert (target.revision, target.text.startswith(NEW)) == (2, True)


async def test_claims_do_not_wait_for_each_other(sessions: Sessions, target: Delivery, opened: AsyncSession):
    assert [one.delivery_id for one in await asyncio.wait_for(claiming(sessions), 10)] == [target.id]
