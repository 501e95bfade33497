"""What was decided can be read, by those whose office it is, with its place in the chain."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.audit.heads import Witness
from domain.terms import Role
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.api import Country, Front, id_of
from tests.factories.audit import check, entries_of, seal
from tests.factories.units import add_user

ENTRIES = """query($within: ID, $act: String, $actor: ID, $row: ID) {
  auditEntries(withinId: $within, act: $act, actorId: $actor, rowId: $row, last: 10) {
    totalCount nodes { at act actorId rowId unitId details { name value } sealed { position hash } } } }"""


async def entries(front: Front, **given: Any) -> list[dict[str, Any]]:
    found = (await front.ask(ENTRIES, **given))["auditEntries"]
    assert found["totalCount"] == len(found["nodes"])
    nodes: list[dict[str, Any]] = found["nodes"]
    return nodes


@pytest.fixture
async def decided(api: Front, country: Country) -> dict[str, Any]:
    """One decision, of the nation."""
    front = api.as_(country.nation)
    done = await front.act("createCampaign", "campaign { id }", unitId=id_of(country.tree["nation"]), title="六一")
    campaign: dict[str, Any] = done["campaign"]
    return campaign


async def test_a_decision_is_read_with_who_what_where_and_its_place_in_the_chain(
    api: Front, country: Country, decided: dict[str, Any], sessions: Sessions, keys: Keys
):
    nation = api.as_(country.nation)
    (entry,) = await entries(nation)
    assert (entry["act"], entry["sealed"]) == ("createCampaign", None)
    assert (entry["actorId"], entry["rowId"]) == (id_of(country.nation), decided["id"])
    assert entry["unitId"] == id_of(country.tree["nation"])
    assert {"name": "lateness", "value": "SEND"} in entry["details"]
    assert "title" not in [each["name"] for each in entry["details"]]
    head = await seal(sessions, keys)
    (entry,) = await entries(nation)
    (row,) = await entries_of(sessions)
    assert entry["sealed"] == {"position": 1, "hash": (row.hash or b"").hex()}
    assert head
    report = await check(sessions, keys, head, now=datetime.now(UTC), witness=Witness.of(keys.sealing))
    assert report.is_clean


async def test_entries_are_chosen_by_act_person_row_and_place(api: Front, country: Country, decided: dict[str, Any]):
    nation = api.as_(country.nation)
    for given, count in [
        ({"act": "createCampaign"}, 1),
        ({"act": "cancelPost"}, 0),
        ({"actor": id_of(country.nation)}, 1),
        ({"actor": id_of(country.media)}, 0),
        ({"row": decided["id"]}, 1),
        ({"row": id_of(country.nation)}, 0),
        ({"within": id_of(country.tree["nation"])}, 1),
        ({"within": id_of(country.tree["east"])}, 0),
    ]:
        assert len(await entries(nation, **given)) == count, given
    error = await nation.error(ENTRIES, actor=decided["id"])
    assert error["extensions"]["code"] == "BAD_ID"


async def test_only_those_whose_office_it_is_read_decisions_and_only_below_them(
    api: Front, country: Country, decided: dict[str, Any], sessions: Sessions
):
    async with sessions() as session:
        auditor = await add_user(session, country.tree["nation"], Role.AUDITOR, login="auditor")
        east = await add_user(session, country.tree["east"], Role.AUDITOR, login="east-auditor")
        await session.commit()
    assert len(await entries(api.as_(auditor))) == 1
    assert await entries(api.as_(east)) == []
    assert await entries(api.as_(country.media)) == []
