"""Accounts: tokens sealed for their rows, renewed in place, and nobody's business but their unit's."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.accounts import renewals
from domain.accounts.commands import NewAccount, connect_accounts, mark_unauthorized, pause
from domain.accounts.models import Account
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.hosts.models import Host
from domain.refusals import NotFound, NotPermitted
from domain.terms import AccountState, Level, Role
from domain.units.models import Unit
from integrations.database import Sessions
from tests.factories.deliveries import change, database_now
from tests.factories.posts import add_account, add_accounts, add_host
from tests.factories.statements import statements_of
from tests.factories.units import NOW, Tree, actor_at, add_user, plant_tree

HOUR = timedelta(hours=1)
MORE_THAN_A_STATEMENT_TAKES = 32_768


def wanted(unit: Unit, *, uid: str = "1", token: str = "2.00first", name: str = "an account") -> NewAccount:
    return NewAccount(unit_id=unit.id, uid=uid, screen_name=name, token=token, token_expires_at=NOW)


async def connect(
    session: AsyncSession, actor: Actor, keyring: Keyring, host: Host, accounts: Sequence[NewAccount]
) -> int:
    count = await connect_accounts(session, actor, now=NOW, keyring=keyring, host_id=host.id, accounts=accounts)
    await session.commit()
    return count


async def rows(session: AsyncSession) -> list[Account]:
    query = select(Account).order_by(Account.uid).execution_options(populate_existing=True)
    return list((await session.execute(query)).scalars())


def token_of(keyring: Keyring, account: Account) -> str:
    return keyring.open(account.token, row=f"accounts:token:{account.id}")


async def test_a_token_is_sealed_and_nowhere_stored_in_clear(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    await connect(session, Actor.operator(), keyring, host, [wanted(tree["east"], token="2.00SeCrEt")])
    (account,) = await rows(session)
    assert token_of(keyring, account) == "2.00SeCrEt"
    stored = (await session.execute(text("SELECT accounts::text FROM accounts"))).scalar_one()
    assert "SeCrEt" not in stored
    assert b"2.00SeCrEt".hex() not in stored
    assert "SeCrEt" not in repr(wanted(tree["east"], token="2.00SeCrEt"))


async def test_an_account_takes_place_and_level_of_its_unit(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    units = [tree["east"], tree["north county"]]
    count = await connect(
        session, Actor.operator(), keyring, host, [wanted(u, uid=str(n)) for n, u in enumerate(units)]
    )
    assert count == 2
    places = [(a.unit_id, a.unit_path, a.level, a.state) for a in await rows(session)]
    assert places == [
        (tree["east"].id, tree["east"].path, Level.PROVINCIAL, AccountState.ACTIVE),
        (tree["north county"].id, tree["north county"].path, Level.COUNTY, AccountState.ACTIVE),
    ]


async def test_more_units_and_renewals_are_named_at_once_than_a_statement_takes_values(
    session: AsyncSession, keyring: Keyring
):
    host = await add_host(session, keyring)
    unit = Unit(id=new_id())
    many = [replace(wanted(unit), unit_id=new_id()) for _ in range(MORE_THAN_A_STATEMENT_TAKES)]
    with pytest.raises(NotFound):
        await connect(session, Actor.operator(), keyring, host, many)
    await renewals.mark_done(session, account_ids=[account.unit_id for account in many], now=NOW)


async def test_a_renewed_token_keeps_the_row_and_revives_the_account(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    before = await add_account(session, tree, "east", host, keyring, uid="1", token="2.00old")
    await change(session, before, state=AccountState.UNAUTHORIZED, paused_until=NOW + HOUR)
    user = await add_user(session, tree["east"])
    actor = actor_at(tree["east"], user_id=user.id)
    await connect(session, actor, keyring, host, [wanted(tree["east"], token="2.00new", name="new")])
    (after,) = await rows(session)
    assert after.id == before.id
    assert token_of(keyring, after) == "2.00new"
    assert (after.state, after.screen_name) == (AccountState.ACTIVE, "new")
    # A limit of the platform is not lifted by logging in again.
    assert after.paused_until == NOW + HOUR
    assert after.token_expires_at == NOW
    assert (after.state_since, after.state_reason) == (NOW, None)


async def test_a_renewed_token_does_not_lift_a_suspension(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    account = await add_account(session, tree, "east", host, keyring, uid="1")
    await change(session, account, state=AccountState.SUSPENDED)
    await connect(session, Actor.operator(), keyring, host, [wanted(tree["east"], token="2.00new")])
    (after,) = await rows(session)
    assert after.state is AccountState.SUSPENDED
    assert token_of(keyring, after) == "2.00new"


async def test_the_same_uid_at_another_platform_is_another_account(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    other = await add_host(session, keyring, name="other")
    for place in (host, other):
        await connect(session, Actor.operator(), keyring, place, [wanted(tree["east"])])
    assert {account.host_id for account in await rows(session)} == {host.id, other.id}


async def test_an_account_named_twice_in_one_act_opens_with_its_last_token(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    twice = [wanted(tree["east"], token="2.00first"), wanted(tree["east"], token="2.00last")]
    await connect(session, Actor.operator(), keyring, host, twice)
    (account,) = await rows(session)
    assert token_of(keyring, account) == "2.00last"


async def test_an_account_connected_twice_at_once_has_a_token_that_opens(sessions: Sessions, keyring: Keyring):
    async with sessions() as one, sessions() as other:
        tree, host = await plant_tree(one), await add_host(one, keyring)
        first, second = [
            connect_accounts(
                own,
                Actor.operator(),
                now=NOW,
                keyring=keyring,
                host_id=host.id,
                accounts=[wanted(tree["east"], token=token)],
            )
            for own, token in [(one, "2.00first"), (other, "2.00second")]
        ]
        await first
        waiting = asyncio.create_task(second)
        # Long enough for the second to look before the first has committed, if nothing held it back.
        await asyncio.wait([waiting], timeout=0.3)
        await one.commit()
        await waiting
        await other.commit()
        (account,) = await rows(other)
    assert token_of(keyring, account) == "2.00second"


async def test_each_unit_is_asked_for(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    both = [wanted(tree["north county"], uid="1"), wanted(tree["far county"], uid="2")]
    with pytest.raises(NotPermitted) as caught:
        await connect(session, actor_at(tree["east"]), keyring, host, both)
    assert caught.value.path == ("unitId",)
    await session.rollback()
    assert await rows(session) == []


async def test_nobody_takes_over_the_account_of_another_unit(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    await add_account(session, tree, "far county", host, keyring, uid="1", token="2.00theirs")
    with pytest.raises(NotPermitted) as caught:
        await connect(session, actor_at(tree["east"]), keyring, host, [wanted(tree["north county"], token="2.00mine")])
    assert caught.value.path == ("uid",)
    await session.rollback()
    (account,) = await rows(session)
    assert token_of(keyring, account) == "2.00theirs"


@pytest.mark.parametrize("role", [Role.MEDIA_MANAGER, Role.VIEWER])
async def test_only_administrators_connect_accounts(session: AsyncSession, keyring: Keyring, role: Role):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    with pytest.raises(NotPermitted):
        await connect(session, actor_at(tree["east"], role), keyring, host, [wanted(tree["east"])])


@pytest.mark.parametrize("closed", [True, False])
async def test_a_closed_or_unknown_unit_is_not_found(session: AsyncSession, keyring: Keyring, closed: bool):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    await change(session, tree["west"], closed_on=date(2026, 1, 1))
    unit = tree["west"] if closed else Unit(id=new_id())
    with pytest.raises(NotFound) as caught:
        await connect(session, Actor.operator(), keyring, host, [wanted(unit)])
    assert (caught.value.facts, caught.value.path) == ({"what": "unit"}, ("unitId",))


async def test_an_unknown_platform_is_not_found(session: AsyncSession, keyring: Keyring):
    tree = await plant_tree(session)
    with pytest.raises(NotFound) as caught:
        await connect(session, Actor.operator(), keyring, Host(id=new_id()), [wanted(tree["east"])])
    assert (caught.value.facts, caught.value.path) == ({"what": "host"}, ("hostId",))


async def test_connecting_none_is_no_act(session: AsyncSession, keyring: Keyring):
    await plant_tree(session)
    host = await add_host(session, keyring)
    assert await connect(session, Actor.operator(), keyring, host, []) == 0


async def test_many_accounts_cost_as_many_statements_as_one(
    session: AsyncSession, engine: AsyncEngine, keyring: Keyring
):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    sizes = []
    for count in (1, 300):
        with statements_of(engine) as sent:
            await connect(
                session,
                Actor.operator(),
                keyring,
                host,
                [wanted(tree["east"], uid=f"{count}-{n}") for n in range(count)],
            )
        sizes.append(len(sent))
    assert sizes == [7, 7]


async def test_a_dead_token_stops_an_active_account_only(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    first, second, third = await add_accounts(session, tree, "east", host, keyring, count=3)
    await change(session, second, state=AccountState.SUSPENDED)
    for account in (first, second):
        await mark_unauthorized(session, account_id=account.id, token=account.token)
    await session.commit()
    states = {account.id: account.state for account in await rows(session)}
    assert states == {
        first.id: AccountState.UNAUTHORIZED,
        second.id: AccountState.SUSPENDED,
        third.id: AccountState.ACTIVE,
    }


async def test_the_death_of_an_old_token_does_not_stop_an_account_that_has_a_new_one(
    session: AsyncSession, keyring: Keyring
):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    account = await add_account(session, tree, "east", host, keyring, uid="1", token="2.00old")
    old = account.token
    await connect(session, Actor.operator(), keyring, host, [wanted(tree["east"], token="2.00new")])
    await mark_unauthorized(session, account_id=account.id, token=old)
    await session.commit()
    (after,) = await rows(session)
    assert after.state is AccountState.ACTIVE


async def paused_until(session: AsyncSession, tree: Tree, host: Host, keyring: Keyring, *ends: datetime | None):
    """When an account goes on after these pauses, the ones without an end lasting an hour."""
    account = await add_account(session, tree, "east", host, keyring)
    for until in ends:
        await pause(session, account_id=account.id, until=until, wait=HOUR)
        await session.commit()
    await session.refresh(account)
    return account.paused_until


async def test_a_pause_never_shortens_another(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    long = await database_now(session) + 3 * HOUR
    assert await paused_until(session, tree, host, keyring, long, long - HOUR, None) == long


async def test_a_later_pause_lengthens_the_first(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    long = await database_now(session) + 3 * HOUR
    assert await paused_until(session, tree, host, keyring, long - HOUR, long) == long


async def test_a_pause_without_an_end_lasts_as_long_as_we_wait(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    before = await database_now(session)
    end = await paused_until(session, tree, host, keyring, None)
    assert before + HOUR <= end <= await database_now(session) + HOUR


async def test_a_pause_concerns_one_account(session: AsyncSession, keyring: Keyring):
    tree, host = await plant_tree(session), await add_host(session, keyring)
    first, _ = await add_accounts(session, tree, "east", host, keyring, count=2)
    await pause(session, account_id=first.id, until=None, wait=HOUR)
    await session.commit()
    assert [account.id for account in await rows(session) if account.paused_until is not None] == [first.id]
