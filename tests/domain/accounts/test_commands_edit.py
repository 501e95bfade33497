"""What an account is there for and whether it is in use: with a version, a reason and a history."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts import commands
from domain.accounts.commands import connect_accounts, mark_unauthorized
from domain.accounts.connections import NewAccount
from domain.accounts.models import Account
from domain.accounts.rules import ACCOUNT_ABILITIES
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.refusals import Conflict, Reason
from domain.terms import AccountChange, AccountState, Positioning, Role
from integrations.database import Sessions
from tests.factories.accounts import Office
from tests.factories.deliveries import change
from tests.factories.units import NOW


async def profile(office: Office, unit: str = "north county", **changes: Any) -> dict[str, Any]:
    """The whole profile as it stands, with changes."""
    account = await office.account(unit)
    names = ("positioning", "is_brand", "guidance_id")
    stands = {name: getattr(account, name) for name in names}
    return {"account_id": account.id, "expected_version": account.version, **stands, **changes}


async def test_an_edit_counts_and_is_on_record(office: Office):
    actor = await office.somebody("north county")
    given = await profile(office, positioning=Positioning.STORY, is_brand=True, reason="年度调整")
    await office.act("edit_account", actor, **given)
    account = await office.account("north county")
    assert (account.positioning, account.is_brand, account.version) == (Positioning.STORY, True, 2)
    (event,) = await office.history("north county")
    assert (event.change, event.reason, event.by_id, event.at) == (
        AccountChange.PROFILE,
        "年度调整",
        actor.user_id,
        NOW,
    )
    assert event.before == {"positioning": None, "is_brand": False}
    assert event.after == {"positioning": "STORY", "is_brand": True}


async def test_an_edit_that_changes_nothing_is_none(office: Office):
    await office.act("edit_account", await office.somebody("east"), **await profile(office))
    assert (await office.account("north county")).version == 1
    assert await office.history("north county") == []


async def test_whoever_saw_an_older_version_is_shown_both(office: Office):
    actor = await office.somebody("east")
    seen = await profile(office, positioning=Positioning.ANNOUNCE)
    await office.act("edit_account", actor, **await profile(office, positioning=Positioning.STORY, is_brand=True))
    with pytest.raises(Conflict) as caught:
        await office.act("edit_account", actor, **seen)
    assert (caught.value.reason, caught.value.path) == (Reason.EDITED_MEANWHILE, ("expectedVersion",))
    assert "version 2, you saw 1" in caught.value.words("en")
    assert "positioning is STORY, you gave ANNOUNCE; is_brand is yes, you gave no" in caught.value.words("en")
    assert "故事传播" in caught.value.words("zh")


async def test_of_two_editors_at_once_one_is_refused(office: Office, sessions: Sessions):
    actor = await office.somebody("east")
    given = [await profile(office, positioning=kind) for kind in (Positioning.STORY, Positioning.SERVICE_DESK)]

    async def edit(wish: dict[str, Any]) -> str:
        async with sessions() as own:
            try:
                await commands.edit_account(own, actor, now=NOW, **wish)
            except Conflict as refusal:
                return refusal.code
            # Long enough for the other to look before this one has committed, if nothing held it back.
            await asyncio.sleep(0.2)
            await own.commit()
            return "done"

    assert sorted(await asyncio.gather(*(edit(wish) for wish in given))) == ["EDITED_MEANWHILE", "done"]
    assert (await office.account("north county")).version == 2
    assert len(await office.history("north county")) == 1


@pytest.mark.parametrize(
    ("unit", "role", "reason"),
    [
        ("west", Role.ADMINISTRATOR, Reason.NOT_FOUND),
        ("south county", Role.ADMINISTRATOR, Reason.NOT_FOUND),
        ("north town", Role.ADMINISTRATOR, Reason.NOT_FOUND),
        ("east", Role.PARTNER_EDUCATION, Reason.NOT_FOUND),
        ("east", Role.VIEWER, Reason.NOT_PERMITTED),
        ("north county", Role.MEDIA_MANAGER, Reason.NOT_PERMITTED),
    ],
)
async def test_a_stranger_changes_nothing_about_an_account(office: Office, unit: str, role: Role, reason: Reason):
    actor, user = await office.somebody(unit, role), await office.person("east")
    account = office.accounts["north county"]
    wishes = {
        "edit_account": await profile(office, is_brand=True),
        "appoint_keeper": {"account_id": account, "user_id": user},
        "delegate_account": {"account_id": account, "user_id": user},
        "suspend_account": {"account_id": account, "reason": "试"},
        "resume_account": {"account_id": account, "reason": "试"},
    }
    for name, given in wishes.items():
        assert await office.refused(name, actor, **given) == (reason, "accountId")
    assert await office.history("north county") == []


@pytest.mark.parametrize("name", ["edit_account", "suspend_account"])
async def test_an_unknown_account_is_not_found(office: Office, name: str):
    given = {"edit_account": {"expected_version": 1}, "suspend_account": {"reason": "试"}}[name]
    actor = await office.somebody("nation")
    assert await office.refused(name, actor, account_id=new_id(), **given) == (Reason.NOT_FOUND, "accountId")


async def test_into_which_class_an_account_comes_is_decided_by_those_above(office: Office):
    guidance = await office.guidance("east")
    wish = await profile(office, guidance_id=guidance)
    # The county sees the guidance once it is in the class, and chooses none by itself.
    county = await office.somebody("north county")
    assert await office.refused("edit_account", county, **wish) == (Reason.NOT_FOUND, "guidanceId")
    await office.act("edit_account", await office.somebody("east"), **wish)
    assert (await office.account("north county")).guidance_id == guidance
    left = await profile(office, guidance_id=None)
    assert await office.refused("edit_account", county, **left) == (Reason.NOT_PERMITTED, "guidanceId")
    # What else there is to say of its account, the county says.
    await office.act("edit_account", county, **await profile(office, positioning=Positioning.MUTUAL_HELP))
    assert (await office.account("north county")).guidance_id == guidance


async def test_a_guidance_of_a_stranger_is_not_found_and_one_of_the_same_level_fits_nobody_there(office: Office):
    western, own = await office.guidance("west"), await office.guidance("north county")
    for actor in (await office.somebody("north county"), await office.somebody("east")):
        wish = await profile(office, guidance_id=western)
        assert await office.refused("edit_account", actor, **wish) == (Reason.NOT_FOUND, "guidanceId")
    nation = await office.somebody("nation")
    for guidance_id, reason in ((western, Reason.GUIDANCE_NOT_ABOVE), (own, Reason.GUIDANCE_NOT_ABOVE)):
        wish = await profile(office, guidance_id=guidance_id)
        assert await office.refused("edit_account", nation, **wish) == (reason, "guidanceId")
    assert await office.refused("edit_account", nation, **await profile(office, guidance_id=new_id())) == (
        Reason.NOT_FOUND,
        "guidanceId",
    )


async def test_out_of_use_and_into_use_again_with_reason_and_date(office: Office):
    actor, account_id = await office.somebody("north county"), office.accounts["north county"]
    await office.act("suspend_account", actor, account_id=account_id, reason=" 账号被盗 ")
    account = await office.account("north county")
    assert (account.state, account.state_reason, account.state_since) == (AccountState.SUSPENDED, "账号被盗", NOW)
    assert await office.refused("suspend_account", actor, account_id=account_id, reason="再") == (
        Reason.ACCOUNT_SUSPENDED,
        "accountId",
    )
    await office.act("resume_account", actor, account_id=account_id, reason="已找回")
    assert (await office.account("north county")).state is AccountState.ACTIVE
    assert await office.refused("resume_account", actor, account_id=account_id, reason="再") == (
        Reason.ACCOUNT_NOT_SUSPENDED,
        "accountId",
    )
    told = [(e.change, e.reason, e.before, e.after) for e in await office.history("north county")]
    assert told == [
        (AccountChange.STATE, "账号被盗", {"state": "ACTIVE"}, {"state": "SUSPENDED"}),
        (AccountChange.STATE, "已找回", {"state": "SUSPENDED"}, {"state": "ACTIVE"}),
    ]


@pytest.mark.parametrize("name", ["suspend_account", "resume_account"])
async def test_a_change_of_state_needs_a_reason(office: Office, name: str):
    given = {"account_id": office.accounts["east"], "reason": " \n"}
    assert await office.refused(name, await office.somebody("east"), **given) == (Reason.TEXT_EMPTY, "reason")


async def test_what_the_platform_says_is_on_record_once(office: Office, session: AsyncSession):
    account = await office.account("east")
    for _ in range(2):
        await mark_unauthorized(session, account_id=account.id, token=account.token)
        await session.commit()
    account = await office.account("east")
    assert account.state is AccountState.UNAUTHORIZED
    assert account.state_reason
    assert account.state_since > NOW
    (event,) = await office.history("east")
    assert (event.by_id, event.before, event.after) == (None, {"state": "ACTIVE"}, {"state": "UNAUTHORIZED"})


async def test_no_token_is_ever_in_the_history(office: Office, session: AsyncSession, keyring: Keyring):
    await change(session, await office.account("east"), state=AccountState.UNAUTHORIZED)
    renewal = NewAccount(office.tree["east"].id, (await office.account("east")).uid, "new name", "2.00SeCrEt", NOW)
    actor = await office.somebody("east")
    await connect_accounts(
        session, actor, now=NOW, keyring=keyring, host_id=office.host.id, accounts=[renewal, renewal]
    )
    await session.commit()
    first, second = await office.history("east")
    assert (first.change, first.by_id) == (AccountChange.RENEWED, actor.user_id)
    assert first.before["state"] == "UNAUTHORIZED"
    assert first.after == {"state": "ACTIVE", "screen_name": "new name", "token_expires_at": NOW.isoformat()}
    assert (second.before, second.after) == ({}, {})
    stored = (await session.execute(text("SELECT string_agg(account_events::text, ' ') FROM account_events"))).scalar()
    account = await office.account("east")
    assert account.token not in str(stored)
    assert "SeCrEt" not in str(stored)
    assert isinstance(account, Account)


async def test_what_a_level_further_up_suspended_is_resumed_there_or_above(office: Office):
    east, county = await office.somebody("east"), await office.somebody("north county")
    given = {"account_id": office.accounts["north county"], "reason": "核查"}
    await office.act("suspend_account", east, **given)
    assert await office.refused("resume_account", county, **given) == (Reason.DECIDED_ABOVE, "accountId")
    (resuming,) = (ability for ability in ACCOUNT_ABILITIES if ability.act == "resume_account")
    account = await office.account("north county")
    told = resuming.why_not(county, account, now=NOW)
    assert told is not None
    assert told.reason is Reason.DECIDED_ABOVE
    assert resuming.why_not(east, account, now=NOW) is None
    await office.act("resume_account", await office.somebody("nation"), **given)
    # What the county decides by itself, it lifts by itself.
    await office.act("suspend_account", county, **given)
    await office.act("resume_account", county, **given)
