"""Whatever happens in whatever order, what is stored with what is marked equals a recount."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import aliased

from domain.accounts.models import Account
from domain.base.keyring import Keyring
from domain.engagement.folding import fold
from domain.engagement.models import CountedPart, RollupMark, Snapshot
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState, Level, UnitKind
from domain.units.models import Unit
from tests.domain.units.test_history import Acts, undone
from tests.factories.deliveries import add_delivery, add_post, add_published, change
from tests.factories.posts import add_account, add_campaign, add_host, add_lesson
from tests.factories.rollups import recount, stored
from tests.factories.units import Tree, plant_tree

# Instants on both sides of a midnight in China.
TIMES = [datetime(2026, 1, 10, hour, tzinfo=UTC) for hour in (15, 16)]
SOME = st.none() | st.integers(0, 5)
STEPS = ["publish", "publish", "read", "read", "read", "gone", "schedule", "settle", "move", "move", "forget"]
STEPS += ["attribute", "remove", "fold", "fold", "crash"]


@dataclass
class Life:
    """Draws what happens to the posts of a tree, and lets it happen; whatever is refused expires every row."""

    session: AsyncSession
    data: st.DataObject
    accounts: list[UUID]
    posts: list[UUID]
    lessons: list[UUID]
    campaign_id: UUID
    acts: Acts
    published: list[UUID] = field(default_factory=list)
    scheduled: list[UUID] = field(default_factory=list)

    async def one(self) -> None:
        await getattr(self, self.pick(STEPS))()

    def pick(self, choices: Sequence[Any]) -> Any:
        return choices[self.data.draw(st.integers(0, len(choices) - 1))]

    async def row(self, model: type[Any], row_id: UUID) -> Any:
        return await self.session.get_one(model, row_id, populate_existing=True)

    async def where(self) -> tuple[Post, Account]:
        return await self.row(Post, self.pick(self.posts)), await self.row(Account, self.pick(self.accounts))

    async def publish(self) -> None:
        made = await add_published(self.session, *await self.where(), published_at=self.pick(TIMES))
        self.published.append(made.id)

    async def schedule(self) -> None:
        self.scheduled.append((await add_delivery(self.session, *await self.where())).id)

    async def settle(self) -> None:
        if self.scheduled:
            delivery = await self.row(Delivery, self.scheduled.pop())
            state = self.pick([DeliveryState.PUBLISHED, DeliveryState.FAILED])
            is_out = state is DeliveryState.PUBLISHED
            await change(self.session, delivery, state=state, published_at=self.pick(TIMES) if is_out else None)
            self.published += [delivery.id] if is_out else []

    async def read(self) -> None:
        """Now and then of a rung before the last one."""
        if self.published:
            delivery_id = self.pick(self.published)
            slots = select(Snapshot.slot).where(Snapshot.delivery_id == delivery_id)
            taken = set((await self.session.scalars(slots)).all())
            taken_at = TIMES[0] + timedelta(days=1, minutes=self.data.draw(st.integers(0, 3)))
            counts = {name: self.data.draw(SOME) for name in ("reposts", "likes", "reads")}
            slot = self.pick([slot for slot in range(len(taken) + 3) if slot not in taken])
            self.session.add(Snapshot(delivery_id=delivery_id, slot=slot, taken_at=taken_at, **counts))
            await self.session.commit()

    async def gone(self) -> None:
        if self.published:
            delivery = await self.row(Delivery, self.pick(self.published))
            await change(self.session, delivery, gone_at=self.pick([None, TIMES[0]]))

    async def move(self) -> None:
        await self.acts.one()

    async def attribute(self) -> None:
        """A person at the database gives a post to another campaign and lesson."""
        post = await self.row(Post, self.pick(self.posts))
        campaign_id, lesson_id = self.pick([None, self.campaign_id]), self.pick(self.lessons)
        await change(self.session, post, campaign_id=campaign_id, lesson_id=lesson_id)

    async def remove(self) -> None:
        """A person at the database deletes what nobody has read yet."""
        unread = ~select(Snapshot.id).where(Snapshot.delivery_id == Delivery.id).exists()
        found = select(Delivery.id).where(Delivery.id.in_(self.published), unread).order_by(Delivery.id).limit(1)
        if delivery_id := await self.session.scalar(found):
            await self.session.execute(delete(Delivery).where(Delivery.id == delivery_id))
            await self.session.commit()
            self.published.remove(delivery_id)

    async def forget(self) -> None:
        later = aliased(Snapshot)
        surpassed = select(1).where(later.delivery_id == Snapshot.delivery_id, later.slot > Snapshot.slot).exists()
        await self.session.execute(delete(Snapshot).where(surpassed).execution_options(synchronize_session=False))
        await self.session.commit()

    async def fold(self) -> None:
        await fold(self.session, limit=self.data.draw(st.integers(1, 3)))
        await self.session.commit()

    async def crash(self) -> None:
        await fold(self.session, limit=self.data.draw(st.integers(1, 3)))
        await self.session.rollback()


async def begin(session: AsyncSession, data: st.DataObject, keyring: Keyring) -> Life:
    tree = await plant_tree(session)
    host, lessons = await add_host(session, keyring), [await add_lesson(session, tree) for _ in range(2)]
    campaign = await add_campaign(session, tree)
    accounts = [await add_account(session, tree, name, host, keyring) for name in tree.units]
    posts = [await add_post(session, tree, lessons[0], campaign=campaign), await add_post(session, tree, lessons[1])]
    used, made, taught = ([row.id for row in rows] for rows in (accounts, posts, lessons))
    return Life(session, data, used, made, taught, campaign.id, Acts(session, data))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(data=st.data())
async def test_after_anything_that_happens_the_stored_answer_is_a_recount(
    engine: AsyncEngine, keyring: Keyring, data: st.DataObject
):
    async with undone(engine) as session:
        life = await begin(session, data, keyring)
        for _ in range(3):
            await life.publish()
        for _ in range(data.draw(st.integers(1, 14))):
            await life.one()
            assert await stored(session) == await recount(session)
        while await fold(session, limit=4):
            await session.commit()
        assert await stored(session, with_marked=False) == await recount(session)


async def posted(session: AsyncSession, keyring: Keyring) -> tuple[Tree, list[Delivery]]:
    """Two posts of the north county and one of the south, read once each and counted."""
    tree = await plant_tree(session)
    host, lesson = await add_host(session, keyring), await add_lesson(session, tree)
    post = await add_post(session, tree, lesson)
    accounts = [await add_account(session, tree, name, host, keyring) for name in ("north county", "south county")]
    made = [
        await add_published(session, post, account, published_at=TIMES[0])
        for account in (accounts[0], accounts[0], accounts[1])
    ]
    for minute, delivery in enumerate(made):
        taken_at = TIMES[1] + timedelta(minutes=minute)
        session.add(Snapshot(delivery_id=delivery.id, slot=0, taken_at=taken_at, likes=minute))
    await session.commit()
    await fold(session, limit=100)
    await session.commit()
    return tree, made


async def marks(session: AsyncSession) -> int:
    return await session.scalar(select(func.count()).select_from(RollupMark)) or 0


async def test_what_changes_nothing_that_counts_leaves_no_mark(session: AsyncSession, keyring: Keyring):
    _tree, (first, *_) = await posted(session, keyring)
    assert await marks(session) == 0
    await change(session, first, problem="x", tries=3)
    assert await marks(session) == 0
    await change(session, first, gone_at=TIMES[1])
    assert await marks(session) == 1


@pytest.mark.parametrize(
    "change_of",
    [
        "UPDATE posts SET campaign_id = (SELECT id FROM campaigns)",
        "UPDATE posts SET lesson_id = (SELECT id FROM lessons WHERE id <> lesson_id)",
        "UPDATE units SET level = 'GRASSROOTS' WHERE level = 'COUNTY'",
        "UPDATE accounts SET host_id = (SELECT id FROM hosts WHERE id <> host_id)",
        "UPDATE hosts SET kind = 'ANOTHER'",
    ],
)
async def test_what_a_post_counts_by_leaves_marks_where_somebody_changes_it(
    session: AsyncSession, keyring: Keyring, change_of: str
):
    tree, _made = await posted(session, keyring)
    await add_campaign(session, tree)
    await add_lesson(session, tree)
    await add_host(session, keyring, name="another")
    await session.execute(text(change_of))
    assert await marks(session) == 3
    await session.rollback()


async def test_a_post_that_is_published_no_more_leaves_nothing_behind(session: AsyncSession, keyring: Keyring):
    _tree, made = await posted(session, keyring)
    for delivery in made:
        await change(session, delivery, state=DeliveryState.NEEDS_PERSON)
    assert await fold(session, limit=100) == 3
    assert await stored(session, with_marked=False) == {}
    assert await session.scalar(select(func.count()).select_from(CountedPart)) == 0


async def test_where_the_newest_reading_leaves_the_next_one_is_found(session: AsyncSession, keyring: Keyring):
    _tree, (*_others, third) = await posted(session, keyring)
    await change(session, third, state=DeliveryState.NEEDS_PERSON)
    for with_marked in (True, False):
        newest = {total.as_of for total in (await stored(session, with_marked=with_marked)).values()}
        assert newest == {TIMES[1] + timedelta(minutes=1)}
        await fold(session, limit=100)


async def test_of_two_that_reckon_at_once_one_does(engine: AsyncEngine, session: AsyncSession, keyring: Keyring):
    _tree, (first, *_) = await posted(session, keyring)
    await change(session, first, gone_at=TIMES[1])
    async with AsyncSession(engine) as one, AsyncSession(engine) as other:
        assert await fold(one, limit=100) == 1
        assert await fold(other, limit=100) == 0
        # What is written meanwhile waits for nobody, and is not lost.
        await change(session, first, gone_at=None)
        await one.commit()
        assert await marks(session) == 1
        assert await fold(other, limit=100) == 1
        await other.commit()
    await session.rollback()
    assert await stored(session, with_marked=False) == await recount(session)


async def test_a_change_that_is_not_committed_yet_is_counted_after_it_is(
    engine: AsyncEngine, session: AsyncSession, keyring: Keyring
):
    _tree, (first, *_) = await posted(session, keyring)
    async with AsyncSession(engine) as writer:
        row = await writer.get_one(Delivery, first.id)
        row.gone_at = TIMES[1]
        await writer.flush()
        assert await fold(session, limit=100) == 0
        await session.commit()
        await writer.commit()
    assert await stored(session) == await recount(session)
    assert await fold(session, limit=100) == 1
    await session.commit()
    assert await stored(session, with_marked=False) == await recount(session)


async def test_a_unit_opened_with_a_long_number_counts_as_all_do(session: AsyncSession, keyring: Keyring):
    tree = await plant_tree(session)
    city = tree["east city"]
    path = f"{city.path}0zz9k."
    place = {"path": path, "territory_path": path, "parent_id": city.id, "opened_on": TIMES[0].date()}
    tree.units["new"] = Unit(
        number=46_000, code="N", name="new", level=Level.COUNTY, kind=UnitKind.TERRITORIAL, **place
    )
    session.add(tree["new"])
    await session.commit()
    account = await add_account(session, tree, "new", await add_host(session, keyring), keyring)
    await add_published(session, await add_post(session, tree, await add_lesson(session, tree)), account)
    await fold(session, limit=9)
    await session.commit()
    assert await stored(session, with_marked=False) == await recount(session)
    assert {key[0] for key in await stored(session)} == {*city.path.split(".")[:-1], "0zz9k"}
