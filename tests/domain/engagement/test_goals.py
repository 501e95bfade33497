"""A unit's own goals: set, edited with the version that was seen, withdrawn, and held against what it came to."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring
from domain.engagement.commands import edit_goal, set_goal, withdraw_goal
from domain.engagement.folding import fold
from domain.engagement.goals import Progress, progress_of
from domain.engagement.models import Goal
from domain.engagement.rules import Total
from domain.refusals import Invalid, Refusal
from domain.terms import FigureGap, GoalMeasure, Role
from tests.factories.deliveries import Scene, add_published, add_snapshot, set_scene
from tests.factories.statements import statements_of
from tests.factories.units import NOW, actor_at

AIM: dict[str, Any] = {
    "measure": GoalMeasure.LIKES,
    "target": 10,
    "since": date(2026, 6, 1),
    "until": date(2026, 7, 1),
}
JUNE = datetime(2026, 6, 10, tzinfo=UTC)


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east", "north county"))


async def aim(session: AsyncSession, scene: Scene, unit: str = "east", **changes: Any) -> Goal:
    actor = actor_at(scene.tree[unit], Role.MEDIA_MANAGER)
    goal = await set_goal(session, actor, now=NOW, unit_id=scene.tree[unit].id, **(AIM | changes))
    await session.commit()
    return goal


async def publish(session: AsyncSession, scene: Scene, unit: str, likes: int | None, at: datetime = JUNE) -> None:
    delivery = await add_published(session, scene.post, scene.accounts[unit], published_at=at)
    await add_snapshot(session, delivery, 0, likes=likes)


async def test_a_goal_is_held_against_the_posts_of_the_unit_and_all_below_in_its_period(
    session: AsyncSession, scene: Scene
):
    likes, posts = await aim(session, scene), await aim(session, scene, measure=GoalMeasure.PUBLISHED, target=3)
    for unit, count in (("east", 4), ("north county", 6), ("nation", 99)):
        await publish(session, scene, unit, count)
    await publish(session, scene, "east", 99, at=JUNE + timedelta(days=30))
    for _ in range(2):
        found = await progress_of(session, Actor.operator(), ids=[likes.id, posts.id])
        assert (found[likes.id].total.value, found[likes.id].is_met) == (10, True)
        assert (found[posts.id].total.value, found[posts.id].is_met) == (2, False)
        await fold(session, limit=100)


async def test_of_what_is_not_known_nobody_says_that_it_is_not_met(session: AsyncSession, scene: Scene):
    goal = await aim(session, scene, measure=GoalMeasure.READS)
    await publish(session, scene, "east", 1)
    progress = (await progress_of(session, Actor.operator(), ids=[goal.id]))[goal.id]
    assert (progress.total.gap, progress.is_met) == (FigureGap.NOT_REPORTED, None)
    assert Progress(GoalMeasure.LIKES, Total(0, 1, 1, None), 1).is_met is False


async def test_many_goals_cost_as_much_as_one_and_none_where_no_posts_are_seen(
    session: AsyncSession, engine: AsyncEngine, scene: Scene
):
    goals = [await aim(session, scene, unit) for unit in ("nation", "east", "north county")]
    with statements_of(engine) as sent:
        found = await progress_of(session, Actor.operator(), ids=[goal.id for goal in goals])
    assert (len(found), len(sent)) == (3, 2)
    east = actor_at(scene.tree["east"])
    assert set(await progress_of(session, east, ids=[goal.id for goal in goals])) == {goals[1].id, goals[2].id}
    partner = actor_at(scene.tree["east"], Role.PARTNER_WOMEN)
    assert await progress_of(session, partner, ids=[goal.id for goal in goals]) == {}


async def test_an_edit_needs_the_version_that_was_seen_and_counts_only_what_changes(
    session: AsyncSession, scene: Scene
):
    goal, actor = await aim(session, scene), actor_at(scene.tree["east"])
    named: dict[str, Any] = {"now": NOW, "goal_id": goal.id}
    await edit_goal(session, actor, **named, expected_version=1, **AIM)
    assert goal.version == 1
    await edit_goal(session, actor, **named, expected_version=1, **(AIM | {"target": 20, "note": " 新学期 "}))
    assert (goal.version, goal.target, goal.note) == (2, 20, "新学期")
    with pytest.raises(Refusal) as refused:
        await edit_goal(session, actor, **named, expected_version=1, **AIM)
    assert refused.value.code == "EDITED_MEANWHILE"
    assert "target is 20, you gave 10" in refused.value.words("en")


async def test_what_is_withdrawn_stays_as_it_was(session: AsyncSession, scene: Scene):
    goal, actor = await aim(session, scene), actor_at(scene.tree["east"])
    await withdraw_goal(session, actor, now=NOW, goal_id=goal.id)
    assert (goal.withdrawn_at, goal.version) == (NOW, 2)
    for again in (
        withdraw_goal(session, actor, now=NOW, goal_id=goal.id),
        edit_goal(session, actor, now=NOW, goal_id=goal.id, expected_version=2, **AIM),
    ):
        with pytest.raises(Refusal) as refused:
            await again
        assert refused.value.code == "GOAL_WITHDRAWN"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"target": 0}, "NUMBER_UNFIT"),
        ({"target": 10**15 + 1}, "NUMBER_UNFIT"),
        ({"until": AIM["since"]}, "PERIOD_INVALID"),
        ({"until": date(2027, 6, 3)}, "PERIOD_INVALID"),
        ({"since": date(9999, 6, 1), "until": date.max}, "NUMBER_UNFIT"),
        ({"note": "长" * 501}, "WORDS_TOO_LONG"),
    ],
)
async def test_a_goal_that_is_none_is_refused(session: AsyncSession, scene: Scene, changes: dict[str, Any], code: str):
    with pytest.raises(Invalid) as refused:
        await aim(session, scene, **changes)
    assert refused.value.code == code
