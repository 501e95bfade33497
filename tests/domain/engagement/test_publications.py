"""Numbers of the past, by the tree of the time and by today's."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.dates import CHINA
from domain.base.ids import new_id
from domain.engagement.earlier import EarlierPost, record_earlier_posts
from domain.engagement.publications import Publications, publications
from domain.refusals import Invalid, NotFound, NotPermitted, Refusal
from domain.terms import Level, Role, TreeLink, TreeTime
from integrations.keys import Keys
from tests.factories.history import MOVED, move_north_county
from tests.factories.posts import add_account, add_host, add_lesson
from tests.factories.units import Tree, actor_at, add_user, plant_tree

APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)
# The last instant of the day before the move, and its first.
JUST_BEFORE = datetime(2026, 5, 9, 23, 59, 59, tzinfo=CHINA)
JUST_AFTER = datetime(2026, 5, 10, 0, 0, tzinfo=CHINA)


async def plant(session: AsyncSession, keys: Keys) -> Tree:
    """North and south county each posted once before the move and once after it, committed."""
    tree = await plant_tree(session)
    host, lesson = await add_host(session, keys.keyring), await add_lesson(session, tree)
    user = await add_user(session, tree["nation"])
    posts = []
    for name in ("north county", "south county"):
        account = await add_account(session, tree, name, host, keys.keyring)
        posts += [
            EarlierPost(account.id, tree[name].id, at, f"{name}{at}", "https://weibo.example/1", 3, 2, 1)
            for at in (JUST_BEFORE, JUST_AFTER)
        ]
    await record_earlier_posts(
        session,
        Actor.operator(),
        now=JUST_AFTER,
        unit_id=tree["nation"].id,
        lesson_id=lesson.id,
        created_by=user.id,
        text="示范课程",
        posts=posts,
    )
    await move_north_county(session, tree)
    return tree


async def ask(
    session: AsyncSession, tree: Tree, name: str, time: TreeTime, actor: Actor | None = None, **period: date
) -> Publications:
    return await publications(
        session,
        actor or Actor.operator(),
        unit=tree[name],
        since=period.get("since", APRIL),
        until=period.get("until", JUNE),
        tree=time,
        link=TreeLink.AFFILIATION,
    )


def published(found: Publications) -> int:
    return sum(row.published for row in found.levels)


async def test_a_post_counts_where_its_unit_stood_on_the_day_or_stands_now(session: AsyncSession, keys: Keys):
    tree = await plant(session, keys)
    then = {name: published(await ask(session, tree, name, TreeTime.AS_THEN)) for name in ("east city", "west city")}
    now = {name: published(await ask(session, tree, name, TreeTime.AS_NOW)) for name in ("east city", "west city")}
    assert then == {"east city": 3, "west city": 1}
    assert now == {"east city": 2, "west city": 2}
    for time in TreeTime:
        assert published(await ask(session, tree, "nation", time)) == 4


async def test_a_month_begins_and_ends_at_midnight_in_china(session: AsyncSession, keys: Keys):
    tree = await plant(session, keys)
    found = await ask(session, tree, "nation", TreeTime.AS_THEN, until=MOVED)
    assert published(found) == 2
    found = await ask(session, tree, "nation", TreeTime.AS_THEN, since=MOVED)
    assert published(found) == 2


async def test_counts_are_those_of_the_posts_counted(session: AsyncSession, keys: Keys):
    tree = await plant(session, keys)
    (row,) = (await ask(session, tree, "east city", TreeTime.AS_THEN)).levels
    assert (row.level, row.accounts, row.published) == (Level.COUNTY, 2, 3)
    assert (row.reposts.value, row.comments.value, row.likes.value, row.reads.value) == (9, 6, 3, None)
    assert (row.likes.known, row.likes.expected, row.reads.known) == (3, 3, 0)


async def test_what_has_moved_out_of_reach_is_left_out_and_said_to_be(session: AsyncSession, keys: Keys):
    tree = await plant(session, keys)
    found = await ask(session, tree, "east city", TreeTime.AS_THEN, actor_at(tree["east city"]))
    assert (published(found), found.beyond_reach) == (2, 1)
    found = await ask(session, tree, "east city", TreeTime.AS_NOW, actor_at(tree["east city"]))
    assert (published(found), found.beyond_reach) == (2, 0)


async def test_who_sees_no_posts_here_learns_not_even_that_there_were_some(session: AsyncSession, keys: Keys):
    tree = await plant(session, keys)
    partner = actor_at(tree["nation"], Role.PARTNER_EDUCATION)
    found = await ask(session, tree, "east city", TreeTime.AS_THEN, partner)
    assert (found.levels, found.beyond_reach) == ([], None)


@pytest.mark.parametrize(("since", "until"), [(date(9999, 6, 1), date.max), (date.min, date(1, 2, 1))])
async def test_a_period_at_the_ends_of_all_time_is_refused(session: AsyncSession, since: date, until: date):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as refused:
        await ask(session, tree, "nation", TreeTime.AS_THEN, since=since, until=until)
    assert refused.value.code == "NUMBER_UNFIT"


@pytest.mark.parametrize(("since", "until"), [(MAY, MAY), (JUNE, MAY), (MAY, MAY + timedelta(days=367))])
async def test_a_period_that_ends_before_it_begins_or_lasts_too_long_is_refused(
    session: AsyncSession, since: date, until: date
):
    tree = await plant_tree(session)
    with pytest.raises(Invalid) as refused:
        await ask(session, tree, "nation", TreeTime.AS_THEN, since=since, until=until)
    assert refused.value.code == "PERIOD_INVALID"


@pytest.mark.parametrize(
    ("name", "role", "refusal"),
    [("west city", Role.MEDIA_MANAGER, NotFound), ("nation", Role.VIEWER, NotPermitted)],
)
async def test_earlier_posts_are_entered_for_accounts_within_reach_only(
    session: AsyncSession, keys: Keys, name: str, role: Role, refusal: type[Refusal]
):
    tree = await plant_tree(session)
    host, lesson = await add_host(session, keys.keyring), await add_lesson(session, tree)
    account = await add_account(session, tree, "north county", host, keys.keyring)
    post = EarlierPost(account.id, tree["north county"].id, JUST_BEFORE, "1", "https://weibo.example/1", 0, 0, 0)
    for posts in ([post], [EarlierPost(new_id(), post.unit_id, JUST_BEFORE, "1", "", 0, 0, 0)]):
        with pytest.raises(refusal):
            await record_earlier_posts(
                session,
                actor_at(tree[name], role),
                now=JUST_AFTER,
                unit_id=tree[name].id,
                lesson_id=lesson.id,
                created_by=new_id(),
                text="示范课程",
                posts=posts,
            )
