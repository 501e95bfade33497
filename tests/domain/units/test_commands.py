"""Importing the tree: repeatable, in a constant number of statements, and never moving anybody."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.refusals import NotPermitted
from domain.terms import Level
from domain.units.commands import import_units
from domain.units.divisions import shipped_tree
from domain.units.models import Unit
from domain.units.rules import Changes, Division, Tree, plan_tree
from integrations.database import Sessions
from tests.factories.statements import statements_of
from tests.factories.units import actor_at, plant_tree

TODAY, LATER = date(2026, 6, 1), date(2027, 6, 1)
ROWS = [
    Division("44", "广东省", "R"),
    Division("45", "广西壮族自治区", "R"),
    Division("4401", "广州市", "R"),
    Division("440106", "天河区", "R"),
    Division("440106001", "五山街道", "R"),
]
CORPS = {"66": "新疆生产建设兵团", "6601": "第一师"}


def tree_of(rows: list[Division]) -> Tree:
    return plan_tree(rows, corps=CORPS, corps_cities={})


async def bring(session: AsyncSession, tree: Tree, today: date = TODAY) -> Changes:
    changes = await import_units(session, Actor.operator(), tree=tree, today=today)
    await session.commit()
    return changes


async def unit_of(session: AsyncSession, code: str) -> Unit:
    query = select(Unit).where(Unit.code == code, Unit.closed_on.is_(None)).execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one()


async def everything(session: AsyncSession) -> list[tuple[object, ...]]:
    columns = Unit.__table__.columns
    return [tuple(row) for row in await session.execute(select(*columns).order_by(Unit.id))]


async def test_a_first_import_opens_every_unit(session: AsyncSession):
    tree = tree_of(ROWS)
    changes = await bring(session, tree)
    assert len(changes.created) == len(tree.units) == 14
    rows = (await session.execute(select(Unit))).scalars().all()
    assert {(u.code, u.name, u.level, u.kind) for u in rows} == {(u.code, u.name, u.level, u.kind) for u in tree.units}
    assert {(unit.opened_on, unit.closed_on) for unit in rows} == {(TODAY, None)}


async def test_a_path_is_the_parents_path_and_one_step_more(session: AsyncSession):
    tree = tree_of(ROWS)
    await bring(session, tree)
    rows = {unit.code: unit for unit in (await session.execute(select(Unit))).scalars()}
    for planned in tree.units:
        unit, above = rows[planned.code], rows.get(planned.parent or "")
        assert unit.parent_id == (above.id if above else None)
        assert unit.path.startswith(above.path if above else "")
        assert len(unit.path) == len(above.path if above else "") + 6
        assert unit.path.endswith(".")


async def test_importing_twice_changes_nothing(session: AsyncSession):
    await bring(session, tree_of(ROWS))
    before = await everything(session)
    changes = await bring(session, tree_of(ROWS), LATER)
    assert (changes.created, changes.changed, changes.moved, changes.closed) == ([], [], [], [])
    assert changes.unchanged == 14
    assert await everything(session) == before


async def test_a_renamed_unit_keeps_its_id_and_path(session: AsyncSession):
    await bring(session, tree_of(ROWS))
    before = await unit_of(session, "4401")
    kept = (before.id, before.path, before.opened_on)
    changes = await bring(session, tree_of([replace(r, name="穗市") if r.code == "4401" else r for r in ROWS]))
    after = await unit_of(session, "4401")
    assert [unit.code for unit in changes.changed] == ["4401"]
    assert (after.name, (after.id, after.path, after.opened_on)) == ("穗市", kept)


async def test_a_unit_listed_no_more_is_closed_not_deleted(session: AsyncSession):
    await bring(session, tree_of(ROWS))
    changes = await bring(session, tree_of([r for r in ROWS if r.code != "440106001"]), LATER)
    assert changes.closed == ["440106001"]
    closed = (await session.execute(select(Unit).where(Unit.code == "440106001"))).scalar_one()
    assert (closed.opened_on, closed.closed_on) == (TODAY, LATER)
    assert (await unit_of(session, "440106")).closed_on is None


async def test_a_unit_listed_again_is_opened_as_another_unit(session: AsyncSession):
    await bring(session, tree_of(ROWS))
    first = (await unit_of(session, "440106001")).id
    await bring(session, tree_of(ROWS[:-1]), LATER)
    await bring(session, tree_of(ROWS), LATER)
    again = await unit_of(session, "440106001")
    assert again.id != first
    assert again.path.startswith((await unit_of(session, "440106")).path)


async def test_a_move_is_reported_and_not_made(session: AsyncSession):
    await bring(session, tree_of(ROWS))
    before = await everything(session)
    moved = tree_of(ROWS)
    moved = replace(moved, units=[replace(u, parent="45") if u.code == "4401" else u for u in moved.units])
    for _ in range(2):
        changes = await bring(session, moved)
        assert [unit.code for unit in changes.moved] == ["4401"]
        assert await everything(session) == before


async def test_a_new_unit_is_opened_below_one_known_before(session: AsyncSession):
    await bring(session, tree_of(ROWS))
    await bring(session, tree_of([*ROWS, Division("440106002", "石牌街道", "R")]), LATER)
    new, above = await unit_of(session, "440106002"), await unit_of(session, "440106")
    assert (new.parent_id, new.opened_on) == (above.id, LATER)
    assert new.path.startswith(above.path)


async def test_only_whoever_stands_above_the_nation_imports(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotPermitted):
        await import_units(session, actor_at(tree["nation"]), tree=tree_of(ROWS), today=TODAY)


async def test_two_imports_at_once_open_each_unit_once(sessions: Sessions):
    async def once() -> Changes:
        async with sessions() as session:
            return await bring(session, tree_of(ROWS))

    created = [len(changes.created) for changes in await asyncio.gather(once(), once(), once())]
    assert sorted(created) == [0, 0, 14]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Unit)) == 14


async def test_the_whole_country_costs_as_many_statements_as_a_province(session: AsyncSession, engine: AsyncEngine):
    with statements_of(engine) as small:
        await bring(session, tree_of(ROWS))
    known = {unit.code for unit in tree_of(ROWS).units}
    country = shipped_tree()
    with statements_of(engine) as large:
        changes = await bring(session, country)
    assert len(changes.created) == len(country.units) - len(known)
    assert (changes.closed, changes.changed) == ([], [])
    # The nation, which has no parent, is a statement of its own the first time.
    assert len(large) + 1 == len(small) == 6
    counts = await session.execute(select(Unit.level, func.count()).group_by(Unit.level))
    assert dict(counts.all())[Level.GRASSROOTS] == 41_352
    assert await session.scalar(select(func.count(Unit.path.distinct()))) == 44_713


async def test_closing_and_renaming_much_costs_one_statement_each(session: AsyncSession, engine: AsyncEngine):
    towns = [Division(f"440106{number:03d}", f"街道{number}", "R") for number in range(2, 200)]
    await bring(session, tree_of([*ROWS, *towns]))
    renamed = [replace(town, name=f"{town.name}改") for town in towns[:99]]
    with statements_of(engine) as sent:
        changes = await bring(session, tree_of([*ROWS, *renamed]), LATER)
    assert (len(changes.changed), len(changes.closed)) == (99, 99)
    # The lock and the reading of what is known come first.
    assert len(sent) == 4
