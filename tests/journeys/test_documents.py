"""Documents as front ends write them: aliases, fragments, directives, lists within lists."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_campaign, add_lesson, schedule


@pytest.fixture
def nation(api: Front, country: Country) -> Front:
    return api.as_(country.nation)


async def test_lists_below_have_pages_of_their_own_under_aliases(nation: Front):
    document = """{ units(first: 1) { nodes {
      one: children(first: 1) { nodes { name } pageInfo { hasNextPage } }
      both: children(first: 2) { nodes { name } totalCount }
      last: children(last: 1) { edges { node { name } } }
      children { totalCount } } } }"""
    (row,) = (await nation.ask(document))["units"]["nodes"]
    assert row["one"] == {"nodes": [{"name": "east"}], "pageInfo": {"hasNextPage": True}}
    assert row["both"] == {"nodes": [{"name": "east"}, {"name": "west"}], "totalCount": 2}
    assert row["last"] == {"edges": [{"node": {"name": "west"}}]}
    assert row["children"] == {"totalCount": 2}


async def test_nodes_and_edges_of_one_page_may_ask_differently_by_the_same_name(nation: Front):
    document = """{ units(first: 1) {
      nodes { below: children(first: 1) { nodes { name } } above: parent { name } }
      edges { node { below: children(first: 2) { nodes { name } } above: name } }
      again: nodes { below: accounts(first: 1) { nodes { screenName } } } } }"""
    found = (await nation.ask(document))["units"]
    assert found["nodes"] == [{"below": {"nodes": [{"name": "east"}]}, "above": None}]
    assert found["edges"] == [{"node": {"below": {"nodes": [{"name": "east"}, {"name": "west"}]}, "above": "nation"}}]
    assert found["again"] == [{"below": {"nodes": [{"screenName": "nation account"}]}}]


async def test_aliases_of_one_relation_show_what_each_asks(nation: Front):
    document = """{ unit(code: "T6") { a: parent { name } b: parent { code up: parent { name } } parent { level } } }"""
    found = (await nation.ask(document))["unit"]
    assert found == {
        "a": {"name": "east city"},
        "b": {"code": "T4", "up": {"name": "east"}},
        "parent": {"level": "PREFECTURE"},
    }


async def test_grants_under_two_names_show_what_each_asks(nation: Front):
    document = """{ viewer {
      a: grants { unit { children(first: 1) { nodes { name } } } }
      b: grants { unit { children(first: 2) { nodes { name } } } role } } }"""
    found = (await nation.ask(document))["viewer"]
    assert found["a"] == [{"unit": {"children": {"nodes": [{"name": "east"}]}}}]
    east, west = {"name": "east"}, {"name": "west"}
    assert found["b"] == [{"unit": {"children": {"nodes": [east, west]}}, "role": "ADMINISTRATOR"}]


async def test_fragments_named_inline_and_on_the_interface_are_written_out(nation: Front, country: Country):
    document = """query($id: ID!) { node(id: $id) { ...Any ...OnUnit ... on Post { text } } }
      fragment Any on Node { id __typename }
      fragment OnUnit on Unit { name ... { level } ...Below ...Below parent { ...Name } }
      fragment Below on Unit { children(first: 1) { nodes { ...Name ... on Unit { code } } } }
      fragment Name on Unit { name }"""
    unit = country.tree["east"]
    found = (await nation.ask(document, id=id_of(unit)))["node"]
    below = {"nodes": [{"name": "east city", "code": "T4"}]}
    assert found == {
        "id": id_of(unit),
        "__typename": "Unit",
        "name": "east",
        "level": "PROVINCIAL",
        "children": below,
        "parent": {"name": "nation"},
    }


@pytest.mark.parametrize("shown", [True, False])
async def test_directives_with_variables_leave_fields_and_relations_out(nation: Front, shown: bool):
    document = """query($shown: Boolean!, $size: Int = 1) { unit(code: "T1") {
      name @include(if: $shown) code @skip(if: $shown)
      children(first: $size) @include(if: $shown) { nodes { name } }
      ...Accounts @skip(if: $shown) ... @include(if: $shown) { level } } }
      fragment Accounts on Unit { accounts(first: $size) { totalCount } }"""
    found = (await nation.ask(document, shown=shown))["unit"]
    kept = {"name": "nation", "children": {"nodes": [{"name": "east"}]}, "level": "NATIONAL"}
    assert found == (kept if shown else {"code": "T1", "accounts": {"totalCount": 1}})


@pytest.mark.parametrize(("given", "count"), [({}, 2), ({"size": 1}, 1), ({"size": None}, 2)])
async def test_variables_reach_lists_within_lists(nation: Front, given: dict[str, Any], count: int):
    document = """query($size: Int) { units(first: 1) { nodes { children(first: $size) { nodes { name } } } } }"""
    found = await nation.ask(document, **given)
    assert len(found["units"]["nodes"][0]["children"]["nodes"]) == count


async def test_type_names_are_told_everywhere(nation: Front, session: AsyncSession, country: Country):
    campaign = await add_campaign(session, country.tree)
    await schedule(session, country.tree, await add_lesson(session, country.tree), campaign=campaign)
    document = """query($id: ID!) { __typename node(id: $id) { __typename ... on Campaign {
      posts { __typename edges { __typename node { __typename } } pageInfo { __typename } }
      deliveries { __typename } engagement { __typename likes { __typename } } } } }"""
    found = await nation.ask(document, id=id_of(campaign))
    assert found["__typename"] == "Query"
    shown = found["node"]
    assert shown["__typename"] == "Campaign"
    edge = {"__typename": "PostEdge", "node": {"__typename": "Post"}}
    assert shown["posts"] == {"__typename": "PostConnection", "edges": [edge], "pageInfo": {"__typename": "PageInfo"}}
    assert shown["deliveries"] == [{"__typename": "StateCount"}]
    assert shown["engagement"][0] == {"__typename": "LevelEngagement", "likes": {"__typename": "Figure"}}


async def test_measures_under_aliases_and_in_fragments_are_the_same(
    nation: Front, session: AsyncSession, country: Country
):
    planned = await schedule(session, country.tree, await add_lesson(session, country.tree))
    document = """query($id: ID!) { node(id: $id) { ... on Post { a: states { count } ...B
      deliveries(first: 1) { nodes { post { states { state count } } } } } } }
      fragment B on Post { b: states { state } }"""
    found = (await nation.ask(document, id=id_of(planned.post)))["node"]
    assert (found["a"], found["b"]) == ([{"count": 8}], [{"state": "SCHEDULED"}])
    assert found["deliveries"]["nodes"][0]["post"]["states"] == [{"state": "SCHEDULED", "count": 8}]


async def test_sibling_root_fields_are_read_side_by_side(nation: Front, session: AsyncSession, country: Country):
    lesson, campaign = await add_lesson(session, country.tree), await add_campaign(session, country.tree)
    await schedule(session, country.tree, lesson, campaign=campaign)
    document = """query($id: ID!) { viewer { name } units(first: 2) { nodes { children { totalCount } } }
      accounts(first: 1) { nodes { unit { parent { name } } host { kind } } } lessons { nodes { title } }
      campaigns { nodes { title } } posts { nodes { states { count } } } unitCounts { levels { count } }
      node(id: $id) { id } nodes(ids: [$id, $id]) { id } a: unit(code: "T1") { name } b: unit(code: "T2") { name } }"""
    found = await nation.ask(document, id=id_of(lesson))
    assert found["viewer"] == {"name": "Nation"}
    assert [row["children"]["totalCount"] for row in found["units"]["nodes"]] == [2, 1]
    assert found["accounts"]["nodes"] == [{"unit": {"parent": None}, "host": {"kind": "WEIBO"}}]
    assert found["posts"]["nodes"] == [{"states": [{"count": 8}]}]
    assert [row["count"] for row in found["unitCounts"]["levels"]] == [1, 2, 2, 3, 1]
    assert (found["a"], found["b"]) == ({"name": "nation"}, {"name": "east"})
    assert found["nodes"] == [{"id": id_of(lesson)}] * 2


async def test_one_failing_field_leaves_its_siblings_alone(nation: Front):
    answer = await nation.answer('{ good: unit(code: "T1") { name } bad: node(id: "x") { id } }')
    assert answer["data"] == {"good": {"name": "nation"}, "bad": None}
    assert [error["path"] for error in answer["errors"]] == [["bad"]]


async def test_an_input_may_be_written_into_the_document(nation: Front, country: Country):
    unit = id_of(country.tree["nation"])
    document = """mutation($title: String!) { createCampaign(input: {unitId: "%s", title: $title}) {
      ...Done ... on Problem { code } } } fragment Done on CreateCampaignPayload { campaign { title unit { name } } }"""
    found = await nation.ask(document % unit, title=" 六一 ")
    assert found == {"createCampaign": {"campaign": {"title": "六一", "unit": {"name": "nation"}}}}


async def test_the_schema_tells_itself(nation: Front):
    from graphql import build_client_schema, get_introspection_query, print_schema

    told = build_client_schema(await nation.ask(get_introspection_query()))  # type: ignore[arg-type]
    assert "union ScheduleLessonResult = ScheduleLessonPayload | Problem" in print_schema(told)
