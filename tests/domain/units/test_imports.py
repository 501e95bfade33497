"""Importing the tree: at once the first time, then by proposals, each made once; in a constant number of statements."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.refusals import Conflict, NotPermitted, Reason
from domain.terms import Level, UnitActKind, UnitActState
from domain.units.commands import accept_unit_act, dismiss_unit_act, import_units
from domain.units.divisions import STATE_ON, shipped_tree
from domain.units.imports import Imported, known_units
from domain.units.models import Unit, UnitAct, UnitPlace, UnitVersion
from domain.units.rules import Division, Tree, plan_tree
from integrations.database import Sessions
from tests.factories.statements import statements_of
from tests.factories.units import actor_at, plant_tree

FIRST, LATER = date(2024, 6, 30), date(2025, 6, 30)
NOW = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
OPERATOR = Actor.operator()
ROWS = [
    Division("44", "广东省", "R"),
    Division("65", "新疆维吾尔自治区", "R"),
    Division("4401", "广州市", "R"),
    Division("4402", "韶关市", "R"),
    Division("440105", "海珠区", "R"),
    Division("440106", "天河区", "R"),
    Division("440106001", "五山街道", "R"),
]
CORPS = {"66": "新疆生产建设兵团", "6601": "第一师"}
COUNT = 16


def tree_of(rows: list[Division]) -> Tree:
    return plan_tree(rows, corps=CORPS, corps_cities={})


def without(*codes: str) -> list[Division]:
    return [row for row in ROWS if row.code not in codes]


async def bring(session: AsyncSession, rows: list[Division] = ROWS, on: date = FIRST) -> Imported:
    imported = await import_units(session, OPERATOR, now=NOW, tree=tree_of(rows), effective_on=on)
    await session.commit()
    return imported


async def unit_of(session: AsyncSession, code: str) -> Unit:
    query = select(Unit).where(Unit.code == code, Unit.closed_on.is_(None)).execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one()


async def acts_of(session: AsyncSession) -> list[UnitAct]:
    return list((await session.execute(select(UnitAct).order_by(UnitAct.id))).scalars())


async def accept_all(session: AsyncSession, on: date | None = None) -> None:
    for act in await acts_of(session):
        if act.state is UnitActState.PROPOSED:
            await accept_unit_act(session, OPERATOR, now=NOW, act_id=act.id, effective_on=on)
            await session.commit()


async def tree_in(session: AsyncSession) -> set[tuple[object, ...]]:
    known = await known_units(session)
    return {(u.code, u.name, u.level, u.kind, u.parent, u.territory) for u in known.values()}


def wanted(rows: list[Division]) -> set[tuple[object, ...]]:
    return {(u.code, u.name, u.level, u.kind, u.parent, u.territory) for u in tree_of(rows).units}


async def test_a_first_import_opens_every_unit_on_the_day_of_the_list(session: AsyncSession):
    imported = await bring(session)
    assert imported == Imported(opened=COUNT)
    assert await tree_in(session) == wanted(ROWS)
    for model, column in (
        (Unit, Unit.opened_on),
        (UnitVersion, UnitVersion.valid_from),
        (UnitPlace, UnitPlace.valid_from),
    ):
        days = (await session.execute(select(column, func.count()).select_from(model).group_by(column))).all()
        assert [tuple(row) for row in days] == [(FIRST, COUNT)]
    assert await acts_of(session) == []


async def test_the_places_of_an_import_are_its_paths_by_both_links(session: AsyncSession):
    await bring(session)
    rows = {unit.id: unit for unit in (await session.execute(select(Unit))).scalars()}
    places = {place.unit_id: place for place in (await session.execute(select(UnitPlace))).scalars()}
    for unit in rows.values():
        parent = rows.get(unit.parent_id)
        land = rows.get(unit.territory_id) or parent
        assert unit.path[:-6] == (parent.path if parent else "")
        assert unit.territory_path[:-6] == (land.territory_path if land else "")
        assert unit.path[-6:] == unit.territory_path[-6:]
        assert (places[unit.id].path, places[unit.id].territory_path) == (unit.path, unit.territory_path)
    division, xinjiang = await unit_of(session, "6601"), await unit_of(session, "65")
    assert division.territory_path.startswith(xinjiang.path)
    assert not division.path.startswith(xinjiang.path)


async def test_importing_twice_proposes_nothing(session: AsyncSession):
    await bring(session)
    assert await bring(session, on=LATER) == Imported(unchanged=COUNT)
    assert await acts_of(session) == []


async def test_what_differs_is_proposed_once_and_the_tree_waits_for_a_person(session: AsyncSession):
    await bring(session)
    before = await tree_in(session)
    newer = [replace(r, name="穗市") if r.code == "4401" else r for r in without("440105", "440106001")]
    newer.append(Division("440107", "荔湾区", "R"))
    first = await bring(session, newer, LATER)
    expected = Counter({UnitActKind.RENAME: 1, UnitActKind.OPEN: 1, UnitActKind.CLOSE: 2})
    assert (first.proposed, first.known, first.unchanged) == (expected, 0, COUNT - 3)
    again = await bring(session, newer, LATER)
    assert (again.proposed, again.known) == (Counter(), 4)
    acts = await acts_of(session)
    assert {(act.state, act.effective_on, act.proposed_by, act.done_at) for act in acts} == {
        (UnitActState.PROPOSED, LATER, None, None)
    }
    city = await unit_of(session, "4401")
    assert {act.kind: act.unit_path for act in acts if act.unit_id == city.id} == {UnitActKind.RENAME: city.path[:12]}
    assert await tree_in(session) == before
    await accept_all(session)
    assert await tree_in(session) == wanted(newer)
    assert (await bring(session, newer, LATER)).proposed == Counter()


async def test_a_new_code_is_recognised_by_the_name_and_keeps_the_unit(session: AsyncSession):
    await bring(session)
    county, town = await unit_of(session, "440106"), await unit_of(session, "440106001")
    newer = [*without("440106", "440106001"), Division("440116", "天河区", "R"), Division("440116001", "五山街道", "R")]
    assert (await bring(session, newer, LATER)).proposed == Counter({UnitActKind.RENAME: 2})
    await accept_all(session)
    assert [(await unit_of(session, code)).id for code in ("440116", "440116001")] == [county.id, town.id]
    old = select(UnitVersion.code, UnitVersion.valid_to).where(UnitVersion.unit_id == county.id)
    assert [tuple(row) for row in await session.execute(old.order_by(UnitVersion.valid_from))] == [
        ("440106", LATER),
        ("440116", None),
    ]


async def test_a_county_gone_to_another_prefecture_with_a_new_code_is_renamed_and_moved(session: AsyncSession):
    await bring(session)
    county = await unit_of(session, "440106")
    newer = [*without("440106", "440106001"), Division("440206", "天河区", "R"), Division("440206001", "五山街道", "R")]
    assert (await bring(session, newer, LATER)).proposed == Counter({UnitActKind.RENAME: 2, UnitActKind.MOVE: 1})
    await accept_all(session)
    moved = await unit_of(session, "440206")
    assert (moved.id, moved.parent_id) == (county.id, (await unit_of(session, "4402")).id)
    assert await tree_in(session) == wanted(newer)


async def test_a_county_whose_towns_all_went_to_another_one_was_merged_into_it(session: AsyncSession):
    await bring(session)
    gone = await unit_of(session, "440106")
    newer = [*without("440106", "440106001"), Division("440105009", "五山街道", "R")]
    assert (await bring(session, newer, LATER)).proposed == Counter({UnitActKind.RENAME: 1, UnitActKind.MERGE: 1})
    await accept_all(session)
    heir = await unit_of(session, "440105")
    await session.refresh(gone)
    assert (gone.closed_on, gone.successor_id) == (LATER, heir.id)
    assert await tree_in(session) == wanted(newer)


async def test_units_below_one_that_is_not_open_yet_wait_for_it(session: AsyncSession):
    await bring(session)
    newer = [*ROWS, Division("4403", "深圳市", "R"), Division("440303", "罗湖区", "R")]
    await bring(session, newer, LATER)
    above, below = await acts_of(session)
    assert (above.details["code"], below.details["parent_code"]) == ("4403", "4403")
    with pytest.raises(Conflict) as caught:
        await accept_unit_act(session, OPERATOR, now=NOW, act_id=below.id)
    assert (caught.value.reason, caught.value.facts) == (Reason.UNIT_AWAITED, {"unit_code": "4403"})
    await session.rollback()
    await accept_all(session)
    assert await tree_in(session) == wanted(newer)


async def test_what_was_dismissed_of_a_list_is_proposed_again_by_a_newer_one_only(session: AsyncSession):
    await bring(session)
    newer = without("440105")
    await bring(session, newer, LATER)
    (act,) = await acts_of(session)
    await dismiss_unit_act(session, OPERATOR, now=NOW, act_id=act.id, reason="清单有误")
    await session.commit()
    assert (await bring(session, newer, LATER)).proposed == Counter()
    assert (await bring(session, newer, date(2026, 1, 1))).proposed == Counter({UnitActKind.CLOSE: 1})


async def test_an_older_tree_is_told_in_whose_territory_the_corps_lies(session: AsyncSession):
    await bring(session)
    division = await unit_of(session, "6601")
    plain = replace(tree_of(ROWS), units=[replace(unit, territory=None) for unit in tree_of(ROWS).units])
    await import_units(session, OPERATOR, now=NOW, tree=plain, effective_on=LATER)
    await session.commit()
    (act,) = await acts_of(session)
    assert (act.kind, act.unit_id, act.details["leaves_territory"]) == (UnitActKind.MOVE, division.id, True)
    await accept_all(session)
    assert (await unit_of(session, "6601")).territory_id is None
    assert (await bring(session, on=date(2026, 1, 1))).proposed == Counter({UnitActKind.MOVE: 1})
    await accept_all(session)
    assert await tree_in(session) == wanted(ROWS)


async def test_only_whoever_stands_above_the_nation_imports(session: AsyncSession):
    tree = await plant_tree(session)
    with pytest.raises(NotPermitted):
        await import_units(session, actor_at(tree["nation"]), now=NOW, tree=tree_of(ROWS), effective_on=FIRST)


async def test_two_imports_at_once_open_each_unit_once(sessions: Sessions):
    async def once() -> int:
        async with sessions() as session:
            return (await bring(session)).opened

    assert sorted(await asyncio.gather(once(), once(), once())) == [0, 0, COUNT]
    async with sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Unit)) == COUNT


async def test_the_whole_country_costs_as_many_statements_as_a_province(
    sessions: Sessions, session: AsyncSession, engine: AsyncEngine
):
    with statements_of(engine) as small:
        await import_units(session, OPERATOR, now=NOW, tree=tree_of(ROWS), effective_on=FIRST)
    await session.rollback()
    country = shipped_tree()
    with statements_of(engine) as large:
        imported = await import_units(session, OPERATOR, now=NOW, tree=country, effective_on=STATE_ON)
    await session.commit()
    assert imported.opened == len(country.units) == 44_713
    # The lock, what is known, the numbers; then units, versions and places, between two settings.
    assert len(large) == len(small) == 8
    counts = await session.execute(select(Unit.level, func.count()).group_by(Unit.level))
    assert dict(counts.all())[Level.GRASSROOTS] == 41_352
    assert await session.scalar(select(func.count(Unit.path.distinct()))) == 44_713
    async with sessions() as again:
        repeated = await import_units(again, OPERATOR, now=NOW, tree=country, effective_on=STATE_ON)
    assert repeated == Imported(unchanged=44_713)


async def test_proposing_much_costs_one_statement(session: AsyncSession, engine: AsyncEngine):
    towns = [Division(f"440106{number:03d}", f"街道{number}", "R") for number in range(2, 200)]
    await bring(session, [*ROWS, *towns])
    renamed = [replace(town, name=f"{town.name}改") for town in towns[:99]]
    with statements_of(engine) as sent:
        imported = await bring(session, [*ROWS, *renamed], LATER)
    assert imported.proposed == Counter({UnitActKind.RENAME: 99, UnitActKind.CLOSE: 99})
    # The lock, what is known, what was proposed before.
    assert len(sent) == 4
