"""Where the programme is not heard: units without an active account, and accounts that fell silent."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.terms import AccountState, Role
from tests.factories.api import Country, Front, id_of
from tests.factories.units import add_user

COVERAGE = """query($id: ID) { coverage(withinId: $id) { asOf silentSince
  levels { level units withoutAccount activeAccounts silentAccounts } } }"""
LISTS = """query($id: ID) {
  units(withoutAccount: true, withinId: $id) { totalCount nodes { name } }
  silentAccounts(withinId: $id) { totalCount nodes { screenName unit { name } } } }"""


async def quieten(session: AsyncSession, country: Country) -> None:
    """One account is suspended, one posted long ago, and the others have just posted."""
    now = datetime.now(UTC)
    for account in (await session.scalars(select(Account))).all():
        account.last_posted_at = now
        if account.unit_id == country.tree["far county"].id:
            account.state = AccountState.SUSPENDED
        if account.unit_id == country.tree["south county"].id:
            account.last_posted_at = now - timedelta(days=15)
    await session.commit()


async def test_units_without_a_voice_and_silent_accounts_are_counted_and_listed(
    api: Front, country: Country, session: AsyncSession
):
    await quieten(session, country)
    nation = api.as_(country.nation)
    told = (await nation.ask(COVERAGE))["coverage"]
    since, until = (datetime.fromisoformat(told[name]) for name in ("silentSince", "asOf"))
    assert until - since == timedelta(days=14)
    rows = {row.pop("level"): row for row in told["levels"]}
    assert rows["COUNTY"] == {"units": 3, "withoutAccount": 1, "activeAccounts": 2, "silentAccounts": 1}
    assert rows["GRASSROOTS"] == {"units": 1, "withoutAccount": 1, "activeAccounts": 0, "silentAccounts": 0}
    lists = await nation.ask(LISTS)
    assert [unit["name"] for unit in lists["units"]["nodes"]] == ["north town", "far county"]
    assert [row["unit"]["name"] for row in lists["silentAccounts"]["nodes"]] == ["south county"]
    west = await nation.ask(LISTS, id=id_of(country.tree["west"]))
    assert (west["units"]["totalCount"], west["silentAccounts"]["totalCount"]) == (1, 0)


async def test_who_sees_no_accounts_learns_nothing_of_them_from_it(api: Front, country: Country, session: AsyncSession):
    await quieten(session, country)
    partner = api.as_(await add_user(session, country.tree["nation"], Role.PARTNER_WOMEN, login="women"))
    lists = await partner.ask(LISTS)
    assert (lists["units"]["nodes"], lists["silentAccounts"]["nodes"]) == ([], [])
    told = (await partner.ask(COVERAGE))["coverage"]["levels"]
    assert all(row["units"] == row["activeAccounts"] == 0 for row in told)
