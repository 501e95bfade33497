"""Whoever copies a path and whoever changes the tree wait for each other, and every copy ends up right."""

import asyncio
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.accounts.models import Account
from domain.base.keyring import Keyring
from domain.lessons.commands import create_lesson
from domain.lessons.models import Lesson
from domain.people.commands import disable_user
from domain.refusals import Refusal
from domain.terms import Role, ServiceKind
from domain.units.commands import dismiss_unit_act, move_unit, rename_unit
from domain.units.models import Unit
from domain.units.queries import tree_stands
from integrations.database import Sessions
from tests.factories.posts import add_account, add_host
from tests.factories.units import Tree, actor_at, add_user, plant_tree

NOW = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 6, 1), date(2026, 6, 2)
OPERATOR = Actor.operator()
MOMENT = 0.2


async def move(session: AsyncSession, tree: Tree) -> None:
    wish = {"unit_id": tree["north county"].id, "parent_id": tree["west city"].id}
    await move_unit(session, OPERATOR, now=NOW, effective_on=TODAY, reason="划转", **wish)


async def write_lesson(session: AsyncSession, tree: Tree) -> None:
    wish = {"title": "课", "service": ServiceKind.SELF_PROTECTION, "theme": "安全", "text": "文"}
    await create_lesson(session, OPERATOR, now=NOW, unit_id=tree["north town"].id, **wish)


async def planted(sessions: Sessions) -> Tree:
    async with sessions() as session:
        return await plant_tree(session)


async def check(sessions: Sessions, model: type[Lesson] | type[Account]) -> None:
    async with sessions() as session:
        query = select(model.unit_path, Unit.path).join(Unit, Unit.id == model.unit_id)
        ((copied, path),) = (await session.execute(query)).all()
    assert copied == path


async def test_a_lesson_written_while_its_county_moves_lies_where_the_county_went(sessions: Sessions):
    tree = await planted(sessions)

    async def write() -> None:
        async with sessions() as session:
            await write_lesson(session, tree)
            await session.commit()

    async with sessions() as moving:
        await move(moving, tree)
        writing = asyncio.create_task(write())
        await asyncio.sleep(MOMENT)
        assert not writing.done()
        await moving.commit()
        await asyncio.wait_for(writing, 5)
    await check(sessions, Lesson)


async def test_a_move_waits_for_a_lesson_that_is_being_written_and_takes_it_along(sessions: Sessions):
    tree = await planted(sessions)

    async def moved() -> None:
        async with sessions() as session:
            await move(session, tree)
            await session.commit()

    async with sessions() as writing:
        await write_lesson(writing, tree)
        moving = asyncio.create_task(moved())
        await asyncio.sleep(MOMENT)
        assert not moving.done()
        await writing.commit()
        await asyncio.wait_for(moving, 5)
    await check(sessions, Lesson)


async def test_an_account_connected_while_its_county_moves_lies_where_the_county_went(
    sessions: Sessions, keyring: Keyring
):
    tree = await planted(sessions)
    async with sessions() as session:
        host = await add_host(session, keyring)

    async def connect() -> None:
        async with sessions() as session:
            await add_account(session, tree, "north town", host, keyring)

    async with sessions() as moving:
        await move(moving, tree)
        connecting = asyncio.create_task(connect())
        await asyncio.sleep(MOMENT)
        assert not connecting.done()
        await moving.commit()
        await asyncio.wait_for(connecting, 5)
    await check(sessions, Account)


async def test_lessons_do_not_wait_for_one_another(sessions: Sessions):
    tree = await planted(sessions)
    async with sessions() as one, sessions() as other:
        await write_lesson(one, tree)
        await asyncio.wait_for(write_lesson(other, tree), 5)
        await one.commit()
        await other.commit()


async def test_two_acts_at_once_are_done_one_after_the_other(sessions: Sessions):
    tree = await planted(sessions)

    async def rename(number: int) -> None:
        async with sessions() as session:
            wish = {"unit_id": tree["east"].id, "name": f"{number}省", "effective_on": TODAY, "reason": "更名"}
            await rename_unit(session, OPERATOR, now=NOW, **wish)
            await session.commit()

    await asyncio.gather(*(rename(number) for number in range(5)))
    async with sessions() as session:
        unit = await session.get_one(Unit, tree["east"].id)
        assert unit.name in {f"{number}省" for number in range(5)}


async def test_withdrawing_does_not_wait_for_the_tree(sessions: Sessions):
    tree = await planted(sessions)
    async with sessions() as session:
        wish = {"unit_id": tree["east"].id, "name": "新省", "effective_on": TOMORROW, "reason": "更名"}
        planned = await rename_unit(session, OPERATOR, now=NOW, **wish)
        await session.commit()
    async with sessions() as moving, sessions() as other:
        await move(moving, tree)
        withdrawn = dismiss_unit_act(other, OPERATOR, now=NOW, act_id=planned.act.id, reason="撤回")
        await asyncio.wait_for(withdrawn, 5)
        await other.commit()


@pytest.mark.parametrize("unit", ["west", "far county"])
async def test_who_may_not_change_the_tree_makes_nobody_wait_for_it(sessions: Sessions, unit: str):
    tree = await planted(sessions)
    stranger = actor_at(tree[unit], Role.VIEWER)
    wish = {"unit_id": tree["north county"].id, "parent_id": tree["west city"].id, "reason": "划转"}
    async with sessions() as copying, sessions() as other:
        await tree_stands(copying)
        with pytest.raises(Refusal, match="NOT_FOUND"):
            await asyncio.wait_for(move_unit(other, stranger, now=NOW, effective_on=TODAY, **wish), 5)


async def test_who_shuts_a_login_during_a_move_waits_before_taking_any_row(sessions: Sessions):
    tree = await planted(sessions)
    async with sessions() as session:
        person = await add_user(session, tree["north county"], Role.VIEWER, login="leaver")

    async def shut() -> None:
        async with sessions() as session:
            leaving = {"user_id": person.id, "reason": "离任", "is_leaving": True}
            await disable_user(session, OPERATOR, now=NOW, **leaving)
            await session.commit()

    async with sessions() as moving:
        await move(moving, tree)
        shutting = asyncio.create_task(shut())
        await asyncio.sleep(MOMENT)
        assert not shutting.done()
        # Were the row taken, the two would wait for each other.
        free = select(User.id).where(User.id == person.id).with_for_update(nowait=True)
        assert (await moving.execute(free)).scalar_one() == person.id
        await moving.commit()
        await asyncio.wait_for(shutting, 5)
