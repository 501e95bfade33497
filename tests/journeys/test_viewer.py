"""The first screen of an app: who I am, my unit, what I hold, and what I may do."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import Grant
from domain.access.permissions import PERMISSIONS
from domain.terms import Reach, Role
from tests.factories.api import Country, Front, id_of
from tests.factories.units import add_user

FIRST_SCREEN = """{ viewer {
  id login name unit { id name level code above }
  grants { role reach viewerCan { act allowed whyNot { code } }
    unit { name level parent { name } accounts { totalCount } } }
  may { permission units { name } }
} }"""
CARE = "query($id: ID!) { node(id: $id) { ... on User { viewerCan { act allowed whyNot { code } } } } }"


async def test_the_first_screen_says_who_one_is_and_what_one_may_do(api: Front, country: Country):
    unit = {"name": "north county", "level": "COUNTY", "parent": {"name": "east city"}, "accounts": {"totalCount": 1}}
    home = {"id": id_of(country.tree["north county"]), "name": "north county", "level": "COUNTY", "code": "T6"}
    for person, role in ((country.county, Role.MEDIA_MANAGER), (country.viewer, Role.VIEWER)):
        shown = (await api.as_(person).ask(FIRST_SCREEN))["viewer"]
        assert (shown["id"], shown["login"], shown["name"]) == (id_of(person), person.login, person.name)
        assert shown["unit"] == home | {"above": "east city"}
        (grant,) = shown["grants"]
        assert grant["viewerCan"] == [{"act": "endGrant", "allowed": False, "whyNot": {"code": "NOT_PERMITTED"}}]
        assert (grant["role"], grant["reach"], grant["unit"]) == (role.value, "ACT", unit)
        assert {held["permission"] for held in shown["may"]} == {p.value for p in PERMISSIONS[role]}
        assert all(held["units"] == [{"name": "north county"}] for held in shown["may"])


async def test_of_grants_above_one_another_the_topmost_is_named(api: Front, country: Country, session: AsyncSession):
    county = country.tree["north county"]
    session.add(
        Grant(
            user_id=country.guest.id,
            role=Role.VIEWER,
            unit_id=county.id,
            unit_path=county.path,
            valid_from=datetime(2020, 1, 1, tzinfo=UTC),
        )
    )
    await session.commit()
    may = (await api.as_(country.guest).ask(FIRST_SCREEN))["viewer"]["may"]
    places = {held["permission"]: [unit["name"] for unit in held["units"]] for held in may}
    assert places["unit:view"] == ["nation"]
    assert places["lesson:schedule"] == ["east"]


async def test_whoever_only_finds_still_knows_their_own_unit(api: Front, country: Country, session: AsyncSession):
    person = await add_user(session, country.tree["east"], Role.VIEWER, login="finder", reach=Reach.FIND)
    shown = (await api.as_(person).ask("{ viewer { unit { name } grants { unit { name } } may { permission } } }"))[
        "viewer"
    ]
    assert shown["unit"] == {"name": "east"}
    assert shown["grants"] == [{"unit": None}]
    assert {held["permission"] for held in shown["may"]} == {"unit:find", "account:find"}


async def test_a_viewer_without_grants_sees_themselves_and_nothing_else(
    api: Front, country: Country, session: AsyncSession
):
    over = await add_user(session, country.tree["nation"], login="over", valid_to=datetime.now(UTC) - timedelta(days=1))
    own = "viewer { name unit { name } grants { role } may { permission } }"
    document = f'{{ {own} units {{ totalCount }} unit(code: "T1") {{ id }} unitCounts {{ levels {{ count }} }} }}'
    shown = await api.as_(over).ask(document)
    assert shown["viewer"] == {"name": "Over", "unit": {"name": "nation"}, "grants": [], "may": []}
    assert (shown["units"], shown["unit"]) == ({"totalCount": 0}, None)
    assert {row["count"] for row in shown["unitCounts"]["levels"]} == {0}


@pytest.mark.parametrize("who", ["nation", "county"])
async def test_what_may_be_done_with_a_login_is_said_before_it_is_tried(api: Front, country: Country, who: str):
    front, person = api.as_(getattr(country, who)), country.viewer
    told = (await front.ask(CARE, id=id_of(person)))["node"]["viewerCan"]
    for each in told:
        given = {"userId": id_of(person)} | ({"reason": "试验"} if each["act"] == "disableUser" else {})
        done = await front.act(each["act"], **given)
        if each["allowed"]:
            assert done["__typename"] != "Problem", each
            if each["act"] == "disableUser":
                # What follows was told of an enabled login.
                await front.act("enableUser", userId=id_of(person))
        else:
            assert done["code"] == each["whyNot"]["code"]
    assert {each["act"] for each in told} == {"editUser", "disableUser", "enableUser", "sendResetLink"}
