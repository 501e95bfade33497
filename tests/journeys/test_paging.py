"""Lists are read page by page, forwards and backwards, by cursors that come from the API."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_campaign, add_lesson, schedule

UNITS = """query($first: Int, $after: String, $last: Int, $before: String) {
  units(first: $first, after: $after, last: $last, before: $before) {
    nodes { name } edges { cursor node { name } } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
ALL = ["nation", "east", "east city", "north county", "north town", "south county", "west", "west city", "far county"]
ROOTS = ["units", "accounts", "lessons", "campaigns", "posts"]


async def page(front: Front, **given: Any) -> dict[str, Any]:
    found: dict[str, Any] = (await front.ask(UNITS, **given))["units"]
    info, edges = found["pageInfo"], found["edges"]
    assert [edge["node"] for edge in edges] == found["nodes"]
    assert (info["startCursor"], info["endCursor"]) == (edges[0]["cursor"], edges[-1]["cursor"])
    return found


def names(found: dict[str, Any]) -> list[str]:
    return [node["name"] for node in found["nodes"]]


@pytest.mark.parametrize("size", [1, 2, 4, 9, 100])
async def test_pages_forwards_are_the_whole_list_once(api: Front, country: Country, size: int):
    nation, after = api.as_(country.nation), None
    seen: list[str] = []
    while True:
        found = await page(nation, first=size, after=after)
        assert found["totalCount"] == len(ALL)
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        seen += names(found)
        after = found["pageInfo"]["endCursor"]
        if not found["pageInfo"]["hasNextPage"]:
            break
    assert seen == ALL


@pytest.mark.parametrize("size", [1, 2, 4, 9, 100])
async def test_pages_backwards_are_the_whole_list_once(api: Front, country: Country, size: int):
    nation, before = api.as_(country.nation), None
    seen: list[str] = []
    while True:
        found = await page(nation, last=size, before=before)
        assert found["pageInfo"]["hasNextPage"] is (before is not None)
        seen = names(found) + seen
        before = found["pageInfo"]["startCursor"]
        if not found["pageInfo"]["hasPreviousPage"]:
            break
    assert seen == ALL


async def test_a_page_may_be_left_in_the_direction_it_came_from(api: Front, country: Country):
    nation = api.as_(country.nation)
    forwards = await page(nation, first=3)
    following = await page(nation, first=3, after=forwards["pageInfo"]["endCursor"])
    back = await page(nation, last=3, before=following["pageInfo"]["startCursor"])
    assert names(back) == names(forwards) == ALL[:3]


async def test_a_page_beyond_the_end_is_empty(api: Front, country: Country):
    nation = api.as_(country.nation)
    end = (await page(nation, first=100))["pageInfo"]["endCursor"]
    beyond = (await nation.ask(UNITS, first=5, after=end))["units"]
    assert (beyond["nodes"], beyond["edges"], beyond["totalCount"]) == ([], [], 9)
    info = {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": None}
    assert beyond["pageInfo"] == info


async def test_rows_of_one_instant_are_paged_without_loss(api: Front, country: Country, session: AsyncSession):
    planned = await schedule(session, country.tree, await add_lesson(session, country.tree))
    document = """query($id: ID!, $after: String) { node(id: $id) { ... on Post {
      deliveries(first: 3, after: $after) { nodes { id dueAt } pageInfo { endCursor hasNextPage } } } } }"""
    nation, after = api.as_(country.nation), None
    seen: list[str] = []
    for _ in range(3):
        found = (await nation.ask(document, id=id_of(planned.post), after=after))["node"]["deliveries"]
        seen += [row["id"] for row in found["nodes"]]
        after = found["pageInfo"]["endCursor"]
    assert found["pageInfo"]["hasNextPage"] is False
    assert seen == [id_of(delivery) for delivery in planned.deliveries]
    assert len({delivery.due_at for delivery in planned.deliveries}) == 1


async def test_the_default_is_twenty(api: Front, country: Country, session: AsyncSession):
    for _ in range(21):
        await add_campaign(session, country.tree)
    found = await api.as_(country.nation).ask("{ campaigns { nodes { id } totalCount pageInfo { hasNextPage } } }")
    assert len(found["campaigns"]["nodes"]) == 20
    assert (found["campaigns"]["totalCount"], found["campaigns"]["pageInfo"]["hasNextPage"]) == (21, True)


@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("wrong", ["first: 0", "first: 101", "first: -1", "last: 0", "last: 101", "first: 1, last: 1"])
async def test_a_size_that_cannot_be_is_refused(api: Front, country: Country, root: str, wrong: str):
    error = await api.as_(country.nation).error(f"{{ {root}({wrong}) {{ nodes {{ id }} }} }}")
    assert error["extensions"]["code"] == "BAD_PAGE"
    assert error["extensions"]["path"][0] in ("first", "last")
    assert error["path"] == [root]


async def test_a_size_within_a_list_is_refused_too(api: Front, country: Country):
    error = await api.as_(country.nation).error("{ units { nodes { children(first: 0) { nodes { id } } } } }")
    assert error["extensions"]["code"] == "BAD_PAGE"


@pytest.mark.parametrize("cursor", ["", "x", "!!", "bnVsbA", "WzFd", "WzEsMl0", "W10", "e30", "WyIiXQ=====", "课"])
@pytest.mark.parametrize("direction", ["first: 1, after", "last: 1, before"])
async def test_a_cursor_that_did_not_come_from_here_is_refused(
    api: Front, country: Country, cursor: str, direction: str
):
    document = f"query($cursor: String!) {{ posts({direction}: $cursor) {{ nodes {{ id }} }} }}"
    error = await api.as_(country.nation).error(document, cursor=cursor)
    assert error["extensions"]["code"] == "BAD_CURSOR"


async def test_a_cursor_of_another_list_is_refused(api: Front, country: Country, session: AsyncSession):
    await schedule(session, country.tree, await add_lesson(session, country.tree))
    nation = api.as_(country.nation)
    cursor = (await page(nation, first=1))["pageInfo"]["endCursor"]
    error = await nation.error("query($c: String) { posts(first: 1, after: $c) { nodes { id } } }", c=cursor)
    assert error["extensions"]["code"] == "BAD_CURSOR"


async def test_a_total_is_counted_without_reading_the_rows(api: Front, country: Country):
    found = await api.as_(country.nation).ask("{ units { totalCount } accounts(first: 1) { totalCount } }")
    assert found == {"units": {"totalCount": 9}, "accounts": {"totalCount": 8}}


async def test_lists_are_narrowed_by_what_is_asked_and_by_reach(api: Front, country: Country, session: AsyncSession):
    campaign = await add_campaign(session, country.tree)
    planned = await schedule(session, country.tree, await add_lesson(session, country.tree), campaign=campaign)
    await schedule(session, country.tree, await add_lesson(session, country.tree))
    document = """query($within: ID!, $campaign: ID!, $post: ID!) {
      counties: units(levels: [COUNTY, COUNTY]) { totalCount }
      none: units(levels: []) { totalCount }
      below: units(withinId: $within) { nodes { name } }
      accounts(levels: [COUNTY], withinId: $within) { totalCount }
      lessons(states: [SHOWCASE]) { totalCount }
      drafts: lessons(states: [DRAFT]) { totalCount }
      posts(campaignId: $campaign) { nodes { id } }
      deliveries(postId: $post, states: [SCHEDULED]) { totalCount }
      published: deliveries(postId: $post, states: [PUBLISHED]) { totalCount } }"""
    given = {"within": id_of(country.tree["east"]), "campaign": id_of(campaign), "post": id_of(planned.post)}
    found = await api.as_(country.nation).ask(document, **given)
    totals = {key: part["totalCount"] for key, part in found.items() if "totalCount" in part}
    assert totals == {
        "counties": 3,
        "none": 0,
        "accounts": 2,
        "lessons": 2,
        "drafts": 0,
        "deliveries": 8,
        "published": 0,
    }
    assert [node["name"] for node in found["below"]["nodes"]] == ALL[1:6]
    assert found["posts"]["nodes"] == [{"id": id_of(planned.post)}]


async def test_a_unit_out_of_reach_narrows_to_nothing_but_an_error(api: Front, country: Country):
    document = "query($within: ID!) { units(withinId: $within) { totalCount } }"
    for place, code in ((id_of(country.tree["west"]), "NOT_FOUND"), ("nonsense", "BAD_ID")):
        error = await api.as_(country.province).error(document, within=place)
        assert (error["extensions"]["code"], error["extensions"]["path"]) == (code, ["withinId"])


async def test_a_list_that_goes_on_while_rows_are_added_shows_none_twice(
    api: Front, country: Country, session: AsyncSession
):
    for _ in range(3):
        await add_campaign(session, country.tree)
    document = "query($after: String) { campaigns(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } }"
    nation = api.as_(country.nation)
    first = (await nation.ask(document))["campaigns"]
    added = await add_campaign(session, country.tree)
    second = (await nation.ask(document, after=first["pageInfo"]["endCursor"]))["campaigns"]
    seen = [node["id"] for node in first["nodes"] + second["nodes"]]
    assert len(set(seen)) == 4
    assert seen[-1] == id_of(added)
