"""Deliveries set down where a test wants them, due by the database's clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.ids import new_code, new_id
from domain.base.keyring import Keyring
from domain.campaigns.models import Campaign
from domain.engagement.models import Snapshot
from domain.hosts.models import Host
from domain.lessons.models import Lesson
from domain.posts.models import Approval, Attempt, Delivery, Post
from domain.terms import DeliveryState
from tests.factories.posts import add_account, add_host, add_lesson
from tests.factories.units import Tree, add_user, plant_tree

BEFORE = timedelta(seconds=-5)


@dataclass
class Scene:
    """A tree, a platform with an account for each of some units, and a post of the nation without deliveries."""

    tree: Tree
    host: Host
    accounts: dict[str, Account]
    lesson: Lesson
    post: Post


async def set_scene(
    session: AsyncSession, keyring: Keyring, *, units: tuple[str, ...] = ("north county",), settling_seconds: int = 1
) -> Scene:
    """All of it committed; the accounts are named by their units."""
    tree = await plant_tree(session)
    host = await add_host(session, keyring, settling_seconds=settling_seconds)
    accounts = {unit: await add_account(session, tree, unit, host, keyring) for unit in units}
    lesson = await add_lesson(session, tree)
    return Scene(tree, host, accounts, lesson, await add_post(session, tree, lesson))


async def add_post(
    session: AsyncSession,
    tree: Tree,
    lesson: Lesson,
    *,
    unit: str = "nation",
    campaign: Campaign | None = None,
    is_approved: bool = True,
) -> Post:
    """A post of a unit without deliveries, approved unless said, committed."""
    user = await add_user(session, tree[unit], login=f"author {new_id()}")
    now = datetime.now(UTC)
    post = Post(
        id=new_id(),
        unit_id=tree[unit].id,
        unit_path=tree[unit].path,
        campaign_id=campaign.id if campaign else None,
        lesson_id=lesson.id,
        text="示范课程推介",
        publish_at=now,
        spread_seconds=0,
        created_at=now,
        created_by=user.id,
    )
    session.add(post)
    await session.flush()
    if is_approved:
        session.add(Approval(id=new_id(), post_id=post.id, revision=1, approved_at=now))
    await session.commit()
    return post


async def add_delivery(
    session: AsyncSession, post: Post, account: Account, *, due_in: timedelta = BEFORE, **columns: Any
) -> Delivery:
    """One delivery, committed; due as long after the database's now as said, and SCHEDULED unless said."""
    code = new_code()
    facts: dict[str, Any] = {
        "id": new_id(),
        "post_id": post.id,
        "account_id": account.id,
        "unit_id": account.unit_id,
        "unit_path": account.unit_path,
        "text": f"{post.text} https://qicai.example/s/{code}",
        "code": code,
        "key": new_id(),
        "state": DeliveryState.SCHEDULED,
        "due_at": func.now() + due_in,
        "try_at": func.now() + due_in,
    }
    delivery = Delivery(**(facts | columns))
    session.add(delivery)
    await session.commit()
    await session.refresh(delivery)
    return delivery


async def add_published(
    session: AsyncSession, post: Post, account: Account, *, host_post_id: str = "", **columns: Any
) -> Delivery:
    """A delivery that stands at its platform, committed."""
    facts = {"state": DeliveryState.PUBLISHED, "published_at": func.now(), "host_post_id": host_post_id or new_code()}
    return await add_delivery(session, post, account, **(facts | columns))


async def add_snapshot(session: AsyncSession, delivery: Delivery, slot: int, **counts: int | None) -> Snapshot:
    """Counts of a delivery at a rung of the ladder, committed."""
    taken_at = datetime(2026, 6, 1, 1, slot, tzinfo=UTC)
    snapshot = Snapshot(id=new_id(), delivery_id=delivery.id, slot=slot, taken_at=taken_at, **counts)
    session.add(snapshot)
    await session.commit()
    return snapshot


async def attempts_of(session: AsyncSession, delivery: Delivery) -> list[Attempt]:
    """What is on record of a delivery, in the order in which it was claimed."""
    query = select(Attempt).where(Attempt.delivery_id == delivery.id).order_by(Attempt.fence)
    return list((await session.execute(query)).scalars())


async def database_now(session: AsyncSession) -> datetime:
    """What time it is by the clock that decides what is due."""
    now: datetime = (await session.execute(text("SELECT clock_timestamp()"))).scalar_one()
    return now


async def change(session: AsyncSession, row: Any, **columns: Any) -> None:
    """Set columns of a row behind everybody's back, committed."""
    kind = type(row)
    await session.execute(
        update(kind).where(kind.id == row.id).values(columns).execution_options(synchronize_session=False)
    )
    await session.commit()
    await session.refresh(row)
