"""Reads: to-one relations joined, a list and a measure for one statement each, however many rows there are."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.posts.models import Delivery, Post
from domain.posts.queries import states_of_posts
from domain.reading.reader import row_where, rows_by_id, stretch
from domain.reading.selection import Branch, Page, Record, Selection
from domain.refusals import Invalid, Reason
from domain.terms import Level
from domain.units.models import Unit
from tests.factories.forest import Forest
from tests.factories.statements import statements_of
from tests.factories.units import actor_at

EVERYWHERE = Actor.operator()
NAME = Selection(frozenset({"name"}))


def one(relation: str, selection: Selection, key: str = "") -> Branch:
    return Branch(key or relation, relation, selection)


def many(relation: str, selection: Selection, key: str = "", **page: Any) -> Branch:
    return Branch(key or relation, relation, selection, Page(**page))


def with_(*branches: Branch, **selection: Any) -> Selection:
    return Selection(branches=branches, **selection)


async def test_a_row_has_the_attributes_asked_for_and_no_others(session: AsyncSession, forest: Forest):
    unit = forest.units[0]
    found = await rows_by_id(session, EVERYWHERE, Unit, NAME, ids=[unit.id])
    record = found[unit.id]
    assert (record.id, record.name) == (unit.id, unit.name)
    with pytest.raises(AttributeError, match="not selected"):
        _ = record.code


async def test_an_attribute_that_is_no_column_is_left_to_the_window(session: AsyncSession, forest: Forest):
    unit = forest.units[0]
    found = await rows_by_id(session, EVERYWHERE, Unit, Selection(frozenset({"name", "label"})), ids=[unit.id])
    assert found[unit.id].name == unit.name


async def test_relations_to_one_are_followed_several_steps(session: AsyncSession, forest: Forest):
    units = {unit.id: unit for unit in forest.units}
    accounts = {account.id: account for account in forest.accounts}
    wanted = with_(
        one("account", with_(one("unit", with_(one("parent", NAME), attributes=frozenset({"name"}))))),
        one("account", with_(one("host", NAME)), key="same account"),
    )
    found = await rows_by_id(session, EVERYWHERE, Delivery, wanted, ids=[d.id for d in forest.deliveries])
    assert len(found) == len(forest.deliveries)
    for delivery in forest.deliveries:
        record = found[delivery.id]
        unit = units[accounts[delivery.account_id].unit_id]
        seen = record.branches["account"].branches["unit"]
        assert (seen.id, seen.name) == (unit.id, unit.name)
        above = seen.branches["parent"]
        assert (above.id if above else None) == unit.parent_id
        assert above is None or above.name == units[above.id].name
        assert record.branches["same account"].branches["host"].name == forest.host.name


async def test_a_missing_relation_to_one_is_none(session: AsyncSession, forest: Forest):
    nation = next(unit for unit in forest.units if unit.parent_id is None)
    wanted = with_(one("parent", with_(one("parent", NAME), many("children", NAME))))
    found = await rows_by_id(session, EVERYWHERE, Unit, wanted, ids=[nation.id])
    assert found[nation.id].branches["parent"] is None


async def test_each_parent_has_a_page_of_its_own(session: AsyncSession, forest: Forest):
    wanted = with_(many("children", NAME, size=2, total=True))
    found = await rows_by_id(session, EVERYWHERE, Unit, wanted, ids=[unit.id for unit in forest.units])
    sizes = set()
    for unit in forest.units:
        children, page = forest.children_of(unit), found[unit.id].branches["children"]
        assert [(node.id, node.name) for node in page.nodes] == [(child.id, child.name) for child in children[:2]]
        assert page.total_count == len(children)
        assert page.page_info.has_next_page is (len(children) > 2)
        assert page.page_info.has_previous_page is False
        sizes.add(min(len(children), 3))
    assert sizes == {0, 1, 2, 3}


async def test_a_list_below_a_list_below_a_row(session: AsyncSession, forest: Forest):
    wanted = with_(many("deliveries", with_(many("attempts", Selection(frozenset({"fence"})), size=9)), size=100))
    found = await rows_by_id(session, EVERYWHERE, Post, wanted, ids=[post.id for post in forest.posts])
    for post in forest.posts:
        deliveries = forest.deliveries_of(post)
        nodes = found[post.id].branches["deliveries"].nodes
        assert [node.id for node in nodes] == [delivery.id for delivery in deliveries[:100]]
        for node in nodes:
            attempts = sorted((a for a in forest.attempts if a.delivery_id == node.id), key=lambda attempt: attempt.id)
            seen = [(attempt.id, attempt.fence) for attempt in node.branches["attempts"].nodes]
            assert seen == [(attempt.id, attempt.fence) for attempt in attempts]


async def test_the_same_list_may_be_asked_for_twice_with_different_pages(session: AsyncSession, forest: Forest):
    wanted = with_(
        many("deliveries", Selection(frozenset({"code"})), key="early", size=3),
        many("deliveries", Selection(frozenset({"state"})), key="late", size=2, backwards=True),
        many("deliveries", Selection(), key="number", size=1, rows=False, total=True),
    )
    (post, _), found = forest.posts, await rows_by_id(session, EVERYWHERE, Post, wanted, ids=[forest.posts[0].id])
    deliveries, branches = forest.deliveries_of(post), found[post.id].branches
    assert [node.code for node in branches["early"].nodes] == [delivery.code for delivery in deliveries[:3]]
    assert [node.state for node in branches["late"].nodes] == [delivery.state for delivery in deliveries[-2:]]
    assert (branches["number"].total_count, branches["number"].edges) == (len(deliveries), [])
    assert branches["early"].total_count is None
    with pytest.raises(AttributeError):
        _ = branches["late"].nodes[0].code


async def test_lists_hang_below_joined_rows_too(session: AsyncSession, forest: Forest):
    units = {unit.id: unit for unit in forest.units}
    wanted = with_(one("unit", with_(many("children", NAME, size=2))))
    found = await rows_by_id(session, EVERYWHERE, Account, wanted, ids=[account.id for account in forest.accounts])
    for account in forest.accounts:
        page = found[account.id].branches["unit"].branches["children"]
        children = forest.children_of(units[account.unit_id])
        assert [node.id for node in page.nodes] == [child.id for child in children[:2]]


async def test_a_measure_is_taken_once_for_all_rows(session: AsyncSession, forest: Forest):
    calls: list[Sequence[UUID]] = []

    async def count_calls(session: AsyncSession, actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, int]:
        calls.append(ids)
        return {row_id: number for number, row_id in enumerate(ids) if row_id != forest.posts[1].id}

    wanted = with_(one("post", Selection(measures={"number": count_calls, "states": states_of_posts})))
    page = await stretch(session, EVERYWHERE, Delivery, wanted, page=Page(size=100))
    posts = [edge.node.branches["post"] for edge in page.edges]
    assert [sorted(ids) for ids in calls] == [sorted({post.id for post in posts})]
    for post in posts:
        expected = [d.state for d in forest.deliveries if d.post_id == post.id]
        assert {s.state: s.count for s in post.branches["states"]} == {s: expected.count(s) for s in set(expected)}
        assert (post.branches["number"] is None) is (post.id == forest.posts[1].id)


async def test_a_total_alone_reads_no_rows(session: AsyncSession, engine: AsyncEngine, forest: Forest):
    with statements_of(engine) as sent:
        found = await stretch(session, EVERYWHERE, Unit, NAME, page=Page(rows=False, total=True))
    assert (found.total_count, found.edges) == (len(forest.units), [])
    assert len(sent) == 1


async def test_rows_are_compared_by_their_attributes(session: AsyncSession, forest: Forest):
    page = Page(size=100, total=True)
    counties = await stretch(session, EVERYWHERE, Unit, NAME, page=page, where=[("level", Level.COUNTY)])
    upper = [("level", [Level.NATIONAL, Level.PROVINCIAL]), ("closed_on", None)]
    top = await stretch(session, EVERYWHERE, Unit, NAME, page=page, where=upper)
    expected = [unit.id for unit in forest.units if unit.level is Level.COUNTY]
    assert {node.id for node in counties.nodes} == set(expected)
    assert counties.total_count == len(expected)
    assert {node.id for node in top.nodes} == {unit.id for unit in forest.units if unit.level.depth <= 2}


async def test_rows_are_narrowed_to_a_place(session: AsyncSession, forest: Forest):
    province = next(unit for unit in forest.units if unit.level is Level.PROVINCIAL)
    page = Page(size=100, total=True)
    found = await stretch(session, EVERYWHERE, Account, Selection(), page=page, under=province.path)
    expected = {a.id for a in forest.accounts if a.unit_path.startswith(province.path)}
    assert {node.id for node in found.nodes} == expected
    assert found.total_count == len(expected) > 0


async def test_one_row_is_found_by_what_it_compares_to(session: AsyncSession, forest: Forest):
    unit = forest.units[5]
    found = await row_where(session, EVERYWHERE, Unit, NAME, where=[("code", unit.code)])
    assert found is not None
    assert found.name == unit.name
    assert await row_where(session, EVERYWHERE, Unit, NAME, where=[("code", "nowhere")]) is None
    elsewhere = next(u for u in forest.units if u.parent_id is not None)
    nation = [("level", Level.NATIONAL)]
    assert await row_where(session, actor_at(elsewhere), Unit, NAME, where=nation) is None


async def test_too_much_is_refused_before_anything_is_read(session: AsyncSession, engine: AsyncEngine, forest: Forest):
    heavy = with_(
        many("children", with_(many("children", with_(many("children", NAME, size=100)), size=100)), size=100)
    )
    with statements_of(engine) as sent:
        for read in (
            stretch(session, EVERYWHERE, Unit, heavy, page=Page(size=1)),
            rows_by_id(session, EVERYWHERE, Unit, heavy, ids=[new_id()]),
        ):
            with pytest.raises(Invalid) as caught:
                await read
            assert caught.value.reason is Reason.TOO_MANY_ROWS
    assert sent == []


async def test_no_rows_cost_no_further_statements(session: AsyncSession, engine: AsyncEngine, forest: Forest):
    wanted = with_(many("deliveries", with_(many("attempts", Selection()))), measures={"states": states_of_posts})
    with statements_of(engine) as sent:
        assert await rows_by_id(session, EVERYWHERE, Post, wanted, ids=[new_id()]) == {}
    assert len(sent) == 1


FULL = with_(
    one("lesson", Selection(frozenset({"title"}))),
    one("campaign", with_(many("posts", Selection(measures={"states": states_of_posts}), size=5))),
    many(
        "deliveries",
        with_(
            one("account", with_(one("unit", with_(many("accounts", Selection(), size=5))), one("host", NAME))),
            many("attempts", Selection(), size=5, total=True),
            many("snapshots", Selection(), size=5),
        ),
        size=30,
        total=True,
    ),
    attributes=frozenset({"text"}),
)


def leaves(record: Record) -> int:
    """How many records hang below one."""
    total = 1
    for below in record.branches.values():
        if isinstance(below, Record):
            total += leaves(below)
        elif hasattr(below, "nodes"):
            total += sum(leaves(node) for node in below.nodes)
    return total


async def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(
    session: AsyncSession, engine: AsyncEngine, forest: Forest
):
    county = next(unit for unit in forest.units if unit.level is Level.COUNTY and has(forest, unit))
    own = [delivery.id for delivery in forest.deliveries if delivery.unit_path == county.path]
    everything = [delivery.id for delivery in forest.deliveries]
    statements, records = [], []
    for actor, ids in [(EVERYWHERE, everything[:20]), (EVERYWHERE, own[:1]), (actor_at(county), own[:1])]:
        with statements_of(engine) as sent:
            found = await rows_by_id(session, actor, Delivery, with_(one("post", FULL)), ids=ids)
        statements.append(len(sent))
        records.append(sum(leaves(record) for record in found.values()))
    # The rows, deliveries and their number, attempts and theirs, snapshots, accounts, posts, and the states of these:
    # a county sees no post of the campaign, so that it has no states to count.
    assert statements == [9, 9, 8]
    assert records[0] > 10 * records[1] > 10 * records[2] > 0


def has(forest: Forest, unit: Unit) -> bool:
    attempted = {attempt.delivery_id for attempt in forest.attempts}
    return any(d.unit_path == unit.path and d.id in attempted for d in forest.deliveries)
