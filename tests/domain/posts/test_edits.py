"""Editing and holding what is scheduled: text, time, lateness, and what has begun already."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring
from domain.posts import rules
from domain.posts.commands import cancel_post
from domain.posts.edits import Editing, edit_post, hold_post, release_post
from domain.posts.models import Delivery, Post
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Refusal
from domain.terms import DeliveryState, HoldReason, Lateness, Role
from tests.factories.deliveries import Scene, add_delivery, change, set_scene
from tests.factories.gate import add_approval, claim, holding, keep_gate_once, state_of
from tests.factories.people import add_keeper
from tests.factories.posts import add_accounts
from tests.factories.statements import statements_of
from tests.factories.units import actor_at

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
HERE = "north county"
NEW = "更正后的推介"


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=(HERE, "east", "far county"))


@pytest.fixture
async def editor(session: AsyncSession, scene: Scene) -> Actor:
    return await add_keeper(session, scene.tree["nation"], Role.MEDIA_MANAGER, login="editor")


async def edit(session: AsyncSession, actor: Actor, post: Post, **given: Any) -> Editing:
    wish = {"expected_version": post.version} | given
    editing = await edit_post(session, actor, now=now(), post_id=post.id, **wish)
    await session.commit()
    return editing


async def refused(session: AsyncSession, actor: Actor, post: Post, **given: Any) -> Refusal:
    async with AsyncSession(session.bind) as own:
        with pytest.raises(Refusal) as caught:
            await edit(own, actor, post, **given)
    await session.refresh(post)
    return caught.value


async def test_another_text_is_frozen_anew_and_keeps_its_code(session: AsyncSession, scene: Scene, editor: Actor):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    before = (delivery.code, delivery.due_at, delivery.try_at)
    old_key = delivery.key
    editing = await edit(session, editor, scene.post, text=f" {NEW} ")
    await session.refresh(delivery)
    assert (editing.changed, editing.too_late) == (1, 0)
    post = editing.post
    assert (post.text, post.version, post.revision, post.edited_by) == (NEW, 2, 2, editor.user_id)
    assert delivery.text == f"{NEW} https://qicai.example/s/{delivery.code}"
    assert (delivery.code, delivery.due_at, delivery.try_at) == before
    assert (delivery.key, delivery.revision) == (rules.delivery_key(delivery.id, delivery.text), 2)
    assert delivery.key != old_key


async def test_another_text_has_to_be_approved_anew(session: AsyncSession, scene: Scene, editor: Actor):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await edit(session, editor, scene.post, text=NEW)
    assert await claim(session) == []
    await keep_gate_once(session)
    assert await holding(session, delivery) == {HoldReason.NOT_APPROVED}
    await add_approval(session, scene.post)
    await keep_gate_once(session)
    (claimed,) = await claim(session)
    assert claimed.text == f"{NEW} https://qicai.example/s/{delivery.code}"


@pytest.mark.parametrize("given", [{"text": "示范课程推介 "}, {"lateness": Lateness.MISS}, {"spread_seconds": 60}])
async def test_what_leaves_the_text_as_it_is_leaves_the_approval_too(
    session: AsyncSession, scene: Scene, editor: Actor, given: dict[str, Any]
):
    await change(session, scene.post, publish_at=func.now())
    await add_delivery(session, scene.post, scene.accounts[HERE])
    editing = await edit(session, editor, scene.post, **given)
    assert (editing.post.version, editing.post.revision, editing.post.edited_by) == (2, 1, None)
    assert len(await claim(session)) == 1


async def test_another_time_is_spread_in_the_order_there_was(session: AsyncSession, scene: Scene, editor: Actor):
    units = ["far county", HERE, "east"]
    rows = [
        await add_delivery(session, scene.post, scene.accounts[unit], due_in=place * MINUTE)
        for place, unit in enumerate(units, 1)
    ]
    start = now() + HOUR
    await edit(session, editor, scene.post, publish_at=start, spread_seconds=3 * 3600)
    for place, row in enumerate(rows):
        await session.refresh(row)
        assert row.due_at == row.try_at == start + place * HOUR
    await session.refresh(scene.post)
    assert (scene.post.publish_at, scene.post.spread_seconds) == (start, 3 * 3600)


async def test_what_was_brought_forward_goes_out_when_it_is_due_now(session: AsyncSession, scene: Scene, editor: Actor):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], due_in=HOUR)
    assert await claim(session) == []
    await edit(session, editor, scene.post, publish_at=now() - timedelta(seconds=1))
    assert [one.delivery_id for one in await claim(session)] == [delivery.id]


async def test_what_was_held_and_put_off_is_due_when_it_says_now(session: AsyncSession, scene: Scene, editor: Actor):
    await change(session, scene.post, held_at=func.now())
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await keep_gate_once(session)
    await edit(session, editor, scene.post, publish_at=now() + HOUR)
    await change(session, scene.post, held_at=None)
    await keep_gate_once(session)
    assert await state_of(session, delivery) is DeliveryState.SCHEDULED
    assert await claim(session) == []


async def test_lateness_is_changed_without_moving_anything(session: AsyncSession, scene: Scene, editor: Actor):
    # The first stands already: spread anew, the second would be due at the beginning, before its time.
    await change(session, scene.post, spread_seconds=7200)
    await add_delivery(session, scene.post, scene.accounts["east"], state=DeliveryState.PUBLISHED)
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], due_in=HOUR, try_at=func.now() + 2 * HOUR)
    before = (delivery.due_at, delivery.try_at, delivery.text, delivery.key)
    editing = await edit(session, editor, scene.post, lateness=Lateness.HOLD, late_after_seconds=600)
    await session.refresh(delivery)
    assert (delivery.due_at, delivery.try_at, delivery.text, delivery.key) == before
    assert (editing.changed, editing.too_late) == (1, 1)
    assert (editing.post.lateness, editing.post.late_after_seconds) == (Lateness.HOLD, 600)


async def test_what_was_held_for_being_late_goes_on_once_it_may_be_late(
    session: AsyncSession, scene: Scene, editor: Actor
):
    await change(session, scene.post, lateness=Lateness.HOLD, late_after_seconds=60)
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], due_in=-HOUR)
    await keep_gate_once(session)
    assert await holding(session, delivery) == {HoldReason.TOO_LATE}
    await edit(session, editor, scene.post, lateness=Lateness.SEND)
    await keep_gate_once(session)
    assert [one.delivery_id for one in await claim(session)] == [delivery.id]


BEGUN = sorted(
    set(DeliveryState)
    - {DeliveryState.SCHEDULED, DeliveryState.HELD, DeliveryState.WAITING}
    - {DeliveryState.CANCELLED, DeliveryState.MISSED}
)


@pytest.mark.parametrize("state", BEGUN)
async def test_the_text_stays_once_anything_has_begun_and_the_rest_can_still_be_moved(
    session: AsyncSession, scene: Scene, editor: Actor, state: DeliveryState
):
    begun = await add_delivery(session, scene.post, scene.accounts["east"], state=state)
    waiting = await add_delivery(session, scene.post, scene.accounts[HERE], due_in=HOUR)
    refusal = await refused(session, editor, scene.post, text=NEW)
    assert (refusal.code, refusal.path, refusal.facts) == ("POST_PARTLY_SENT", ("text",), {"count": 1})
    before = (begun.text, begun.due_at)
    start = now() + 2 * HOUR
    editing = await edit(session, editor, scene.post, publish_at=start)
    assert (editing.changed, editing.too_late) == (1, 1)
    await session.refresh(begun)
    await session.refresh(waiting)
    assert (begun.text, begun.due_at, begun.state) == (*before, state)
    assert waiting.due_at == start


async def test_what_will_never_go_out_does_not_keep_the_text(session: AsyncSession, scene: Scene, editor: Actor):
    for unit, state in (("east", DeliveryState.CANCELLED), ("far county", DeliveryState.MISSED)):
        await add_delivery(session, scene.post, scene.accounts[unit], state=state)
    await add_delivery(session, scene.post, scene.accounts[HERE])
    editing = await edit(session, editor, scene.post, text=NEW)
    assert (editing.changed, editing.too_late) == (1, 0)


@pytest.mark.parametrize("state", [DeliveryState.SCHEDULED, DeliveryState.HELD, DeliveryState.WAITING])
async def test_whatever_has_not_begun_is_changed(
    session: AsyncSession, scene: Scene, editor: Actor, state: DeliveryState
):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE], state=state)
    assert (await edit(session, editor, scene.post, text=NEW)).changed == 1
    await session.refresh(delivery)
    assert (delivery.state, delivery.text.startswith(NEW)) == (state, True)


async def test_nothing_is_edited_once_everything_has_begun(session: AsyncSession, scene: Scene, editor: Actor):
    await add_delivery(session, scene.post, scene.accounts[HERE], state=DeliveryState.SENDING)
    refusal = await refused(session, editor, scene.post, spread_seconds=60)
    assert (type(refusal), refusal.code, refusal.path) == (Conflict, "NOTHING_LEFT_TO_EDIT", ("postId",))
    assert scene.post.version == 1


async def test_whoever_saw_an_older_version_edits_nothing(session: AsyncSession, scene: Scene, editor: Actor):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    await edit(session, editor, scene.post, text=NEW)
    refusal = await refused(session, editor, scene.post, expected_version=1, text="第三稿")
    assert (refusal.code, refusal.path) == ("EDITED_MEANWHILE", ("expectedVersion",))
    await session.refresh(delivery)
    assert (scene.post.text, delivery.revision) == (NEW, 2)


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"text": "  "}, "TEXT_EMPTY", "text"),
        ({"text": "字" * 200}, "TEXT_TOO_LONG", "text"),
        ({"publish_at": datetime(2020, 1, 1, tzinfo=UTC)}, "TIME_PASSED", "publishAt"),
        ({"publish_at": datetime(2099, 1, 1, tzinfo=UTC)}, "TIME_TOO_FAR", "publishAt"),
        ({"publish_at": datetime(2026, 1, 1)}, "TIME_WITHOUT_ZONE", "publishAt"),  # noqa: DTZ001 - refused for it
        ({"spread_seconds": -1}, "SPREAD_INVALID", "spreadSeconds"),
        ({"late_after_seconds": 59}, "LATENESS_INVALID", "lateAfterSeconds"),
        ({"late_after_seconds": 30 * 24 * 3600 + 1}, "LATENESS_INVALID", "lateAfterSeconds"),
    ],
)
async def test_what_would_not_be_scheduled_is_not_edited_into(
    session: AsyncSession, scene: Scene, editor: Actor, given: dict[str, Any], code: str, path: str
):
    await change(session, scene.post, publish_at=func.now())
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    before = (delivery.text, delivery.due_at)
    refusal = await refused(session, editor, scene.post, **given)
    assert (type(refusal), refusal.code, refusal.path) == (Invalid, code, (path,))
    await session.refresh(delivery)
    assert (delivery.text, delivery.due_at, scene.post.version) == (*before, 1)


@pytest.mark.parametrize(
    ("unit", "role", "kind"),
    [("nation", Role.VIEWER, NotPermitted), ("nation", Role.AUDITOR, NotPermitted), ("east", None, NotFound)],
)
async def test_whoever_may_not_edit_at_the_posts_unit_neither_edits_nor_holds(
    session: AsyncSession, scene: Scene, unit: str, role: Role | None, kind: type[Refusal]
):
    await add_delivery(session, scene.post, scene.accounts["east"])
    actor = actor_at(scene.tree[unit], role or Role.ADMINISTRATOR)
    with pytest.raises(kind):
        await edit(session, actor, scene.post, text=NEW)
    with pytest.raises(kind):
        await hold_post(session, actor, now=now(), post_id=scene.post.id, reason="核对")
    with pytest.raises(kind):
        await release_post(session, actor, now=now(), post_id=scene.post.id)


async def test_a_cancelled_post_is_not_worked_on(session: AsyncSession, scene: Scene, editor: Actor):
    await add_delivery(session, scene.post, scene.accounts[HERE])
    await cancel_post(session, editor, now=now(), post_id=scene.post.id)
    await session.commit()
    assert (await refused(session, editor, scene.post, text=NEW)).code == "POST_CANCELLED"
    for act, given in ((hold_post, {"reason": "核对"}), (release_post, {})):
        with pytest.raises(Conflict) as caught:
            await act(session, editor, now=now(), post_id=scene.post.id, **given)
        assert caught.value.code == "POST_CANCELLED"


async def test_a_post_is_held_back_once_and_let_go_once(session: AsyncSession, scene: Scene, editor: Actor):
    delivery = await add_delivery(session, scene.post, scene.accounts[HERE])
    given: dict[str, Any] = {"now": now(), "post_id": scene.post.id}
    held = await hold_post(session, editor, **given, reason=" 核对 ")
    await session.commit()
    assert (held.held_at, held.held_reason) == (given["now"], "核对")
    with pytest.raises(Conflict) as caught:
        await hold_post(session, editor, **given, reason="再核对")
    assert (caught.value.code, caught.value.path) == ("POST_HELD", ("postId",))
    await session.commit()
    assert await claim(session) == []
    released = await release_post(session, editor, **given)
    await session.commit()
    assert (released.held_at, released.held_reason) == (None, None)
    with pytest.raises(Conflict) as caught:
        await release_post(session, editor, **given)
    assert (caught.value.code, caught.value.path) == ("POST_NOT_HELD", ("postId",))
    await session.commit()
    assert [one.delivery_id for one in await claim(session)] == [delivery.id]


async def test_editing_much_costs_a_constant_number_of_statements(
    session: AsyncSession, engine: AsyncEngine, scene: Scene, keyring: Keyring, editor: Actor
):
    for account in await add_accounts(session, scene.tree, "west", scene.host, keyring, count=30):
        await add_delivery(session, scene.post, account)
    wish: dict[str, Any] = {"post_id": scene.post.id, "expected_version": 1, "text": NEW}
    wish |= {"publish_at": now() + HOUR}
    with statements_of(engine) as sent:
        editing = await edit_post(session, editor, now=now(), **wish)
    await session.commit()
    assert editing.changed == 30
    assert len(sent) == 8
    texts = select(func.count(func.distinct(Delivery.text))).where(Delivery.text.startswith(NEW))
    assert await session.scalar(texts) == 30
