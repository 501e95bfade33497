"""Planned changes of the tree are done when their day has come by the database's clock: once, or visibly not."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.access.queries import actor_of
from domain.audit.models import AuditEntry
from domain.base.dates import today
from domain.terms import UnitActState
from domain.units import acts
from domain.units.commands import accept_unit_act, close_unit, dismiss_unit_act, move_unit, rename_unit
from domain.units.models import Unit, UnitAct, UnitVersion
from integrations.database import Sessions
from tests.factories.servers import eventually
from tests.factories.units import Tree, add_user, plant_tree
from workers import units
from workers.context import WorkerContext

OPERATOR = Actor.operator()


def now() -> datetime:
    return datetime.now(UTC)


async def planted(sessions: Sessions) -> Tree:
    async with sessions() as session:
        return await plant_tree(session)


async def plan_rename(sessions: Sessions, unit: Unit, name: str) -> UnitAct:
    async with sessions() as session:
        wish = {"unit_id": unit.id, "name": name, "reason": "更名"}
        tomorrow = today(now()) + timedelta(days=1)
        done = await rename_unit(session, OPERATOR, now=now(), effective_on=tomorrow, **wish)
        await session.commit()
        return done.act


async def let_its_day_come(sessions: Sessions, *acts_: UnitAct, days: int = 0) -> date:
    """As if it had been planned for today in China, or for some days ago; the clock itself is never moved."""
    async with sessions() as session:
        day = await session.scalar(select(text(f"(now() AT TIME ZONE 'Asia/Shanghai')::date - {days}")))
        assert isinstance(day, date)
        ids = [act.id for act in acts_]
        await session.execute(update(UnitAct).where(UnitAct.id.in_(ids)).values(effective_on=day))
        await session.commit()
    return day


async def carry_out(context: WorkerContext) -> None:
    await units.carry_out_due(context, asyncio.Event())


async def act_now(sessions: Sessions, act: UnitAct) -> UnitAct:
    async with sessions() as session:
        return await session.get_one(UnitAct, act.id)


async def name_of(sessions: Sessions, unit: Unit) -> str:
    async with sessions() as session:
        return (await session.get_one(Unit, unit.id)).name


async def test_an_act_is_done_on_its_day_and_not_before(context: WorkerContext, sessions: Sessions):
    tree = await planted(sessions)
    act = await plan_rename(sessions, tree["east"], "新省")
    await carry_out(context)
    assert (await act_now(sessions, act)).state is UnitActState.PLANNED
    assert await name_of(sessions, tree["east"]) == "east"
    day = await let_its_day_come(sessions, act)
    await carry_out(context)
    done = await act_now(sessions, act)
    assert (done.state, done.failure) == (UnitActState.DONE, None)
    assert done.done_at is not None
    async with sessions() as session:
        query = select(UnitVersion.valid_from).where(UnitVersion.unit_id == tree["east"].id, UnitVersion.name == "新省")
        assert await session.scalar(query) == day


async def test_what_is_late_is_done_from_its_own_day_on(context: WorkerContext, sessions: Sessions):
    tree = await planted(sessions)
    act = await plan_rename(sessions, tree["east"], "新省")
    day = await let_its_day_come(sessions, act, days=3)
    await carry_out(context)
    async with sessions() as session:
        query = select(UnitVersion.valid_from).where(UnitVersion.unit_id == tree["east"].id, UnitVersion.name == "新省")
        assert await session.scalar(query) == day


async def test_one_that_cannot_be_done_says_why_and_keeps_no_other_from_it(context: WorkerContext, sessions: Sessions):
    tree = await planted(sessions)
    first = await plan_rename(sessions, tree["far county"], "新县")
    second = await plan_rename(sessions, tree["east"], "新省")
    async with sessions() as session:
        wish = {"unit_id": tree["far county"].id, "effective_on": date(2020, 1, 1), "reason": "撤销"}
        await close_unit(session, OPERATOR, now=now(), **wish)
        await session.commit()
    await let_its_day_come(sessions, first, second)
    with structlog.testing.capture_logs() as said:
        await carry_out(context)
    failed = await act_now(sessions, first)
    assert failed.state is UnitActState.FAILED
    assert failed.failure is not None
    assert (failed.failure["code"], failed.failure["path"]) == ("UNIT_CLOSED", ["unitId"])
    assert "撤销" in failed.failure["zh"]
    assert await name_of(sessions, tree["east"]) == "新省"
    assert {line["event"] for line in said} == {"unit_act_failed", "unit_act_done"}


async def test_a_failed_act_can_be_accepted_for_another_day_or_dismissed(context: WorkerContext, sessions: Sessions):
    tree = await planted(sessions)
    acts_ = [await plan_rename(sessions, tree[name], "新名") for name in ("east", "west")]
    async with sessions() as session:
        for act in acts_:
            refusal = acts.Conflict(acts.Reason.ACT_DECIDED)
            await acts.note_failure(session, act_id=act.id, refusal=refusal)
        again = {"now": now(), "act_id": acts_[0].id, "effective_on": date(2026, 1, 1)}
        done = await accept_unit_act(session, OPERATOR, **again)
        assert (done.act.state, done.act.failure) == (UnitActState.DONE, None)
        act = await dismiss_unit_act(session, OPERATOR, now=now(), act_id=acts_[1].id, reason="不再需要")
        assert act.state is UnitActState.DISMISSED


async def test_one_withdrawn_is_not_done(context: WorkerContext, sessions: Sessions):
    tree = await planted(sessions)
    act = await plan_rename(sessions, tree["east"], "新省")
    async with sessions() as session:
        await dismiss_unit_act(session, OPERATOR, now=now(), act_id=act.id, reason="撤回")
        await session.commit()
    await let_its_day_come(sessions, act)
    await carry_out(context)
    async with sessions() as session:
        assert not await acts.carry_out_planned(session, act_id=act.id, now=now())
    assert await name_of(sessions, tree["east"]) == "east"


async def test_two_workers_do_it_once(context: WorkerContext, sessions: Sessions):
    tree = await planted(sessions)
    planned = [await plan_rename(sessions, tree[name], f"新{name}") for name in ("east", "west", "east city")]
    await let_its_day_come(sessions, *planned)
    with structlog.testing.capture_logs() as said:
        await asyncio.gather(*(carry_out(context) for _ in range(3)))
    assert [line["event"] for line in said] == ["unit_act_done"] * 3
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(UnitVersion)) == len(tree.units) + 3


async def test_a_defect_leaves_it_planned_and_keeps_no_other_from_it(
    context: WorkerContext, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
):
    tree = await planted(sessions)
    broken, sound = [await plan_rename(sessions, tree[name], "新名") for name in ("east", "west")]
    await let_its_day_come(sessions, broken, sound)
    whole = acts.write

    async def breaks(session: AsyncSession, scene: Any, *rest: Any, **named: Any) -> None:
        await whole(session, scene, *rest, **named)
        if tree["east"].id in scene.units:
            raise RuntimeError("a defect")

    monkeypatch.setattr(acts, "write", breaks)
    with structlog.testing.capture_logs() as said:
        await carry_out(context)
    assert [line["event"] for line in said] == ["unit_act_broke", "unit_act_done"]
    assert (await act_now(sessions, broken)).state is UnitActState.PLANNED
    assert await name_of(sessions, tree["east"]) == "east"
    monkeypatch.setattr(acts, "write", whole)
    await carry_out(context)
    assert (await act_now(sessions, broken)).state is UnitActState.DONE


async def test_it_looks_again_and_again_whatever_the_database_does_and_stops_at_once(
    context: WorkerContext, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(units, "EVERY_SECONDS", 0.02)
    tree = await planted(sessions)
    failures = [ConnectionRefusedError("nobody listens")]

    def opened() -> Any:
        if failures:
            raise failures.pop()
        return sessions()

    stopping = asyncio.Event()
    with structlog.testing.capture_logs() as said:
        looking = asyncio.create_task(units.carry_out_acts(replace(context, sessions=cast(Sessions, opened)), stopping))
        act = await plan_rename(sessions, tree["east"], "新省")
        await let_its_day_come(sessions, act)
        await eventually(lambda: _is_done(sessions, act))
        monkeypatch.setattr(units, "EVERY_SECONDS", 3600)
        stopping.set()
        await asyncio.wait_for(looking, 1)
    assert [line["event"] for line in said] == ["database_away", "unit_act_done"]


async def test_what_is_due_is_found_by_its_index(session: AsyncSession):
    await plant_tree(session)
    await session.execute(text("SET LOCAL enable_seqscan = off"))
    plan = (
        await session.execute(
            text("EXPLAIN SELECT id FROM unit_acts WHERE unit_acts.state = 'PLANNED' AND effective_on <= current_date")
        )
    ).scalars()
    assert "ix_unit_acts_due" in "\n".join(plan)


async def _is_done(sessions: Sessions, act: UnitAct) -> bool:
    return (await act_now(sessions, act)).state is UnitActState.DONE


async def plan_move(sessions: Sessions, tree: Tree, decider: User) -> UnitAct:
    """The east plans that its north town goes to its south county."""
    async with sessions() as session:
        actor = await actor_of(session, decider.id, now=now())
        assert actor is not None
        wish = {"unit_id": tree["north town"].id, "parent_id": tree["south county"].id, "reason": "划转"}
        tomorrow = today(now()) + timedelta(days=1)
        done = await move_unit(session, actor, now=now(), effective_on=tomorrow, **wish)
        await session.commit()
        return done.act


@pytest.mark.parametrize("why", ["the decider left", "the decider has no grant", "the unit left"])
async def test_an_act_whose_decider_could_not_decide_it_any_more_is_not_done(
    context: WorkerContext, sessions: Sessions, why: str
):
    tree = await planted(sessions)
    async with sessions() as session:
        decider = await add_user(session, tree["east"], login="east-admin")
    act = await plan_move(sessions, tree, decider)
    async with sessions() as session:
        if why == "the decider left":
            await session.execute(update(User).where(User.id == decider.id).values(disabled_at=now()))
        elif why == "the decider has no grant":
            await session.execute(update(Grant).where(Grant.user_id == decider.id).values(valid_to=now()))
        else:
            wish = {"unit_id": tree["north county"].id, "parent_id": tree["west city"].id, "reason": "划转"}
            await move_unit(session, OPERATOR, now=now(), effective_on=today(now()), **wish)
        await session.commit()
    await let_its_day_come(sessions, act)
    await carry_out(context)
    failed = await act_now(sessions, act)
    assert failed.state is UnitActState.FAILED
    assert failed.failure is not None
    assert failed.failure["code"] == "ACT_DECIDER_GONE"
    async with sessions() as session:
        town = await session.get_one(Unit, tree["north town"].id)
        assert town.parent_id == tree["north county"].id


async def test_what_a_worker_does_of_a_persons_decision_is_on_record(context: WorkerContext, sessions: Sessions):
    tree = await planted(sessions)
    async with sessions() as session:
        decider = await add_user(session, tree["east"], login="east-admin")
    act = await plan_move(sessions, tree, decider)
    await let_its_day_come(sessions, act)
    await carry_out(context)
    async with sessions() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.act, entry.actor_id, entry.row_id) == ("carryOutUnitAct", decider.id, act.id)
    assert entry.details["kind"] == "MOVE"
