"""What came of posts: a unit looks at its own and at those below, by period, level and unit, and at the best-heard."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.dates import today
from domain.terms import Role
from tests.factories.api import Country, Front, id_of
from tests.factories.deliveries import add_post, add_published, add_snapshot
from tests.factories.posts import add_lesson
from tests.factories.units import add_user

FIGURES = "figures { published gone likes { value known expected asOf gap } reads { value gap } }"
ENGAGEMENT = f"""query($id: ID!, $since: Date!, $until: Date!, $account: ID) {{
  engagement(withinId: $id, since: $since, until: $until, accountId: $account) {{
    total {{ published likes {{ value known expected }} }}
    levels {{ level {FIGURES} }}
    series(step: MONTH) {{ since until {FIGURES} }}
    children {{ unitId code name level {FIGURES} }} }} }}"""
TOP = """query($id: ID!, $since: Date!, $until: Date!, $first: Int, $after: String, $account: ID) {
  topPosts(
    withinId: $id, metric: LIKES, since: $since, until: $until, first: $first, after: $after, accountId: $account
  ) {
    totalCount pageInfo { hasNextPage endCursor } nodes { account { unit { name } } } } }"""


@pytest.fixture
async def period(session: AsyncSession, country: Country) -> dict[str, Any]:
    """Each account has a post since yesterday; all but the newest were read."""
    post = await add_post(session, country.tree, await add_lesson(session, country.tree))
    accounts = (await session.scalars(select(Account).order_by(Account.unit_path))).all()
    for number, account in enumerate(accounts):
        delivery = await add_published(session, post, account)
        if account is not accounts[-1]:
            await add_snapshot(session, delivery, 0, likes=10**number)
    now = datetime.now(UTC)
    return {"since": str(today(now - timedelta(days=1))), "until": str(today(now + timedelta(days=2)))}


async def test_a_unit_sees_what_its_posts_and_those_below_came_to(api: Front, country: Country, period: dict[str, Any]):
    nation = id_of(country.tree["nation"])
    told = (await api.as_(country.nation).ask(ENGAGEMENT, id=nation, **period))["engagement"]
    assert told["total"] == {"published": 8, "likes": {"value": 1_111_111, "known": 7, "expected": 8}}
    assert [row["level"] for row in told["levels"]] == ["NATIONAL", "PROVINCIAL", "PREFECTURE", "COUNTY"]
    assert sum(row["figures"]["published"] for row in told["series"]) == 8
    assert [row["name"] for row in told["children"]] == ["east", "west"]
    east = told["children"][0]["figures"]
    assert (east["published"], east["reads"]) == (4, {"value": None, "gap": "NOT_REPORTED"})
    account = (await api.as_(country.nation).ask("{ accounts(first: 1) { nodes { id } } }"))["accounts"]["nodes"][0]
    one = await api.as_(country.nation).ask(ENGAGEMENT, id=nation, account=account["id"], **period)
    assert one["engagement"]["total"]["published"] == 1
    best = await api.as_(country.nation).ask(TOP, id=nation, account=account["id"], first=9, **period)
    assert best["topPosts"]["totalCount"] == 1


async def test_its_best_heard_posts_are_paged_through(api: Front, country: Country, period: dict[str, Any]):
    place, names = {"id": id_of(country.tree["east"]), **period}, []
    cursor, more = None, True
    while more:
        page = (await api.as_(country.province).ask(TOP, **place, first=3, after=cursor))["topPosts"]
        names += [row["account"]["unit"]["name"] for row in page["nodes"]]
        cursor, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        assert page["totalCount"] == 4
    assert names == ["south county", "north county", "east city", "east"]


async def test_who_sees_no_posts_of_a_unit_is_told_nothing_of_them(
    api: Front, country: Country, session: AsyncSession, period: dict[str, Any]
):
    partner = await add_user(session, country.tree["nation"], Role.PARTNER_WOMEN, login="women")
    for user, unit in ((country.province, "west"), (partner, "east")):
        for document in (ENGAGEMENT, TOP):
            error = await api.as_(user).error(document, id=id_of(country.tree[unit]), **period)
            assert error["extensions"]["code"] == "NOT_FOUND"


GOALS = """query($id: ID!) { goals(unitId: $id) { totalCount nodes { measure target version note withdrawnAt
  progress { isMet figure { value unit method } } viewerCan { act allowed } } } }"""


async def test_a_unit_sets_itself_a_goal_sees_how_far_it_is_and_withdraws_it(
    api: Front, country: Country, period: dict[str, Any]
):
    east = id_of(country.tree["east"])
    own = api.as_(country.province)
    aim = {"measure": "PUBLISHED", "target": 4, **period, "clientMutationKey": "goal"}
    goal = (await own.act("setGoal", "goal { id version }", unitId=east, **aim))["goal"]
    assert (await own.act("setGoal", "goal { id version }", unitId=east, **aim))["goal"] == goal
    (told,) = (await own.ask(GOALS, id=east))["goals"]["nodes"]
    assert told["progress"] == {
        "isMet": True,
        "figure": {"value": 4, "unit": "published", "method": "number of posts"},
    }
    assert [row["allowed"] for row in told["viewerCan"]] == [True, True]
    # Another unit's goals are no business of a county, and those of the nation none of a province.
    assert (await api.as_(country.county).ask(GOALS, id=east))["goals"]["totalCount"] == 0
    assert (await own.ask(GOALS, id=id_of(country.tree["nation"])))["goals"]["totalCount"] == 0
    again = await own.act("withdrawGoal", "goal { withdrawnAt }", goalId=goal["id"])
    assert again["goal"]["withdrawnAt"]
    (told,) = (await own.ask(GOALS, id=east))["goals"]["nodes"]
    assert [row["allowed"] for row in told["viewerCan"]] == [False, False]
