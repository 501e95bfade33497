"""A key makes a repetition harmless: the act is done once, whoever asks again and however closely."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.campaigns.models import Campaign
from domain.refusals import Conflict, Reason
from domain.requests.commands import KEPT_FOR, earlier_result, forget_old, keep_result
from domain.requests.models import KeyedRequest
from domain.terms import Level
from integrations.database import Sessions
from tests.factories.units import NOW, Tree, actor_at, plant_tree

GIVEN: dict[str, Any] = {"unit_id": new_id(), "levels": [Level.COUNTY], "publish_at": NOW, "text": "六一"}


async def ask(session: AsyncSession, actor: Actor, *, key: str = "k", mutation: str = "m", given: Any = None) -> Any:
    return await earlier_result(session, actor, now=NOW, key=key, mutation=mutation, given=given or GIVEN)


async def remember(session: AsyncSession, actor: Actor, *, key: str = "k", result: dict[str, Any]) -> None:
    await keep_result(session, actor, key=key, result=result)
    await session.commit()


@pytest.fixture
def actor() -> Actor:
    return Actor(new_id(), "somebody", ())


async def test_a_first_request_has_no_earlier_result(session: AsyncSession, actor: Actor):
    assert await ask(session, actor) is None


async def test_the_same_request_answers_with_the_first_result(session: AsyncSession, actor: Actor):
    await ask(session, actor)
    await remember(session, actor, result={"id": "1", "cancelled": 3})
    assert await ask(session, actor, given=dict(reversed(GIVEN.items()))) == {"id": "1", "cancelled": 3}


@pytest.mark.parametrize("field", list(GIVEN))
async def test_a_key_used_with_another_input_is_refused(session: AsyncSession, actor: Actor, field: str):
    await ask(session, actor)
    await remember(session, actor, result={"id": "1"})
    with pytest.raises(Conflict) as caught:
        await ask(session, actor, given=GIVEN | {field: None})
    assert (caught.value.reason, caught.value.path) == (Reason.KEY_REUSED, ("clientMutationKey",))


async def test_a_key_used_with_another_mutation_is_refused(session: AsyncSession, actor: Actor):
    await ask(session, actor)
    await remember(session, actor, result={"id": "1"})
    with pytest.raises(Conflict):
        await ask(session, actor, mutation="another")


async def test_another_person_may_use_the_same_key(session: AsyncSession, actor: Actor):
    await ask(session, actor)
    await remember(session, actor, result={"id": "1"})
    other = Actor(new_id(), "another", ())
    assert await ask(session, other) is None
    await remember(session, other, result={"id": "2"})
    assert await ask(session, actor) == {"id": "1"}
    assert await ask(session, other) == {"id": "2"}


async def test_another_key_is_another_request(session: AsyncSession, actor: Actor):
    await ask(session, actor)
    await remember(session, actor, result={"id": "1"})
    assert await ask(session, actor, key="another") is None


async def test_a_request_rolled_back_frees_its_key(session: AsyncSession, actor: Actor):
    await ask(session, actor)
    await session.rollback()
    assert await ask(session, actor, given={"text": "another"}) is None


async def act(session: AsyncSession, tree: Tree, actor: Actor) -> dict[str, Any]:
    """An act as the mutation frame does it: the key, the act and its result in one transaction."""
    earlier: dict[str, Any] | None = await ask(session, actor)
    if earlier is not None:
        return earlier
    unit = tree["nation"]
    campaign = Campaign(id=new_id(), unit_id=unit.id, unit_path=unit.path, title="六一", created_at=NOW)
    session.add(campaign)
    await session.flush()
    # Long enough for all the others to arrive at the key.
    await asyncio.sleep(0.05)
    await keep_result(session, actor, key="k", result={"id": str(campaign.id)})
    return {"id": str(campaign.id)}


async def at_once(sessions: Sessions, times: int, one: Callable[[AsyncSession], Awaitable[Any]]) -> list[Any]:
    async def alone() -> Any:
        async with sessions() as session:
            result = await one(session)
            await session.commit()
            return result

    return await asyncio.gather(*(alone() for _ in range(times)), return_exceptions=True)


async def campaigns(sessions: Sessions) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(Campaign)) or 0


async def test_the_same_request_eight_times_at_once_is_done_once(sessions: Sessions):
    async with sessions() as session:
        tree = await plant_tree(session)
    actor = actor_at(tree["nation"])
    results = await at_once(sessions, 8, lambda session: act(session, tree, actor))
    assert await campaigns(sessions) == 1
    assert len(results) == 8
    assert all(result == results[0] and "id" in result for result in results)


async def test_the_next_of_two_at_once_does_the_act_where_the_first_fails(sessions: Sessions):
    async with sessions() as session:
        tree = await plant_tree(session)
    actor = actor_at(tree["nation"])
    failures = iter([True, False, False, False])

    async def shaky(session: AsyncSession) -> dict[str, Any]:
        result = await act(session, tree, actor)
        if next(failures):
            raise RuntimeError("the first one dies")
        return result

    results = await at_once(sessions, 4, shaky)
    assert sorted(type(result).__name__ for result in results) == ["RuntimeError", "dict", "dict", "dict"]
    assert len({result["id"] for result in results if isinstance(result, dict)}) == 1
    assert await campaigns(sessions) == 1


async def test_keys_are_forgotten_after_thirty_days(session: AsyncSession, actor: Actor):
    ages = {"old": KEPT_FOR + timedelta(minutes=1), "young": KEPT_FOR - timedelta(minutes=1), "new": timedelta()}
    for key, age in ages.items():
        await ask(session, actor, key=key)
        made = update(KeyedRequest).where(KeyedRequest.key == key).values(created_at=func.now() - age)
        await session.execute(made)
    await session.commit()
    assert timedelta(days=30) == KEPT_FOR
    assert await forget_old(session) == 1
    await session.commit()
    left = (await session.execute(select(KeyedRequest.key).order_by(KeyedRequest.key))).scalars().all()
    assert left == ["new", "young"]
    assert await forget_old(session) == 0
