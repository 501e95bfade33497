"""What a person settles by its cause: all that one trouble keeps in one state, a bounded number at a time."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.posts import answers, settlements
from domain.posts.commands import cancel_post
from domain.posts.models import Delivery, Post
from domain.posts.outcomes import after_submit
from domain.posts.settlements import GROUP_EVENTS, Settling, settle_deliveries
from domain.refusals import Invalid, NotFound, NotPermitted
from domain.terms import AttemptKind, DeliveryState, GroupSettlement, Role
from tests.factories.answers import NEVER_ARRIVED
from tests.factories.deliveries import Scene, add_delivery, add_post, attempts_of, change, set_scene
from tests.factories.gate import claim, state_of
from tests.factories.people import add_keeper
from tests.factories.posts import add_accounts, add_campaign
from tests.factories.statements import statements_of
from tests.factories.units import NOW, actor_at

HOUR = timedelta(hours=1)
HERE = "north county"
FAILED, ASKED = DeliveryState.FAILED, DeliveryState.NEEDS_PERSON
AGAIN, DROP = GroupSettlement.SEND_AGAIN, GroupSettlement.DROP
TRACES: dict[str, Any] = {"problem_detail": "20012: 太长", "tries": 3, "looks": 5, "crashes": 3}


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=(HERE, "south county", "far county"))


@pytest.fixture
async def keeper(session: AsyncSession, scene: Scene) -> Actor:
    return await add_keeper(session, scene.tree["nation"], Role.MEDIA_MANAGER)


async def keep(
    session: AsyncSession,
    scene: Scene,
    unit: str,
    problem: str = "INVALID",
    state: DeliveryState = FAILED,
    post: Post | None = None,
) -> Delivery:
    """A delivery that a cause keeps in a state, with all the traces of how it came to that."""
    facts = {"state": state, "problem": problem, "unclear_since": func.now(), **TRACES}
    return await add_delivery(session, post or scene.post, scene.accounts[unit], **facts)


async def settle(session: AsyncSession, actor: Actor, **given: Any) -> Settling:
    wish = {"state": FAILED, "problem": "INVALID", "settlement": AGAIN}
    settling = await settle_deliveries(session, actor, now=NOW, **(wish | given))
    await session.commit()
    return settling


def why(settling: Settling) -> dict[str, int]:
    return {row["code"]: row["count"] for row in settling.refused}


async def test_failures_of_one_cause_are_sent_again_and_others_are_left(
    session: AsyncSession, scene: Scene, keeper: Actor
):
    mended = [await keep(session, scene, unit, "CONTENT_REJECTED") for unit in (HERE, "far county")]
    other = await keep(session, scene, "south county", "INVALID")
    asked = await keep(session, scene, "south county", "CONTENT_REJECTED", ASKED)
    settling = await settle(session, keeper, problem="CONTENT_REJECTED", post_id=scene.post.id)
    assert (settling.settled, settling.remaining, settling.refused) == (2, 0, [])
    assert (settling.unit_id, settling.decided) == (scene.post.unit_id, {"settled": 2, "remaining": 0})
    for row in mended:
        assert await state_of(session, row) is DeliveryState.SCHEDULED
        assert (row.problem, row.problem_detail, row.tries, row.looks, row.crashes) == (None, None, 0, 0, 0)
        (attempt,) = await attempts_of(session, row)
        assert (attempt.kind, attempt.event, attempt.detail) == (AttemptKind.PERSON, "RETRIED", str(keeper.user_id))
    assert await state_of(session, other) is FAILED
    assert await state_of(session, asked) is ASKED
    assert {one.delivery_id for one in await claim(session)} == {row.id for row in mended}


@pytest.mark.parametrize(
    ("state", "settlement", "becomes", "event"),
    [
        (FAILED, AGAIN, DeliveryState.SCHEDULED, "RETRIED"),
        (FAILED, DROP, DeliveryState.CANCELLED, "PERSON_DROPS"),
        (ASKED, AGAIN, DeliveryState.SCHEDULED, "PERSON_RESENDS"),
        (ASKED, DROP, DeliveryState.CANCELLED, "PERSON_DROPS"),
    ],
)
async def test_a_group_is_sent_again_or_dropped(
    session: AsyncSession,
    scene: Scene,
    keeper: Actor,
    state: DeliveryState,
    settlement: GroupSettlement,
    becomes: DeliveryState,
    event: str,
):
    row = await keep(session, scene, HERE, state=state)
    settling = await settle(session, keeper, state=state, settlement=settlement, post_id=scene.post.id)
    assert settling.settled == 1
    assert await state_of(session, row) is becomes
    assert (row.unclear_since, row.published_at) == (None, None)
    assert [attempt.event for attempt in await attempts_of(session, row)] == [event]
    assert len(await claim(session)) == (becomes is DeliveryState.SCHEDULED)


@pytest.mark.parametrize("state", sorted(set(DeliveryState) - {state for state, _ in GROUP_EVENTS}))
@pytest.mark.parametrize("settlement", GroupSettlement)
async def test_nothing_but_what_waits_for_a_person_is_settled(
    session: AsyncSession, scene: Scene, keeper: Actor, state: DeliveryState, settlement: GroupSettlement
):
    row = await keep(session, scene, HERE, state=state)
    with pytest.raises(Invalid) as caught:
        await settle(session, keeper, state=state, settlement=settlement, post_id=scene.post.id)
    assert (caught.value.code, caught.value.path) == ("NOT_FOR_A_PERSON", ("state",))
    assert await state_of(session, row) is state


async def test_a_group_below_a_unit_is_settled_whatever_its_posts(session: AsyncSession, scene: Scene, keeper: Actor):
    second = await add_post(session, scene.tree, scene.lesson)
    inside = [await keep(session, scene, HERE), await keep(session, scene, "south county", post=second)]
    outside = await keep(session, scene, "far county")
    settling = await settle(session, keeper, unit_id=scene.tree["east"].id)
    assert (settling.settled, settling.unit_path) == (2, scene.tree["east"].path)
    assert [await state_of(session, row) for row in inside] == [DeliveryState.SCHEDULED] * 2
    assert await state_of(session, outside) is FAILED


async def test_a_group_of_a_campaign_is_settled_over_all_its_posts(session: AsyncSession, scene: Scene, keeper: Actor):
    campaign = await add_campaign(session, scene.tree)
    posts = [await add_post(session, scene.tree, scene.lesson, campaign=campaign) for _ in range(2)]
    inside = [
        await keep(session, scene, unit, post=post) for unit, post in zip((HERE, "far county"), posts, strict=True)
    ]
    outside = await keep(session, scene, "south county")
    settling = await settle(session, keeper, settlement=DROP, campaign_id=campaign.id)
    assert (settling.settled, settling.remaining) == (2, 0)
    assert [await state_of(session, row) for row in inside] == [DeliveryState.CANCELLED] * 2
    assert await state_of(session, outside) is FAILED


async def test_nobody_settles_beyond_their_reach_and_what_they_only_see_is_counted(session: AsyncSession, scene: Scene):
    place = scene.tree[HERE]
    actor = await add_keeper(session, place, Role.MEDIA_MANAGER, login="local")
    looks_on = Actor(actor.user_id, actor.name, (*actor.scopes, *actor_at(scene.tree["east"], Role.VIEWER).scopes))
    post = await add_post(session, scene.tree, scene.lesson, unit=HERE)
    unseen = await keep(session, scene, "far county", post=post)
    seen = await keep(session, scene, "south county", post=post)
    await keep(session, scene, HERE, post=post)
    settling = await settle(session, looks_on, post_id=post.id)
    assert (settling.settled, settling.remaining, why(settling)) == (1, 0, {"NOT_PERMITTED": 1})
    assert why(await settle(session, actor, post_id=post.id)) == {}
    assert [await state_of(session, row) for row in (unseen, seen)] == [FAILED, FAILED]
    for named, row_id in [("post", scene.post.id), ("unit", scene.tree["east"].id)]:
        with pytest.raises(NotFound) as caught:
            await settle(session, actor, **{f"{named}_id": row_id})
        assert caught.value.path == (f"{named}Id",)


async def test_nothing_of_a_cancelled_post_is_sent_again_but_it_may_be_dropped(
    session: AsyncSession, scene: Scene, keeper: Actor
):
    row = await keep(session, scene, HERE)
    await cancel_post(session, keeper, now=NOW, post_id=scene.post.id)
    await session.commit()
    for place in ({"post_id": scene.post.id}, {"unit_id": scene.tree["nation"].id}):
        settling = await settle(session, keeper, **place)
        assert (settling.settled, settling.remaining, why(settling)) == (0, 0, {"POST_CANCELLED": 1})
    assert await state_of(session, row) is FAILED
    settling = await settle(session, keeper, settlement=DROP, post_id=scene.post.id)
    assert (settling.settled, why(settling)) == (1, {})


async def test_a_large_group_is_settled_by_and_by_the_earliest_due_first(
    session: AsyncSession, scene: Scene, keeper: Actor, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(settlements, "BATCH", 2)
    # What is refused does not stand in the way of the rest.
    cancelled = await add_post(session, scene.tree, scene.lesson)
    for _ in range(3):
        await keep(session, scene, HERE, post=cancelled)
    await cancel_post(session, keeper, now=NOW, post_id=cancelled.id)
    rows = [await keep(session, scene, unit) for unit in (HERE, "south county", "far county")]
    for row, ago in zip(rows, (1, 3, 2), strict=True):
        await change(session, row, due_at=func.now() - ago * HOUR)
    first = await settle(session, keeper, unit_id=scene.tree["nation"].id)
    assert (first.settled, first.remaining, why(first)) == (2, 1, {"POST_CANCELLED": 3})
    assert [await state_of(session, row) for row in rows] == [FAILED, DeliveryState.SCHEDULED, DeliveryState.SCHEDULED]
    second = await settle(session, keeper, unit_id=scene.tree["nation"].id)
    assert (second.settled, second.remaining) == (1, 0)


async def test_a_larger_group_costs_no_more_statements(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keeper: Actor, keyring: Keyring
):
    counts = []
    for size in (1, 20):
        for account in await add_accounts(session, scene.tree, HERE, scene.host, keyring, count=size):
            await add_delivery(session, scene.post, account, state=FAILED, problem="INVALID")
        with statements_of(engine) as sent:
            assert (await settle(session, keeper, unit_id=scene.tree["nation"].id)).settled == size
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 8


async def test_what_was_to_go_out_later_still_does(session: AsyncSession, scene: Scene, keeper: Actor):
    row = await keep(session, scene, HERE)
    await change(session, row, due_at=func.now() + HOUR)
    await settle(session, keeper, post_id=scene.post.id)
    await session.refresh(row)
    assert row.try_at == row.due_at
    assert await claim(session) == []


async def test_what_is_sent_again_may_fail_again(session: AsyncSession, scene: Scene, keeper: Actor):
    row = await keep(session, scene, HERE)
    await settle(session, keeper, post_id=scene.post.id)
    (claimed,) = await claim(session)
    assert await answers.settle(session, claimed, after_submit(NEVER_ARRIVED, tries=claimed.tries))
    await session.commit()
    assert await state_of(session, row) is DeliveryState.SCHEDULED
    assert row.tries == 1


@pytest.mark.parametrize("count", [0, 2, 3])
async def test_exactly_one_place_is_named(session: AsyncSession, scene: Scene, keeper: Actor, count: int):
    named = {"post_id": scene.post.id, "unit_id": scene.tree["nation"].id, "campaign_id": new_id()}
    with pytest.raises(Invalid) as caught:
        await settle(session, keeper, **dict(list(named.items())[:count]))
    assert caught.value.code == "CHOOSE_PLACE"


@pytest.mark.parametrize("named", ["post_id", "campaign_id", "unit_id"])
async def test_a_place_that_never_was_is_not_found(session: AsyncSession, keeper: Actor, named: str):
    with pytest.raises(NotFound):
        await settle(session, keeper, **{named: new_id()})


async def test_whoever_only_looks_on_settles_nothing(session: AsyncSession, scene: Scene):
    await keep(session, scene, HERE)
    campaign = await add_campaign(session, scene.tree)
    viewer = actor_at(scene.tree["nation"], Role.VIEWER)
    places = {"post_id": scene.post.id, "unit_id": scene.tree["nation"].id, "campaign_id": campaign.id}
    for named, row_id in places.items():
        with pytest.raises(NotPermitted):
            await settle(session, viewer, **{named: row_id})
