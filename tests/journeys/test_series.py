"""A series of posts: scheduled in one act, approved in one act by a second person, all of them or none."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from domain.posts.models import Approval, Delivery, Post
from domain.terms import Role
from tests.factories.api import Country, Front, id_of
from tests.factories.posts import add_lesson
from tests.factories.statements import statements_of
from tests.factories.units import add_user

MADE = "postIds accounts deliveries byRelease"
AT = datetime.now(UTC) + timedelta(hours=2)


def dreams(count: int, **first: Any) -> list[dict[str, Any]]:
    """So many texts, the last of them first."""
    made = [
        {"text": f"我的七彩梦之{number}", "publishAt": (AT + timedelta(minutes=number)).isoformat()}
        for number in reversed(range(count))
    ]
    made[0] |= first
    return made


@pytest.fixture
async def wish(session: AsyncSession, country: Country) -> dict[str, Any]:
    """What the nation asks for: posts through the accounts of the counties."""
    lesson = await add_lesson(session, country.tree)
    return {"lessonId": id_of(lesson), "unitId": id_of(country.tree["nation"]), "levels": ["COUNTY"]}


@pytest.fixture
async def approver(api: Front, session: AsyncSession, country: Country) -> Front:
    second = await add_user(session, country.tree["nation"], Role.ADMINISTRATOR, login="second")
    return api.as_(second)


def as_seen(made: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"postId": post_id, "expectedVersion": 1} for post_id in made["postIds"]]


async def count(session: AsyncSession, model: Any) -> int:
    return int((await session.execute(select(func.count()).select_from(model))).scalar_one())


async def test_a_series_is_scheduled_and_approved_in_two_acts(
    api: Front, country: Country, session: AsyncSession, wish: dict[str, Any], approver: Front
):
    made = await api.as_(country.nation).act("scheduleSeries", MADE, **wish, posts=dreams(5))
    assert made["deliveries"] == 5 * made["accounts"]
    posts = (await session.scalars(select(Post).order_by(Post.publish_at))).all()
    assert [post.text for post in posts] == [f"我的七彩梦之{number}" for number in range(5)]
    deliveries = (await session.scalars(select(Delivery).order_by(Delivery.due_at))).all()
    assert [delivery.due_at for delivery in deliveries[:: made["accounts"]]] == [post.publish_at for post in posts]
    assert all(delivery.code in delivery.text for delivery in deliveries)
    assert len({delivery.code for delivery in deliveries}) == made["deliveries"]
    assert (await approver.act("approvePosts", "approved", posts=as_seen(made)))["approved"] == 5
    assert await count(session, Approval) == 5


@pytest.mark.parametrize(
    ("posts", "code", "path"),
    [
        ([], "SERIES_SIZE", ["posts"]),
        (dreams(101), "SERIES_SIZE", ["posts"]),
        (dreams(3, text="我的七彩梦之1 "), "SERIES_REPEATS", ["posts", "1", "text"]),
        (dreams(3, text=" "), "TEXT_EMPTY", ["posts", "0", "text"]),
        (dreams(3, text="#七彩梦#我的梦"), "TEXT_HAS_TOPIC", ["posts", "0", "text"]),
        (dreams(3, publishAt="2020-01-01T00:00:00+08:00"), "TIME_PASSED", ["posts", "0", "publishAt"]),
    ],
)
async def test_where_one_post_cannot_be_none_is_written(
    api: Front,
    country: Country,
    session: AsyncSession,
    wish: dict[str, Any],
    posts: list[dict[str, Any]],
    code: str,
    path: list[str],
):
    refused = await api.as_(country.nation).act("scheduleSeries", MADE, **wish, posts=posts)
    assert (refused["code"], refused["path"]) == (code, path)
    assert await count(session, Post) == await count(session, Delivery) == 0


async def test_a_preview_writes_nothing_and_a_key_makes_a_repetition_harmless(
    api: Front, country: Country, session: AsyncSession, wish: dict[str, Any]
):
    nation = api.as_(country.nation)
    seen = await nation.act("scheduleSeries", MADE, **wish, posts=dreams(2), preview=True)
    assert seen["deliveries"] == 2 * seen["accounts"] > 0
    assert await count(session, Post) == 0
    made = [
        await nation.act("scheduleSeries", MADE, **wish, posts=dreams(2), clientMutationKey="dreams") for _ in range(2)
    ]
    assert made[0] == made[1]
    assert await count(session, Post) == 2


async def test_who_wrote_the_series_does_not_approve_it_and_one_that_cannot_be_stops_all(
    api: Front, country: Country, session: AsyncSession, wish: dict[str, Any], approver: Front
):
    nation = api.as_(country.nation)
    made = await nation.act("scheduleSeries", MADE, **wish, posts=dreams(3))
    refused = await nation.act("approvePosts", "approved", posts=as_seen(made))
    assert (refused["code"], refused["path"]) == ("APPROVER_IS_AUTHOR", ["posts", "0", "postId"])
    posts = as_seen(made)
    edited = await nation.act("editPost", "changed", postId=made["postIds"][2], expectedVersion=1, text="改过的梦")
    assert "code" not in edited
    refused = await approver.act("approvePosts", "approved", posts=posts)
    assert (refused["code"], refused["path"]) == ("EDITED_MEANWHILE", ["posts", "2", "expectedVersion"])
    assert await count(session, Approval) == 0
    posts[2]["expectedVersion"] = 2
    assert (await approver.act("approvePosts", "approved", posts=posts))["approved"] == 3
    refused = await approver.act("approvePosts", "approved", posts=posts)
    assert (refused["code"], refused["path"]) == ("POST_APPROVED", ["posts", "0", "postId"])


async def test_what_is_approved_together_is_named_once_and_is_one_units(
    api: Front, country: Country, session: AsyncSession, wish: dict[str, Any], approver: Front
):
    nation = api.as_(country.nation)
    made = as_seen(await nation.act("scheduleSeries", MADE, **wish, posts=dreams(2)))
    county = wish | {"unitId": id_of(country.tree["north county"])}
    other = as_seen(await nation.act("scheduleSeries", MADE, **county, posts=dreams(1)))
    for posts, code in [
        ([], "TOO_MANY_POSTS"),
        (made + made[:1], "POST_NAMED_TWICE"),
        (made + other, "POSTS_OF_SEVERAL_UNITS"),
    ]:
        assert (await approver.act("approvePosts", "approved", posts=posts))["code"] == code
    assert await count(session, Approval) == 0


async def test_many_posts_cost_as_many_statements_as_one(
    api: Front,
    country: Country,
    engine: AsyncEngine,
    wish: dict[str, Any],
    approver: Front,
):
    costs = []
    for posts in (dreams(1), dreams(60)):
        with statements_of(engine) as scheduling:
            made = await api.as_(country.nation).act("scheduleSeries", MADE, **wish, posts=posts)
        with statements_of(engine) as approving:
            assert (await approver.act("approvePosts", "approved", posts=as_seen(made)))["approved"] == len(posts)
        costs.append((len(scheduling), len(approving)))
    assert costs[0] == costs[1]
