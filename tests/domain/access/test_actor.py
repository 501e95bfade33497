"""Who may do what, where: decided by paths, in Python and in PostgreSQL alike."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Text, column, select, values
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor, Scope, below, line_of, within_line, within_reach
from domain.access.permissions import Permission, permissions_of
from domain.base.ids import new_id
from domain.refusals import NotFound, NotPermitted
from domain.terms import Reach, Role
from domain.units.models import Unit
from domain.units.rules import label
from tests.factories.units import actor_at, plant_tree

# Few labels, so that ancestors and siblings meet often; the last ones are the neighbours of '.' and '/' in byte order.
labels = st.sampled_from([label(1), label(2), label(35), label(36), label(60_466_175)])
# There is one nation, and everything lies below it; only the operator stands above.
paths = st.lists(labels, max_size=3).map(lambda steps: "".join(f"{step}." for step in [label(1), *steps]))
tops = st.just("") | paths
scopes = st.builds(
    lambda role, path, reach: Scope(role, new_id(), path, reach),
    st.sampled_from(list(Role)),
    tops,
    st.sampled_from(list(Reach)),
)
actors = st.lists(scopes, max_size=6).map(lambda held: Actor(new_id(), "somebody", tuple(held)))
permissions = st.sampled_from(list(Permission))


def may(actor: Actor, permission: Permission, path: str) -> bool:
    try:
        actor.require(permission, at=path)
    except NotPermitted:
        return False
    return True


@given(actors, permissions, paths)
def test_reach_has_the_same_effect_as_all_grants_together(actor: Actor, permission: Permission, path: str):
    expected = any(permission in permissions_of(s.role, s.reach) and path.startswith(s.path) for s in actor.scopes)
    assert may(actor, permission, path) is expected


@given(actors, permissions)
def test_reach_names_no_place_twice(actor: Actor, permission: Permission):
    reach = actor.reach(permission)
    assert not any(a != b and a.startswith(b) for a in reach for b in reach)
    assert len(set(reach)) == len(reach)
    assert set(reach) <= {scope.path for scope in actor.scopes}


def test_a_grant_covers_its_unit_and_everything_below():
    actor = Actor(new_id(), "somebody", (Scope(Role.MEDIA_MANAGER, new_id(), "00001.00002."),))
    assert may(actor, Permission.POST_CANCEL, "00001.00002.")
    assert may(actor, Permission.POST_CANCEL, "00001.00002.00007.")
    assert not may(actor, Permission.POST_CANCEL, "00001.")
    assert not may(actor, Permission.POST_CANCEL, "00001.00003.")
    assert not may(actor, Permission.POST_CANCEL, "")


def test_a_grant_covers_only_what_its_role_holds():
    actor = Actor(new_id(), "somebody", (Scope(Role.VIEWER, new_id(), "00001."),))
    assert may(actor, Permission.POST_VIEW, "00001.00002.")
    assert not may(actor, Permission.POST_CANCEL, "00001.00002.")


def test_a_refused_permission_names_the_input_field():
    with pytest.raises(NotPermitted) as caught:
        Actor(new_id(), "somebody", ()).require(Permission.POST_CANCEL, at="00001.", path="postId")
    assert caught.value.path == ("postId",)
    assert caught.value.facts == {"permission": "post:cancel"}


def test_the_operator_stands_above_the_nation():
    for permission in Permission:
        assert may(Actor.operator(), permission, "")
        assert may(Actor.operator(), permission, "00001.00002.")


def test_the_public_and_the_operator_are_no_users():
    assert Actor.public().is_public
    assert not Actor.operator().is_public
    assert (Actor.public().person_id, Actor.operator().person_id) == (None, None)
    somebody = Actor(new_id(), "somebody", ())
    assert somebody.person_id == somebody.user_id


def test_the_public_holds_nothing():
    assert [p for p in Permission if Actor.public().reach(p) or may(Actor.public(), p, "")] == []


def test_a_grant_that_only_looks_or_finds_acts_nowhere():
    for reach, held in ((Reach.VIEW, {"view", "find"}), (Reach.FIND, {"find"})):
        actor = Actor(new_id(), "somebody", (Scope(Role.ADMINISTRATOR, new_id(), "00001.", reach),))
        allowed = {p.value.partition(":")[2] for p in Permission if may(actor, p, "00001.00002.")}
        assert allowed == held


def test_the_nation_is_not_above_itself():
    nation = Actor(new_id(), "somebody", (Scope(Role.ADMINISTRATOR, new_id(), "00001."),))
    assert not may(nation, Permission.HOST_EDIT, "")


@settings(max_examples=60)
@given(st.lists(paths, min_size=1, max_size=30), tops)
async def test_below_a_path_in_postgresql_is_what_starts_with_it(engine: AsyncEngine, given_paths: list[str], top: str):
    rows = values(column("path", Text()), name="rows").data([(path,) for path in given_paths])
    held = rows.c.path.collate("C")
    async with engine.connect() as connection:
        found = (await connection.execute(select(rows.c.path).where(below(held, top)))).scalars().all()
    assert sorted(found) == sorted(path for path in given_paths if path.startswith(top))


@settings(max_examples=60)
@given(actors, permissions, st.lists(paths, min_size=1, max_size=30))
async def test_lists_hold_exactly_what_the_actor_may_see(
    engine: AsyncEngine, actor: Actor, permission: Permission, given_paths: list[str]
):
    rows = values(column("path", Text()), name="rows").data([(path,) for path in given_paths])
    narrowed = select(rows.c.path).where(within_reach(actor, permission, rows.c.path.collate("C")))
    async with engine.connect() as connection:
        found = (await connection.execute(narrowed)).scalars().all()
    assert sorted(found) == sorted(path for path in given_paths if may(actor, permission, path))


@settings(max_examples=60)
@given(actor=actors, permission=permissions, given_paths=st.lists(paths, min_size=1, max_size=8))
async def test_what_is_said_from_above_is_seen_by_whoever_stands_below(
    engine: AsyncEngine, actor: Actor, permission: Permission, given_paths: list[str]
):
    rows = values(column("path", Text()), name="rows").data([(path,) for path in given_paths])
    line = select(rows.c.path).where(within_line(actor, permission, rows.c.path.collate("C")))
    async with engine.connect() as connection:
        found = (await connection.execute(line)).scalars().all()
    told = [path for path in given_paths if any(place.startswith(path) for place in actor.reach(permission))]
    assert sorted(found) == sorted(told)
    assert all(actor.stands_below(permission, at=path) for path in told)


def test_a_line_leads_from_the_nation_down():
    assert line_of("1.2.3.") == ["1.", "1.2.", "1.2.3."]
    assert line_of("1.") == ["1."]


def test_what_is_seen_from_below_is_refused_as_seen():
    county = Actor(new_id(), "county", (Scope(Role.ADMINISTRATOR, new_id(), "1.2."),))
    asked: dict[str, Any] = {"at": "1.", "path": "campaignId", "what": "campaign"}
    with pytest.raises(NotFound):
        county.require(Permission.CAMPAIGN_EDIT, **asked)
    with pytest.raises(NotPermitted):
        county.require(Permission.CAMPAIGN_EDIT, **asked, seen_below=True)
    with pytest.raises(NotFound):
        county.require(Permission.CAMPAIGN_EDIT, **{**asked, "at": "1.3."}, seen_below=True)


async def test_below_holds_for_the_real_column_of_the_tree(session: AsyncSession):
    tree = await plant_tree(session)
    everywhere = [unit.path for unit in tree.units.values()]
    for top in everywhere:
        found = (await session.execute(select(Unit.path).where(below(Unit.path, top)))).scalars().all()
        assert sorted(found) == sorted(path for path in everywhere if path.startswith(top))


async def test_an_empty_reach_reads_nothing_not_the_country(session: AsyncSession):
    await plant_tree(session)
    nobody = Actor(new_id(), "nobody", ())
    narrowed = select(Unit.id).where(within_reach(nobody, Permission.UNIT_VIEW, Unit.path))
    assert (await session.execute(narrowed)).all() == []


async def test_a_role_without_the_permission_reads_nothing(session: AsyncSession):
    tree = await plant_tree(session)
    viewer = actor_at(tree["nation"], Role.VIEWER)
    editable = select(Unit.id).where(within_reach(viewer, Permission.UNIT_EDIT, Unit.path))
    visible = select(Unit.id).where(within_reach(viewer, Permission.UNIT_VIEW, Unit.path))
    assert (await session.execute(editable)).all() == []
    assert len((await session.execute(visible)).all()) == len(tree.units)


async def test_two_grants_are_read_together_without_doubles(session: AsyncSession):
    tree = await plant_tree(session)
    held = [(Role.VIEWER, "east city"), (Role.ADMINISTRATOR, "north county"), (Role.VIEWER, "far county")]
    actor = Actor(new_id(), "somebody", tuple(Scope(r, tree[u].id, tree[u].path) for r, u in held))
    narrowed = select(Unit.name).where(within_reach(actor, Permission.UNIT_VIEW, Unit.path)).order_by(Unit.path)
    names = (await session.execute(narrowed)).scalars().all()
    assert names == ["east city", "north county", "north town", "south county", "far county"]
