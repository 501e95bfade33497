"""Documents that ask too much are refused, quickly, with a code; everything a document can do wrong has one."""

import json
import time
from typing import Any

import httpx
import pytest

from schema._limits import ALIAS_LIMIT, DEPTH_LIMIT, TOKEN_LIMIT
from tests.factories.api import Country, Front, id_of

# One field of a thousandth part of this work takes a moment; whatever multiplies it takes for ever.
QUICK_SECONDS = 5.0


@pytest.fixture
def nation(api: Front, country: Country) -> Front:
    return api.as_(country.nation)


def parents(levels: int) -> str:
    """A document that is this many fields deep."""
    return '{ unit(code: "T9") ' + "{ parent " * (levels - 2) + "{ name }" + " }" * (levels - 2) + " }"


def doubling(levels: int, leaf: str) -> str:
    """Fragments that each spread the next one twice: written out, they are 2 to the power of `levels` leaves."""
    chain = "".join(f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }} " for n in range(levels))
    return f"{{ ...F0 }} {chain} fragment F{levels} on Query {{ {leaf} }}"


async def refused(front: Front, document: str, **variables: Any) -> str:
    """The message of a refusal for what the document itself asks."""
    started = time.monotonic()
    errors = (await front.answer(document, **variables))["errors"]
    assert time.monotonic() - started < QUICK_SECONDS
    assert {error["extensions"]["code"] for error in errors} == {"BAD_REQUEST"}
    assert all("path" not in error for error in errors)
    message: str = errors[0]["message"]
    return message


async def test_a_document_is_as_deep_as_the_limit_and_no_deeper(nation: Front):
    assert (await nation.ask(parents(DEPTH_LIMIT)))["unit"] is not None
    assert str(DEPTH_LIMIT) in await refused(nation, parents(DEPTH_LIMIT + 1))


async def test_depth_counts_through_fragments(nation: Front):
    inner = "{ parent " * DEPTH_LIMIT + "{ name }" + " }" * DEPTH_LIMIT
    document = f'{{ unit(code: "T9") {{ ...Deep }} }} fragment Deep on Unit {{ ... on Unit {inner} }}'
    assert "deep" in await refused(nation, document)


async def test_aliases_are_counted_with_their_fragments_written_out(nation: Front):
    def named(count: int) -> str:
        return "{ " + " ".join(f"a{number}: __typename" for number in range(count)) + " }"

    assert len(await nation.ask(named(ALIAS_LIMIT))) == ALIAS_LIMIT
    assert "aliases" in await refused(nation, named(ALIAS_LIMIT + 1))
    assert str(2**30) in await refused(nation, doubling(30, "a: __typename"))


async def test_fragments_that_multiply_cost_no_more_than_they_are_long(nation: Front):
    started = time.monotonic()
    assert await nation.ask(doubling(100, "viewer { name }")) == {"viewer": {"name": "Nation"}}
    assert time.monotonic() - started < QUICK_SECONDS


async def test_fragments_that_multiply_below_a_root_cost_no_more_than_they_are_long(nation: Front):
    chain = "".join(f"fragment F{n} on Unit {{ ...F{n + 1} ...F{n + 1} }} " for n in range(100))
    document = f'{{ unit(code: "T1") {{ ...F0 }} }} {chain} fragment F100 on Unit {{ name }}'
    started = time.monotonic()
    assert await nation.ask(document) == {"unit": {"name": "nation"}}
    assert time.monotonic() - started < QUICK_SECONDS


async def test_a_long_chain_of_fragments_is_no_defect(nation: Front):
    chain = "".join(f"fragment F{n} on Query {{ ...F{n + 1} }} " for n in range(270))
    answer = await nation.answer(f"{{ ...F0 }} {chain} fragment F270 on Query {{ __typename }}")
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    assert codes <= {"BAD_REQUEST"}
    assert codes or answer["data"] == {"__typename": "Query"}


async def test_tokens_are_limited(nation: Front):
    def naming(count: int) -> str:
        return "{ nodes(ids: [" + '"" ' * count + "]) { id } }"

    # Twelve tokens stand around the ids; what is read is then refused for another reason.
    assert (await nation.error(naming(TOKEN_LIMIT - 12)))["extensions"]["code"] == "TOO_MANY"
    assert "tokens" in await refused(nation, naming(TOKEN_LIMIT - 11))
    assert await refused(nation, "{a" * 900 + "}" * 900)


async def test_a_query_that_could_read_too_many_rows_is_refused(nation: Front):
    two = "{ units(first: 100) { nodes { children(first: 100) { nodes { %s } } } } }"
    assert (await nation.ask(two % "id"))["units"]["nodes"]
    error = await nation.error(two % "children(first: 1) { nodes { id } }")
    assert error["extensions"]["code"] == "TOO_MANY_ROWS"
    assert "20000" in error["extensions"]["messageZh"]
    # A total is counted in one statement, whatever it counts.
    assert (await nation.ask(two % "children(first: 100) { totalCount }"))["units"]["nodes"]


async def test_a_list_of_choices_may_be_longer_than_a_statement_takes(nation: Front):
    document = "query($levels: [Level!]) { units(levels: $levels) { totalCount } }"
    found = await nation.ask(document, levels=["COUNTY", "PREFECTURE"] * 20_000)
    assert found == {"units": {"totalCount": 5}}


@pytest.mark.parametrize(
    "document",
    [
        "{ viewer { name }",
        "{ viewer { name } } }",
        "{ viewer { nothing } }",
        "{ nothing }",
        "{ viewer }",
        "{ viewer { name { x } } }",
        "{ unit { name } }",
        "{ unit(code: 5) { name } }",
        "{ units(levels: [NOWHERE]) { totalCount } }",
        "{ ...Nothing }",
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "fragment Unused on Query { __typename } { __typename }",
        "{ viewer { ... on Unit { name } } }",
        "query($x: Nothing) { viewer { name } }",
        "query($x: Unit) { viewer { name } }",
        "query($x: String!) { units(first: $x) { totalCount } }",
        "query($x: Int, $x: Int) { units(first: $x) { totalCount } }",
        "{ units(first: $x) { totalCount } }",
        "{ viewer @nothing { name } }",
        "{ a: viewer { name } a: unitCounts { asOf } }",
        "subscription { viewer { name } }",
        "mutation { nothing }",
        "{ viewer { name } } { viewer { name } }",
        "query A { viewer { name } } query B { viewer { name } }",
        "type Query { x: Int }",
        '{ unit(code: "\\u0000") { name } }',
        '{ unit(code: "\\uD800") { name } }',
        "\x00",
        "课",
    ],
)
async def test_a_wrong_document_has_a_code(nation: Front, document: str):
    response = await nation.post(query=document)
    assert response.status_code in (200, 400)
    errors = response.json()["errors"]
    assert errors
    assert {error["extensions"]["code"] for error in errors} == {"BAD_REQUEST"}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("String!", None),
        ("String!", 5),
        ("String!", ["x"]),
        ("String!", {"x": "y"}),
        ("String!", "a\0b"),
        ("String!", True),
    ],
)
async def test_a_wrong_variable_has_a_code(nation: Front, kind: str, value: object):
    await refused(nation, f"query($code: {kind}) {{ unit(code: $code) {{ name }} }}", code=value)


@pytest.mark.parametrize("size", ["1", 1.5, 2**31, -(2**40), "many", [1, 2]])
async def test_a_wrong_number_has_a_code(nation: Front, size: object):
    await refused(nation, "query($size: Int) { units(first: $size) { totalCount } }", size=size)


async def test_a_missing_variable_has_a_code(nation: Front):
    assert "$code" in await refused(nation, "query($code: String!) { unit(code: $code) { name } }")


@pytest.mark.parametrize("when", ["tomorrow", "", 5, "2026-13-01T00:00:00Z", "2026-06-01T25:00:00Z", []])
async def test_a_wrong_instant_has_a_code(nation: Front, country: Country, when: object):
    document = "mutation($input: ScheduleLessonInput!) { scheduleLesson(input: $input) { __typename } }"
    unit = id_of(country.tree["nation"])
    given = {"lessonId": unit, "unitId": unit, "levels": ["COUNTY"], "text": "x", "publishAt": when}
    assert "publishAt" in await refused(nation, document, input=given)


@pytest.mark.parametrize("change", [{"surplus": 1}, {"levels": None}, {"levels": ["NOWHERE"]}, {"spreadSeconds": None}])
async def test_a_wrong_input_has_a_code(nation: Front, country: Country, change: dict[str, Any]):
    document = "mutation($input: ScheduleLessonInput!) { scheduleLesson(input: $input) { __typename } }"
    unit = id_of(country.tree["nation"])
    given = {"lessonId": unit, "unitId": unit, "levels": ["COUNTY"], "text": "x", "publishAt": "2026-06-01T00:00:00Z"}
    assert next(iter(change)) in await refused(nation, document, input=given | change)


async def test_a_null_for_a_field_with_a_default_written_as_a_variable_has_a_code(nation: Front, country: Country):
    document = """mutation($unit: ID!, $spread: Int) { scheduleLesson(input: {lessonId: $unit, unitId: $unit,
      levels: [COUNTY], text: "x", publishAt: "2026-06-01T00:00:00Z", spreadSeconds: $spread}) { __typename } }"""
    answer = await nation.answer(document, unit=id_of(country.tree["nation"]), spread=None)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_variable_nested_for_ever_has_a_code(nation: Front):
    deep = "[" * 900 + "]" * 900
    body = '{"query": "query($x: [Level!]) { units(levels: $x) { totalCount } }", "variables": {"x": ' + deep + "}}"
    headers = nation.headers | {"Content-Type": "application/json"}
    response: httpx.Response = await nation.http.post("/graphql", content=body, headers=headers)
    assert {error["extensions"]["code"] for error in response.json()["errors"]} == {"BAD_REQUEST"}
    assert len(response.content) < 100_000
    assert json.loads(body)


async def test_the_root_fields_of_a_request_share_one_allowance_of_rows(nation: Front):
    one = "{ %s: units(first: 100) { nodes { children(first: 100) { nodes { id } } } } }"
    assert await nation.ask(one % "a")
    fields = " ".join((one % name)[2:-2] for name in "abc")
    assert (await nation.error("{ " + fields + " }"))["extensions"]["code"] == "TOO_MANY_ROWS"


@pytest.mark.parametrize("root", ['unit(code: "T1")', "viewer { grants { unit", "node(id: $id) { ... on Unit"])
async def test_no_root_field_reads_beside_the_allowance(nation: Front, country: Country, root: str):
    inner = "children(first: 100) { nodes { children(first: 100) { nodes { id } } } }"
    one = f"{root} {{ {inner} }}" + " }" * root.count("{")
    assert await nation.ask(
        f"query($id: ID!) {{ a: {one} n: node(id: $id) {{ id }} }}", id=id_of(country.tree["nation"])
    )
    many = " ".join(f"{name}: {one}" for name in "abc")
    document = f"query($id: ID!) {{ {many} n: node(id: $id) {{ id }} }}"
    errors = (await nation.answer(document, id=id_of(country.tree["nation"])))["errors"]
    assert {error["extensions"]["code"] for error in errors} == {"TOO_MANY_ROWS"}
