"""A link sets a password once, for one purpose, for a while; the database holds nothing that could be used as one."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.base.keyring import KeySet
from domain.logins import links
from domain.logins.models import LoginLink
from domain.terms import LinkPurpose
from domain.units.models import Unit
from integrations.database import Sessions
from tests.factories.logins import LINKS, add_person
from tests.factories.statements import statements_of
from tests.factories.units import NOW, add_user

INVITATION, RESET = LinkPurpose.INVITATION, LinkPurpose.RESET


async def made(session: AsyncSession, user_id: UUID, purpose: LinkPurpose = RESET, keys: KeySet = LINKS):
    return await links.make_link(session, user_id=user_id, purpose=purpose, created_by=None, now=NOW, keys=keys)


async def open_links(session: AsyncSession) -> set[UUID]:
    rows = await session.scalars(select(LoginLink).execution_options(populate_existing=True))
    return {row.id for row in rows if links.is_open(row, now=NOW)}


async def test_a_link_fits_its_token_and_can_be_shown_again(session: AsyncSession):
    user = await add_person(session)
    link, token = await made(session, user.id)
    assert links.show(link, LINKS) == token
    assert links.fits(link, token, LINKS)
    assert links.fits(link, f" {token}\n", LINKS)
    assert links.row_id_of(token) == link.id
    assert (link.user_id, link.purpose, link.key_id, link.created_by) == (user.id, RESET, "links1", None)


@pytest.mark.parametrize(("purpose", "life"), [(INVITATION, timedelta(days=14)), (RESET, timedelta(hours=24))])
async def test_a_link_lasts_as_long_as_its_purpose_needs(session: AsyncSession, purpose: LinkPurpose, life: timedelta):
    user = await add_person(session)
    link, _ = await made(session, user.id, purpose)
    assert link.expires_at == NOW + life
    assert links.is_open(link, now=NOW + life - timedelta(seconds=1))
    assert not links.is_open(link, now=NOW + life)


async def test_a_token_of_another_link_purpose_or_key_does_not_fit(session: AsyncSession):
    user = await add_person(session)
    link, token = await made(session, user.id, INVITATION)
    _other, other_token = await made(session, user.id, RESET)
    assert not links.fits(link, other_token, LINKS)
    proof = other_token.partition(".")[2]
    assert not links.fits(link, f"{link.id}.{proof}", LINKS)
    # The same row under another purpose: an invitation cannot be passed off as a reset.
    posing = LoginLink(id=link.id, user_id=user.id, purpose=RESET, key_id=link.key_id)
    assert not links.fits(posing, token, LINKS)
    assert not links.fits(link, token, KeySet("links1", {"links1": b"m" * 32}))
    assert not links.fits(link, token, KeySet("links2", {"links2": b"l" * 32}))


@pytest.mark.parametrize("token", ["", ".", "x", "é.é", "01890000", f"{UUID(int=1)}", f"{UUID(int=1)}.", "0" * 10_000])
async def test_what_is_no_token_fits_nothing(session: AsyncSession, token: str):
    link = LoginLink(id=UUID(int=1), user_id=UUID(int=2), purpose=RESET, key_id="links1")
    links.row_id_of(token)
    assert not links.fits(link, token, LINKS)


async def test_a_link_outlives_the_rotation_of_its_key(session: AsyncSession):
    user = await add_person(session)
    link, token = await made(session, user.id)
    rotated = KeySet("links2", {"links2": b"n" * 32, **LINKS.keys})
    assert links.fits(link, token, rotated)
    assert links.show(link, rotated) == token
    newer, _ = await made(session, user.id, keys=rotated)
    assert newer.key_id == "links2"


async def test_a_newer_link_withdraws_the_older_one_of_its_purpose_only(session: AsyncSession):
    user = await add_person(session)
    stranger = await add_user(session, await session.get_one(Unit, user.unit_id), login="wu")
    invitation, _ = await made(session, user.id, INVITATION)
    theirs, _ = await made(session, stranger.id)
    await made(session, user.id)
    last, _ = await made(session, user.id)
    assert await open_links(session) == {invitation.id, theirs.id, last.id}


async def test_of_links_made_at_once_one_is_open(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)

    async def make() -> None:
        async with sessions.begin() as own:
            await made(own, user.id)

    await asyncio.gather(*(make() for _ in range(8)))
    assert len(await open_links(session)) == 1


async def test_links_for_many_people_cost_as_many_statements_as_for_two(engine: AsyncEngine, session: AsyncSession):
    user = await add_person(session)
    await session.execute(
        text(
            "INSERT INTO users (id, login, name, unit_id, unit_path, created_at) SELECT gen_random_uuid(), 'u' || n,"
            " 'U', unit_id, unit_path, created_at FROM users, generate_series(1, 300) n"
        )
    )
    ids = list(await session.scalars(text("SELECT id FROM users")))
    common: dict[str, Any] = {"purpose": INVITATION, "created_by": user.id, "now": NOW, "keys": LINKS}
    with statements_of(engine) as few:
        await links.make_links(session, user_ids=ids[:2], **common)
    with statements_of(engine) as many:
        made_now = await links.make_links(session, user_ids=ids, **common)
    assert len(few) == len(many) == 3
    assert set(made_now) == set(ids)
    assert len({token for _, token in made_now.values()}) == 301
    assert len(await open_links(session)) == 301


async def test_nobody_gets_no_link(session: AsyncSession):
    assert await links.make_links(session, user_ids=[], purpose=RESET, created_by=None, now=NOW, keys=LINKS) == {}


async def test_the_row_holds_nothing_of_the_token(session: AsyncSession):
    user = await add_person(session)
    link, token = await made(session, user.id)
    row = (await session.execute(text("SELECT login_links::text FROM login_links"))).scalar_one()
    assert token.partition(".")[2] not in row
    assert str(link.id) in row
