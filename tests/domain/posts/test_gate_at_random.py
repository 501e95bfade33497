"""A thousand acts within milliseconds of the due time: what was claimed might go out, and had the approved text."""

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts.commands import suspend_account
from domain.base.ids import new_code, new_id
from domain.base.keyring import Keyring
from domain.posts.approvals import approve_post, withdraw_approval
from domain.posts.commands import cancel_post
from domain.posts.deliveries import Claim
from domain.posts.edits import edit_post, hold_post
from domain.posts.models import Approval, Delivery, Post, Silence
from domain.posts.silences import lift_silence, order_silence
from domain.refusals import Conflict
from domain.terms import DeliveryState
from integrations.database import Sessions
from tests.factories.deliveries import Scene, set_scene
from tests.factories.gate import claim, keep_gate_once
from tests.factories.people import add_keeper
from tests.factories.posts import add_accounts

ROUNDS = 1000
# On a slow machine it stops here, with as many rounds as there were.
LONGEST_SECONDS = 35.0
LEAST = 60
ACTS = ("cancel", "edit", "edit and approve", "hold", "suspend", "withdraw", "silence")
# Each lane of acts has a county that it may silence without hindering the others.
LANES = ("north county", "south county", "far county")
LATER = timedelta(days=1)
NEW = "更正后的推介"


@dataclass
class Round:
    """A post with one delivery of an account of its own, what is done to it, and whether that came too late."""

    act: str
    lane: int
    post_id: Any
    delivery_id: Any
    account_id: Any
    text: str
    was_begun: bool | None = None


def now() -> datetime:
    return datetime.now(UTC)


async def plan(session: AsyncSession, keyring: Keyring, scene: Scene, chance: random.Random) -> list[Round]:
    """All posts, approved, their deliveries not due yet; committed."""
    accounts = await add_accounts(session, scene.tree, "west city", scene.host, keyring, count=ROUNDS)
    rounds, posts, approvals, rows = [], [], [], []
    given = scene.post
    for number, account in enumerate(accounts):
        code, lane = new_code(), number % len(LANES)
        each = Round(
            chance.choice(ACTS), lane, new_id(), new_id(), account.id, f"{given.text} https://qicai.example/s/{code}"
        )
        place = {"unit_id": given.unit_id, "unit_path": given.unit_path}
        facts = {"lesson_id": given.lesson_id, "text": given.text, "publish_at": now(), "spread_seconds": 0}
        posts.append({"id": each.post_id, **place, **facts, "created_at": now(), "created_by": given.created_by})
        approvals.append({"id": new_id(), "post_id": each.post_id, "revision": 1, "approved_at": now()})
        at = scene.tree[LANES[lane]] if each.act == "silence" else scene.tree["west city"]
        # No order over a county reaches the city above it.
        rows.append(
            {
                "id": each.delivery_id,
                "post_id": each.post_id,
                "account_id": account.id,
                "unit_id": at.id,
                "unit_path": at.path,
                "text": each.text,
                "code": code,
                "key": new_id(),
                "state": DeliveryState.SCHEDULED,
                "due_at": now() - timedelta(seconds=5),
                "try_at": now() + LATER,
                "tries": 0,
                "looks": 0,
            }
        )
        rounds.append(each)
    for table, values in ((Post, posts), (Approval, approvals), (Delivery, rows)):
        await session.execute(insert(table), values)
    await session.commit()
    return rounds


async def is_begun(session: AsyncSession, each: Round) -> bool:
    """Whether a worker has it, seen by the act itself with the gate shut: nobody can be claiming."""
    state = await session.scalar(select(Delivery.state).where(Delivery.id == each.delivery_id))
    return state is DeliveryState.SENDING


async def do(session: AsyncSession, each: Round, scene: Scene, actor: Actor) -> bool:
    """The act, not committed; answers whether it was too late."""
    post: dict[str, Any] = {"now": now(), "post_id": each.post_id}
    if each.act == "cancel":
        return (await cancel_post(session, actor, **post)).too_late == 1
    if each.act.startswith("edit"):
        try:
            await edit_post(session, actor, **post, expected_version=1, text=NEW)
        except Conflict as refusal:
            return refusal.code == "NOTHING_LEFT_TO_EDIT"
        return False
    if each.act == "hold":
        await hold_post(session, actor, **post, reason="核对")
    elif each.act == "withdraw":
        await withdraw_approval(session, actor, **post, reason="用词不妥")
    elif each.act == "suspend":
        await suspend_account(session, actor, now=now(), account_id=each.account_id, reason="整顿")
    else:
        await order_silence(session, actor, now=now(), unit_id=scene.tree[LANES[each.lane]].id, reason="哀悼日")
    return await is_begun(session, each)


async def play(sessions: Sessions, each: Round, scene: Scene, actors: tuple[Actor, Actor], delay: float) -> None:
    """Make it due, and act a moment later; a silence ends again once its delivery is out of the way."""
    async with sessions() as session:
        due = update(Delivery).where(Delivery.id == each.delivery_id).values(try_at=func.now())
        await session.execute(due.execution_options(synchronize_session=False))
        await session.commit()
    await asyncio.sleep(delay)
    async with sessions() as session:
        each.was_begun = await do(session, each, scene, actors[0])
        # Refused edits are undone, as the frame does.
        await (session.rollback() if each.act.startswith("edit") and each.was_begun else session.commit())
    if each.act == "edit and approve" and not each.was_begun:
        async with sessions() as session:
            await approve_post(session, actors[1], now=now(), post_id=each.post_id, expected_version=2)
            await session.commit()
    if each.act == "silence":
        await asyncio.sleep(delay)
        async with sessions() as session:
            await end_silence(session, each, scene, actors[0])


async def end_silence(session: AsyncSession, each: Round, scene: Scene, actor: Actor) -> None:
    await cancel_post(session, actor, now=now(), post_id=each.post_id)
    await session.commit()
    in_force = select(Silence.id).where(Silence.lifted_at.is_(None), Silence.unit_id == scene.tree[LANES[each.lane]].id)
    silence_id = (await session.execute(in_force)).scalar_one()
    await lift_silence(session, actor, now=now(), silence_id=silence_id)
    await session.commit()


def judge(each: Round, one: Claim | None, *, new_text: str) -> None:
    """Hold what was claimed, or was not, against what the act was answered."""
    if each.was_begun:
        # It had been claimed when the act was answered, with the text that had been approved.
        assert one is not None, each
        assert one.text == each.text, each
    elif each.act == "edit and approve":
        assert one is not None, each
        assert one.text == new_text, each
    else:
        assert one is None, each


async def test_a_thousand_acts_against_claims(sessions: Sessions, session: AsyncSession, keyring: Keyring):
    chance = random.Random(20260601)
    scene = await set_scene(session, keyring, units=())
    actors = (
        await add_keeper(session, scene.tree["nation"], login="first"),
        await add_keeper(session, scene.tree["nation"], login="second"),
    )
    rounds = await plan(session, keyring, scene, chance)
    claimed: dict[Any, Claim] = {}
    over, until = asyncio.Event(), time.monotonic() + LONGEST_SECONDS

    async def claimer() -> None:
        async with sessions() as own:
            while not over.is_set():
                await take(own)
                await asyncio.sleep(chance.uniform(0, 0.01))

    async def take(own: AsyncSession) -> None:
        for one in await claim(own):
            assert one.delivery_id not in claimed
            claimed[one.delivery_id] = one

    async def keeper() -> None:
        async with sessions() as own:
            while not over.is_set():
                await keep_gate_once(own)
                await asyncio.sleep(0.1)

    async def lane(number: int) -> None:
        for each in rounds:
            if each.lane == number and time.monotonic() < until:
                await play(sessions, each, scene, actors, chance.uniform(0, 0.02))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(claimer())
        tasks.create_task(keeper())
        lanes = [tasks.create_task(lane(number)) for number in range(len(LANES))]
        await asyncio.wait(lanes)
        over.set()
    # Whatever may still go out does so now.
    await keep_gate_once(session)
    await take(session)
    played = [each for each in rounds if each.was_begun is not None]
    assert len(played) >= LEAST
    for each in played:
        judge(each, claimed.get(each.delivery_id), new_text=each.text.replace(scene.post.text, NEW))
    assert {each.was_begun for each in played} == {True, False}
    assert {each.act for each in played} == set(ACTS)
    assert not set(claimed) - {each.delivery_id for each in played}
