"""A county goes to another prefecture: looked at beforehand, done on a date, planned, proposed by a list, decided."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts.models import Account
from domain.base.dates import today
from domain.base.models import Base
from domain.units.commands import import_units
from domain.units.models import Unit, UnitAct, UnitVersion
from domain.units.rules import Tree
from tests.factories.api import Country, Front, id_of

TOUCHES = "touches { units names grantsEnded rows { table count } }"
ACT = """act { id kind state effectiveOn reason doneAt dismissal failure { code messageZh } unit { id name }
  details { code name parentId unitIds intoId leavesTerritory parts { code childIds } } }"""
ACTS = "query($states: [UnitActState!]) { unitActs(states: $states, first: 10) { totalCount nodes { id state } } }"
UNIT = """query($code: String!, $asOf: Date) { unit(code: $code, asOf: $asOf) {
  name path: parent { name } children(first: 5) { nodes { name } }
  versions(first: 5) { nodes { name code validFrom validTo parent { name } } } } }"""
LAST_MONTH = date(2026, 5, 4)


def a_move(country: Country, **given: Any) -> dict[str, Any]:
    move = {"unitId": id_of(country.tree["north county"]), "parentId": id_of(country.tree["west city"])}
    return move | {"effectiveOn": LAST_MONTH.isoformat(), "reason": "依据批复"} | given


async def count(session: AsyncSession, model: type[Base]) -> int:
    return await session.scalar(select(func.count()).select_from(model)) or 0


async def test_a_county_is_looked_at_then_moved_and_last_month_still_shows_it_where_it_was(
    api: Front, country: Country, session: AsyncSession
):
    nation = api.as_(country.nation)
    seen = await nation.act("moveUnit", f"{ACT} {TOUCHES}", **a_move(country, preview=True))
    assert seen["__typename"] == "MoveUnitPayload"
    assert seen["touches"]["names"] == ["north county", "north town"]
    rows = {row["table"]: row["count"] for row in seen["touches"]["rows"]}
    assert (rows["accounts"], rows["grants"], rows["users"]) == (1, 2, 2)
    assert (await count(session, UnitAct), await count(session, UnitVersion)) == (0, len(country.tree.units))

    done = await nation.act("moveUnit", f"{ACT} {TOUCHES}", **a_move(country))
    assert done["touches"] == seen["touches"]
    act = done["act"]
    assert (act["kind"], act["state"], act["effectiveOn"], act["reason"]) == ("MOVE", "DONE", "2026-05-04", "依据批复")
    assert act["unit"]["name"] == "north county"
    assert act["details"]["parentId"] == id_of(country.tree["west city"])

    code = country.tree["north county"].code
    then = await nation.ask(UNIT, code=code, asOf="2026-05-03")
    now = await nation.ask(UNIT, code=code)
    assert (then["unit"]["path"]["name"], now["unit"]["path"]["name"]) == ("east city", "west city")
    assert [version["parent"]["name"] for version in now["unit"]["versions"]["nodes"]] == ["east city", "west city"]
    # Whose the county is now is as-now: its old province has lost it, with its account.
    lost = await api.as_(country.province).ask("{ accounts { nodes { unit { name } } } }")
    assert "north county" not in {row["unit"]["name"] for row in lost["accounts"]["nodes"]}


async def test_a_repetition_with_its_key_does_it_once_and_answers_the_same(
    api: Front, country: Country, session: AsyncSession
):
    nation = api.as_(country.nation)
    move = a_move(country, clientMutationKey="move the county")
    first = await nation.act("moveUnit", f"{ACT} {TOUCHES}", **move)
    assert await nation.act("moveUnit", f"{ACT} {TOUCHES}", **move) == first
    assert await count(session, UnitAct) == 1


async def test_a_county_is_split_and_its_heir_is_merged_away(api: Front, country: Country, session: AsyncSession):
    nation, tree = api.as_(country.nation), country.tree
    common = {"effectiveOn": LAST_MONTH.isoformat(), "reason": "调整"}
    parts = [{"code": "L1", "name": "左县", "childIds": [id_of(tree["north town"])]}]
    parts += [{"code": "R1", "name": "右县", "childIds": []}]
    split = await nation.act("splitUnit", f"{ACT} {TOUCHES}", unitId=id_of(tree["north county"]), parts=parts, **common)
    assert [part["code"] for part in split["act"]["details"]["parts"]] == ["L1", "R1"]
    # The manager and the viewer of the county were appointed there: their roles end with it.
    assert split["touches"]["grantsEnded"] == 2
    left = (await nation.ask('{ unit(code: "L1") { id children(first: 5) { nodes { name } } } }'))["unit"]
    assert left["children"]["nodes"] == [{"name": "north town"}]
    into = id_of(tree["far county"])
    merged = await nation.act("mergeUnits", f"{ACT} {TOUCHES}", unitIds=[left["id"]], intoId=into, **common)
    assert merged["act"]["unit"]["name"] == "far county"
    account = (await session.execute(select(Account).where(Account.unit_id == tree["far county"].id))).scalars().all()
    assert len(account) == 2
    query = "query($id: ID!) { node(id: $id) { ... on Unit { closedOn successor { name } } } }"
    assert (await nation.ask(query, id=left["id"]))["node"] == {
        "closedOn": "2026-05-04",
        "successor": {"name": "far county"},
    }


async def test_a_unit_is_opened_renamed_closed_and_opened_again(api: Front, country: Country):
    nation, city = api.as_(country.nation), id_of(country.tree["west city"])
    common = {"effectiveOn": LAST_MONTH.isoformat(), "reason": "调整"}
    new = {"parentId": city, "code": "W9", "name": "新县", "level": "COUNTY"}
    opened = await nation.act("openUnit", f"{ACT} {TOUCHES}", **new, **common)
    unit = opened["act"]["unit"]["id"]
    assert opened["touches"] == {"units": 1, "names": ["新县"], "grantsEnded": 0, "rows": []}
    renamed = await nation.act("renameUnit", ACT, unitId=unit, name="新区", **common)
    assert renamed["act"]["unit"]["name"] == "新区"
    assert (await nation.act("closeUnit", ACT, unitId=unit, **common))["act"]["state"] == "DONE"
    again = await nation.act("reopenUnit", ACT, unitId=unit, parentId=city, **common)
    assert again["act"]["unit"] == {"id": unit, "name": "新区"}


async def test_what_is_planned_is_listed_and_can_be_withdrawn(api: Front, country: Country):
    nation = api.as_(country.nation)
    tomorrow = (today(datetime.now(UTC)) + timedelta(days=1)).isoformat()
    planned = await nation.act("moveUnit", ACT, **a_move(country, effectiveOn=tomorrow))
    assert (planned["act"]["state"], planned["act"]["doneAt"]) == ("PLANNED", None)
    listed = (await nation.ask(ACTS, states=["PLANNED"]))["unitActs"]
    assert listed == {"totalCount": 1, "nodes": [{"id": planned["act"]["id"], "state": "PLANNED"}]}
    assert (await api.as_(country.county).ask(ACTS))["unitActs"]["totalCount"] == 0
    withdrawn = await nation.act("dismissUnitAct", ACT, actId=planned["act"]["id"], reason="批复撤回")
    assert (withdrawn["act"]["state"], withdrawn["act"]["dismissal"]) == ("DISMISSED", "批复撤回")
    late = await nation.act("acceptUnitAct", ACT, actId=planned["act"]["id"])
    assert (late["code"], late["path"]) == ("ACT_DECIDED", ["actId"])


async def test_what_a_list_proposes_is_decided_by_a_person(api: Front, country: Country, session: AsyncSession):
    wanted = Tree(units=[], left_out=[], skipping=[], statistical={}, corps_cities=0)  # type: ignore[arg-type]
    await import_units(session, Actor.operator(), now=datetime.now(UTC), tree=wanted, effective_on=LAST_MONTH)
    await session.commit()
    nation = api.as_(country.nation)
    query = """{ unitActs(states: [PROPOSED], kinds: [CLOSE], first: 1) { nodes {
      id unit { name } viewerCan { act allowed whyNot { code } } } } }"""
    (proposed,) = (await nation.ask(query))["unitActs"]["nodes"]
    # What has nothing below it comes first.
    assert proposed["unit"]["name"] == "north town"
    assert proposed["viewerCan"] == [
        {"act": "acceptUnitAct", "allowed": True, "whyNot": None},
        {"act": "dismissUnitAct", "allowed": True, "whyNot": None},
    ]
    seen = await nation.act("acceptUnitAct", f"{ACT} {TOUCHES}", actId=proposed["id"], preview=True)
    assert seen["act"]["state"] == "DONE"
    assert (await nation.ask(ACTS, states=["DONE"]))["unitActs"]["totalCount"] == 0
    done = await nation.act("acceptUnitAct", f"{ACT} {TOUCHES}", actId=proposed["id"], effectiveOn="2026-05-05")
    assert (done["act"]["state"], done["act"]["effectiveOn"]) == ("DONE", "2026-05-05")


async def test_what_may_be_done_with_a_unit_is_told_beforehand(api: Front, country: Country):
    query = 'query { unit(code: "T6") { viewerCan { act allowed whyNot { code } } } }'
    nation = (await api.as_(country.nation).ask(query))["unit"]["viewerCan"]
    media = (await api.as_(country.media).ask(query))["unit"]["viewerCan"]
    assert {can["act"] for can in nation if can["allowed"]} >= {"openUnit", "renameUnit", "moveUnit", "closeUnit"}
    assert {can["act"]: (can["whyNot"] or {}).get("code") for can in nation}["reopenUnit"] == "UNIT_OPEN"
    verbs = {"openUnit", "renameUnit", "moveUnit", "mergeUnits", "splitUnit", "closeUnit"}
    assert {can["whyNot"]["code"] for can in media if can["act"] in verbs} == {"NOT_PERMITTED"}


async def test_a_refusal_says_the_earliest_date_and_the_field(api: Front, country: Country, session: AsyncSession):
    nation = api.as_(country.nation)
    await nation.act("moveUnit", ACT, **a_move(country))
    back = {"parentId": id_of(country.tree["east city"]), "effectiveOn": "2026-05-01"}
    refused = await nation.act("moveUnit", ACT, **a_move(country, **back))
    assert (refused["__typename"], refused["code"], refused["path"]) == ("Problem", "ACT_TOO_EARLY", ["effectiveOn"])
    assert "2026-05-04" in refused["messageZh"]
    assert "2026-05-04" in refused["messageEn"]
    session.expunge_all()
    assert (await session.get_one(Unit, country.tree["north county"].id)).parent_id == country.tree["west city"].id


async def test_a_media_manager_changes_no_tree(api: Front, country: Country):
    refused = await api.as_(country.media).act("moveUnit", ACT, **a_move(country))
    assert (refused["code"], refused["path"]) == ("NOT_PERMITTED", ["unitId"])
