"""Reach: whoever asks, and along whatever path, lists hold nothing of other parts of the tree."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import false, func, inspect, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access import permissions
from domain.access.actor import Actor
from domain.access.models import Grant, User
from domain.access.permissions import PERMISSIONS, Permission
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.models import Base
from domain.campaigns.models import Campaign
from domain.engagement.models import Snapshot
from domain.hosts.models import Host
from domain.lessons.models import Lesson
from domain.posts.models import Attempt, Delivery, Post
from domain.reading import selection
from domain.reading.reader import rows_by_id, stretch
from domain.reading.selection import Branch, Page, Record, Selection
from domain.terms import Level, Role
from domain.units.models import Unit
from tests.factories.forest import Forest
from tests.factories.units import actor_at

SHOWN = [Unit, Account, Campaign, Lesson, Post, Delivery, Attempt, Snapshot, Host]
NOBODY = Actor(new_id(), "nobody", ())
PAGE = Page(size=100, total=True)


def everything(model: type[Base], depth: int) -> Selection:
    """All columns of a model and all its relations, so many steps deep."""
    mapper = inspect(model)
    branches = []
    for relation in mapper.relationships if depth else ():
        page = Page(size=4, total=True) if relation.uselist else None
        branches.append(Branch(relation.key, relation.key, everything(relation.mapper.class_, depth - 1), page))
    return Selection(frozenset(mapper.columns.keys()), tuple(branches))


def places(record: Record) -> Iterator[tuple[Record, bool]]:
    """Every record that hangs below one, and whether a list holds it."""
    for below in record.branches.values():
        if isinstance(below, Record):
            yield below, False
            yield from places(below)
        elif below is not None:
            for node in below.nodes:
                yield node, True
                yield from places(node)


def place_of(record: Record) -> str | None:
    model: type[Base] = record.model
    if model.open_where is not None and getattr(record, model.open_where[0]) == model.open_where[1]:
        return None
    return getattr(record, model.reach_column) if model.reach_column else None


@pytest.fixture
def county(forest: Forest) -> Unit:
    """A county with a sibling and accounts of its own."""
    return next(
        unit
        for unit in forest.units
        if unit.level is Level.COUNTY
        and any(u.parent_id == unit.parent_id and u.id != unit.id for u in forest.units)
        and any(account.unit_id == unit.id for account in forest.accounts)
    )


@pytest.mark.parametrize("model", SHOWN)
async def test_a_county_finds_nothing_of_its_siblings_along_any_path(
    session: AsyncSession, forest: Forest, county: Unit, model: type[Base], monkeypatch: pytest.MonkeyPatch
):
    # All paths at once are more than a request may ask for.
    monkeypatch.setattr(selection, "ROWS_LIMIT", 10**7)
    ids = list((await session.execute(select(model.id))).scalars())  # type: ignore[attr-defined]
    found = await rows_by_id(session, actor_at(county), model, everything(model, 3), ids=ids)
    for record in found.values():
        own = place_of(record)
        is_told_from_above = model.seen_below and own is not None and county.path.startswith(own)
        assert own is None or own.startswith(county.path) or is_told_from_above
        for below, listed in places(record):
            place = place_of(below)
            if place is not None and not place.startswith(county.path):
                # What a visible row points to is visible with it: whose post it is, and the units above.
                assert not listed
                assert county.path.startswith(place)


async def test_a_county_sees_all_that_is_its_own(session: AsyncSession, forest: Forest, county: Unit):
    actor = actor_at(county)
    deliveries = {delivery.id for delivery in forest.deliveries if delivery.unit_path == county.path}
    mine: dict[Any, set[Any]] = {
        Unit: {county.id},
        Account: {account.id for account in forest.accounts if account.unit_id == county.id},
        Delivery: deliveries,
        Attempt: {attempt.id for attempt in forest.attempts if attempt.delivery_id in deliveries},
        Snapshot: {snapshot.id for snapshot in forest.snapshots if snapshot.delivery_id in deliveries},
        Post: set(),
        # What a unit above says to all below it.
        Campaign: {post.campaign_id for post in forest.posts},
        Host: {forest.host.id},
    }
    for model, expected in mine.items():
        found = await stretch(session, actor, model, Selection(), page=PAGE)
        assert {node.id for node in found.nodes} == expected
        assert found.total_count == len(expected)
    assert deliveries


async def test_totals_of_lists_below_a_row_are_narrowed_too(session: AsyncSession, forest: Forest, county: Unit):
    wanted = Selection(branches=(Branch("post", "post", Selection(branches=(deliveries(),))),))
    own = [delivery for delivery in forest.deliveries if delivery.unit_path == county.path]
    found = await rows_by_id(session, actor_at(county), Delivery, wanted, ids=[own[0].id])
    below = found[own[0].id].branches["post"].branches["deliveries"]
    expected = [delivery.id for delivery in own if delivery.post_id == own[0].post_id]
    assert sorted(node.id for node in below.nodes) == sorted(expected)
    assert below.total_count == len(expected)


def deliveries() -> Branch:
    return Branch("deliveries", "deliveries", Selection(), PAGE)


async def test_rows_out_of_reach_and_rows_that_never_were_look_the_same(
    session: AsyncSession, forest: Forest, county: Unit
):
    ids = [unit.id for unit in forest.units] + [new_id()]
    found = await rows_by_id(session, actor_at(county), Unit, Selection(), ids=ids)
    assert found.keys() == {unit.id for unit in forest.units if unit.path.startswith(county.path)}


@pytest.mark.parametrize("model", SHOWN)
async def test_whoever_has_no_grant_reads_nothing_that_has_a_place(
    session: AsyncSession, forest: Forest, model: type[Base]
):
    found = await stretch(session, NOBODY, model, Selection(), page=PAGE)
    # Showcase lessons are read even by the public.
    is_open = [getattr(model, model.open_where[0]) == model.open_where[1]] if model.open_where else [false()]
    open_rows = await session.scalar(select(func.count()).select_from(model).where(*is_open))
    expected = 1 if model.for_everyone else open_rows
    assert (len(found.edges), found.total_count) == (expected, expected)


@pytest.mark.parametrize("model", [User, Grant])
async def test_a_model_that_does_not_say_who_reaches_it_shows_nothing_to_anybody(
    session: AsyncSession, forest: Forest, model: type[Base], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(model, "reach_column", None)
    ids = list((await session.execute(select(model.id))).scalars())  # type: ignore[attr-defined]
    assert len(ids) > 0
    found = await stretch(session, Actor.operator(), model, Selection(), page=PAGE)
    assert (found.edges, found.total_count) == ([], 0)
    assert await rows_by_id(session, Actor.operator(), model, Selection(), ids=ids) == {}


async def test_a_list_of_a_model_that_does_not_say_who_reaches_it_is_empty(
    session: AsyncSession, forest: Forest, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(Grant, "reach_column", None)
    wanted = Selection(branches=(Branch("grants", "grants", Selection(), PAGE),))
    found = await stretch(session, Actor.operator(), User, wanted, page=PAGE)
    assert len(found.edges) > 0
    for user in found.nodes:
        assert (user.branches["grants"].edges, user.branches["grants"].total_count) == ([], 0)


async def test_a_permission_on_one_noun_shows_no_other(
    session: AsyncSession, forest: Forest, monkeypatch: pytest.MonkeyPatch
):
    held = {Role.VIEWER: frozenset({Permission.UNIT_VIEW})}
    monkeypatch.setattr(permissions, "PERMISSIONS", PERMISSIONS | held)
    nation = next(unit for unit in forest.units if unit.parent_id is None)
    viewer = actor_at(nation, Role.VIEWER)
    assert (await stretch(session, viewer, Unit, Selection(), page=PAGE)).total_count == len(forest.units)
    for model in (Account, Post, Delivery, Attempt, Campaign):
        assert (await stretch(session, viewer, model, Selection(), page=PAGE)).total_count == 0
