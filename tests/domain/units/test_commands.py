"""Acts on the tree: what each of them does, and what it touches."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.models import Grant, User
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.lessons.models import Lesson
from domain.refusals import Conflict, Reason
from domain.terms import Level, UnitActKind, UnitActState, UnitKind, UpperPosting
from domain.units import commands
from domain.units.models import Unit, UnitAct, UnitPlace, UnitVersion
from domain.units.rules import label
from domain.units.tree import copies, followers
from tests.factories.posts import add_account, add_host, add_lesson
from tests.factories.statements import statements_of
from tests.factories.unit_acts import LAST_MONTH, NOW, OPENED, OPERATOR, TODAY, TOMORROW, do, refused, tree_of
from tests.factories.units import Tree, actor_at, add_user, dated


async def now(session: AsyncSession, unit: Unit) -> Unit:
    return await session.get_one(Unit, unit.id, populate_existing=True)


async def facts_of(session: AsyncSession, unit: Unit) -> list[tuple[Any, ...]]:
    query = select(UnitVersion.name, UnitVersion.parent_id, UnitVersion.valid_from, UnitVersion.valid_to)
    rows = await session.execute(query.where(UnitVersion.unit_id == unit.id).order_by(UnitVersion.valid_from))
    return [tuple(row) for row in rows]


async def places_of(session: AsyncSession, unit: Unit) -> list[tuple[Any, ...]]:
    query = select(UnitPlace.path, UnitPlace.valid_from, UnitPlace.valid_to)
    rows = await session.execute(query.where(UnitPlace.unit_id == unit.id).order_by(UnitPlace.valid_from))
    return [tuple(row) for row in rows]


def step(unit: Unit) -> str:
    return f"{label(unit.number)}."


async def test_a_unit_is_opened_below_another_since_a_date(session: AsyncSession):
    tree = await tree_of(session)
    wish = {"parent_id": tree["west"].id, "code": " W2 ", "name": " 新市 ", "level": Level.PREFECTURE}
    done = await do(
        session, "open_unit", on=LAST_MONTH, kind=UnitKind.TERRITORIAL, territory_id=tree["east"].id, **wish
    )
    unit = await session.get_one(Unit, done.act.unit_id)
    assert (unit.code, unit.name, unit.level, unit.opened_on) == ("W2", "新市", Level.PREFECTURE, LAST_MONTH)
    assert unit.path == tree["west"].path + step(unit)
    assert unit.territory_path == tree["east"].path + step(unit)
    assert await places_of(session, unit) == [(unit.path, LAST_MONTH, None)]
    assert (done.act.kind, done.act.state, done.act.unit_path) == (
        UnitActKind.OPEN,
        UnitActState.DONE,
        tree["west"].path,
    )


async def test_a_new_name_ends_the_old_one_on_its_date(session: AsyncSession):
    tree = await tree_of(session)
    county = tree["north county"]
    await do(session, "rename_unit", on=LAST_MONTH, unit_id=county.id, name="新县")
    parent = tree["east city"].id
    assert await facts_of(session, county) == [
        ("north county", parent, OPENED, LAST_MONTH),
        ("新县", parent, LAST_MONTH, None),
    ]
    assert ((await now(session, county)).name, (await now(session, county)).code) == ("新县", "T6")
    assert await places_of(session, county) == [(county.path, OPENED, None)]


async def test_a_second_name_of_the_same_day_replaces_the_first(session: AsyncSession):
    tree = await tree_of(session)
    for name in ("甲县", "乙县"):
        await do(session, "rename_unit", on=LAST_MONTH, unit_id=tree["north county"].id, name=name)
    assert [row[0] for row in await facts_of(session, tree["north county"])] == ["north county", "乙县"]


async def test_a_moved_unit_takes_everything_below_along(session: AsyncSession, keyring: Keyring):
    tree = await tree_of(session)
    county, town, city = tree["north county"], tree["north town"], tree["west city"]
    account = await add_account(session, tree, "north town", await add_host(session, keyring), keyring)
    user = await add_user(session, town)
    old = town.path
    done = await do(session, "move_unit", on=LAST_MONTH, unit_id=county.id, parent_id=city.id)
    new = city.path + step(county) + step(town)
    assert ((await now(session, town)).path, (await now(session, town)).territory_path) == (new, new)
    assert await places_of(session, town) == [(old, OPENED, LAST_MONTH), (new, LAST_MONTH, None)]
    for model, row in ((Account, account), (User, user)):
        assert (await session.get_one(model, row.id)).unit_path == new
    assert done.touches == {
        "units": 2,
        "names": ["north county", "north town"],
        "rows": {"accounts": 1, "grants": 1, "users": 1},
        "grants_ended": 0,
    }


async def test_a_move_in_the_past_shows_what_moved_since(session: AsyncSession):
    tree = await tree_of(session)
    east, city, west, county = tree["east"], tree["east city"], tree["west"], tree["far county"]
    middle = LAST_MONTH + timedelta(days=10)
    await do(session, "move_unit", on=middle, unit_id=city.id, parent_id=west.id)
    await do(session, "move_unit", on=LAST_MONTH, unit_id=county.id, parent_id=city.id)
    nation = tree["nation"].path
    assert await places_of(session, county) == [
        (nation + step(west) + step(tree["west city"]) + step(county), OPENED, LAST_MONTH),
        (nation + step(east) + step(city) + step(county), LAST_MONTH, middle),
        (nation + step(west) + step(city) + step(county), middle, None),
    ]


async def test_a_territory_is_another_link_and_can_be_left(session: AsyncSession):
    tree = await tree_of(session)
    city, county = tree["west city"], tree["far county"]
    await do(session, "move_unit", unit_id=city.id, territory_id=tree["east"].id)
    moved = await now(session, county)
    assert moved.territory_path == tree["east"].path + step(city) + step(county)
    assert moved.path == tree["west"].path + step(city) + step(county)
    await do(session, "move_unit", unit_id=city.id, leaves_territory=True)
    assert (await now(session, county)).territory_path == moved.path


async def test_a_merger_hands_over_children_accounts_and_people_and_keeps_history(
    session: AsyncSession, keyring: Keyring
):
    tree = await tree_of(session)
    gone, into, town = tree["north county"], tree["far county"], tree["north town"]
    account = await add_account(session, tree, "north county", await add_host(session, keyring), keyring)
    user = await add_user(session, gone)
    lesson = await add_lesson(session, Tree({"nation": gone}))
    done = await do(session, "merge_units", on=LAST_MONTH, unit_ids=[gone.id], into_id=into.id)
    closed = await now(session, gone)
    assert (closed.closed_on, closed.successor_id, closed.path) == (LAST_MONTH, into.id, into.path + step(gone))
    assert (await now(session, town)).path == into.path + step(town)
    assert (await now(session, town)).parent_id == into.id
    for model, row in ((Account, account), (User, user)):
        kept = await session.get_one(model, row.id)
        assert (kept.unit_id, kept.unit_path) == (into.id, into.path)
    kept_lesson = await session.get_one(Lesson, lesson.id)
    assert (kept_lesson.unit_id, kept_lesson.unit_path) == (gone.id, closed.path)
    grant = (await session.execute(select(Grant))).scalar_one()
    assert (grant.unit_id, grant.unit_path, grant.valid_to, grant.ended_by) == (gone.id, closed.path, NOW, None)
    assert (await facts_of(session, gone))[-1][-1] == LAST_MONTH
    assert done.touches["grants_ended"] == 1
    assert done.touches["rows"] == {"accounts": 1, "grants": 1, "lessons": 1, "users": 1}
    assert done.touches["names"] == ["far county", "north county", "north town"][1:]


async def test_a_grant_that_had_not_begun_never_holds_at_a_closed_unit(session: AsyncSession):
    tree = await tree_of(session)
    later = NOW + timedelta(days=30)
    await add_user(session, tree["far county"], valid_from=later)
    await do(session, "close_unit", unit_id=tree["far county"].id)
    grant = (await session.execute(select(Grant))).scalar_one()
    assert (grant.valid_from, grant.valid_to) == (later, later)


async def test_a_split_divides_the_children_and_the_first_part_is_the_heir(session: AsyncSession, keyring: Keyring):
    tree = await tree_of(session)
    city, north, south = tree["east city"], tree["north county"], tree["south county"]
    account = await add_account(session, tree, "east city", await add_host(session, keyring), keyring)
    parts = [{"code": city.code, "name": "左市", "child_ids": [south.id]}]
    parts += [{"code": "E9", "name": "右市", "child_ids": [north.id]}]
    await do(session, "split_unit", on=LAST_MONTH, unit_id=city.id, parts=parts)
    rows = await session.execute(select(Unit).where(Unit.name.in_(["左市", "右市"])).order_by(Unit.number))
    left, right = rows.scalars()
    assert [(part.level, part.parent_id, part.opened_on) for part in (left, right)] == [
        (Level.PREFECTURE, tree["east"].id, LAST_MONTH)
    ] * 2
    assert (left.code, right.code) == ("T4", "E9")
    assert (await now(session, south)).path == left.path + step(south)
    assert (await now(session, tree["north town"])).path == right.path + step(north) + step(tree["north town"])
    assert (await now(session, city)).successor_id == left.id
    assert (await session.get_one(Account, account.id)).unit_path == left.path


async def test_the_parts_of_a_split_unit_keep_what_it_had_set_for_itself(session: AsyncSession):
    tree = await tree_of(session)
    city = await session.get_one(Unit, tree["west city"].id)
    city.upper_posting = UpperPosting.BY_RELEASE
    await session.commit()
    parts: list[dict[str, Any]] = [{"code": f"E{n}", "name": f"{n}市", "child_ids": []} for n in (8, 9)]
    parts[0]["child_ids"] = [tree["far county"].id]
    await do(session, "split_unit", on=LAST_MONTH, unit_id=city.id, parts=parts)
    rows = await session.execute(select(Unit.upper_posting).where(Unit.name.in_(["8市", "9市"])))
    assert list(rows.scalars()) == [UpperPosting.BY_RELEASE] * 2


async def test_a_unit_closed_into_one_of_another_level_gives_its_accounts_that_level(
    session: AsyncSession, keyring: Keyring
):
    tree = await tree_of(session)
    account = await add_account(session, tree, "far county", await add_host(session, keyring), keyring)
    await do(session, "close_unit", unit_id=tree["far county"].id, successor_id=tree["west city"].id)
    kept = await session.get_one(Account, account.id)
    assert (kept.unit_id, kept.level) == (tree["west city"].id, Level.PREFECTURE)


async def test_a_closed_unit_keeps_its_accounts_where_nobody_takes_over(session: AsyncSession, keyring: Keyring):
    tree = await tree_of(session)
    account = await add_account(session, tree, "far county", await add_host(session, keyring), keyring)
    path = tree["far county"].path
    await do(session, "close_unit", unit_id=tree["far county"].id)
    kept = await session.get_one(Account, account.id)
    assert (kept.unit_id, kept.unit_path) == (tree["far county"].id, path)


async def test_a_reopened_unit_is_the_same_one_with_a_gap_in_its_history(session: AsyncSession):
    tree = await tree_of(session)
    county, heir = tree["far county"], tree["north county"]
    lesson = await add_lesson(session, Tree({"nation": county}))
    await do(session, "close_unit", on=LAST_MONTH, unit_id=county.id, successor_id=heir.id)
    await do(session, "reopen_unit", unit_id=county.id, parent_id=tree["east city"].id)
    again = await now(session, county)
    assert (again.closed_on, again.successor_id, again.opened_on) == (None, None, TODAY)
    assert again.path == tree["east city"].path + step(county)
    assert [row[2:] for row in await facts_of(session, county)] == [(OPENED, LAST_MONTH), (TODAY, None)]
    assert [row[1:] for row in await places_of(session, county)] == [(OPENED, LAST_MONTH), (TODAY, None)]
    assert (await session.get_one(Lesson, lesson.id)).unit_path == again.path


async def test_an_act_for_a_later_day_is_planned_and_touches_nothing_yet(session: AsyncSession):
    tree = await tree_of(session)
    county = tree["north county"]
    done = await do(session, "move_unit", on=TOMORROW, unit_id=county.id, parent_id=tree["west city"].id)
    assert (done.act.state, done.act.done_at) == (UnitActState.PLANNED, None)
    assert done.touches["units"] == 2
    assert (await now(session, county)).path == county.path
    assert len(await facts_of(session, county)) == 1


async def test_a_day_is_a_day_in_china(session: AsyncSession):
    tree = await tree_of(session)
    # 20:00 in Greenwich is the next day in China.
    late = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
    given = {"unit_id": tree["west"].id, "name": "新名", "effective_on": TOMORROW, "reason": "更名"}
    done = await commands.rename_unit(session, OPERATOR, now=late, **given)
    assert done.act.state is UnitActState.DONE


async def test_what_cannot_be_done_today_is_not_planned_either(session: AsyncSession):
    tree = await tree_of(session)
    caught = await refused(session, "close_unit", on=TOMORROW, unit_id=tree["east"].id)
    assert caught.reason is Reason.UNIT_HAS_CHILDREN
    assert (await session.execute(select(UnitAct))).all() == []


async def test_a_planned_act_can_be_withdrawn_with_a_reason_and_only_once(session: AsyncSession):
    tree = await tree_of(session)
    user = await add_user(session, tree["nation"])
    actor = actor_at(tree["nation"], user_id=user.id)
    done = await do(session, "rename_unit", actor, on=TOMORROW, unit_id=tree["east"].id, name="新省")
    withdraw = {"now": NOW, "act_id": done.act.id, "reason": " 批复撤回 "}
    act = await commands.dismiss_unit_act(session, actor, **withdraw)
    assert (act.state, act.dismissal, act.decided_by) == (UnitActState.DISMISSED, "批复撤回", user.id)
    with pytest.raises(Conflict) as caught:
        await commands.dismiss_unit_act(session, actor, **withdraw)
    assert caught.value.reason is Reason.ACT_DECIDED
    with pytest.raises(Conflict):
        await commands.accept_unit_act(session, actor, now=NOW, act_id=act.id)


async def test_an_act_of_the_future_says_who_planned_it(session: AsyncSession):
    tree = await tree_of(session)
    user = await add_user(session, tree["nation"])
    done = await do(
        session, "rename_unit", actor_at(tree["nation"], user_id=user.id), unit_id=tree["east"].id, name="新"
    )
    assert (done.act.proposed_by, done.act.decided_by, done.act.done_at) == (user.id, user.id, NOW)


async def test_every_copy_of_a_path_is_one_that_is_rewritten(session: AsyncSession):
    """Whoever adds a column `unit_path` has nothing to do here; whose rows follow the successor is a choice."""
    found = await session.execute(
        text("SELECT table_name FROM information_schema.columns WHERE column_name = 'unit_path'")
    )
    assert {table.name for table in copies()} == set(found.scalars())
    assert {(table.name, over) for table, over in followers()} == {
        ("accounts", None),
        ("users", None),
        ("silences", "lifted_at"),
    }


async def test_moving_a_province_costs_as_many_statements_as_moving_a_town(session: AsyncSession, engine: AsyncEngine):
    tree = await tree_of(session)
    await _crowd(session, tree, 300)
    with statements_of(engine) as small:
        await do(session, "move_unit", unit_id=tree["north town"].id, parent_id=tree["far county"].id)
    with statements_of(engine) as large:
        done = await do(session, "move_unit", unit_id=tree["east city"].id, parent_id=tree["west"].id)
    assert done.touches["units"] > 300
    assert len(done.touches["names"]) == 20
    # Reading what is concerned, before the turn and in it, counting, the act itself, versions and places, orders in
    # force, and one for each table with a path.
    assert len(small) == len(large) == 18 + len(copies())


async def _crowd(session: AsyncSession, tree: Tree, count: int) -> None:
    county = tree["south county"]
    for number in range(100, 100 + count):
        path = f"{county.path}{label(number)}."
        place = {"path": path, "territory_path": path, "opened_on": OPENED, "number": number}
        facts = {"code": f"C{number}", "name": f"镇{number}", "kind": UnitKind.TERRITORIAL, "parent_id": county.id}
        unit = Unit(id=new_id(), level=Level.GRASSROOTS, **place, **facts)
        session.add(unit)
        await session.flush()
        session.add_all(dated(unit))
    await session.commit()
