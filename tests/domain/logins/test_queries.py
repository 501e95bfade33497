"""Where a person is logged in, found through indexes however many others are."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor, Scope
from domain.access.models import User
from domain.base.ids import new_id
from domain.logins import sessions as life
from domain.logins.queries import LISTED, caller_of, callers_of, own_sessions, user_sessions
from domain.refusals import Invalid, NotFound
from domain.terms import Role, SessionKind
from integrations.database import Sessions
from tests.factories.logins import MemoryDoor, add_person, logged_in
from tests.factories.people import add_grant
from tests.factories.statements import statements_of
from tests.factories.units import NOW, actor_at, add_user, plant_tree

DAY = timedelta(days=1)
CROWD = """
    INSERT INTO sessions (id, user_id, kind, label, created_at, last_used_at, expires_at)
    SELECT gen_random_uuid(), u.id, 'APP', '', :now, :now, :later
    FROM (SELECT id, row_number() OVER () n FROM users) u, generate_series(1, 10) s
"""
PEOPLE = """
    INSERT INTO users (id, login, name, unit_id, unit_path, created_at)
    SELECT gen_random_uuid(), 'u' || n, 'U', unit_id, unit_path, created_at FROM users, generate_series(1, 2000) n
"""
TOKENS = """
    INSERT INTO refresh_tokens (digest, session_id, issued_at)
    SELECT sha256(id::text::bytea), id, created_at FROM sessions
"""


def actor_for(user: User) -> Actor:
    return Actor(user.id, user.name, ())


@pytest.fixture
async def crowd(session: AsyncSession) -> User:
    """One person among two thousand, with ten sessions each; committed."""
    user = await add_person(session)
    await session.execute(text(PEOPLE))
    await session.execute(text(CROWD), {"now": NOW, "later": NOW + timedelta(days=30)})
    await session.execute(text(TOKENS))
    await session.execute(text("ANALYZE users, sessions, refresh_tokens, grants"))
    await session.commit()
    return user


async def explained(session: AsyncSession, statement: str) -> str:
    """The plan for whatever values: the server chooses it without them."""
    await session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    connection = await session.connection()
    raw = (await connection.get_raw_connection()).driver_connection
    assert raw is not None
    await raw.execute(f"PREPARE asked AS {statement}")
    count = max(int(place) for place in re.findall(r"\$(\d+)", statement))
    rows = await raw.fetch(f"EXPLAIN EXECUTE asked({', '.join(['NULL'] * count)})")
    await raw.execute("DEALLOCATE asked")
    return "\n".join(row[0] for row in rows)


async def test_a_person_sees_the_own_sessions_that_last_the_newest_first(sessions: Sessions, session: AsyncSession):
    user = await add_person(session)
    other = Actor(UUID(int=3), "wu", ())
    made = [
        (await logged_in(session, user, sessions=sessions, now=NOW + timedelta(days=day)))[0].session_id
        for day in range(3)
    ]
    at = NOW + timedelta(days=30)
    assert [row.id for row in await own_sessions(session, actor_for(user), now=at)] == [made[2], made[1]]
    assert list(await own_sessions(session, other, now=at)) == []
    await session.execute(text("UPDATE sessions SET ended_at = now() WHERE id = :id"), {"id": made[2]})
    assert [row.id for row in await own_sessions(session, actor_for(user), now=at)] == [made[1]]


async def test_no_more_are_listed_than_anybody_looks_through(session: AsyncSession):
    user = await add_person(session)
    many = CROWD.replace("1, 10", f"1, {LISTED + 20}")
    await session.execute(text(many), {"now": NOW, "later": NOW + timedelta(days=30)})
    assert len(await own_sessions(session, actor_for(user), now=NOW)) == LISTED
    above = Actor(UUID(int=3), "wu", (Scope(Role.ADMINISTRATOR, user.unit_id, user.unit_path.partition(".")[0] + "."),))
    assert len(await user_sessions(session, above, user_id=user.id, now=NOW)) == LISTED


async def test_whoever_looks_after_a_login_sees_where_it_is_logged_in(sessions: Sessions, session: AsyncSession):
    tree = await plant_tree(session)
    user = await add_user(session, tree["north county"], login="wu")
    made = [(await logged_in(session, user, sessions=sessions, now=NOW + n * DAY))[0].session_id for n in range(3)]
    await session.execute(text("UPDATE sessions SET ended_at = now() WHERE id = :id"), {"id": made[0]})
    seen = await user_sessions(session, actor_at(tree["east"]), user_id=user.id, now=NOW + 3 * DAY)
    assert [row.id for row in seen] == [made[2], made[1]]
    at = NOW + 31 * DAY
    assert [row.id for row in await user_sessions(session, actor_at(tree["east"]), user_id=user.id, now=at)] == [
        made[2]
    ]


async def test_for_everybody_else_there_is_no_such_person(sessions: Sessions, session: AsyncSession):
    tree = await plant_tree(session)
    user = await add_user(session, tree["north county"], login="wu")
    risen = await add_user(session, tree["north county"], Role.VIEWER, login="risen")
    await add_grant(session, risen, tree["east"])
    own = actor_at(tree["nation"], user_id=user.id)
    others = [actor_at(tree[name]) for name in ("north county", "south county", "west", "north town")]
    others += [actor_at(tree["nation"], role) for role in Role if role is not Role.ADMINISTRATOR]
    for actor, user_id in [
        *((actor, user.id) for actor in [own, *others, actor_for(user)]),
        (actor_at(tree["north county"]), risen.id),
        (actor_at(tree["nation"]), UUID(int=9)),
    ]:
        with pytest.raises(NotFound) as refused:
            await user_sessions(session, actor, user_id=user_id, now=NOW)
        assert refused.value.path == ("userId",)


@pytest.mark.parametrize("rows", [1, 12])
async def test_the_sessions_of_somebody_cost_the_same_however_many_there_are(
    engine: AsyncEngine, sessions: Sessions, session: AsyncSession, rows: int
):
    tree = await plant_tree(session)
    user = await add_user(session, tree["north county"], login="wu")
    for _ in range(rows):
        await logged_in(session, user, sessions=sessions)
        await add_grant(session, user, tree["north county"])
    with statements_of(engine) as sent:
        assert len(await user_sessions(session, actor_at(tree["east"]), user_id=user.id, now=NOW)) == rows
    assert len(sent) == 3


async def test_whatever_a_request_asks_of_sessions_lies_under_an_index(
    engine: AsyncEngine, sessions: Sessions, session: AsyncSession, crowd: User
):
    row_id = await session.scalar(text("SELECT id FROM sessions WHERE user_id = :id LIMIT 1"), {"id": crowd.id})
    assert isinstance(row_id, UUID)
    with statements_of(engine) as sent:
        assert await caller_of(session, crowd.id, now=NOW, session_id=row_id) is not None
        assert len(await own_sessions(session, actor_for(crowd), now=NOW)) == 10
        with pytest.raises(Invalid):
            await life.renew(session, now=NOW, door=MemoryDoor(sessions), token="none")
    assert len(sent) == 3
    for statement in sent:
        found = await explained(session, statement)
        assert "Seq Scan on sessions" not in found
        assert "Seq Scan on refresh_tokens" not in found
        assert "Index" in found


async def test_many_callers_are_known_in_two_statements_as_each_is_by_itself(
    session: AsyncSession, sessions: Sessions, engine: AsyncEngine
):
    li = await add_person(session)
    app, _ = await logged_in(session, li, sessions=sessions)
    browser, door = await logged_in(session, li, sessions=sessions, kind=SessionKind.BROWSER)
    cookie = door.cookies[0]
    assert cookie is not None
    digest, other = life.digest_of(cookie), life.digest_of(f"{cookie}x")
    ids = {"app": app.session_id, "browser": browser.session_id}
    good = {(li.id, None, None), (li.id, ids["app"], None), (li.id, ids["browser"], digest)}
    bad = {
        (li.id, ids["app"], digest),
        (li.id, ids["browser"], None),
        (li.id, ids["browser"], other),
        (new_id(), None, None),
        (new_id(), ids["app"], None),
        (li.id, new_id(), None),
    }
    with statements_of(engine) as sent:
        found = await callers_of(session, good | bad, now=NOW)
    assert len(sent) == 2
    assert set(found) == good
    for user_id, session_id, cookie_digest in good | bad:
        alone = await caller_of(session, user_id, now=NOW, session_id=session_id, cookie_digest=cookie_digest)
        assert (alone.actor if alone else None) == found.get((user_id, session_id, cookie_digest))
    later = await callers_of(session, good, now=NOW + timedelta(days=400))
    assert set(later) == {(li.id, None, None)}
    assert await callers_of(session, set(), now=NOW) == {}
