"""People come, get roles, rise, and leave: told over GraphQL."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import Grant, User
from domain.audit.models import AuditEntry
from domain.requests.models import KeyedRequest
from domain.terms import Reach, Role
from tests.factories.api import Country, Front, id_of
from tests.factories.people import add_grant
from tests.factories.units import add_user

ROWS = "created existing refused users { row login outcome link problems { code path messageZh } }"
VIEWER = "{ viewer { name grants { role reach unit { name } } } }"
HEAD = "登录名,姓名,机构代码,角色,范围,截止日期"
PASSWORD = "correct horse battery"


def file(*lines: str) -> str:
    return "\n".join([HEAD, *lines])


async def invite(front: Front, country: Country, *lines: str, within: str = "nation", **more: Any) -> dict[str, Any]:
    return await front.act("inviteUsers", ROWS, unitId=id_of(country.tree[within]), file=file(*lines), **more)


async def join(api: Front, link: str) -> dict[str, Any]:
    """Follow a link as the person does, who is nobody yet."""
    return await api.as_(None).act("redeemLink", "login", token=link.rpartition("#")[2], password=PASSWORD)


async def test_a_province_invites_its_counties_and_they_begin_to_work(
    api: Front, country: Country, session: AsyncSession
):
    lines = ["li,李,T6,管理员,,", "wang,王,T6,微博管理员,,2099-12-31", "zhao,赵,T99,查看者,,"]
    done = await invite(api.as_(country.nation), country, *lines)
    assert (done["created"], done["existing"], done["refused"]) == (2, 0, 1)
    assert [row["outcome"] for row in done["users"]] == ["CREATED", "CREATED", "REFUSED"]
    assert done["users"][2]["problems"] == [
        {"code": "NOT_FOUND", "path": ["unit"], "messageZh": "找不到该机构,或您无权查看。"}
    ]
    assert done["users"][2]["link"] is None
    link = done["users"][0]["link"]
    assert re.fullmatch(r"/join#\S{40,}", link)
    assert (await join(api, link))["login"] == "li"
    li = (await session.execute(select(User).where(User.login == "li"))).scalar_one()
    assert (await api.as_(li).ask(VIEWER))["viewer"] == {
        "name": "李",
        "grants": [{"role": "ADMINISTRATOR", "reach": "ACT", "unit": {"name": "north county"}}],
    }
    # Now the county invites its own, and the same file of the nation again shows the link that is still open.
    county = await invite(api.as_(li), country, "qian,钱,T9,管理员,,", within="north county")
    assert county["created"] == 1
    again = await invite(api.as_(country.nation), country, *lines)
    assert [row["outcome"] for row in again["users"]] == ["EXISTS", "EXISTS", "REFUSED"]
    assert [row["link"] for row in again["users"]] == [None, done["users"][1]["link"], None]


async def test_a_preview_says_what_would_come_of_a_file_and_makes_nothing(
    api: Front, country: Country, session: AsyncSession
):
    nation = api.as_(country.nation)
    done = await invite(nation, country, "li,李,T6,管理员,,", preview=True)
    assert (done["created"], done["users"][0]["outcome"], done["users"][0]["link"]) == (1, "CREATED", None)
    assert (await session.execute(select(User).where(User.login == "li"))).first() is None


async def test_a_repetition_with_a_key_shows_the_links_and_keeps_none_of_them(
    api: Front, country: Country, session: AsyncSession
):
    nation = api.as_(country.nation)
    first = await invite(nation, country, "li,李,T6,管理员,,", clientMutationKey="k")
    assert await invite(nation, country, "li,李,T6,管理员,,", clientMutationKey="k") == first
    link = first["users"][0]["link"]
    kept = (await session.execute(select(KeyedRequest.result))).scalars().all()
    assert link.rpartition("#")[2].rpartition(".")[2] not in repr(kept)
    # Once it is used, nobody is shown it again.
    await join(api, link)
    again = await invite(nation, country, "li,李,T6,管理员,,", clientMutationKey="k")
    assert (again["users"][0]["outcome"], again["users"][0]["link"]) == ("CREATED", None)


async def test_a_county_finds_no_way_up(api: Front, country: Country, session: AsyncSession):
    tree = country.tree
    county = await add_user(session, tree["north county"], login="chief")
    peer = await add_user(session, tree["north county"], login="peer")
    superior = await add_user(session, tree["east"], login="superior")
    front = api.as_(county)
    given = {"userId": id_of(peer), "role": "ADMINISTRATOR"}

    async def code(mutation: str, **asked: Any) -> str:
        answer = await front.act(mutation, **asked)
        assert answer["__typename"] == "Problem"
        assert answer["messageZh"]
        return str(answer["code"])

    own = {**given, "unitId": id_of(tree["north county"])}
    assert await code("grantRole", **{**given, "unitId": id_of(tree["east"])}) == "NOT_FOUND"
    assert await code("grantRole", **own) == "GRANT_FROM_ABOVE"
    assert await code("grantRole", **{**own, "userId": id_of(county), "role": "VIEWER"}) == "GRANT_TO_SELF"
    grants = dict((await session.execute(select(Grant.user_id, Grant))).all())
    assert await code("endGrant", grantId=id_of(grants[superior.id]), reason="x") == "NOT_FOUND"
    assert await code("endGrant", grantId=id_of(grants[peer.id]), reason="x") == "GRANT_FROM_ABOVE"
    for person, expected in ((superior, "NOT_FOUND"), (peer, "USER_HOLDS_MORE"), (county, "USER_IS_SELF")):
        assert await code("disableUser", userId=id_of(person), reason="x") == expected
        assert await code("sendResetLink", userId=id_of(person)) == expected
    rows = await invite(front, country, "me,我,T2,管理员,,", "me2,我,T6,管理员,,", within="north county")
    assert [row["problems"][0]["code"] for row in rows["users"]] == ["NOT_FOUND", "GRANT_FROM_ABOVE"]


async def test_a_grant_is_given_seen_as_of_any_day_and_ended(api: Front, country: Country, session: AsyncSession):
    nation, person = api.as_(country.nation), country.viewer
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    given = {"userId": id_of(person), "unitId": id_of(country.tree["east"]), "role": "AUDITOR"}
    shown = "grant { id role reach validFrom user { login state } grantedBy { login } unit { name } }"
    done = await nation.act("grantRole", shown, **given, validFrom=tomorrow.isoformat())
    assert done["grant"]["user"] == {"login": "viewer", "state": "INVITED"}
    assert done["grant"]["grantedBy"] == {"login": "nation"}
    asked = "query($u: ID, $at: DateTime) { grants(userId: $u, asOf: $at) { totalCount nodes { role } } }"

    async def roles(at: datetime | None) -> list[str]:
        page = (await nation.ask(asked, u=id_of(person), at=at and at.isoformat()))["grants"]
        assert page["totalCount"] == len(page["nodes"])
        return sorted(node["role"] for node in page["nodes"])

    assert await roles(None) == ["VIEWER"]
    assert await roles(tomorrow) == ["AUDITOR", "VIEWER"]
    assert await roles(datetime(2019, 1, 1, tzinfo=UTC)) == []
    ended = await nation.act("endGrant", "grant { validFrom validTo }", grantId=done["grant"]["id"], reason="误授")
    assert ended["grant"]["validFrom"] == ended["grant"]["validTo"]
    assert await roles(tomorrow) == ["VIEWER"]
    within = "query($w: ID) { grants(withinId: $w) { nodes { user { login } } } }"
    found = (await nation.ask(within, w=id_of(country.tree["north county"])))["grants"]["nodes"]
    assert sorted(node["user"]["login"] for node in found) == ["county", "viewer"]


async def test_whoever_is_disabled_is_out_at_once(api: Front, country: Country, session: AsyncSession):
    nation, county = api.as_(country.nation), api.as_(country.county)
    assert (await county.ask(VIEWER))["viewer"]["name"] == "County"
    shown = "user { state disabledReason grants { totalCount nodes { validTo } } }"
    given = {"userId": id_of(country.county), "reason": "离任", "isLeaving": True}
    done = await nation.act("disableUser", shown, **given)
    assert (done["user"]["state"], done["user"]["disabledReason"]) == ("DISABLED", "离任")
    assert done["user"]["grants"]["nodes"][0]["validTo"] is not None
    assert (await county.error(VIEWER))["extensions"]["code"] == "UNAUTHENTICATED"
    back = await nation.act("enableUser", "user { state }", userId=id_of(country.county))
    assert back["user"] == {"state": "INVITED"}
    assert (await county.ask(VIEWER))["viewer"]["grants"] == []


async def test_a_forgotten_password_is_set_anew_by_a_link(api: Front, country: Country, session: AsyncSession):
    nation = api.as_(country.nation)
    await join(api, (await nation.act("sendResetLink", "link", userId=id_of(country.county)))["link"])
    done = await nation.act("sendResetLink", "link user { name state }", userId=id_of(country.county))
    assert done["user"] == {"name": "County", "state": "ACTIVE"}
    assert (await join(api, done["link"]))["login"] == "county"


async def test_a_person_is_renamed_and_moved(api: Front, country: Country, session: AsyncSession):
    given = {"userId": id_of(country.county), "name": "新名", "unitId": id_of(country.tree["south county"])}
    done = await api.as_(country.nation).act("editUser", "user { name unit { name } }", **given)
    assert done["user"] == {"name": "新名", "unit": {"name": "south county"}}


async def test_people_are_listed_to_those_who_administer_and_found_by_those_who_may_find(
    api: Front, country: Country, session: AsyncSession
):
    listed = '{ users(search: "coun") { nodes { login unit { name } } } foundUsers(search: "Coun") { name unit } }'
    seen = await api.as_(country.nation).ask(listed)
    assert seen["users"]["nodes"] == [{"login": "county", "unit": {"name": "north county"}}]
    assert seen["foundUsers"] == [{"name": "County", "unit": "north county"}]
    finder = await add_user(session, country.tree["west"], login="finder")
    await add_grant(session, finder, country.tree["nation"], Role.ADMINISTRATOR, reach=Reach.FIND)
    found = await api.as_(finder).ask(listed)
    assert (found["users"]["nodes"], found["foundUsers"]) == ([], seen["foundUsers"])
    nothing = await api.as_(country.viewer).ask(listed)
    assert (nothing["users"]["nodes"], nothing["foundUsers"]) == ([], [])
    assert (await api.as_(None).error(listed))["extensions"]["code"] == "UNAUTHENTICATED"


async def test_units_with_one_person_are_listed_page_by_page(api: Front, country: Country, session: AsyncSession):
    asked = """query($after: String, $w: ID) { loneUnits(first: 1, after: $after, withinId: $w) {
      totalCount nodes { unitName level userName stepsInName } pageInfo { hasNextPage endCursor } } }"""
    nation = api.as_(country.nation)
    await add_user(session, country.tree["west"], login="west")
    first = (await nation.ask(asked))["loneUnits"]
    county = {"unitName": "north county", "level": "COUNTY", "userName": "County", "stepsInName": "east"}
    assert (first["totalCount"], first["nodes"]) == (2, [county])
    second = (await nation.ask(asked, after=first["pageInfo"]["endCursor"]))["loneUnits"]
    assert [node["userName"] for node in second["nodes"]] == ["West"]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    within = (await nation.ask(asked, w=id_of(country.tree["north county"])))["loneUnits"]
    assert [node["userName"] for node in within["nodes"]] == ["County"]
    assert (await api.as_(country.viewer).ask(asked))["loneUnits"]["nodes"] == []


@pytest.mark.parametrize("role", [role for role in Role if role.name.startswith("PARTNER_")])
async def test_a_partner_body_reads_and_does_nothing(api: Front, country: Country, session: AsyncSession, role: Role):
    partner = api.as_(await add_user(session, country.tree["east"], role, login="partner"))
    document = "{ units { totalCount } accounts { totalCount } users { totalCount } grants { totalCount } }"
    assert await partner.ask(document) == {
        "units": {"totalCount": 5},
        "accounts": {"totalCount": 0},
        "users": {"totalCount": 0},
        "grants": {"totalCount": 0},
    }
    assert (await partner.ask(VIEWER))["viewer"]["grants"] == [
        {"role": role.value, "reach": "ACT", "unit": {"name": "east"}}
    ]
    unit = id_of(country.tree["east"])
    for mutation, given in (
        ("inviteUsers", {"file": file("li,李,T6,查看者,,")}),
        ("grantRole", {"userId": id_of(country.county), "role": "VIEWER"}),
        ("createLesson", {"title": "课", "service": "STUDY_HELP", "text": "文"}),
        ("createCampaign", {"title": "推介"}),
    ):
        assert (await partner.act(mutation, unitId=unit, **given))["code"] == "NOT_PERMITTED"


async def test_everybody_knows_their_own_grants_even_where_they_see_nobody_elses(
    api: Front, country: Country, session: AsyncSession
):
    await add_grant(session, country.viewer, country.tree["east"], Role.VIEWER, reach=Reach.FIND)
    asked = "{ viewer { grants { id role reach validTo user { login } grantedBy { login } unit { name } } } }"
    grants = (await api.as_(country.viewer).ask(asked))["viewer"]["grants"]
    # What is only found is not shown.
    assert [(g["reach"], g["unit"], g["user"]) for g in grants] == [
        ("FIND", None, None),
        ("ACT", {"name": "north county"}, None),
    ]
    own = (await api.as_(country.nation).ask(asked))["viewer"]["grants"]
    assert [(g["user"], g["grantedBy"]) for g in own] == [({"login": "nation"}, None)]


async def test_a_grant_shows_no_person_beyond_reach(api: Front, country: Country, session: AsyncSession):
    county = country.tree["north county"]
    stranger = await add_user(session, country.tree["west"], Role.VIEWER, login="stranger")
    for person in (stranger, country.viewer):
        await add_grant(session, person, county, Role.AUDITOR, granted_by=country.nation.id)
    asked = "{ grants(first: 50) { nodes { user { login disabledReason unit { name } } grantedBy { login } } } }"
    shown = (await api.as_(country.county).ask(asked))["grants"]["nodes"]
    assert {"user": None, "grantedBy": None} in shown
    assert {row["user"]["login"] for row in shown if row["user"]} == {"county", "viewer"}
    assert all(row["grantedBy"] is None for row in shown)
    whole = (await api.as_(country.nation).ask(asked))["grants"]["nodes"]
    assert {"stranger"} < {row["user"]["login"] for row in whole}
    assert {"nation"} == {row["grantedBy"]["login"] for row in whole if row["grantedBy"]}


async def test_an_invitation_leaves_on_record_who_was_given_which_role(
    api: Front, country: Country, session: AsyncSession
):
    await invite(api.as_(country.nation), country, "li,李,T6,管理员,,", "zhao,赵,T99,查看者,,")
    entry = (await session.scalars(select(AuditEntry).where(AuditEntry.act == "inviteUsers"))).one()
    li = (await session.execute(select(User).where(User.login == "li"))).scalar_one()
    county = country.tree["north county"]
    held = {"role": "ADMINISTRATOR", "reach": "ACT", "until": None}
    assert entry.details["grants"] == [{"userId": str(li.id), "unitId": str(county.id), **held}]
    # Nothing that describes a person is kept in a log that is never changed.
    assert "李" not in str(entry.details)
