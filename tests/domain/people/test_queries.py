"""People found, grants at an instant, and units with one person: by hand, by reach, and by the plan."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor, Scope
from domain.access.models import Grant, User
from domain.access.queries import not_over
from domain.base.ids import new_id
from domain.people import queries
from domain.people.queries import LoneUnit, found_users, grants_held, lone_units, named, valid_at
from domain.reading.selection import Page, cursor_of, page_of
from domain.refusals import Invalid
from domain.terms import Reach, Role
from tests.factories.people import add_grant
from tests.factories.statements import statements_of
from tests.factories.units import NOW, Tree, actor_at, add_user, plant_tree

DAY = timedelta(days=1)
ALL = Page(size=100, total=True)


@pytest.fixture
async def tree(session: AsyncSession) -> Tree:
    return await plant_tree(session)


async def lone(session: AsyncSession, actor: Actor, page: Page = ALL, **more: Any) -> dict[str, tuple[str, str | None]]:
    """Unit, its only person, and who steps in."""
    found, _ = await lone_units(session, actor, now=NOW, page=page, **more)
    return {row.name: (row.user_name, row.steps_in_name) for row in found}


async def test_units_with_one_acting_person_are_listed_with_who_steps_in(session: AsyncSession, tree: Tree):
    for name, login in (("nation", "a"), ("nation", "b"), ("east", "c"), ("east city", "d"), ("north county", "e")):
        await add_user(session, tree[name], login=login)
    await add_user(session, tree["north county"], Role.MEDIA_MANAGER, login="f")
    await add_user(session, tree["north town"], Role.MEDIA_MANAGER, login="g")
    assert await lone(session, actor_at(tree["nation"])) == {
        "east": ("C", "nation"),
        "east city": ("D", "east"),
        "north town": ("G", "north county"),
    }


async def test_the_same_person_above_does_not_step_in(session: AsyncSession, tree: Tree):
    li = await add_user(session, tree["north county"], login="li")
    await add_grant(session, li, tree["east city"], Role.ADMINISTRATOR)
    assert await lone(session, actor_at(tree["nation"])) == {"north county": ("Li", None), "east city": ("Li", None)}
    await add_user(session, tree["east"], Role.MEDIA_MANAGER, login="wang")
    assert (await lone(session, actor_at(tree["nation"])))["north county"] == ("Li", "east")


async def test_one_person_with_two_roles_is_one_person(session: AsyncSession, tree: Tree):
    li = await add_user(session, tree["east"], login="li")
    await add_grant(session, li, tree["east"], Role.MEDIA_MANAGER)
    assert await lone(session, actor_at(tree["nation"])) == {"east": ("Li", None)}


@pytest.mark.parametrize(
    ("role", "more"),
    [
        (Role.VIEWER, {}),
        (Role.AUDITOR, {}),
        (Role.PARTNER_WOMEN, {}),
        (Role.ADMINISTRATOR, {"reach": Reach.VIEW}),
        (Role.MEDIA_MANAGER, {"reach": Reach.FIND}),
        (Role.ADMINISTRATOR, {"valid_from": NOW + DAY}),
        (Role.ADMINISTRATOR, {"valid_from": NOW - DAY, "valid_to": NOW}),
    ],
)
async def test_who_does_not_act_there_now_is_no_second_person(
    session: AsyncSession, tree: Tree, role: Role, more: dict[str, Any]
):
    await add_user(session, tree["east"], login="li")
    wang = await add_user(session, tree["west"], Role.VIEWER, login="wang")
    await add_grant(session, wang, tree["east"], role, **more)
    await add_grant(session, wang, tree["nation"], role, **more)
    assert await lone(session, actor_at(tree["nation"])) == {"east": ("Li", None)}


async def test_a_disabled_person_counts_neither_here_nor_above(session: AsyncSession, tree: Tree):
    for name, login in (("east", "li"), ("east", "gone"), ("nation", "gone2")):
        await add_user(session, tree[name], login=login)
    await session.execute(update(User).where(User.login.like("gone%")).values(disabled_at=NOW))
    assert await lone(session, actor_at(tree["nation"])) == {"east": ("Li", None)}


async def test_units_that_are_closed_are_not_listed(session: AsyncSession, tree: Tree):
    await add_user(session, tree["north town"], login="li")
    await session.execute(update(type(tree["east"])).where(text("name = 'north town'")).values(closed_on=NOW.date()))
    assert await lone(session, actor_at(tree["nation"])) == {}


async def test_only_units_within_reach_are_listed_though_who_steps_in_may_stand_above(
    session: AsyncSession, tree: Tree
):
    for number, name in enumerate(("nation", "east", "west", "north county", "far county")):
        await add_user(session, tree[name], login=f"u{number}")
    assert await lone(session, actor_at(tree["east"])) == {"east": ("U1", "nation"), "north county": ("U3", "east")}
    assert await lone(session, actor_at(tree["nation"]), under=tree["west"].path) == {
        "west": ("U2", "nation"),
        "far county": ("U4", "west"),
    }
    for nobody in (Actor.public(), Actor(new_id(), "nobody", ()), actor_at(tree["nation"], Role.VIEWER)):
        assert await lone(session, nobody) == {}


async def test_pages_follow_the_tree_and_lose_nothing(session: AsyncSession, tree: Tree):
    names = [name for name in tree.units if name != "nation"]
    for name in names:
        await add_user(session, tree[name], login=name)
    found: list[LoneUnit] = []
    after = None
    while True:
        rows, total = await lone_units(session, actor_at(tree["nation"]), now=NOW, page=page_of(3, None, after, None))
        assert total is None
        found += rows[:3]
        if len(rows) <= 3:
            break
        after = cursor_of([rows[2].path])
    assert [row.path for row in found] == sorted(tree[name].path for name in names)
    _, total = await lone_units(session, actor_at(tree["nation"]), now=NOW, page=Page(size=1, total=True))
    assert total == len(names)
    with pytest.raises(Invalid):
        await lone_units(session, actor_at(tree["nation"]), now=NOW, page=Page(cursor=(1, 2)))


@pytest.mark.parametrize("units", [1, 8])
async def test_lone_units_cost_the_same_for_one_and_for_many(
    session: AsyncSession, engine: AsyncEngine, tree: Tree, units: int
):
    for name in list(tree.units)[-units:]:
        await add_user(session, tree[name], login=name)
    with statements_of(engine) as sent:
        assert len(await lone(session, actor_at(tree["nation"]), Page(size=100))) == units
    assert len(sent) == 2


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("张三", {"张三", "张三丰"}),
        ("张三丰", {"张三丰"}),
        ("三丰", set()),
        ("zhang", {"张三", "张三丰"}),
        (" ZHANG2 ", {"张三丰"}),
        ("100%", {"100%"}),
        ("__", set()),
    ],
)
async def test_people_are_found_by_how_name_or_login_begins(
    session: AsyncSession, tree: Tree, sought: str, found: set[str]
):
    for login, name in (("zhang1", "张三"), ("zhang2", "张三丰"), ("li", "李张三"), ("x", "100%"), ("y", "100x")):
        user = await add_user(session, tree["east"], login=login)
        await session.execute(update(User).where(User.id == user.id).values(name=name))
    rows = await found_users(session, actor_at(tree["nation"]), text=sought)
    assert {row.name for row in rows} == found
    assert {row.unit for row in rows} <= {"east"}


@pytest.mark.parametrize("sought", ["", " 张 ", "张" * 101])
async def test_a_search_for_too_little_or_too_much_is_refused(sought: str):
    with pytest.raises(Invalid) as caught:
        named(sought)
    assert (caught.value.code, caught.value.path) == ("SEARCH_TOO_SHORT", ("search",))


async def test_people_are_found_within_the_reach_of_finding_and_no_further(session: AsyncSession, tree: Tree):
    for name in ("nation", "east", "west", "north county"):
        await add_user(session, tree[name], login=f"li {name}")
    gone = await add_user(session, tree["east"], login="li gone")
    await session.execute(update(User).where(User.id == gone.id).values(disabled_at=NOW))

    async def logins(actor: Actor) -> list[str]:
        return [row.name for row in await found_users(session, actor, text="Li")]

    assert await logins(actor_at(tree["east"])) == ["Li East", "Li North County"]
    finding = Scope(Role.ADMINISTRATOR, tree["nation"].id, tree["nation"].path, Reach.FIND)
    assert len(await logins(Actor(new_id(), "finding", (finding,)))) == 4
    for role in (Role.VIEWER, Role.PARTNER_EDUCATION):
        assert await logins(actor_at(tree["nation"], role)) == []
    assert await logins(Actor.public()) == []


async def test_grants_can_be_asked_as_of_any_instant(session: AsyncSession, tree: Tree):
    li = await add_user(session, tree["east"], login="li", valid_from=NOW, valid_to=NOW + 2 * DAY)
    await add_grant(session, li, tree["west"], valid_from=NOW + DAY)
    await add_grant(session, li, tree["nation"], valid_from=NOW + DAY, valid_to=NOW + DAY)
    expected = {-DAY: [], timedelta(): ["east"], DAY: ["east", "west"], 2 * DAY: ["west"]}
    for offset, names in expected.items():
        held = await grants_held(session, li.id, now=NOW + offset)
        assert [grant.unit_path for grant in held] == [tree[name].path for name in names]
    left = {
        offset: len((await session.execute(select(Grant.id).where(not_over(NOW + offset)(Grant)))).all())
        for offset in (timedelta(), 2 * DAY, 9 * DAY)
    }
    assert left == {timedelta(): 2, 2 * DAY: 1, 9 * DAY: 1}
    with pytest.raises(Invalid) as caught:
        valid_at(datetime(2026, 6, 1))  # noqa: DTZ001 - without zone on purpose
    assert (caught.value.code, caught.value.path) == ("TIME_WITHOUT_ZONE", ("asOf",))


async def plan(session: AsyncSession, statement: Any) -> str:
    written = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    return "\n".join((await session.execute(text(f"EXPLAIN {str(written).replace(':', chr(92) + ':')}"))).scalars())


@pytest.fixture
async def crowd(session: AsyncSession, tree: Tree) -> Tree:
    """Twenty thousand people with a grant each, all over a tree whose units are few."""
    units = list(tree.units.values())
    people = [
        {
            "id": new_id(),
            "login": f"p{n:05d}",
            "name": f"人{n:05d}",
            "unit_id": units[n % len(units)].id,
            "unit_path": units[n % len(units)].path,
            "created_at": NOW,
        }
        for n in range(20_000)
    ]
    await session.execute(insert(User), people)
    since = datetime(2020, 1, 1, tzinfo=UTC)
    grants = [
        {
            "id": new_id(),
            "user_id": person["id"],
            "role": Role.ADMINISTRATOR,
            "reach": Reach.ACT,
            "unit_id": person["unit_id"],
            # As if each had a unit of their own below.
            "unit_path": f"{person['unit_path']}{number:05d}.",
            "valid_from": since,
        }
        for number, person in enumerate(people)
    ]
    await session.execute(insert(Grant), grants)
    await session.execute(text("ANALYZE users, grants, units"))
    await session.commit()
    return tree


async def test_people_are_found_through_the_indexes_on_how_they_begin(session: AsyncSession, crowd: Tree):
    found = await plan(session, select(User.id).where(named("人001")(User)))
    assert "ix_users_name_beginning" in found, found
    assert "ix_users_login_beginning" in found, found


async def test_a_page_of_lone_units_reads_the_grants_in_the_order_of_the_tree(session: AsyncSession, crowd: Tree):
    page = queries._lone(NOW).order_by(Grant.unit_path).limit(21)
    found = await plan(session, page.where(Grant.unit_path > crowd["east"].path))
    assert "ix_grants_unit_path_id" in found, found
    assert "Seq Scan on grants" not in found, found


async def test_the_grants_of_one_person_are_read_by_their_index(session: AsyncSession, crowd: Tree):
    found = await plan(session, select(Grant.role).where(Grant.user_id == new_id(), not_over(NOW)(Grant)))
    assert "ix_grants_user_id" in found, found
