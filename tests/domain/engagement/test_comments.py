"""Comments in the database: asked for when they rise, claimed a page at a time, kept with the place they came to."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.keyring import Keyring
from domain.engagement import comments, readings
from domain.engagement.comments import Visit
from domain.engagement.models import Comment, CommentReading
from domain.engagement.retention import forget_comments
from domain.hosts import port
from domain.posts.models import Delivery
from domain.terms import AccountState, Metric, WordingKind, WordingSeverity
from integrations.database import Sessions
from integrations.settings import Settings
from tests.factories.deliveries import Scene, add_published, change, set_scene
from tests.factories.wording import list_words

LADDER = Settings().ladder
LEASE = timedelta(seconds=30)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
LATER = func.now() + timedelta(hours=1)
CHINA = func.timezone("Asia/Shanghai", func.now())


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring, units=("nation", "east"))


async def counted(session: AsyncSession, scene: Scene, count: int = 3, unit: str = "east") -> Delivery:
    """A published delivery below which a reading counted so many comments."""
    delivery = await add_published(session, scene.post, scene.accounts[unit])
    await note(session, delivery, count)
    return delivery


async def note(session: AsyncSession, delivery: Delivery, count: int) -> None:
    await comments.note_counts(session, {delivery.id: count})
    await session.commit()


async def claim(session: AsyncSession) -> Visit | None:
    visit = await comments.claim(session, lease=LEASE)
    await session.commit()
    return visit


async def keep(session: AsyncSession, visit: Visit | None, page: Sequence[port.Comment]) -> int:
    assert visit is not None
    kept = await comments.keep(session, visit, page, collected_at=NOW)
    await session.commit()
    return kept


def page_of(*numbers: int, said: str = "好", by: str = "71") -> list[port.Comment]:
    """Comments with these numbers, newest first."""
    return [
        port.Comment(str(number), by, f"模拟读者{by}", said, NOW + timedelta(seconds=number))
        for number in sorted(numbers, reverse=True)
    ]


async def held(session: AsyncSession, *, gone: bool | None = None) -> list[int]:
    query = select(Comment.host_comment_id)
    if gone is not None:
        query = query.where(Comment.gone_at.is_not(None) == gone)
    return sorted(int(number) for number in await session.scalars(query))


async def reading_of(session: AsyncSession, delivery: Delivery) -> CommentReading:
    return await session.get_one(CommentReading, delivery.id, populate_existing=True)


async def test_comments_are_asked_for_when_a_reading_counts_more_of_them(session: AsyncSession, scene: Scene):
    delivery = await add_published(
        session, scene.post, scene.accounts["east"], published_at=func.now() - LADDER[0], host_post_id="41"
    )
    await readings.begin(session, delivery_id=delivery.id, ladder=LADDER)
    await session.commit()
    batch = await readings.claim(session, batch_size=9, lease=LEASE)
    assert batch is not None
    read: dict[Metric, int | None] = {Metric.COMMENTS: 2}
    await readings.keep(session, batch, counts={"41": read}, taken_at=datetime.now(UTC), ladder=LADDER)
    await session.commit()
    visit = await claim(session)
    assert visit is not None
    # The account that posted reads what was written below its post, and pays for it.
    assert (visit.delivery_id, visit.host_post_id, visit.uid) == (delivery.id, "41", scene.accounts["east"].uid)
    assert visit.token not in repr(visit)
    await session.refresh(scene.accounts["east"])
    assert scene.accounts["east"].calls_used == 1


@pytest.mark.parametrize(("counts", "asked"), [([0], False), ([3], True), ([3, 3], False), ([3, 2], False)])
async def test_only_a_rise_asks_for_comments(session: AsyncSession, scene: Scene, counts: list[int], asked: bool):
    delivery = await counted(session, scene, counts[0])
    for count in counts[1:]:
        await keep(session, await claim(session), [])
        await note(session, delivery, count)
    assert (await claim(session) is not None) == asked


async def test_a_rise_after_a_fall_is_a_rise(session: AsyncSession, scene: Scene):
    delivery = await counted(session, scene, 9)
    await keep(session, await claim(session), [])
    await note(session, delivery, 4)
    assert await claim(session) is None
    await note(session, delivery, 5)
    assert await claim(session) is not None


async def test_pages_are_read_from_the_newest_down_to_the_end(session: AsyncSession, scene: Scene):
    delivery = await counted(session, scene, 5)
    belows = []
    for page in (page_of(9, 10), page_of(7, 8), page_of(1), []):
        visit = await claim(session)
        assert visit is not None
        belows.append(visit.sweep.below)
        await keep(session, visit, page)
    # Ten is newer than nine, as numbers are.
    assert belows == [None, "9", "7", "1"]
    assert await held(session) == [1, 7, 8, 9, 10]
    assert await claim(session) is None
    reading = await reading_of(session, delivery)
    assert (reading.known, reading.newest, reading.below, reading.due_at) == ("10", None, None, None)


async def test_the_next_sweep_ends_at_what_is_known(session: AsyncSession, scene: Scene):
    delivery = await counted(session, scene, 2)
    for page in (page_of(1, 2), []):
        await keep(session, await claim(session), page)
    await note(session, delivery, 4)
    visit = await claim(session)
    assert visit is not None
    assert visit.sweep.below is None
    assert await keep(session, visit, page_of(2, 3, 4)) == 2
    assert await claim(session) is None
    assert await held(session) == [1, 2, 3, 4]


async def test_what_came_while_a_sweep_was_under_way_begins_another(session: AsyncSession, scene: Scene):
    delivery = await counted(session, scene, 2)
    await keep(session, await claim(session), page_of(1, 2))
    await note(session, delivery, 3)
    await keep(session, await claim(session), [])
    visit = await claim(session)
    assert visit is not None
    assert (visit.sweep.known, visit.sweep.below) == ("2", None)
    await keep(session, visit, page_of(2, 3))
    assert await claim(session) is None
    assert await held(session) == [1, 2, 3]


async def test_a_page_that_was_never_kept_is_read_again_from_the_same_place(session: AsyncSession, scene: Scene):
    delivery = await counted(session, scene, 4)
    await keep(session, await claim(session), page_of(3, 4))
    lost = await claim(session)
    assert await claim(session) is None
    # The worker dies after it wrote the comments, and before it could commit: both are undone.
    assert lost is not None
    await comments.keep(session, lost, page_of(1, 2), collected_at=NOW)
    await session.rollback()
    await session.refresh(delivery)
    assert await held(session) == [3, 4]
    await change_reading(session, delivery, due_at=func.now())
    again = await claim(session)
    assert again == lost
    assert await keep(session, again, page_of(1, 2)) == 2
    # Whoever was overtaken changes nothing any more.
    assert await keep(session, lost, page_of(1, 2)) == 0
    assert (await reading_of(session, delivery)).below == "1"
    assert await held(session) == [1, 2, 3, 4]


async def change_reading(session: AsyncSession, delivery: Delivery, **columns: Any) -> None:
    query = update(CommentReading).where(CommentReading.delivery_id == delivery.id).values(columns)
    await session.execute(query.execution_options(synchronize_session=False))
    await session.commit()


async def test_many_workers_read_each_page_once_and_spend_each_call_once(sessions: Sessions, keyring: Keyring):
    async with sessions() as session:
        scene = await set_scene(session, keyring, units=("nation", "east"))
        for number in range(30):
            await counted(session, scene, unit=("nation", "east")[number % 2])

    async def worker() -> list[Any]:
        async with sessions() as own:
            visits = [await claim(own) for _ in range(6)]
            return [visit.delivery_id for visit in visits if visit]

    read = [row_id for rows in await asyncio.gather(*(worker() for _ in range(5))) for row_id in rows]
    async with sessions() as session:
        while visit := await claim(session):
            read.append(visit.delivery_id)
        spent = await session.scalar(select(func.sum(Account.calls_used)))
    assert len(read) == len(set(read)) == spent == 30


async def test_the_budget_of_comments_ends_before_that_of_counts(session: AsyncSession, scene: Scene):
    east = scene.accounts["east"]
    delivery = await counted(session, scene)
    share = (scene.host.calls_per_day - scene.host.calls_kept_back) // 4
    await change(session, east, calls_day=func.date(CHINA), calls_used=share)
    assert await claim(session) is None
    due_at = (await reading_of(session, delivery)).due_at
    now = (await session.execute(select(func.now()))).scalar_one()
    # It waits, and is not looked at by every claim meanwhile.
    assert due_at is not None
    assert due_at > now + timedelta(minutes=5)
    await change_reading(session, delivery, due_at=func.now())
    await change(session, east, calls_used=share - 1)
    assert await claim(session) is not None


@pytest.mark.parametrize(
    "trouble", [{"paused_until": LATER}, {"reading_paused_until": LATER}, {"state": AccountState.SUSPENDED}]
)
async def test_who_may_not_call_collects_nothing_and_keeps_nobody_from_it(
    session: AsyncSession, scene: Scene, trouble: dict[str, Any]
):
    await counted(session, scene)
    other = await counted(session, scene, unit="nation")
    await change(session, scene.accounts["east"], **trouble)
    visit = await claim(session)
    assert visit is not None
    assert visit.delivery_id == other.id
    assert await claim(session) is None


async def test_what_is_gone_from_a_page_is_marked_and_comes_back(session: AsyncSession, scene: Scene):
    delivery = await counted(session, scene, 4)
    for page in (page_of(1, 2, 3, 4), []):
        await keep(session, await claim(session), page)
    await note(session, delivery, 5)
    await keep(session, await claim(session), page_of(2, 4, 5))
    # The page says nothing of what is older than its last.
    assert await held(session, gone=True) == [3]
    assert await held(session) == [1, 2, 3, 4, 5]
    await note(session, delivery, 6)
    await keep(session, await claim(session), page_of(3, 4, 5, 6))
    assert await held(session, gone=True) == []


TELLING = "联系 13800138000 或 a.b@example.com"


async def test_what_tells_who_somebody_is_is_masked_before_it_is_kept(session: AsyncSession, scene: Scene):
    await list_words(session, 某类孩子=WordingSeverity.WARNS)
    await counted(session, scene, 1)
    said = f"某类孩子:{TELLING}"
    await keep(session, await claim(session), [port.Comment("1", "71", "加我13800138000", said, NOW)])
    kept = (await session.execute(select(Comment))).scalar_one()
    assert kept.text == "某类孩子:联系 *********** 或 ***************"
    assert kept.author_name == "加我***********"
    assert set(kept.marks) == {WordingKind.LABEL, WordingKind.PHONE, WordingKind.EMAIL}
    whole = await session.scalar(text("SELECT string_agg(c::text, ' ') FROM comments c"))
    assert whole is not None
    assert "13800138000" not in whole


async def test_a_comment_of_nobody_known_is_kept_without_an_author(session: AsyncSession, scene: Scene):
    await counted(session, scene, 1)
    await keep(session, await claim(session), page_of(1, by=""))
    assert (await session.execute(select(Comment.author_uid))).scalar_one() is None


async def test_comments_are_dropped_after_their_time_and_not_collected_again(session: AsyncSession, scene: Scene):
    delivery = await counted(session, scene, 2)
    for page in (page_of(1, 2), []):
        await keep(session, await claim(session), page)
    assert await forget_comments(session, before=datetime.now(UTC) - timedelta(days=180)) == 0
    assert await forget_comments(session, before=datetime.now(UTC) + timedelta(seconds=1)) == 2
    await session.commit()
    await note(session, delivery, 3)
    await keep(session, await claim(session), page_of(1, 2, 3))
    assert await held(session) == [3]
