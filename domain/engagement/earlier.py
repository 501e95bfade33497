"""Bringing in what accounts had published before this system sent for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.ids import new_code, new_id
from domain.engagement.models import Snapshot
from domain.posts import rules
from domain.posts.models import Delivery, Post
from domain.refusals import NotFound
from domain.terms import DeliveryState
from domain.units import queries as units


@dataclass(frozen=True)
class EarlierPost:
    """A post that stands at its platform, with its counts as they were read."""

    account_id: UUID
    # The unit that ran the account then.
    unit_id: UUID
    published_at: datetime
    host_post_id: str
    host_url: str
    reposts: int
    comments: int
    likes: int


async def record_earlier_posts(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    lesson_id: UUID,
    created_by: UUID,
    text: str,
    posts: Sequence[EarlierPost],
) -> Post:
    """Enter posts that went out before, as one post of a unit with a delivery for each account."""
    unit = await units.unit_within(
        session, actor, unit_id=unit_id, permission=Permission.LESSON_SCHEDULE, path="unitId"
    )
    places = await _places(session, actor, [post.account_id for post in posts])
    whole = Post(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        lesson_id=lesson_id,
        text=text,
        publish_at=min(post.published_at for post in posts),
        spread_seconds=0,
        created_at=now,
        created_by=created_by,
    )
    session.add(whole)
    await session.flush()
    entered = [(new_id(), post) for post in posts]
    rows = [_delivery(whole, row_id, post, places[post.account_id]) for row_id, post in entered]
    await session.execute(insert(Delivery), rows)
    await session.execute(insert(Snapshot), [_snapshot(row_id, post, now) for row_id, post in entered])
    return whole


async def _places(session: AsyncSession, actor: Actor, account_ids: Sequence[UUID]) -> dict[UUID, str]:
    found = await session.execute(select(Account.id, Account.unit_path).where(Account.id.in_(account_ids)))
    places = dict(found.all())
    if places.keys() != set(account_ids):
        raise NotFound("account", path="posts")
    for path in places.values():
        actor.require(Permission.LESSON_SCHEDULE, at=path, path="posts", what="account")
    return places


def _delivery(whole: Post, row_id: UUID, post: EarlierPost, unit_path: str) -> dict[str, Any]:
    return {
        "id": row_id,
        "post_id": whole.id,
        "account_id": post.account_id,
        "unit_id": post.unit_id,
        "unit_path": unit_path,
        "text": whole.text,
        "code": new_code(),
        "key": rules.delivery_key(row_id, whole.text),
        "state": DeliveryState.PUBLISHED,
        "due_at": post.published_at,
        "try_at": post.published_at,
        "tries": 1,
        "looks": 0,
        "host_post_id": post.host_post_id,
        "host_url": post.host_url,
        "published_at": post.published_at,
    }


def _snapshot(delivery_id: UUID, post: EarlierPost, now: datetime) -> dict[str, Any]:
    counts = {name: getattr(post, name) for name in ("reposts", "comments", "likes")}
    return {"id": new_id(), "delivery_id": delivery_id, "slot": 0, "taken_at": now, **counts}
