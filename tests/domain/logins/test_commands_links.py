"""A link of an invitation or a reset sets a password once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import Grant, User
from domain.logins import passwords
from domain.logins.models import LoginLink
from domain.terms import LinkPurpose, Reach, Role, SessionEnd
from integrations.database import Sessions
from tests.factories.logins import OTHER, add_person, ends, link_for, log_in, logged_in, redeem
from tests.factories.people import add_grant
from tests.factories.units import NOW, add_user, plant_tree

DAY = timedelta(days=1)


async def test_an_invitation_makes_a_login(sessions: Sessions, session: AsyncSession):
    tree = await plant_tree(session)
    user = await add_user(session, tree["east"], login="wu")
    token = await link_for(session, user, LinkPurpose.INVITATION)
    assert await log_in(sessions, "wu", OTHER) == "LOGIN_REFUSED"
    assert (await redeem(sessions, token)).login == "wu"
    assert not isinstance(await log_in(sessions, "wu", OTHER), str)
    set_at = await session.scalar(select(User.password_set_at).where(User.id == user.id))
    assert set_at == NOW


async def test_a_reset_ends_every_session_and_every_other_link(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    await logged_in(session, user, sessions=sessions)
    invitation = await link_for(session, user, LinkPurpose.INVITATION)
    token = await link_for(session, user)
    assert (await redeem(sessions, token)).sessions_ended == 1
    assert await ends(session) == [SessionEnd.PASSWORD_SET]
    assert await redeem(sessions, invitation) == "LINK_UNUSABLE"
    assert await log_in(sessions) == "LOGIN_REFUSED"


@pytest.mark.usefixtures("cheap_passwords")
async def test_a_reset_opens_what_guessing_had_locked(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    for _ in range(7):
        await log_in(sessions, "li", "wrong every time")
    assert await log_in(sessions) == "LOGIN_LOCKED"
    await redeem(sessions, await link_for(session, user))
    assert not isinstance(await log_in(sessions, "li", OTHER), str)


async def test_a_link_is_good_for_one_use(sessions: Sessions, session: AsyncSession):
    token = await link_for(session, await add_person(session))
    assert not isinstance(await redeem(sessions, token), str)
    assert await redeem(sessions, token, "another long password") == "LINK_UNUSABLE"


async def test_of_two_who_use_it_at_once_one_wins(sessions: Sessions, session: AsyncSession):
    token = await link_for(session, await add_person(session))
    chosen = [f"lantern number {n} of ours" for n in range(6)]
    answers = await asyncio.gather(*(redeem(sessions, token, password) for password in chosen))
    assert sorted(isinstance(answer, str) for answer in answers) == [False] + [True] * 5
    assert {answer for answer in answers if isinstance(answer, str)} == {"LINK_UNUSABLE"}
    winner = next(chosen[n] for n in range(6) if not isinstance(answers[n], str))
    assert not isinstance(await log_in(sessions, "li", winner), str)


async def test_a_link_that_is_over_sets_nothing(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    older = await link_for(session, user)
    newer = await link_for(session, user)
    assert await redeem(sessions, older) == "LINK_UNUSABLE"
    assert await redeem(sessions, newer, now=NOW + DAY) == "LINK_UNUSABLE"
    await session.execute(update(User).values(disabled_at=NOW))
    await session.commit()
    assert await redeem(sessions, newer) == "LINK_UNUSABLE"
    assert await session.scalar(select(func.count()).where(LoginLink.used_at.is_not(None))) == 0


async def test_a_link_that_is_withdrawn_while_the_password_is_hashed_sets_nothing(
    sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    user = await add_person(session)
    token = await link_for(session, user)
    hashed = passwords.hashed

    async def late(password: str) -> str:
        made = await hashed(password)
        await link_for(session, user)
        return made

    monkeypatch.setattr(passwords, "hashed", late)
    assert await redeem(sessions, token) == "LINK_UNUSABLE"
    assert not isinstance(await log_in(sessions), str)


@pytest.mark.parametrize("change_", ["purpose", "proof", "id"])
async def test_a_forged_token_sets_nothing(sessions: Sessions, session: AsyncSession, change_: str):
    user = await add_person(session)
    token = await link_for(session, user)
    other = await link_for(session, user, LinkPurpose.INVITATION)
    link_id, _, proof = token.partition(".")
    forged = {
        "purpose": f"{link_id}.{other.partition('.')[2]}",
        "proof": f"{link_id}.{proof[:-1]}{'0' if proof[-1] != '0' else '1'}",
        "id": f"{UUID(int=5)}.{proof}",
    }
    assert await redeem(sessions, forged[change_]) == "LINK_UNUSABLE"


async def test_a_weak_password_does_not_use_the_link_up(sessions: Sessions, session: AsyncSession):
    token = await link_for(session, await add_person(session))
    assert await redeem(sessions, token, "short") == "PASSWORD_TOO_SHORT"
    assert await redeem(sessions, token, "1234567890") == "PASSWORD_WEAK"
    assert not isinstance(await redeem(sessions, token), str)


# What may become of whoever made a link, or of the person, before the link is used.
CHANGES = {
    "the maker is disabled": lambda maker, _person, _tree: (
        update(User).where(User.id == maker.id).values(disabled_at=NOW)
    ),
    "the maker lost the grant": lambda maker, _person, _tree: (
        update(Grant).where(Grant.user_id == maker.id).values(valid_to=NOW)
    ),
    "the maker only sees": lambda maker, _person, _tree: (
        update(Grant).where(Grant.user_id == maker.id).values(reach=Reach.VIEW)
    ),
    "the maker went elsewhere": lambda maker, _person, tree: (
        update(Grant).where(Grant.user_id == maker.id).values(unit_id=tree["west"].id, unit_path=tree["west"].path)
    ),
    "the person went elsewhere": lambda _maker, person, tree: (
        update(User).where(User.id == person.id).values(unit_id=tree["west"].id, unit_path=tree["west"].path)
    ),
    "the person holds more": lambda _maker, person, tree: (
        update(Grant).where(Grant.user_id == person.id).values(unit_id=tree["nation"].id, unit_path=tree["nation"].path)
    ),
}


@pytest.mark.parametrize("purpose", LinkPurpose)
@pytest.mark.parametrize("change_", CHANGES)
async def test_a_link_does_not_outlive_the_power_of_whoever_made_it(
    sessions: Sessions, session: AsyncSession, change_: str, purpose: LinkPurpose
):
    tree = await plant_tree(session)
    maker = await add_user(session, tree["east"], login="maker")
    person = await add_user(session, tree["north county"], Role.VIEWER, login="wu")
    token = await link_for(session, person, purpose, created_by=maker.id)
    await session.execute(CHANGES[change_](maker, person, tree))
    await session.commit()
    assert await redeem(sessions, token) == "LINK_UNUSABLE"
    assert await redeem(sessions, token, "short") == "LINK_UNUSABLE"
    assert await session.scalar(select(func.count()).where(LoginLink.used_at.is_not(None))) == 0
    # Whoever runs the machine stands above all that.
    assert not isinstance(await redeem(sessions, await link_for(session, person, purpose)), str)


@pytest.mark.parametrize("purpose", LinkPurpose)
async def test_the_link_of_whoever_looks_after_the_login_to_this_day_is_good(
    sessions: Sessions, session: AsyncSession, purpose: LinkPurpose
):
    tree = await plant_tree(session)
    maker = await add_user(session, tree["east"], login="maker")
    person = await add_user(session, tree["north county"], login="wu")
    # What is over bars nobody.
    await add_grant(session, person, tree["nation"], valid_from=NOW - 2 * DAY, valid_to=NOW - DAY)
    token = await link_for(session, person, purpose, created_by=maker.id)
    assert (await redeem(sessions, token)).login == "wu"


async def test_a_maker_who_is_dismissed_while_the_password_is_hashed_lets_nobody_in(
    sessions: Sessions, session: AsyncSession, monkeypatch: pytest.MonkeyPatch
):
    tree = await plant_tree(session)
    maker = await add_user(session, tree["east"], login="maker")
    person = await add_user(session, tree["north county"], Role.VIEWER, login="wu")
    token = await link_for(session, person, created_by=maker.id)
    hashed = passwords.hashed

    async def late(password: str) -> str:
        made = await hashed(password)
        await session.execute(CHANGES["the maker lost the grant"](maker, person, tree))
        await session.commit()
        return made

    monkeypatch.setattr(passwords, "hashed", late)
    assert await redeem(sessions, token) == "LINK_UNUSABLE"
    assert await session.scalar(select(func.count()).where(LoginLink.used_at.is_not(None))) == 0
