"""What a person settles one by one: a delivery whose outcome no proof could tell."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.posts.commands import cancel_post
from domain.posts.deliveries import claim_looks
from domain.posts.models import Delivery
from domain.posts.settlements import settle_delivery
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Refusal
from domain.terms import AttemptKind, DeliveryState, PersonSettlement, Role
from tests.factories.deliveries import (
    Scene,
    add_delivery,
    add_published,
    attempts_of,
    change,
    database_now,
    set_scene,
)
from tests.factories.gate import LEASE, claim, state_of
from tests.factories.people import add_keeper
from tests.factories.units import NOW

HOUR = timedelta(hours=1)
HERE = "north county"
LINK = "https://weibo.com/1/5012345678901234"


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=(HERE, "south county", "far county"))


@pytest.fixture
async def keeper(session: AsyncSession, scene: Scene) -> Actor:
    return await add_keeper(session, scene.tree["nation"], Role.MEDIA_MANAGER)


@pytest.fixture
async def unclear(session: AsyncSession, scene: Scene) -> Delivery:
    """A delivery that waits for a person, with all the traces of how it came to that."""
    traces: dict[str, Any] = {"problem": "NOT_FOUND", "problem_detail": "?", "looks": 5, "tries": 2}
    traces |= {"crashes": 3}
    state = DeliveryState.NEEDS_PERSON
    return await add_delivery(
        session, scene.post, scene.accounts[HERE], state=state, unclear_since=func.now(), **traces
    )


async def settle(session: AsyncSession, actor: Actor, delivery: Delivery, settlement: str, **given: Any) -> Delivery:
    wish: dict[str, Any] = {"delivery_id": delivery.id, "settlement": PersonSettlement[settlement]}
    settled = await settle_delivery(session, actor, now=NOW, **wish, **given)
    await session.commit()
    return settled


async def test_what_stands_at_a_link_is_published(session: AsyncSession, keeper: Actor, unclear: Delivery):
    settled = await settle(session, keeper, unclear, "PUBLISHED", link=f" {LINK} ")
    assert (settled.state, settled.host_url, settled.published_at) == (DeliveryState.PUBLISHED, LINK, NOW)
    assert (settled.problem, settled.problem_detail, settled.unclear_since) == (None, None, None)
    (attempt,) = await attempts_of(session, unclear)
    assert (attempt.kind, attempt.event, attempt.detail) == (AttemptKind.PERSON, "PERSON_FOUND", str(keeper.user_id))
    assert await claim(session) == []


async def test_what_stands_by_a_persons_word_counts_as_a_post_of_its_account(
    session: AsyncSession, scene: Scene, keeper: Actor, unclear: Delivery
):
    await settle(session, keeper, unclear, "PUBLISHED", link=LINK)
    account = scene.accounts[HERE]
    await session.refresh(account)
    assert account.last_posted_at is not None
    assert await database_now(session) - account.last_posted_at < timedelta(minutes=1)


async def test_what_waited_for_it_to_stand_goes_on(
    session: AsyncSession, scene: Scene, keeper: Actor, unclear: Delivery
):
    lower = await add_delivery(
        session, scene.post, scene.accounts["far county"], state=DeliveryState.WAITING, waits_for_id=unclear.id
    )
    await settle(session, keeper, unclear, "PUBLISHED", link=LINK)
    assert await state_of(session, lower) is DeliveryState.SCHEDULED


async def test_the_next_look_begins_at_a_post_that_the_platform_named(
    session: AsyncSession, scene: Scene, keeper: Actor, unclear: Delivery
):
    account = scene.accounts[HERE]
    named = await add_published(session, scene.post, account, published_at=func.now() - 24 * 365 * HOUR)
    await change(session, unclear, due_at=func.now() - HOUR)
    await settle(session, keeper, unclear, "PUBLISHED", link=LINK)
    await add_delivery(session, scene.post, account, state=DeliveryState.UNCONFIRMED, look_at=func.now())
    (look,) = await claim_looks(session, limit=1, lease=LEASE)
    assert look.last_post_id == named.host_post_id


async def test_what_is_to_be_sent_again_is_as_if_it_had_never_been_tried(
    session: AsyncSession, scene: Scene, keeper: Actor, unclear: Delivery
):
    key, code = unclear.key, unclear.code
    settled = await settle(session, keeper, unclear, "SEND_AGAIN")
    assert (settled.state, settled.tries, settled.looks, settled.crashes) == (DeliveryState.SCHEDULED, 0, 0, 0)
    assert (settled.key, settled.code, settled.unclear_since) == (key, code, None)
    (claimed,) = await claim(session)
    assert (claimed.delivery_id, claimed.crashes, claimed.unclear_for) == (unclear.id, 0, None)


async def test_what_is_dropped_is_never_sent(session: AsyncSession, keeper: Actor, unclear: Delivery):
    settled = await settle(session, keeper, unclear, "DROP")
    assert (settled.state, settled.published_at) == (DeliveryState.CANCELLED, None)
    assert await claim(session) == []
    assert [attempt.event for attempt in await attempts_of(session, unclear)] == ["PERSON_DROPS"]


async def test_what_was_cancelled_meanwhile_is_not_sent_again_but_may_stand_or_be_dropped(
    session: AsyncSession, scene: Scene, keeper: Actor, unclear: Delivery
):
    other = await add_delivery(session, scene.post, scene.accounts["far county"], state=DeliveryState.NEEDS_PERSON)
    await cancel_post(session, keeper, now=NOW, post_id=scene.post.id)
    await session.commit()
    with pytest.raises(Conflict) as caught:
        await settle(session, keeper, unclear, "SEND_AGAIN")
    assert (caught.value.code, caught.value.path) == ("POST_CANCELLED", ("settlement",))
    await session.commit()
    assert await state_of(session, unclear) is DeliveryState.NEEDS_PERSON
    assert (await settle(session, keeper, unclear, "PUBLISHED", link=LINK)).state is DeliveryState.PUBLISHED
    assert (await settle(session, keeper, other, "DROP")).state is DeliveryState.CANCELLED


@pytest.mark.parametrize("state", sorted(set(DeliveryState) - {DeliveryState.NEEDS_PERSON}))
async def test_only_what_waits_for_a_person_is_settled_by_one(
    session: AsyncSession, scene: Scene, keeper: Actor, state: DeliveryState
):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], state=state)
    with pytest.raises(Conflict) as caught:
        await settle(session, keeper, delivery, "DROP")
    assert (caught.value.code, caught.value.path) == ("NOT_FOR_A_PERSON", ("deliveryId",))
    assert await state_of(session, delivery) is state


@pytest.mark.parametrize(
    ("link", "code"),
    [
        (None, "LINK_NEEDED"),
        (" ", "LINK_NEEDED"),
        ("weibo.com/1/5", "LINK_UNFIT"),
        ("javascript:alert(1)", "LINK_UNFIT"),
        ("https://", "LINK_UNFIT"),
        ("https://weibo.com/" + "1" * 500, "LINK_UNFIT"),
    ],
)
async def test_whoever_says_that_it_stands_says_where(
    session: AsyncSession, keeper: Actor, unclear: Delivery, link: str | None, code: str
):
    with pytest.raises(Invalid) as caught:
        await settle(session, keeper, unclear, "PUBLISHED", link=link)
    assert (caught.value.code, caught.value.path) == (code, ("link",))


@pytest.mark.parametrize(
    ("unit", "role", "kind"),
    [(HERE, Role.VIEWER, NotPermitted), ("far county", Role.ADMINISTRATOR, NotFound), (HERE, Role.MEDIA_MANAGER, None)],
)
async def test_it_is_settled_where_the_account_is(
    session: AsyncSession, scene: Scene, unclear: Delivery, unit: str, role: Role, kind: type[Refusal] | None
):
    actor = await add_keeper(session, scene.tree[unit], role, login="local")
    if kind is None:
        assert (await settle(session, actor, unclear, "DROP")).state is DeliveryState.CANCELLED
    else:
        with pytest.raises(kind) as caught:
            await settle(session, actor, unclear, "DROP")
        assert caught.value.path == ("deliveryId",)


async def test_a_delivery_that_never_was_is_not_found(session: AsyncSession, keeper: Actor):
    with pytest.raises(NotFound) as caught:
        await settle_delivery(session, keeper, now=NOW, delivery_id=new_id(), settlement=PersonSettlement.DROP)
    assert caught.value.facts == {"what": "delivery"}
