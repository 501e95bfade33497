"""Every query, as every role from every place: nobody is shown a list with a row beyond reach, or less than is due.

The rows and where they lie are known from the world that was planted; what a role may see is taken from the table of
permissions, and whether a place is reached is decided here, by the names of the units above it. Rows in lists are held
against it, and people wherever they stand.
"""

from collections import defaultdict
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from graphql import get_named_type, is_required_argument
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.permissions import Permission, permissions_of
from domain.terms import Reach, Role
from integrations.database import Sessions
from integrations.keys import Keys
from schema.context import Context
from schema.root import build_schema
from tests.factories.documents import ids_in, selection
from tests.factories.logins import MemoryDoor
from tests.factories.units import add_user
from tests.factories.world import SHAPE, World, plant_world

SCHEMA = build_schema()
SERVED = SCHEMA._schema
QUERIES: dict[str, Any] = SERVED.query_type.fields  # type: ignore[union-attr]
ABOVE = {name: parent for name, parent, _ in SHAPE}
PLACES = [name for name, _, _ in SHAPE]
# Whose `view` shows a noun; what is read through another row is seen with it.
SEEN_BY = {
    "Account": Permission.ACCOUNT_VIEW,
    "AccountEvent": Permission.ACCOUNT_VIEW,
    "Approval": Permission.POST_VIEW,
    "Attempt": Permission.POST_VIEW,
    "AuditEntry": Permission.AUDIT_VIEW,
    "Campaign": Permission.CAMPAIGN_VIEW,
    "CampaignReport": Permission.POST_VIEW,
    "CampaignLesson": Permission.CAMPAIGN_VIEW,
    "Comment": Permission.POST_VIEW,
    "Delegation": Permission.ACCOUNT_VIEW,
    "Delivery": Permission.POST_VIEW,
    "FollowerCount": Permission.ACCOUNT_VIEW,
    "Goal": Permission.GOAL_VIEW,
    "Grant": Permission.GRANT_VIEW,
    "Guidance": Permission.GUIDANCE_VIEW,
    "Hold": Permission.POST_VIEW,
    "Lesson": Permission.LESSON_VIEW,
    "LessonRevision": Permission.LESSON_VIEW,
    "Nomination": Permission.LESSON_VIEW,
    "Occasion": Permission.OCCASION_VIEW,
    "Picture": Permission.POST_VIEW,
    "LessonFile": Permission.LESSON_VIEW,
    "Post": Permission.POST_VIEW,
    "Practice": Permission.LESSON_VIEW,
    "PressKit": Permission.LESSON_VIEW,
    "Renewal": Permission.ACCOUNT_VIEW,
    "SchoolTerm": Permission.OCCASION_VIEW,
    "Session": Permission.USER_VIEW,
    "Silence": Permission.SILENCE_VIEW,
    "Snapshot": Permission.POST_VIEW,
    "Unit": Permission.UNIT_VIEW,
    "UnitAct": Permission.UNIT_VIEW,
    "User": Permission.USER_VIEW,
}
# Shown to everybody who is logged in.
OPEN = {"Showcase", "LessonCall"}
OWNED = {"Export", "Review"}
# What a unit says to all below it is seen by those as well.
SEEN_BELOW = {"Campaign", "CampaignLesson", "Occasion", "SchoolTerm"}


def arguments(world: World, unit: str) -> dict[str, dict[str, Any]]:
    """What each root field with arguments that must be given is asked; every one of them has a line here."""
    place = world.id("Unit", unit)
    return {
        "node": {"id": world.id("Account", unit)},
        "nodes": {"ids": sorted(world.places)[:100]},
        "unit": {"code": world.units[unit].code},
        "foundUnits": {"search": "county"},
        "foundUsers": {"search": "county"},
        "checkWording": {"text": "八个不"},
        "lessonDiff": {"lessonId": world.id("Lesson", unit), "from": 1, "to": 1},
        "callResults": {"callId": world.id("LessonCall", unit)},
        "practiceTotals": {"withinId": place},
        "deliveries": {"postId": world.id("Post", unit)},
        "userSessions": {"userId": world.id("User", unit)},
        "calendar": {"withinId": place, "since": "2026-01-01", "until": "2026-12-31"},
        "campaignProgress": {"campaignId": world.id("Campaign", unit), "withinId": place},
        "publications": {"withinId": place, "since": "2026-01-01", "until": "2026-12-31"},
        "goals": {"unitId": place},
        "engagement": {"withinId": place, "since": "2026-01-01", "until": "2026-12-31"},
        "topPosts": {"withinId": place, "since": "2026-01-01", "until": "2026-12-31", "metric": "REPOSTS"},
    }


def is_at_or_above(upper: str, lower: str | None) -> bool:
    while lower is not None:
        if lower == upper:
            return True
        lower = ABOVE[lower]
    return False


def visible(world: World, role: Role, reach: Reach, at: str, row: str) -> bool:
    noun, path = world.places[row]
    if noun in OPEN:
        return True
    place = next(name for name, unit in world.units.items() if unit.path == path)
    if noun in OWNED:
        # The one person whose it is sees it, and nobody else, however far above.
        return (role, reach, at) == (Role.VIEWER, Reach.ACT, place)
    is_near = is_at_or_above(at, place) or (noun in SEEN_BELOW and is_at_or_above(place, at))
    return SEEN_BY[noun] in permissions_of(role, reach) and is_near


class SomeWorld(World):
    """Stands in where only the names of the arguments are asked for."""

    def id(self, noun: str, unit: str) -> str:
        return f"{noun} of {unit}"

    @property
    def units(self) -> Any:
        return defaultdict(lambda: SimpleNamespace(code=""))

    @units.setter
    def units(self, _units: Any) -> None: ...


@pytest.fixture
async def world(session: AsyncSession, keys: Keys) -> World:
    return await plant_world(session, keys)


async def ask(sessions: Sessions, user_id: UUID | None, document: str, **variables: Any) -> Any:
    async def wake(_work: str) -> None: ...

    now = datetime.now(UTC)
    context = Context(sessions=sessions, now=now, user_id=user_id, wake=wake, door=MemoryDoor(sessions, now=now))
    return await SCHEMA.execute(document, variables, context_value=context)


async def query(sessions: Sessions, user_id: UUID | None, world: World, name: str) -> Any:
    """A root field with all it can show one relation deep."""
    field, given = QUERIES[name], arguments(world, "own county").get(name, {})
    typed = ", ".join(f"${argument}: {field.args[argument].type}" for argument in given)
    named = ", ".join(f"{argument}: ${argument}" for argument in given)
    head = f"query({typed}) {{ found: {name}({named})" if given else f"{{ found: {name}"
    return await ask(sessions, user_id, f"{head} {selection(SERVED, get_named_type(field.type), 1)} }}", **given)


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize("role", Role)
async def test_nobody_is_shown_a_row_beyond_reach_by_any_query(
    sessions: Sessions, world: World, role: Role, reach: Reach
):
    seen = 0
    for at in PLACES:
        user = world.people[role, reach, at]
        for name in QUERIES:
            answer = await query(sessions, user.id, world, name)
            codes = {(error.extensions or {}).get("code") for error in answer.errors or ()}
            assert codes <= {"NOT_FOUND"}, (name, answer.errors)
            for kind, row, listed in ids_in(answer.data):
                if row in world.places and (listed or kind == "User"):
                    assert visible(world, role, reach, at, row), f"{name} shows {kind} of {world.places[row]} to {at}"
                    seen += 1
    # Who only finds sees no list at all, but for the showcase lessons that are open to everybody.
    assert seen > 0


@pytest.mark.parametrize("role", Role)
async def test_what_hangs_on_a_row_is_narrowed_as_every_list_is(sessions: Sessions, world: World, role: Role):
    for noun in sorted({"Lesson" if noun == "Showcase" else noun for noun, _ in world.places.values()}):
        shown = selection(SERVED, SERVED.type_map[noun], 2, first=len(PLACES))
        document = f"query($id: ID!) {{ found: node(id: $id) {{ ... on {noun} {shown} }} }}"
        for at in PLACES:
            user = world.people[role, Reach.ACT, at]
            answer = await ask(sessions, user.id, document, id=world.id(noun, "own county"))
            assert answer.errors is None, (noun, answer.errors)
            for kind, row, listed in ids_in(answer.data):
                if row in world.places and (listed or kind == "User"):
                    assert visible(world, role, Reach.ACT, at, row), f"{noun} shows {kind} to {at}"


@pytest.mark.parametrize("reach", Reach)
@pytest.mark.parametrize("role", Role)
async def test_everybody_finds_by_its_id_exactly_what_is_to_be_seen(
    sessions: Sessions, world: World, role: Role, reach: Reach
):
    ids = sorted(row for row, (noun, _) in world.places.items() if noun != "User")
    for at in PLACES:
        found = set()
        for start in range(0, len(ids), 100):
            answer = await ask(
                sessions,
                world.people[role, reach, at].id,
                "query($ids: [ID!]!) { nodes(ids: $ids) { id } }",
                ids=ids[start : start + 100],
            )
            assert answer.errors is None
            found |= {row["id"] for row in answer.data["nodes"] if row}
        assert found == {row for row in ids if visible(world, role, reach, at, row)}


async def test_whoever_has_no_grant_reads_nothing(sessions: Sessions, session: AsyncSession, world: World):
    user = await add_user(session, world.units["nation"], login="nobody", valid_to=datetime(2021, 1, 1, tzinfo=UTC))
    for name in QUERIES:
        answer = await query(sessions, user.id, world, name)
        shown = {world.places[row][0] for _, row, listed in ids_in(answer.data) if listed and row in world.places}
        assert shown <= OPEN, name


async def test_the_public_reads_showcase_lessons_and_nothing_else(sessions: Sessions, world: World):
    for name in QUERIES:
        answer = await query(sessions, None, world, name)
        assert {(error.extensions or {}).get("code") for error in answer.errors or ()} == {"UNAUTHENTICATED"}, name
    public = "{ lessons(first: 100) { nodes { id title service theme text unit { name level code } } totalCount } }"
    answer = await ask(sessions, None, public)
    assert answer.errors is None
    assert answer.data["lessons"]["totalCount"] == len(PLACES)
    assert {world.places[row["id"]][0] for row in answer.data["lessons"]["nodes"]} == {"Showcase"}
    for row, (noun, _) in world.places.items():
        answer = await ask(sessions, None, "query($id: ID!) { node(id: $id) { id } }", id=row)
        if noun in ("Lesson", "Showcase"):
            assert (answer.data["node"] is not None) is (noun == "Showcase")
        else:
            assert answer.errors[0].extensions["code"] == "UNAUTHENTICATED"


def test_every_root_field_that_needs_arguments_is_given_some():
    needy = {name for name, field in QUERIES.items() if any(is_required_argument(a) for a in field.args.values())}
    assert needy == set(arguments(SomeWorld(), "own county"))
