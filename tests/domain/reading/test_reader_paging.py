"""Paging: walked forwards or backwards, in pages of any size, a list holds each row once and in order."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.accounts.models import Account
from domain.posts.models import Attempt, Delivery, Post
from domain.reading.reader import rows_by_id, stretch
from domain.reading.selection import Branch, Page, Selection, Stretch, cursor_of, page_of
from domain.refusals import Invalid, Reason
from domain.units.models import Unit
from tests.factories.forest import Forest
from tests.factories.statements import statements_of
from tests.factories.units import actor_at

EVERYWHERE = Actor.operator()
# The forest is planted once for all examples, which only read it.
reads_only = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
sizes = st.integers(min_value=1, max_value=40)
Read = Callable[[Page], Awaitable[Stretch]]


async def walk(read: Read, size: int, *, backwards: bool) -> list[UUID]:
    """The ids of all pages put together, with every fact about each page checked on the way."""
    walked: list[UUID] = []
    cursor: str | None = None
    while True:
        page = page_of(None, size, None, cursor) if backwards else page_of(size, None, cursor, None)
        found = await read(page)
        ids = [node.id for node in found.nodes]
        facts = found.page_info
        further, behind = facts.has_next_page, facts.has_previous_page
        if backwards:
            further, behind = behind, further
        assert behind is (cursor is not None)
        assert len(ids) == size or not further
        if ids:
            assert facts.start_cursor == found.edges[0].cursor
            assert facts.end_cursor == found.edges[-1].cursor
        # A row met twice would have the walk go round for ever.
        assert set(ids).isdisjoint(walked)
        walked = ids + walked if backwards else walked + ids
        if not further:
            return walked
        cursor = facts.start_cursor if backwards else facts.end_cursor


def of_root(session: AsyncSession, actor: Actor, model: Any) -> Read:
    async def read(page: Page) -> Stretch:
        return await stretch(session, actor, model, Selection(), page=page)

    return read


def of_row(session: AsyncSession, model: Any, row_id: UUID, relation: str) -> Read:
    async def read(page: Page) -> Stretch:
        selection = Selection(branches=(Branch("list", relation, Selection(), page),))
        found = await rows_by_id(session, EVERYWHERE, model, selection, ids=[row_id])
        below: Stretch = found[row_id].branches["list"]
        return below

    return read


@reads_only
@given(size=sizes, backwards=st.booleans(), place=st.integers(min_value=0))
async def test_a_root_list_is_walked_as_python_would_sort_it(
    session: AsyncSession, forest: Forest, size: int, backwards: bool, place: int
):
    top = forest.units[place % len(forest.units)]
    walked = await walk(of_root(session, actor_at(top), Unit), size, backwards=backwards)
    expected = sorted((u for u in forest.units if u.path.startswith(top.path)), key=lambda unit: unit.path)
    assert walked == [unit.id for unit in expected]


@reads_only
@given(size=sizes, backwards=st.booleans())
async def test_rows_that_tie_are_ordered_by_their_ids(
    session: AsyncSession, forest: Forest, size: int, backwards: bool
):
    walked = await walk(of_root(session, EVERYWHERE, Delivery), size, backwards=backwards)
    expected = sorted(forest.deliveries, key=lambda delivery: (delivery.due_at, delivery.id))
    assert walked == [delivery.id for delivery in expected]
    walked = await walk(of_root(session, EVERYWHERE, Account), size, backwards=backwards)
    assert walked == [a.id for a in sorted(forest.accounts, key=lambda account: (account.unit_path, account.id))]


@reads_only
@given(size=sizes, backwards=st.booleans(), place=st.integers(min_value=0))
async def test_a_list_below_a_row_is_walked_as_python_would_sort_it(
    session: AsyncSession, forest: Forest, size: int, backwards: bool, place: int
):
    unit, post = forest.units[place % len(forest.units)], forest.posts[place % 2]
    below_unit = await walk(of_row(session, Unit, unit.id, "children"), size, backwards=backwards)
    assert below_unit == [child.id for child in forest.children_of(unit)]
    below_post = await walk(of_row(session, Post, post.id, "deliveries"), size, backwards=backwards)
    assert below_post == [delivery.id for delivery in forest.deliveries_of(post)]


@reads_only
@given(size=st.integers(min_value=1, max_value=4), backwards=st.booleans(), total=st.booleans())
async def test_every_parent_of_a_page_has_its_own_page(
    session: AsyncSession, forest: Forest, size: int, backwards: bool, total: bool
):
    page = Page(size, backwards, total=total)
    selection = Selection(branches=(Branch("list", "children", Selection(), page),))
    found = await stretch(session, EVERYWHERE, Unit, selection, page=Page(size=100))
    assert len(found.edges) == len(forest.units)
    units = {unit.id: unit for unit in forest.units}
    for node in found.nodes:
        children = [child.id for child in forest.children_of(units[node.id])]
        below = node.branches["list"]
        assert [child.id for child in below.nodes] == (children[-size:] if backwards else children[:size])
        assert below.total_count == (len(children) if total else None)
        more = below.page_info.has_previous_page if backwards else below.page_info.has_next_page
        assert more is (len(children) > size)


async def test_a_page_in_the_middle_knows_both_sides(session: AsyncSession, forest: Forest):
    read = of_root(session, EVERYWHERE, Unit)
    first = await read(page_of(3, None, None, None))
    second = await read(page_of(3, None, first.page_info.end_cursor, None))
    back = await read(page_of(None, 3, None, second.page_info.start_cursor))
    assert (first.page_info.has_previous_page, first.page_info.has_next_page) == (False, True)
    assert (second.page_info.has_previous_page, second.page_info.has_next_page) == (True, True)
    assert (back.page_info.has_previous_page, back.page_info.has_next_page) == (False, True)
    assert [edge.cursor for edge in back.edges] == [edge.cursor for edge in first.edges]


async def test_a_row_added_before_a_cursor_moves_nothing_after_it(session: AsyncSession, forest: Forest):
    read = of_root(session, EVERYWHERE, Unit)
    first = await read(page_of(3, None, None, None))
    expected = await read(page_of(3, None, first.page_info.end_cursor, None))
    gone = await session.get_one(Unit, first.nodes[1].id)
    gone.path = gone.path.removesuffix(".") + "!."
    await session.flush()
    found = await read(page_of(3, None, first.page_info.end_cursor, None))
    assert [node.id for node in found.nodes] == [node.id for node in expected.nodes]


async def test_a_list_without_rows_has_no_cursors(session: AsyncSession, forest: Forest):
    leaf = next(unit for unit in forest.units if not forest.children_of(unit))
    found = await of_row(session, Unit, leaf.id, "children")(page_of(5, None, None, None))
    facts = found.page_info
    assert (found.edges, facts.start_cursor, facts.end_cursor) == ([], None, None)
    assert (facts.has_next_page, facts.has_previous_page) == (False, False)


@pytest.mark.parametrize(
    ("model", "values"),
    [
        (Unit, ["00001.", "00002."]),
        (Unit, [1]),
        (Delivery, ["00001."]),
        (Delivery, ["2026-06-01T00:00:00", "01980000-0000-7000-8000-000000000001"]),
        (Attempt, ["no uuid"]),
    ],
)
async def test_a_cursor_of_another_list_is_refused_before_anything_is_read(
    session: AsyncSession, engine: AsyncEngine, forest: Forest, model: Any, values: Sequence[Any]
):
    with statements_of(engine) as sent, pytest.raises(Invalid) as caught:
        await of_root(session, EVERYWHERE, model)(page_of(5, None, cursor_of(values), None))
    assert caught.value.reason is Reason.BAD_CURSOR
    assert sent == []


@pytest.mark.parametrize("path", ["", ".", "~", "七彩", "'; DROP TABLE units; --", "zzzzz."])
async def test_a_cursor_may_name_a_place_that_is_no_row(session: AsyncSession, forest: Forest, path: str):
    found = await of_root(session, EVERYWHERE, Unit)(page_of(100, None, cursor_of([path]), None))
    expected = sorted(unit.path for unit in forest.units if unit.path.encode() > path.encode())
    assert len(found.edges) == len(expected)
