"""What a unit tells the classes of accounts below it, and what a unit lets the levels above do."""

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor, Scope
from domain.accounts.commands import NAMED_LIMIT
from domain.accounts.models import Account, Guidance
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.refusals import Reason
from domain.terms import AccountChange, Level, Reach, Role, UpperPosting
from domain.units.commands import move_unit
from domain.units.models import Unit
from tests.factories.accounts import Office
from tests.factories.posts import add_accounts
from tests.factories.statements import statements_of
from tests.factories.units import NOW


async def classed(session: AsyncSession, guidance_id: Any) -> set[str]:
    rows = await session.execute(select(Account.screen_name).where(Account.guidance_id == guidance_id))
    return {name.removesuffix(" account") for name in rows.scalars()}


async def test_a_guidance_is_written_and_edited_by_version(office: Office, session: AsyncSession):
    guidance_id, actor = await office.guidance("east"), await office.somebody("east")
    given = {"guidance_id": guidance_id, "title": " 重点县 ", "text": "每日一条。"}
    await office.act("edit_guidance", actor, **given, expected_version=1)
    guidance = await session.get_one(Guidance, guidance_id, populate_existing=True)
    assert (guidance.title, guidance.text, guidance.version) == ("重点县", "每日一条。", 2)
    assert (guidance.unit_path, guidance.updated_at) == (office.tree["east"].path, NOW)
    assert await office.refused("edit_guidance", actor, **given, expected_version=1) == (
        Reason.EDITED_MEANWHILE,
        "expectedVersion",
    )
    unchanged = await office.act("edit_guidance", actor, **given, expected_version=2)
    assert unchanged.version == 2


@pytest.mark.parametrize(
    ("unit", "role", "reason"),
    [
        ("west", Role.ADMINISTRATOR, Reason.NOT_FOUND),
        # Who is told something does not write it.
        ("north county", Role.ADMINISTRATOR, Reason.NOT_FOUND),
        ("east", Role.MEDIA_MANAGER, Reason.NOT_PERMITTED),
        ("east", Role.PARTNER_WOMEN, None),
    ],
)
async def test_only_administrators_of_the_unit_or_above_write_its_guidances(
    office: Office, unit: str, role: Role, reason: Reason | None
):
    guidance_id, actor = await office.guidance("east"), await office.somebody(unit, role)
    words = {"title": "甲", "text": "乙"}
    # A partner sees the unit, and none of its guidances.
    first = reason or Reason.NOT_PERMITTED
    assert await office.refused("write_guidance", actor, unit_id=office.tree["east"].id, **words) == (first, "unitId")
    then = (reason or Reason.NOT_FOUND, "guidanceId")
    edit = {"guidance_id": guidance_id, "expected_version": 1, **words}
    assert await office.refused("edit_guidance", actor, **edit) == then
    assert await office.refused("class_accounts", actor, guidance_id=guidance_id, levels=[Level.COUNTY]) == then


@pytest.mark.parametrize("field", ["title", "text"])
async def test_a_guidance_says_something(office: Office, field: str):
    words = {"title": "甲", "text": "乙", field: " "}
    actor = await office.somebody("east")
    unit_id = office.tree["east"].id
    assert await office.refused("write_guidance", actor, unit_id=unit_id, **words) == (Reason.TEXT_EMPTY, field)
    unknown = {"guidance_id": new_id(), "expected_version": 1, **words}
    assert await office.refused("edit_guidance", actor, **unknown) == (Reason.NOT_FOUND, "guidanceId")


async def test_all_accounts_of_some_levels_below_the_unit_come_into_a_class(office: Office, session: AsyncSession):
    guidance_id, actor = await office.guidance("east"), await office.somebody("east")
    given = {"guidance_id": guidance_id, "levels": [Level.COUNTY, Level.PROVINCIAL], "reason": "分类"}
    answer = await office.act("class_accounts", actor, **given)
    # Neither the unit's own account, nor any beside it.
    assert await classed(session, guidance_id) == {"north county", "south county"}
    assert answer.classed == 2
    assert (await office.account("north county")).version == 2
    (event,) = await office.history("north county")
    assert (event.change, event.reason, event.after) == (
        AccountChange.PROFILE,
        "分类",
        {"guidance_id": str(guidance_id)},
    )
    again = await office.act("class_accounts", actor, **given)
    assert again.classed == 0
    assert len(await office.history("north county")) == 1


async def test_accounts_are_named_one_by_one(office: Office, session: AsyncSession):
    guidance_id, actor = await office.guidance("nation"), await office.somebody("nation")
    named = [office.accounts["west"], office.accounts["south county"]]
    answer = await office.act("class_accounts", actor, guidance_id=guidance_id, account_ids=named)
    assert answer.classed == 2
    assert await classed(session, guidance_id) == {"west", "south county"}


async def test_whom_a_guidance_does_not_reach_is_not_classed(office: Office, session: AsyncSession):
    guidance_id = await office.guidance("east")
    east, nation = await office.somebody("east"), await office.somebody("nation")
    given = {"guidance_id": guidance_id}
    good = office.accounts["north county"]
    for actor, wish, refusal in (
        (east, {"account_ids": [good, office.accounts["far county"]]}, (Reason.NOT_FOUND, "accountIds")),
        (nation, {"account_ids": [good, office.accounts["far county"]]}, (Reason.GUIDANCE_NOT_ABOVE, "accountIds")),
        (east, {"account_ids": [good, office.accounts["east"]]}, (Reason.GUIDANCE_NOT_ABOVE, "accountIds")),
        (east, {"account_ids": [good, new_id()]}, (Reason.NOT_FOUND, "accountIds")),
        (east, {"account_ids": [good], "levels": [Level.COUNTY]}, (Reason.CHOOSE_ACCOUNTS, "accountIds")),
        (east, {}, (Reason.CHOOSE_ACCOUNTS, "accountIds")),
        (east, {"account_ids": [new_id() for _ in range(NAMED_LIMIT + 1)]}, (Reason.TOO_MANY, "accountIds")),
    ):
        assert await office.refused("class_accounts", actor, **given, **wish) == refusal
    assert await classed(session, guidance_id) == set()


async def test_classing_many_costs_as_many_statements_as_classing_one(
    office: Office, session: AsyncSession, engine: AsyncEngine, keyring: Keyring
):
    await add_accounts(session, office.tree, "north town", office.host, keyring, count=700)
    guidance_id, actor = await office.guidance("east"), await office.somebody("east")
    sizes, counts = [], []
    for level in (Level.PREFECTURE, Level.GRASSROOTS):
        with statements_of(engine) as sent:
            answer = await office.act("class_accounts", actor, guidance_id=guidance_id, levels=[level])
        sizes.append(len(sent))
        counts.append(answer.classed)
    assert counts == [1, 700]
    assert sizes[0] == sizes[1]


async def test_how_the_levels_above_post_is_for_the_unit_to_say(office: Office, session: AsyncSession):
    unit_id = office.tree["north county"].id
    given = {"unit_id": unit_id, "upper_posting": UpperPosting.BY_RELEASE}
    for unit, role, reason in (
        ("east", Role.ADMINISTRATOR, Reason.SETTING_OF_THE_UNIT),
        ("nation", Role.ADMINISTRATOR, Reason.SETTING_OF_THE_UNIT),
        ("west", Role.ADMINISTRATOR, Reason.NOT_FOUND),
        ("north town", Role.ADMINISTRATOR, Reason.NOT_FOUND),
        ("north county", Role.MEDIA_MANAGER, Reason.NOT_PERMITTED),
    ):
        actor = await office.somebody(unit, role)
        assert await office.refused("set_upper_posting", actor, **given) == (reason, "unitId")
    own = await office.somebody("north county")
    looking = Actor(own.user_id, "", (Scope(Role.ADMINISTRATOR, unit_id, own.scopes[0].path, Reach.VIEW),))
    both = Actor(own.user_id, "", (*(await office.somebody("nation")).scopes, *looking.scopes))
    assert await office.refused("set_upper_posting", both, **given) == (Reason.SETTING_OF_THE_UNIT, "unitId")
    await office.act("set_upper_posting", own, **given)
    settings = await session.execute(
        select(Unit.upper_posting, func.count()).group_by(Unit.upper_posting).order_by(func.count())
    )
    assert [tuple(row) for row in settings] == [(UpperPosting.BY_RELEASE, 1), (UpperPosting.DIRECT, 8)]
    # With a grant at the unit itself it is theirs, whatever else they hold above.
    wide = Actor(own.user_id, "", (*(await office.somebody("nation")).scopes, *own.scopes))
    await office.act("set_upper_posting", wide, unit_id=unit_id, upper_posting=UpperPosting.DIRECT)


async def test_nobody_takes_accounts_out_of_a_class_of_a_level_further_up(office: Office, session: AsyncSession):
    upper, lower = await office.guidance("east"), await office.guidance("east city")
    city = await office.somebody("east city")
    named = {"account_ids": [office.accounts["north county"]]}
    await office.act("class_accounts", await office.somebody("east"), guidance_id=upper, **named)
    refused = await office.refused("class_accounts", city, guidance_id=lower, **named)
    assert refused == (Reason.NOT_PERMITTED, "accountIds")
    done = await office.act("class_accounts", city, guidance_id=lower, levels=[Level.COUNTY])
    assert (done.classed, done.staying) == (1, 1)
    assert (await classed(session, upper), await classed(session, lower)) == ({"north county"}, {"south county"})
    # Who wrote the class may end it for an account, and so may whoever stands above.
    done = await office.act("class_accounts", await office.somebody("nation"), guidance_id=lower, levels=[Level.COUNTY])
    assert (done.classed, done.staying) == (1, 0)


async def test_a_unit_from_which_an_account_moved_away_has_no_say_any_more(office: Office, session: AsyncSession):
    former = await office.guidance("east")
    await office.act("class_accounts", await office.somebody("east"), guidance_id=former, levels=[Level.COUNTY])
    wish = {"unit_id": office.tree["north county"].id, "parent_id": office.tree["west city"].id, "reason": "划转"}
    await move_unit(session, Actor.operator(), now=NOW, effective_on=NOW.date(), **wish)
    await session.commit()
    west, guidance = await office.somebody("west"), await office.guidance("west")
    account = {"account_id": office.accounts["north county"], "expected_version": 2}
    await office.act("edit_account", west, **account, guidance_id=guidance)
    assert await classed(session, guidance) == {"north county"}
