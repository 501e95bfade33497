"""A unit's account through a year: its class, its keeper, its state, and what is on record of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.terms import Role
from schema._base import global_id
from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_lesson
from tests.factories.units import add_user

SHOWN = """query($id: ID!) { node(id: $id) { ... on Account {
  positioning isBrand version state stateReason lastPostedAt
  keeper { name } guidance { title text unit { name } }
  delegations(first: 5) { totalCount nodes { validTo user { name } } }
  events(first: 20) { nodes { change reason by { name } changes { field before after } } }
} } }"""


@pytest.fixture
async def account(session: AsyncSession, country: Country) -> Account:
    unit_id = country.tree["north county"].id
    return (await session.execute(select(Account).where(Account.unit_id == unit_id))).scalar_one()


async def shown(front: Front, account: Account) -> Any:
    return (await front.ask(SHOWN, id=id_of(account)))["node"]


async def test_a_province_classes_an_account_and_its_people_see_what_they_are_told(
    api: Front, country: Country, session: AsyncSession, account: Account
):
    tree = country.tree
    east = await add_user(session, tree["east"], login="east-admin")
    county = await add_user(session, tree["north county"], login="county-admin")
    words = {"unitId": id_of(tree["east"]), "title": "县级账号", "text": "每周一条故事。"}
    written = await api.as_(east).act("writeGuidance", "guidance { id version }", **words)
    classing = {"guidanceId": written["guidance"]["id"], "levels": ["COUNTY"], "reason": "分类指导"}
    classed = await api.as_(east).act("classAccounts", "classed guidance { title }", **classing)
    assert classed["classed"] == 2
    edit = {"accountId": id_of(account), "positioning": "STORY", "isBrand": False}
    stale = await api.as_(county).act("editAccount", expectedVersion=1, guidanceId=None, **edit)
    assert (stale["code"], stale["path"]) == ("EDITED_MEANWHILE", ["expectedVersion"])
    keeping = {"guidanceId": written["guidance"]["id"], "expectedVersion": 2}
    done = await api.as_(county).act("editAccount", "account { version positioning }", **edit, **keeping)
    assert done["account"] == {"version": 3, "positioning": "STORY"}
    keeper = await api.as_(county).act(
        "appointKeeper", "account { keeper { name } }", accountId=id_of(account), userId=id_of(country.county)
    )
    assert keeper["account"]["keeper"] == {"name": "County"}
    # The county's viewer sees the words of the level above, though not the list of its guidances.
    seen = await shown(api.as_(country.viewer), account)
    assert seen["guidance"] == {"title": "县级账号", "text": "每周一条故事。", "unit": {"name": "east"}}
    assert seen["keeper"] == {"name": "County"}
    lists = "{ guidances { nodes { title } } }"
    assert (await api.as_(country.viewer).ask(lists))["guidances"]["nodes"] == []
    assert (await api.as_(east).ask(lists))["guidances"]["nodes"] == [{"title": "县级账号"}]


async def test_the_history_tells_who_did_what_and_why_and_never_a_token(
    api: Front, country: Country, session: AsyncSession, account: Account
):
    county = await add_user(session, country.tree["north county"], login="county-admin")
    front, given = api.as_(county), {"accountId": id_of(account)}
    until = (datetime.now(UTC) + timedelta(days=7)).isoformat()
    helper = await front.act("delegateAccount", "delegation { id }", **given, userId=id_of(county), until=until)
    await front.act("endDelegation", delegationId=helper["delegation"]["id"], reason="返岗")
    await front.act("suspendAccount", **given, reason="账号被盗")
    await front.act("resumeAccount", **given, reason="已找回")
    seen = await shown(front, account)
    assert seen["delegations"]["totalCount"] == 1
    assert seen["delegations"]["nodes"][0]["user"] == {"name": "County-Admin"}
    told = [(e["change"], e["reason"], e["by"]) for e in seen["events"]["nodes"]]
    by = {"name": "County-Admin"}
    assert told == [
        ("CONNECTED", None, None),
        ("KEEPER", None, by),
        ("KEEPER", "返岗", by),
        ("STATE", "账号被盗", by),
        ("STATE", "已找回", by),
    ]
    suspended = seen["events"]["nodes"][3]["changes"]
    assert suspended == [{"field": "state", "before": "ACTIVE", "after": "SUSPENDED"}]
    first = {change["field"]: change["after"] for change in seen["events"]["nodes"][1]["changes"]}
    assert first["delegate"] == id_of(county)
    assert account.token not in str(seen)


async def test_a_unit_decides_how_the_levels_above_post_through_it(api: Front, country: Country, session: AsyncSession):
    tree = country.tree
    county = await add_user(session, tree["north county"], login="county-admin")
    setting = {"unitId": id_of(tree["north county"]), "upperPosting": "BY_RELEASE"}
    above = await api.as_(country.nation).act("setUpperPosting", **setting)
    assert (above["code"], above["path"]) == ("SETTING_OF_THE_UNIT", ["unitId"])
    assert (await api.as_(county).act("setUpperPosting", "unit { name }", **setting))["unit"]
    lesson = await add_lesson(session, tree)
    post = {"lessonId": id_of(lesson), "text": "示范课程推介", "publishAt": datetime.now(UTC).isoformat()}
    nation = {**post, "unitId": id_of(tree["nation"]), "levels": ["COUNTY"], "clientMutationKey": "k"}
    document = "byRelease post { deliveries { totalCount } }"
    for _ in range(2):
        sent = await api.as_(country.nation).act("scheduleLesson", document, **nation)
        assert (sent["byRelease"], sent["post"]["deliveries"]["totalCount"]) == (1, 2)
    one = {**post, "unitId": id_of(tree["nation"]), "withinUnitId": id_of(tree["north county"]), "levels": ["COUNTY"]}
    assert (await api.as_(country.nation).act("scheduleLesson", **one))["code"] == "ONLY_BY_RELEASE"
    own = {**post, "unitId": id_of(tree["north county"]), "levels": ["COUNTY"]}
    assert (await api.as_(country.county).act("scheduleLesson", document, **own))["byRelease"] == 0


async def test_strangers_find_no_account_to_change(
    api: Front, country: Country, session: AsyncSession, account: Account
):
    west = await add_user(session, country.tree["west"], login="west-admin")
    leaver = await add_user(session, country.tree["north county"], Role.MEDIA_MANAGER, login="leaver")
    theirs = await api.as_(west).act(
        "writeGuidance", "guidance { id }", unitId=id_of(country.tree["west"]), title="西部", text="文"
    )
    guidance = theirs["guidance"]["id"]
    given = {"accountId": id_of(account)}
    for mutation, wish, field in (
        ("editAccount", {**given, "expectedVersion": 1, "isBrand": True}, "accountId"),
        ("appointKeeper", given, "accountId"),
        ("delegateAccount", {**given, "userId": id_of(west)}, "accountId"),
        ("suspendAccount", {**given, "reason": "试"}, "accountId"),
        ("resumeAccount", {**given, "reason": "试"}, "accountId"),
        ("classAccounts", {"guidanceId": guidance, "accountIds": [id_of(account)]}, "accountIds"),
        ("handOverAccounts", {"fromUserId": id_of(leaver), "toUserId": id_of(west), "reason": "试"}, "fromUserId"),
        ("endDelegation", {"delegationId": global_id("Delegation", account.id)}, "delegationId"),
        ("setUpperPosting", {"unitId": id_of(country.tree["north county"]), "upperPosting": "DIRECT"}, "unitId"),
    ):
        problem = await api.as_(west).act(mutation, **wish)
        assert (problem["code"], problem["path"]) == ("NOT_FOUND", [field]), mutation
    county = await add_user(session, country.tree["north county"], login="county-admin")
    wish = {**given, "expectedVersion": 1, "isBrand": False, "guidanceId": guidance}
    assert (await api.as_(county).act("editAccount", **wish))["path"] == ["guidanceId"]
    edit = {"guidanceId": guidance, "expectedVersion": 1, "title": "甲", "text": "乙"}
    assert (await api.as_(county).act("editGuidance", **edit))["code"] == "NOT_FOUND"


async def test_a_leavers_accounts_go_to_a_successor(
    api: Front, country: Country, session: AsyncSession, account: Account
):
    county = await add_user(session, country.tree["north county"], login="county-admin")
    front = api.as_(county)
    await front.act("appointKeeper", accountId=id_of(account), userId=id_of(country.county))
    given = {"fromUserId": id_of(country.county), "toUserId": id_of(county), "reason": "离任"}
    over = await front.act("handOverAccounts", "kept delegated", **given)
    assert (over["kept"], over["delegated"]) == (1, 0)
    assert (await shown(front, account))["keeper"] == {"name": "County-Admin"}
