"""What comes of scheduling: facts told beforehand, levels that wait for those above, and a post once more."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.keyring import Keyring
from domain.posts.answers import settle
from domain.posts.commands import duplicate_post
from domain.posts.deliveries import claim_due
from domain.posts.lifecycle import Event
from domain.posts.models import Delivery, Post
from domain.posts.outcomes import Settlement
from domain.posts.waiting import release_waiting
from domain.refusals import Invalid, Reason
from domain.terms import AccountState, DeliveryState, Lateness, Level
from tests.domain.posts.test_commands import SOON, Desk, desk  # noqa: F401 - a fixture
from tests.factories.deliveries import add_delivery, add_post, change
from tests.factories.posts import DOMAIN, schedule
from tests.factories.units import NOW

LEASE = timedelta(seconds=60)
COUNTIES = [Level.PROVINCIAL, Level.COUNTY]


async def facts(desk: Desk, **arguments):  # noqa: F811
    """All that is told of a post, scheduled as the desk does."""
    return await desk.scheduling(**arguments)


async def waiting_for(session: AsyncSession, post: Post) -> dict[str, str | None]:
    """Of each delivery of a post, by the path of its unit, the path of what it waits for."""
    query = select(Delivery).where(Delivery.post_id == post.id).execution_options(populate_existing=True)
    rows = {row.id: row for row in (await session.execute(query)).scalars()}
    return {
        row.unit_path: rows[row.waits_for_id].unit_path if row.waits_for_id else None
        for row in rows.values()
        if (row.state is DeliveryState.WAITING) == (row.waits_for_id is not None)
    }


async def test_it_is_told_how_many_of_which_level_with_which_text(desk: Desk):  # noqa: F811
    told = await facts(desk, levels=COUNTIES, text="推介")
    assert told.accounts == 4
    assert told.by_level == [{"level": "PROVINCIAL", "count": 2}, {"level": "COUNTY", "count": 2}]
    first = (await desk.deliveries(told.post))[0][0]
    assert told.samples == [{"host": "sandbox", "text": f"推介 https://{DOMAIN}/s/{first.code}"}]
    assert told.held == [{"reason": "NOT_APPROVED", "count": 4}]
    assert told.clashes == told.repeats == {"count": 0, "names": []}


@pytest.mark.parametrize(
    ("apart", "same_text", "clashes", "repeats"),
    [
        (timedelta(minutes=10), False, 1, 0),
        (timedelta(minutes=-10), True, 1, 1),
        (timedelta(minutes=10, seconds=1), False, 0, 0),
        (timedelta(days=3), True, 0, 1),
        (timedelta(days=-3), True, 0, 1),
        (timedelta(days=3, seconds=1), True, 0, 0),
    ],
)
async def test_accounts_that_post_something_near_or_the_same_again_are_named(
    desk: Desk,  # noqa: F811
    apart: timedelta,
    same_text: bool,
    clashes: int,
    repeats: int,
):
    other = await add_post(desk.session, desk.tree, desk.lesson)
    east = next(
        account for _, account in await desk.deliveries(await desk.schedule()) if account.unit_path.count(".") == 2
    )
    await desk.session.execute(delete(Delivery))
    await add_delivery(desk.session, other, east, due_at=SOON + apart, try_at=SOON + apart)
    gone = SOON + timedelta(minutes=1)
    await add_delivery(desk.session, other, east, due_at=gone, try_at=gone, state=DeliveryState.CANCELLED)
    told = await facts(desk, text=other.text if same_text else "另一条")
    assert told.clashes == {"count": clashes, "names": [east.screen_name][:clashes]}
    assert told.repeats == {"count": repeats, "names": [east.screen_name][:repeats]}


async def test_a_wall_time_is_kept_as_it_was_said(desk: Desk):  # noqa: F811
    told = await facts(desk, publish_at=None, publish_on={"wall_time": "2026-06-01T11:30", "zone": "Asia/Kathmandu"})
    post = told.post
    assert post.publish_at == NOW.replace(hour=5, minute=45)
    assert (post.zone, post.wall_time) == ("Asia/Kathmandu", datetime(2026, 6, 1, 11, 30))  # noqa: DTZ001
    plain = await desk.schedule()
    assert (plain.zone, plain.wall_time) == ("Asia/Shanghai", None)


async def test_what_becomes_of_what_is_late_is_said_at_once(desk: Desk):  # noqa: F811
    post = await desk.schedule(lateness=Lateness.MISS, late_after_seconds=60)
    assert (post.lateness, post.late_after_seconds) == (Lateness.MISS, 60)
    with pytest.raises(Invalid) as caught:
        await desk.schedule(late_after_seconds=59)
    assert caught.value.reason is Reason.LATENESS_INVALID


async def test_each_waits_for_the_nearest_unit_above_that_posts_too(desk: Desk):  # noqa: F811
    post = await desk.schedule(levels=[Level.PROVINCIAL, Level.PREFECTURE, Level.COUNTY], waits_for_upper=True)
    path = {name: unit.path for name, unit in desk.tree.units.items()}
    assert await waiting_for(desk.session, post) == {
        path["east"]: None,
        path["west"]: None,
        path["east city"]: path["east"],
        path["north county"]: path["east city"],
        # Its city has no account.
        path["far county"]: path["west"],
    }


@pytest.mark.parametrize("is_published", [True, False])
async def test_the_lower_go_when_the_upper_stands_and_stay_when_it_fails(
    session: AsyncSession,
    keyring: Keyring,
    desk: Desk,  # noqa: F811
    is_published: bool,
):
    scheduled = await schedule(session, desk.tree, desk.lesson, levels=tuple(COUNTIES), waits_for_upper=True)
    claims = await claim_due(session, limit=10, lease=LEASE)
    assert len(claims) == 2
    event = Event.PUBLISHED if is_published else Event.REFUSED
    for claim in claims:
        assert await settle(session, claim, Settlement(event))
    await session.commit()
    lower = [row for row in scheduled.deliveries if row.waits_for_id]
    for row in lower:
        await session.refresh(row)
    expected = DeliveryState.SCHEDULED if is_published else DeliveryState.WAITING
    assert [row.state for row in lower] == [expected, expected]
    released = await release_waiting(session, desk.somebody("nation"), now=NOW, post_id=scheduled.post.id)
    assert released.released == (0 if is_published else 2)
    assert len(await claim_due(session, limit=10, lease=LEASE)) == 2


async def test_a_post_goes_once_more_to_those_of_its_accounts_that_are_active(desk: Desk):  # noqa: F811
    first = await desk.schedule(levels=COUNTIES, spread_seconds=60, waits_for_upper=True, lateness=Lateness.MISS)
    gone = (await desk.deliveries(first))[-1][1]
    await change(desk.session, gone, state=AccountState.SUSPENDED)
    again = await duplicate_post(
        desk.session,
        desk.somebody("nation"),
        now=NOW,
        post_id=first.id,
        publish_on={"wall_time": "2026-06-05T09:00", "zone": "Asia/Shanghai"},
    )
    assert again.post.id != first.id
    assert (again.accounts, again.left_out, again.by_release) == (3, 1, 0)
    same = ("text", "lesson_id", "campaign_id", "unit_id", "spread_seconds", "lateness", "late_after_seconds")
    assert [getattr(again.post, name) for name in same] == [getattr(first, name) for name in same]
    assert again.held == [{"reason": "NOT_APPROVED", "count": 3}]
    # Four days later nothing is told to be a repetition.
    assert again.repeats["count"] == 0
    assert len([row for row, _ in await desk.deliveries(again.post) if row.state is DeliveryState.WAITING]) == 1
