"""Everything that has an id is found by it, by those who may see it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account, Renewal
from domain.base.ids import new_id
from domain.engagement.models import Snapshot
from domain.hosts.models import Host
from domain.lessons.models import Theme
from domain.posts.models import Attempt
from domain.terms import AttemptKind, Reach, Role, WordingSeverity
from domain.units.models import UnitVersion
from integrations.keys import Keys
from schema._base import WINDOWS, global_id
from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_campaign, add_lesson, schedule
from tests.factories.wording import list_words
from tests.factories.world import plant_world

NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"


@pytest.fixture
async def rows(session: AsyncSession, country: Country) -> dict[str, Any]:
    """One row of every window that is the nation's, by its type."""
    lesson, campaign = await add_lesson(session, country.tree), await add_campaign(session, country.tree)
    planned = await schedule(session, country.tree, lesson, campaign=campaign)
    delivery, now = planned.deliveries[0], datetime.now(UTC)
    attempt = Attempt(
        delivery_id=delivery.id, kind=AttemptKind.SUBMIT, fence=1, claimed_at=now, settled_at=now, event="PUBLISHED"
    )
    snapshot = Snapshot(delivery_id=delivery.id, slot=0, taken_at=now, reposts=1)
    session.add_all([attempt, snapshot])
    await session.commit()
    account = (await session.execute(select(Account).where(Account.id == delivery.account_id))).scalar_one()
    host = (await session.execute(select(Host))).scalar_one()
    found = [country.tree["nation"], account, host, lesson, campaign, planned.post, delivery, attempt, snapshot]
    return {type(row).__name__: row for row in found}


async def test_every_window_is_found_by_its_id(api: Front, session: AsyncSession, keys: Keys):
    world = await plant_world(session, keys)
    rows = {noun: world.rows[noun, "own county"] for noun, unit in world.rows if noun != "Showcase"}
    rows["Host"] = (await session.execute(select(Host))).scalar_one()
    rows["UnitVersion"] = (await session.execute(select(UnitVersion).limit(1))).scalar_one()
    now = datetime.now(UTC)
    rows["Renewal"] = Renewal(id=new_id(), account_id=rows["Account"].id, ends_at=now, found_at=now)
    rows["Theme"] = Theme(id=new_id(), list_name="试验分类", since=2026, place=1, name="思想引领")
    session.add_all([rows["Renewal"], rows["Theme"]])
    rows["LabelWord"] = (await list_words(session, 某类孩子=WordingSeverity.WARNS))["某类孩子"]
    await session.commit()
    assert set(rows) == set(WINDOWS)
    nation = api.as_(world.people[Role.ADMINISTRATOR, Reach.ACT, "nation"])
    # A review is seen by whoever was asked for it, an export by whoever asked for it, and by nobody above.
    owner = api.as_(world.people[Role.VIEWER, Reach.ACT, "own county"])
    for noun in ("Review", "Export"):
        assert await nation.ask(NODE, id=id_of(rows[noun])) == {"node": None}
    for noun, row in rows.items():
        front = owner if noun in ("Review", "Export") else nation
        assert await front.ask(NODE, id=id_of(row)) == {"node": {"__typename": noun, "id": id_of(row)}}


async def test_many_are_found_in_the_order_asked(api: Front, country: Country, rows: dict[str, Any]):
    ids = [id_of(row) for row in reversed(rows.values())]
    ids = [*ids, global_id("Unit", new_id()), ids[0]]
    found = (await api.as_(country.nation).ask(NODES, ids=ids))["nodes"]
    assert [node and node["id"] for node in found] == [*ids[:-2], None, ids[0]]


async def test_each_type_shows_the_fields_asked_of_it(api: Front, country: Country, rows: dict[str, Any]):
    document = """query($ids: [ID!]!) { nodes(ids: $ids) {
      ... on Unit { name } ... on Post { name: text unit { name } } ...Named ... on Node { id } } }
      fragment Named on Lesson { title }"""
    chosen = [rows["Unit"], rows["Post"], rows["Lesson"]]
    unit, post, lesson = (await api.as_(country.nation).ask(document, ids=[id_of(row) for row in chosen]))["nodes"]
    assert unit == {"name": "nation", "id": id_of(rows["Unit"])}
    assert post == {"name": "示范课程推介", "unit": {"name": "nation"}, "id": id_of(rows["Post"])}
    assert lesson == {"title": "防溺水安全教育", "id": id_of(rows["Lesson"])}


@pytest.mark.parametrize("who", ["county", "viewer"])
async def test_what_lies_out_of_reach_is_not_there(api: Front, country: Country, rows: dict[str, Any], who: str):
    person = api.as_(getattr(country, who))
    found = (await person.ask(NODES, ids=[id_of(row) for row in rows.values()]))["nodes"]
    # A platform concerns nobody's place, and a showcase lesson every place, so everybody sees them.
    assert sorted(node["__typename"] for node in found if node) == ["Campaign", "Host", "Lesson"]


@pytest.mark.parametrize("noun", [*sorted(WINDOWS), "User", "Grant", "KeyedRequest", "Nothing", ""])
async def test_an_unknown_id_is_nothing(api: Front, country: Country, noun: str):
    assert await api.as_(country.nation).ask(NODE, id=global_id(noun, new_id())) == {"node": None}


async def test_an_id_of_another_type_is_nothing(api: Front, country: Country, rows: dict[str, Any]):
    row = rows["Unit"]
    ids = [id_of(row), global_id("Post", row.id), global_id("Unit", row.id)]
    found = (await api.as_(country.nation).ask(NODES, ids=ids))["nodes"]
    assert [node and node["__typename"] for node in found] == ["Unit", None, "Unit"]


@pytest.mark.parametrize("given", ["", "x", "!", "VW5pdA", "VW5pdDo", "课", "VW5pdDp4eHg=", "=" * 9, "A" * 5000])
async def test_a_malformed_id_is_an_error_with_a_code(api: Front, country: Country, given: str):
    nation = api.as_(country.nation)
    assert (await nation.error(NODE, id=given))["extensions"]["code"] == "BAD_ID"
    assert (await nation.error(NODES, ids=[given]))["extensions"]["code"] == "BAD_ID"


async def test_more_than_a_hundred_ids_are_refused(api: Front, country: Country):
    nation = api.as_(country.nation)
    unit = id_of(country.tree["nation"])
    assert len((await nation.ask(NODES, ids=[unit] * 100))["nodes"]) == 100
    error = await nation.error(NODES, ids=[unit] * 101)
    assert (error["extensions"]["code"], error["extensions"]["path"]) == ("TOO_MANY", ["ids"])


async def test_no_ids_are_no_nodes(api: Front, country: Country):
    assert await api.as_(country.nation).ask(NODES, ids=[]) == {"nodes": []}


async def test_a_unit_is_found_by_its_code_by_those_who_see_it(api: Front, country: Country):
    document = "query($code: String!) { unit(code: $code) { name } }"
    county = api.as_(country.county)
    assert await county.ask(document, code="T6") == {"unit": {"name": "north county"}}
    assert await county.ask(document, code="T9") == {"unit": {"name": "north town"}}
    for unseen in ("T1", "T7", "", "课", "x' OR '1'='1"):
        assert await county.ask(document, code=unseen) == {"unit": None}
