"""Tokens to be renewed: found in time, told once for each end, done when a new token is there."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts import renewals
from domain.accounts.commands import NewAccount, connect_accounts
from domain.accounts.models import Account, Renewal
from domain.base.keyring import Keyring
from domain.terms import AccountState, RenewalState
from integrations.database import Sessions
from tests.factories.accounts import Office, open_office
from tests.factories.deliveries import change
from tests.factories.units import NOW

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@pytest.fixture
async def office(session: AsyncSession, keyring: Keyring) -> Office:
    """Nobody's token ends for years."""
    office = await open_office(session, keyring)
    for unit in office.accounts:
        await change(session, await office.account(unit), token_expires_at=func.now() + 1000 * DAY)
    return office


async def find(session: AsyncSession) -> set[str]:
    """The uids of the accounts that were found."""
    found = await renewals.find_ending(session, within=WEEK)
    await session.commit()
    return set((await session.execute(select(Account.uid).where(Account.id.in_(found)))).scalars())


async def rows(session: AsyncSession, unit: str, office: Office) -> list[Renewal]:
    query = select(Renewal).where(Renewal.account_id == office.accounts[unit]).order_by(Renewal.found_at)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def renew(session: AsyncSession, keyring: Keyring, office: Office, unit: str, *, lasts: timedelta) -> None:
    account = await office.account(unit)
    fresh = NewAccount(account.unit_id, account.uid, account.screen_name, "fresh", NOW + lasts)
    actor = await office.somebody("nation")
    await connect_accounts(session, actor, now=NOW, keyring=keyring, host_id=account.host_id, accounts=[fresh])
    await session.commit()


async def test_nothing_is_found_before_its_time(session: AsyncSession, office: Office):
    await change(session, await office.account("east"), token_expires_at=func.now() + 8 * DAY)
    assert await find(session) == set()


async def test_a_token_that_ends_within_the_time_is_found_once(session: AsyncSession, office: Office):
    account = await office.account("east")
    keeper = await office.person("east")
    await change(session, account, token_expires_at=func.now() + 6 * DAY, keeper_id=keeper)
    assert await find(session) == {account.uid}
    assert await find(session) == set()
    [row] = await rows(session, "east", office)
    assert (row.state, row.keeper_id, row.ends_at) == (RenewalState.OPEN, keeper, account.token_expires_at)
    assert (row.begun_at, row.done_at) == (None, None)


async def test_a_dead_token_is_found_though_its_end_lies_ahead(session: AsyncSession, office: Office):
    account = await office.account("east")
    await change(session, account, state=AccountState.UNAUTHORIZED, state_since=NOW)
    assert await find(session) == {account.uid}
    [row] = await rows(session, "east", office)
    assert row.ends_at == NOW


@pytest.mark.parametrize("unknown_end", [True, False])
async def test_a_suspended_account_and_one_without_a_known_end_are_left_alone(
    session: AsyncSession, office: Office, unknown_end: bool
):
    trouble = {"token_expires_at": None} if unknown_end else {"state": AccountState.SUSPENDED}
    await change(session, await office.account("east"), **({"token_expires_at": func.now()} | trouble))
    assert await find(session) == set()


async def test_a_new_token_ends_it_and_the_next_end_is_told_again(
    session: AsyncSession, keyring: Keyring, office: Office
):
    account = await office.account("east")
    await change(session, account, state=AccountState.UNAUTHORIZED)
    await find(session)
    await renew(session, keyring, office, "east", lasts=1000 * DAY)
    [first] = await rows(session, "east", office)
    assert (first.state, first.done_at) == (RenewalState.DONE, NOW)
    assert (await office.account("east")).state is AccountState.ACTIVE
    assert await find(session) == set()
    await change(session, account, token_expires_at=func.now() + DAY)
    assert await find(session) == {account.uid}
    assert [row.state for row in await rows(session, "east", office)] == [RenewalState.DONE, RenewalState.OPEN]


async def test_two_workers_at_once_tell_it_once(session: AsyncSession, office: Office, sessions: Sessions):
    await change(session, await office.account("east"), state=AccountState.UNAUTHORIZED)
    async with sessions() as first, sessions() as second:
        await second.execute(select(func.now()))
        assert len(await renewals.find_ending(first, within=WEEK)) == 1
        await first.commit()
        assert await renewals.find_ending(second, within=WEEK) == []
        await second.commit()
    assert len(await rows(session, "east", office)) == 1
