"""How many follow an account: today, and from day to day over a period."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.engagement.models import FollowerCount
from domain.terms import Role
from tests.factories.api import Country, Front, id_of
from tests.factories.units import NOW, add_user

SERIES = """query($id: ID!, $since: Date, $until: Date, $first: Int, $after: String) { node(id: $id) { ... on Account {
  followersToday followerCounts(since: $since, until: $until, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor } nodes { day count } } } } }"""


def today() -> date:
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


async def account_of(session: AsyncSession, country: Country, unit: str) -> Account:
    return (await session.execute(select(Account).where(Account.unit_id == country.tree[unit].id))).scalar_one()


async def follow(session: AsyncSession, account: Account, counts: dict[date, int | None]) -> None:
    session.add_all(FollowerCount(account_id=account.id, day=day, count=c, taken_at=NOW) for day, c in counts.items())
    await session.commit()


async def series(front: Front, account: Account, **given: Any) -> Any:
    return (await front.ask(SERIES, id=id_of(account), **given))["node"]


async def test_a_series_shows_falls_gaps_and_what_is_unknown(api: Front, country: Country, session: AsyncSession):
    account, day = await account_of(session, country, "north county"), date(2026, 6, 1)
    days = [day + timedelta(days=number) for number in (0, 1, 4)]
    await follow(session, account, dict(zip(days, (120, None, 90), strict=True)))
    await follow(session, account, {today(): 85})
    viewer = api.as_(country.viewer)
    told = await series(viewer, account, since="2026-06-01", until="2026-06-05")
    assert told["followersToday"] == 85
    assert told["followerCounts"]["totalCount"] == 2
    assert told["followerCounts"]["nodes"] == [
        {"day": "2026-06-01", "count": 120},
        {"day": "2026-06-02", "count": None},
    ]
    page = (await series(viewer, account, until="2026-06-10", first=2))["followerCounts"]
    rest = await series(viewer, account, until="2026-06-10", first=2, after=page["pageInfo"]["endCursor"])
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (3, True)
    assert rest["followerCounts"]["nodes"] == [{"day": "2026-06-05", "count": 90}]
    assert (await series(viewer, account, since="2026-06-05"))["followerCounts"]["totalCount"] == 2
    assert (await series(viewer, account))["followerCounts"]["totalCount"] == 4


async def test_an_account_that_was_not_counted_today_has_no_number(api: Front, country: Country, session: AsyncSession):
    account = await account_of(session, country, "north county")
    await follow(session, account, {today() - timedelta(days=1): 120})
    assert (await series(api.as_(country.viewer), account))["followersToday"] is None


async def test_who_sees_no_accounts_sees_nobody_following_them(api: Front, country: Country, session: AsyncSession):
    account = await account_of(session, country, "north county")
    await follow(session, account, {today(): 120})
    count = (await session.execute(select(FollowerCount))).scalar_one()
    partner = api.as_(await add_user(session, country.tree["nation"], Role.PARTNER_WOMEN, login="women"))
    assert await series(partner, account) is None
    for front, is_seen in ((partner, False), (api.as_(country.nation), True)):
        shown = await front.ask("query($id: ID!) { node(id: $id) { id } }", id=id_of(count))
        assert (shown["node"] is not None) == is_seen
