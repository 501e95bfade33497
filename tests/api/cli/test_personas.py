"""The invented people: one of every role at every level, mended by a second run."""

from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.cli.personas import PLACES, WORDS, make_personas, persona
from domain.access.models import Grant, User
from domain.access.queries import actor_of
from domain.logins import passwords
from domain.terms import Level, Role
from domain.units.models import Unit
from tests.factories.units import Tree, plant_tree

CHAIN = ["nation", "east", "east city", "north county", "north town"]


async def plant(session: AsyncSession) -> Tree:
    """The small tree, its one whole chain with the codes that the people live at."""
    tree = await plant_tree(session)
    for name, (_, code) in zip(CHAIN, PLACES.values(), strict=True):
        tree[name].code = code
    await session.commit()
    return tree


async def person(session: AsyncSession, level: Level, role: Role) -> User:
    found = await session.scalars(select(User).where(User.login == persona(level, role)))
    return found.one()


async def test_there_is_one_of_every_role_at_every_level(session: AsyncSession):
    tree = await plant(session)
    now = datetime.now(UTC)
    assert await make_personas(session, now=now) == []
    for name, level in zip(CHAIN, Level, strict=True):
        for role in Role:
            user = await person(session, level, role)
            actor = await actor_of(session, user.id, now=now)
            assert actor is not None
            assert [(scope.role, scope.unit_id) for scope in actor.scopes] == [(role, tree[name].id)]
    assert set(WORDS) == set(Role)
    assert list(PLACES) == list(Level)


async def test_a_second_run_gives_back_what_was_taken_and_adds_nothing(session: AsyncSession):
    await plant(session)
    now = datetime.now(UTC)
    await make_personas(session, now=now)
    user = await person(session, Level.COUNTY, Role.MEDIA_MANAGER)
    await session.execute(update(User).where(User.id == user.id).values(disabled_at=now, disabled_reason="试验"))
    await session.execute(update(Grant).where(Grant.user_id == user.id).values(valid_to=now))
    await make_personas(session, now=datetime.now(UTC), password="Seven colours 7")
    later = datetime.now(UTC)
    actor = await actor_of(session, user.id, now=later)
    assert actor is not None
    assert len(actor.scopes) == 1
    assert len((await session.scalars(select(User))).all()) == len(WORDS) * len(PLACES)
    await session.refresh(user)
    assert await passwords.matches(user.password_hash, "Seven colours 7")


async def test_those_of_a_closed_unit_are_named_and_the_others_made(session: AsyncSession):
    tree = await plant(session)
    closed = update(Unit).where(Unit.id == tree["north town"].id).values(closed_on=tree["north town"].opened_on)
    await session.execute(closed)
    left_out = await make_personas(session, now=datetime.now(UTC))
    assert left_out == [persona(Level.GRASSROOTS, role) for role in Role]
    assert len((await session.scalars(select(User))).all()) == len(WORDS) * (len(PLACES) - 1)
