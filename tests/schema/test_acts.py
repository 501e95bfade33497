"""The frame of every act: what is given becomes plain data, what is decided is written down, a refusal is an answer."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import strawberry
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.audit.models import AuditEntry
from domain.base.ids import new_id
from domain.logins import passwords
from domain.refusals import Conflict, Invalid, QuotaExceeded, Reason
from domain.terms import Level
from integrations.database import Sessions
from schema._acts import DETAIL_LENGTH, Problem, _details, _given
from schema._base import global_id, ref
from schema.context import Context
from schema.root import build_schema
from tests.factories.api import Country, Front, id_of
from tests.factories.logins import OTHER, PASSWORD, add_person, logged_in

UNIT = UUID(int=7)


@strawberry.input
class Part:
    name: str
    child_ids: list[strawberry.ID] = ref("Unit", "The units below it.")


@strawberry.input
class Given:
    unit_id: strawberry.ID = ref("Unit", "The unit.")
    levels: list[Level]
    parts: list[Part]
    word: str = strawberry.field(metadata={"secret": True})
    name: str = strawberry.field(metadata={"personal": True})
    at: datetime
    text: str | None = None
    client_mutation_key: str | None = None


def given(**fields: Any) -> Given:
    facts: dict[str, Any] = {
        "unit_id": global_id("Unit", UNIT),
        "levels": [Level.COUNTY, Level.COUNTY],
        "parts": [Part(name="甲", child_ids=[global_id("Unit", UNIT)] * 2), Part(name="乙", child_ids=[])],
        "word": "a password",
        "name": "某人",
        "at": datetime(2026, 6, 1, tzinfo=UTC),
        "text": "长" * 300,
        "client_mutation_key": "once",
    }
    return Given(**(facts | fields))


def test_an_input_becomes_plain_data_with_rows_for_ids_however_deep():
    taken = _given(given())
    assert (taken["unit_id"], taken["levels"]) == (UNIT, [Level.COUNTY])
    assert taken["parts"] == [{"name": "甲", "child_ids": [UNIT]}, {"name": "乙", "child_ids": []}]


def test_a_wrong_id_within_an_input_is_named_by_its_place():
    with pytest.raises(Invalid) as refused:
        _given(given(parts=[Part(name="甲", child_ids=[]), Part(name="乙", child_ids=[global_id("Post", UNIT)])]))
    assert (refused.value.code, refused.value.path) == ("BAD_ID", ("parts", "1", "childIds", "0"))


def test_what_is_written_down_holds_no_secret_no_person_and_no_whole_text():
    details = _details(given())
    assert details.keys() == {"unitId", "levels", "parts", "at", "text"}
    assert details["levels"] == ["COUNTY", "COUNTY"]
    assert details["parts"][0]["name"] == "甲"
    assert details["at"] == "2026-06-01T00:00:00+00:00"
    assert len(details["text"]) == DETAIL_LENGTH
    assert "password" not in str(details)
    assert "某人" not in str(details)


async def test_a_decision_is_written_down_with_who_where_and_what(api: Front, country: Country, session: AsyncSession):
    front = api.as_(country.nation)
    unit = country.tree["east"]
    done = await front.act("createCampaign", "campaign { id }", unitId=id_of(unit), title="六一推介")
    (entry,) = (await session.execute(select(AuditEntry))).scalars()
    assert (entry.act, entry.about, entry.actor_id) == ("createCampaign", "Campaign", country.nation.id)
    assert global_id("Campaign", entry.row_id or new_id()) == done["campaign"]["id"]
    assert (entry.unit_id, entry.unit_path) == (unit.id, unit.path)
    # Title and note are texts that may come to tell of somebody: they stand in the campaign, not here.
    assert entry.details == {"unitId": id_of(unit), "lateness": "SEND", "quotas": [], "wordingSeen": False}


async def test_neither_a_refusal_nor_a_repetition_is_a_decision(api: Front, country: Country, session: AsyncSession):
    front, unit = api.as_(country.nation), id_of(country.tree["east"])
    refused = await front.act("createCampaign", unitId=unit, title=" ")
    assert refused["code"] == "TEXT_EMPTY"
    for _ in range(2):
        await front.act("createCampaign", "campaign { id }", unitId=unit, title="一", clientMutationKey="once")
    assert len((await session.execute(select(AuditEntry.id))).all()) == 1


def test_a_problem_says_whether_to_try_again():
    full = Problem.of(QuotaExceeded(Reason.TOO_MANY, path="a.b", limit=3))
    assert (full.code, full.path, full.retryable) == ("TOO_MANY", ["a", "b"], True)
    assert (full.message_zh, full.message_en) == ("一次最多 3 项。", "At most 3 at a time.")
    assert Problem.of(Conflict(Reason.KEY_REUSED)).retryable is False


async def test_an_act_that_waits_holds_no_connection_meanwhile(
    engine: AsyncEngine, sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    user = await add_person(session)
    login, door = await logged_in(session, user, sessions=sessions, now=datetime.now(UTC))
    await session.close()
    held = []

    async def watched(*_given: str | None) -> bool:
        held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
        return False

    async def wake(_work: str) -> None: ...

    monkeypatch.setattr(passwords, "matches", watched)
    context = Context(sessions, door.now, user.id, wake, door, session_id=login.session_id)
    document = """mutation($input: ChangePasswordInput!) {
        changePassword(input: $input) { ... on Problem { code } } }"""
    asked = {"input": {"old": PASSWORD, "new": OTHER}}
    answer = await build_schema().execute(document, asked, context_value=context)
    assert answer.data == {"changePassword": {"code": "PASSWORD_WRONG"}}
    assert held == [0]
