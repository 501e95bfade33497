"""Silence orders: one switch for a subtree, and an ordered end to it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.posts.models import Silence
from domain.posts.rules import SILENCE_ABILITIES
from domain.posts.silences import Lifting, lift_silence, order_silence
from domain.refusals import Invalid, NotFound, NotPermitted, Refusal
from domain.terms import DeliveryState, HoldReason, Role
from tests.factories.deliveries import Scene, add_delivery, change, database_now, set_scene
from tests.factories.gate import add_silence, claim, holding, keep_gate_once, state_of
from tests.factories.people import add_keeper
from tests.factories.posts import add_accounts
from tests.factories.unit_acts import do
from tests.factories.units import NOW, actor_at

HOUR, MINUTE, MOMENT = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=3)
EAST = "north county"


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=(EAST, "far county"))


@pytest.fixture
async def chief(session: AsyncSession, scene: Scene) -> Actor:
    return await add_keeper(session, scene.tree["nation"])


async def order(session: AsyncSession, scene: Scene, actor: Actor, unit: str, reason: str = " 哀悼日 ") -> Silence:
    silence = await order_silence(session, actor, now=NOW, unit_id=scene.tree[unit].id, reason=reason)
    await session.commit()
    return silence


async def lift(session: AsyncSession, actor: Actor, silence: Silence, **given: Any) -> Lifting:
    lifting = await lift_silence(session, actor, now=NOW + HOUR, silence_id=silence.id, **given)
    await session.commit()
    return lifting


async def test_an_order_silences_its_subtree_at_once_and_nothing_else(
    session: AsyncSession, scene: Scene, chief: Actor
):
    silent = await add_delivery(session, scene.post, scene.accounts[EAST])
    heard = await add_delivery(session, scene.post, scene.accounts["far county"])
    silence = await order(session, scene, chief, "east")
    assert (silence.reason, silence.ordered_at, silence.ordered_by) == ("哀悼日", NOW, chief.user_id)
    assert silence.height == 1
    assert [one.delivery_id for one in await claim(session)] == [heard.id]
    await keep_gate_once(session)
    assert await holding(session, silent) == {HoldReason.SILENCED}
    lifting = await lift(session, chief, silence)
    assert (lifting.released, lifting.silence.lifted_at, lifting.silence.lifted_by) == (1, NOW + HOUR, chief.user_id)
    # It goes out at once, before any worker has seen that the order is lifted.
    assert [one.delivery_id for one in await claim(session)] == [silent.id]


async def test_the_nation_is_silenced_by_one_order(session: AsyncSession, scene: Scene, chief: Actor):
    rows = [await add_delivery(session, scene.post, account) for account in scene.accounts.values()]
    silence = await order(session, scene, chief, "nation")
    assert await claim(session) == []
    await keep_gate_once(session)
    assert (await lift(session, chief, silence)).released == 2
    assert {one.delivery_id for one in await claim(session)} == {row.id for row in rows}


async def test_an_order_says_nothing_of_what_is_not_due_yet(session: AsyncSession, scene: Scene, chief: Actor):
    delivery = await add_delivery(session, scene.post, scene.accounts[EAST], due_in=HOUR)
    silence = await order(session, scene, chief, "nation")
    await keep_gate_once(session)
    assert await state_of(session, delivery) is DeliveryState.SCHEDULED
    await change(session, delivery, due_at=func.now(), try_at=func.now())
    assert await claim(session) == []
    assert (await lift(session, chief, silence)).released == 0
    assert len(await claim(session)) == 1


async def test_what_was_held_goes_out_in_order_over_a_period(
    session: AsyncSession, scene: Scene, keyring: Keyring, chief: Actor
):
    accounts = await add_accounts(session, scene.tree, EAST, scene.host, keyring, count=4)
    rows = [await add_delivery(session, scene.post, each, due_in=-n * MINUTE) for n, each in enumerate(accounts, 1)]
    silence = await order(session, scene, chief, "east")
    await keep_gate_once(session)
    start = await database_now(session)
    assert (await lift(session, chief, silence, over_seconds=3600)).released == 4
    await keep_gate_once(session)
    for place, row in enumerate(reversed(rows)):
        assert await state_of(session, row) is DeliveryState.SCHEDULED
        assert abs(row.try_at - (start + place * HOUR / 4)) < MOMENT
        assert await holding(session, row) == set()
    assert [one.delivery_id for one in await claim(session)] == [rows[-1].id]


async def test_what_another_order_or_check_keeps_back_stays_held(session: AsyncSession, scene: Scene, chief: Actor):
    both = await add_delivery(session, scene.post, scene.accounts[EAST])
    one = await add_delivery(session, scene.post, scene.accounts["far county"])
    whole = await order(session, scene, chief, "nation")
    part = await order(session, scene, chief, "east city")
    await keep_gate_once(session)
    assert (await lift(session, chief, whole)).released == 1
    assert await state_of(session, one) is DeliveryState.SCHEDULED
    await keep_gate_once(session)
    assert await holding(session, both) == {HoldReason.SILENCED}
    assert [each.delivery_id for each in await claim(session)] == [one.id]
    assert (await lift(session, chief, part)).released == 1
    assert [each.delivery_id for each in await claim(session)] == [both.id]


async def test_lifting_lets_go_only_what_the_order_held(session: AsyncSession, scene: Scene, chief: Actor):
    inside = await add_delivery(session, scene.post, scene.accounts[EAST])
    outside = await add_delivery(session, scene.post, scene.accounts["far county"])
    west = await order(session, scene, chief, "west")
    east = await order(session, scene, chief, "east")
    await keep_gate_once(session)
    assert (await lift(session, chief, east)).released == 1
    assert await state_of(session, inside) is DeliveryState.SCHEDULED
    assert await state_of(session, outside) is DeliveryState.HELD
    assert (await lift(session, chief, west)).released == 1


async def test_a_unit_is_silenced_once(session: AsyncSession, scene: Scene, chief: Actor):
    silence = await order(session, scene, chief, "east")
    with pytest.raises(Refusal) as caught:
        await order(session, scene, chief, "east")
    assert (caught.value.code, caught.value.path) == ("SILENCE_THERE", ("unitId",))
    await session.commit()
    await lift(session, chief, silence)
    assert (await order(session, scene, chief, "east")).id != silence.id


async def test_an_order_is_lifted_once(session: AsyncSession, scene: Scene, chief: Actor):
    silence = await order(session, scene, chief, "east")
    await lift(session, chief, silence)
    with pytest.raises(Refusal) as caught:
        await lift(session, chief, silence)
    assert (caught.value.code, caught.value.path) == ("SILENCE_LIFTED", ("silenceId",))


@pytest.mark.parametrize(("reason", "code"), [(" ", "TEXT_EMPTY"), ("字" * 501, "WORDS_TOO_LONG")])
async def test_an_order_says_why(session: AsyncSession, scene: Scene, chief: Actor, reason: str, code: str):
    with pytest.raises(Invalid) as caught:
        await order(session, scene, chief, "east", reason)
    assert (caught.value.code, caught.value.path) == (code, ("reason",))


@pytest.mark.parametrize("seconds", [-1, 24 * 3600 + 1])
async def test_an_order_is_lifted_over_a_day_at_most(session: AsyncSession, scene: Scene, chief: Actor, seconds: int):
    silence = await order(session, scene, chief, "east")
    with pytest.raises(Invalid) as caught:
        await lift(session, chief, silence, over_seconds=seconds)
    assert (caught.value.code, caught.value.path) == ("SPREAD_INVALID", ("overSeconds",))


@pytest.mark.parametrize(
    ("unit", "role", "kind"),
    [
        ("east", Role.MEDIA_MANAGER, NotPermitted),
        ("east", Role.AUDITOR, NotPermitted),
        ("west", Role.ADMINISTRATOR, NotFound),
        (EAST, Role.ADMINISTRATOR, NotFound),
    ],
)
async def test_whoever_is_no_administrator_there_neither_orders_nor_lifts(
    session: AsyncSession, scene: Scene, unit: str, role: Role, kind: type[Refusal]
):
    actor = actor_at(scene.tree[unit], role)
    silence = await add_silence(session, scene.tree["east"])
    with pytest.raises(kind) as caught:
        await order(session, scene, actor, "east")
    assert caught.value.path == ("unitId",)
    with pytest.raises(kind) as caught:
        await lift(session, actor, silence)
    assert caught.value.path == ("silenceId",)
    await session.refresh(silence)
    assert silence.lifted_at is None


async def test_an_order_that_never_was_is_not_found(session: AsyncSession, chief: Actor):
    with pytest.raises(NotFound) as caught:
        await lift_silence(session, chief, now=NOW, silence_id=new_id())
    assert (caught.value.path, caught.value.facts) == (("silenceId",), {"what": "silence"})


async def test_what_a_level_further_up_silenced_it_lifts_itself(session: AsyncSession, scene: Scene, chief: Actor):
    east, county = await add_keeper(session, scene.tree["east"], login="east"), actor_at(scene.tree[EAST])
    delivery = await add_delivery(session, scene.post, scene.accounts[EAST])
    silence = await order(session, scene, east, EAST)
    await keep_gate_once(session)
    with pytest.raises(Refusal) as caught:
        await lift(session, county, silence)
    assert (caught.value.code, caught.value.path) == ("DECIDED_ABOVE", ("silenceId",))
    (lifting,) = SILENCE_ABILITIES
    told = lifting.why_not(county, silence, now=NOW)
    assert told is not None
    assert told.code == "DECIDED_ABOVE"
    assert [lifting.why_not(actor, silence, now=NOW) for actor in (east, chief)] == [None, None]
    await session.rollback()
    assert await state_of(session, delivery) is DeliveryState.HELD
    await session.refresh(silence)
    assert (await lift(session, chief, silence)).released == 1


async def test_what_a_unit_ordered_itself_or_before_it_was_known_from_where_it_lifts_itself(
    session: AsyncSession, scene: Scene
):
    county = await add_keeper(session, scene.tree[EAST])
    await lift(session, county, await order(session, scene, county, EAST))
    await lift(session, county, await add_silence(session, scene.tree[EAST]))


@pytest.mark.parametrize("older", [False, True])
async def test_the_order_of_a_unit_itself_stands_in_nobodys_way_above(
    session: AsyncSession, scene: Scene, chief: Actor, older: bool
):
    county = await add_keeper(session, scene.tree[EAST], login="county")
    own = await (add_silence(session, scene.tree[EAST]) if older else order(session, scene, county, EAST))
    await order(session, scene, chief, EAST)
    for actor in (chief, county):
        with pytest.raises(Refusal) as caught:
            await order(session, scene, actor, EAST)
        assert caught.value.code == "SILENCE_THERE"
        await session.commit()
    delivery = await add_delivery(session, scene.post, scene.accounts[EAST])
    await session.refresh(own)
    await lift(session, county, own)
    await keep_gate_once(session)
    assert await state_of(session, delivery) is DeliveryState.HELD


@pytest.mark.parametrize("verb", ["merge_units", "close_unit"])
async def test_an_order_goes_with_its_unit_into_the_successor_and_silences_all_of_it(
    session: AsyncSession, keyring: Keyring, verb: str
):
    scene = await set_scene(session, keyring, units=("north town", "north county", "south county", "far county"))
    gone, heir, far = (scene.tree[name] for name in ("north county", "south county", "far county"))
    lifted = await add_silence(session, gone, lifted_at=NOW)
    silence = await add_silence(session, gone)
    # Of the unit itself, of one below it, of the successor, and of one that has nothing to do with it.
    rows = [await add_delivery(session, scene.post, account) for account in scene.accounts.values()]
    if verb == "merge_units":
        await do(session, verb, unit_ids=[gone.id], into_id=heir.id)
    else:
        await do(session, "move_unit", unit_id=scene.tree["north town"].id, parent_id=heir.id)
        await do(session, verb, unit_id=gone.id, successor_id=heir.id)
    moved = await session.get_one(Silence, silence.id)
    assert (moved.unit_id, moved.unit_path, moved.lifted_at) == (heir.id, heir.path, None)
    # What is over stays the past of the unit that it was for.
    assert (await session.get_one(Silence, lifted.id)).unit_id == gone.id
    fresh = await session.get_one(Account, scene.accounts["north county"].id)
    assert (fresh.unit_id, fresh.unit_path) == (heir.id, heir.path)
    assert [one.delivery_id for one in await claim(session)] == [rows[3].id]
    await keep_gate_once(session)
    local = await add_keeper(session, heir, login="local")
    with pytest.raises(NotFound):
        await lift(session, await add_keeper(session, far, login="far"), moved)
    # A town that left before its unit was closed has an order of its own.
    assert (await lift(session, local, moved)).released == (3 if verb == "merge_units" else 2)
