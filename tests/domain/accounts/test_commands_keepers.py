"""Who runs an account: a keeper, delegates for a time, and a successor for whoever leaves."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.models import Grant
from domain.accounts import commands
from domain.accounts.models import Account, Delegation
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.refusals import Conflict, Reason
from domain.terms import AccountChange, Reach, Role
from integrations.database import Sessions
from tests.factories.accounts import Office
from tests.factories.deliveries import change
from tests.factories.posts import add_accounts
from tests.factories.statements import statements_of
from tests.factories.units import NOW, add_user

DAY = timedelta(days=1)
ADMINISTRATOR, MEDIA = Role.ADMINISTRATOR, Role.MEDIA_MANAGER


async def delegations(session: AsyncSession) -> list[tuple[Any, ...]]:
    rows = await session.execute(
        select(Delegation.account_id, Delegation.user_id, Delegation.valid_from, Delegation.valid_to).order_by(
            Delegation.valid_from, Delegation.valid_to
        )
    )
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("unit", "role"), [("north county", MEDIA), ("north county", ADMINISTRATOR), ("east city", MEDIA), ("east", MEDIA)]
)
async def test_a_keeper_acts_at_the_accounts_unit_or_above(office: Office, unit: str, role: Role):
    user_id, actor = await office.person(unit, role), await office.somebody("east")
    account_id = office.accounts["north county"]
    await office.act("appoint_keeper", actor, account_id=account_id, user_id=user_id, reason="新学期")
    assert (await office.account("north county")).keeper_id == user_id
    await office.act("appoint_keeper", actor, account_id=account_id, user_id=user_id)
    (event,) = await office.history("north county")
    assert (event.change, event.reason, event.by_id) == (AccountChange.KEEPER, "新学期", actor.user_id)
    assert (event.before, event.after) == ({"keeper_id": None}, {"keeper_id": str(user_id)})
    await office.act("appoint_keeper", actor, account_id=account_id)
    assert (await office.account("north county")).keeper_id is None


@pytest.mark.parametrize("name", ["appoint_keeper", "delegate_account"])
@pytest.mark.parametrize(
    ("unit", "role", "grant"),
    [
        ("south county", MEDIA, {}),
        ("north town", MEDIA, {}),
        ("north county", Role.VIEWER, {}),
        ("north county", MEDIA, {"reach": Reach.VIEW}),
        ("north county", MEDIA, {"valid_to": NOW}),
        ("north county", MEDIA, {"valid_from": NOW + DAY}),
    ],
)
async def test_whoever_does_not_act_there_runs_no_account(
    office: Office, session: AsyncSession, name: str, unit: str, role: Role, grant: dict[str, Any]
):
    user_id, actor = await office.person(unit, role), await office.somebody("nation")
    held = (await session.execute(select(Grant).where(Grant.user_id == user_id))).scalar_one()
    if grant:
        await change(session, held, **grant)
    given = {"account_id": office.accounts["north county"], "user_id": user_id}
    assert await office.refused(name, actor, **given) == (Reason.NOT_ENTITLED_TO_RUN, "userId")


@pytest.mark.parametrize("name", ["appoint_keeper", "delegate_account"])
async def test_a_disabled_an_unknown_and_a_strange_person_run_no_account(office: Office, name: str):
    disabled, stranger = await office.person("north county", MEDIA), await office.person("west", MEDIA)
    await office.disable(disabled)
    given = {"account_id": office.accounts["north county"]}
    county = await office.somebody("north county")
    assert await office.refused(name, county, **given, user_id=disabled) == (Reason.NOT_ENTITLED_TO_RUN, "userId")
    for user_id in (stranger, await office.person("east", MEDIA), new_id()):
        assert await office.refused(name, county, **given, user_id=user_id) == (Reason.NOT_FOUND, "userId")


async def test_a_delegation_runs_from_now_until_it_ends_or_is_ended(office: Office, session: AsyncSession):
    user_id, actor = await office.person("north county", MEDIA), await office.somebody("north county")
    given = {"account_id": office.accounts["north county"], "user_id": user_id}
    delegation = await office.act("delegate_account", actor, **given, until=NOW + 7 * DAY)
    delegation_id = delegation.id
    assert await office.refused("delegate_account", actor, **given) == (Reason.RUNS_IT_ALREADY, "userId")
    await office.act("end_delegation", actor, now=NOW + DAY, delegation_id=delegation_id, reason="返岗")
    again = await office.refused("end_delegation", actor, now=NOW + DAY, delegation_id=delegation_id)
    assert again == (Reason.DELEGATION_OVER, "delegationId")
    await office.act("delegate_account", actor, now=NOW + 2 * DAY, **given)
    account_id = given["account_id"]
    assert await delegations(session) == [
        (account_id, user_id, NOW, NOW + DAY),
        (account_id, user_id, NOW + 2 * DAY, None),
    ]
    told = [(event.reason, sorted(event.before), sorted(event.after)) for event in await office.history("north county")]
    assert told == [
        (None, [], ["delegate_id", "until"]),
        ("返岗", ["delegate_id", "until"], []),
        (None, [], ["delegate_id"]),
    ]


async def test_the_keeper_is_no_delegate_and_a_delegation_ends_in_the_future(office: Office):
    user_id, actor = await office.person("north county", MEDIA), await office.somebody("north county")
    given = {"account_id": office.accounts["north county"], "user_id": user_id}
    for until, reason in (
        (NOW, Reason.UNTIL_PASSED),
        (NOW - DAY, Reason.UNTIL_PASSED),
        (datetime(2027, 1, 1), Reason.TIME_WITHOUT_ZONE),  # noqa: DTZ001
    ):
        assert await office.refused("delegate_account", actor, **given, until=until) == (reason, "until")
    await office.act("appoint_keeper", actor, **given)
    assert await office.refused("delegate_account", actor, **given) == (Reason.RUNS_IT_ALREADY, "userId")


async def test_of_two_who_delegate_to_one_person_at_once_one_is_refused(office: Office, sessions: Sessions):
    user_id, actor = await office.person("north county", MEDIA), await office.somebody("north county")
    given = {"account_id": office.accounts["north county"], "user_id": user_id}

    async def delegate() -> str:
        async with sessions() as own:
            try:
                await commands.delegate_account(own, actor, now=NOW, **given)
            except Conflict as refusal:
                return refusal.code
            await asyncio.sleep(0.2)
            await own.commit()
            return "done"

    assert sorted(await asyncio.gather(delegate(), delegate())) == ["RUNS_IT_ALREADY", "done"]


async def test_a_delegation_of_a_stranger_is_not_there(office: Office):
    user_id = await office.person("north county", MEDIA)
    given = {"account_id": office.accounts["north county"], "user_id": user_id}
    delegation = await office.act("delegate_account", await office.somebody("north county"), **given)
    delegation_id = delegation.id
    for unit, role, reason in (
        ("west", ADMINISTRATOR, Reason.NOT_FOUND),
        ("south county", ADMINISTRATOR, Reason.NOT_FOUND),
        ("north county", MEDIA, Reason.NOT_PERMITTED),
    ):
        actor = await office.somebody(unit, role)
        assert await office.refused("end_delegation", actor, delegation_id=delegation_id) == (reason, "delegationId")
    nation = await office.somebody("nation")
    assert await office.refused("end_delegation", nation, delegation_id=new_id()) == (
        Reason.NOT_FOUND,
        "delegationId",
    )


async def test_a_leavers_work_goes_to_the_successor(office: Office, session: AsyncSession):
    east, city = await office.somebody("east"), "east city"
    leaver, successor = await office.person(city, MEDIA), await office.person(city)
    accounts = office.accounts
    await office.act("appoint_keeper", east, account_id=accounts["north county"], user_id=leaver)
    for unit in ("south county", city):
        await office.act("delegate_account", east, account_id=accounts[unit], user_id=leaver, until=NOW + 9 * DAY)
    # Of what the successor runs already, nothing is doubled.
    await office.act("appoint_keeper", east, account_id=accounts[city], user_id=successor)
    await office.disable(leaver)
    given = {"from_user_id": leaver, "to_user_id": successor, "reason": "离任"}
    over = await office.act("hand_over_accounts", east, now=NOW + DAY, **given)
    assert (over.kept, over.delegated) == (1, 2)
    assert (await office.account("north county")).keeper_id == successor
    assert sorted(await delegations(session), key=str) == sorted(
        [
            (accounts["south county"], leaver, NOW, NOW + DAY),
            (accounts[city], leaver, NOW, NOW + DAY),
            (accounts["south county"], successor, NOW + DAY, NOW + 9 * DAY),
        ],
        key=str,
    )
    kept, ended = (await office.history("north county"))[-1], (await office.history(city))[-1]
    assert (kept.before, kept.after) == ({"keeper_id": str(leaver)}, {"keeper_id": str(successor)})
    assert (ended.before, ended.after, ended.reason) == ({"delegate_id": str(leaver)}, {"delegate_id": None}, "离任")
    again = await office.act("hand_over_accounts", east, now=NOW + 2 * DAY, **given)
    assert (again.kept, again.delegated) == (0, 0)


async def test_only_accounts_within_reach_are_handed_over(office: Office, session: AsyncSession):
    leaver, successor = await office.person("north county", MEDIA), await office.person("nation")
    await change(session, (await office.account("north county")), keeper_id=leaver)
    await change(session, (await office.account("far county")), keeper_id=leaver)
    given = {"from_user_id": leaver, "to_user_id": await office.person("east"), "reason": "离任"}
    over = await office.act("hand_over_accounts", await office.somebody("east"), **given)
    assert over.kept == 1
    assert (await office.account("far county")).keeper_id == leaver
    whole = await office.act(
        "hand_over_accounts", await office.somebody("nation"), **(given | {"to_user_id": successor})
    )
    assert whole.kept == 1


async def test_who_hands_over_what_to_whom_is_asked(office: Office, session: AsyncSession):
    leaver, county = await office.person("east city", MEDIA), await office.person("north county", MEDIA)
    await change(session, (await office.account("south county")), keeper_id=leaver)
    given = {"from_user_id": leaver, "to_user_id": county, "reason": "离任"}
    east = await office.somebody("east")
    for actor, wish, refusal in (
        (east, {}, (Reason.NOT_ENTITLED_TO_RUN, "toUserId")),
        (east, {"to_user_id": leaver}, (Reason.SAME_PERSON, "toUserId")),
        (east, {"to_user_id": await office.person("west")}, (Reason.NOT_FOUND, "toUserId")),
        (east, {"to_user_id": new_id()}, (Reason.NOT_FOUND, "toUserId")),
        (east, {"from_user_id": new_id()}, (Reason.NOT_FOUND, "fromUserId")),
        (east, {"reason": " "}, (Reason.TEXT_EMPTY, "reason")),
        (await office.somebody("west"), {}, (Reason.NOT_FOUND, "fromUserId")),
        (await office.somebody("north county"), {}, (Reason.NOT_FOUND, "fromUserId")),
        (await office.somebody("east", MEDIA), {}, (Reason.NOT_PERMITTED, "fromUserId")),
    ):
        assert await office.refused("hand_over_accounts", actor, **(given | wish)) == refusal
    assert (await office.account("south county")).keeper_id == leaver


async def test_a_leaver_with_many_accounts_costs_as_many_statements_as_one_with_one(
    office: Office, session: AsyncSession, engine: AsyncEngine, keyring: Keyring
):
    sizes, counts = [], []
    for count in (1, 400):
        leaver = (await add_user(session, office.tree["east"], MEDIA, login=f"leaver {count}")).id
        successor = (await add_user(session, office.tree["east"], MEDIA, login=f"successor {count}")).id
        actor = await office.somebody("east")
        accounts = await add_accounts(session, office.tree, "east", office.host, keyring, count=count)
        half = [account.id for account in accounts]
        for account in accounts:
            account.keeper_id = leaver
        session.add_all(Delegation(account_id=row_id, user_id=leaver, valid_from=NOW) for row_id in half)
        await session.commit()
        session.expunge_all()
        given = {"from_user_id": leaver, "to_user_id": successor, "reason": "离任"}
        with statements_of(engine) as sent:
            over = await office.act("hand_over_accounts", actor, now=NOW + DAY, **given)
        sizes.append(len(sent))
        counts.append((over.kept, over.delegated))
        query = select(Account.id).where(Account.keeper_id == successor)
        assert len((await session.execute(query)).all()) == count
    assert counts == [(1, 1), (400, 400)]
    assert sizes[0] == sizes[1]
