"""Deliveries that wait until the level above them stands (待上级发布)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.posts.desk import locked_post
from domain.posts.lifecycle import Event, after
from domain.posts.models import Delivery, Post, stands
from domain.terms import DeliveryState


@dataclass(frozen=True)
class Releasing:
    """The post, and how many of its deliveries wait no longer."""

    post: Post
    released: int


async def release_waiting(session: AsyncSession, actor: Actor, *, now: datetime, post_id: UUID) -> Releasing:  # noqa: ARG001 - every command takes it
    """Let go what of a post waits for the level above, though that does not stand.

    Which one it waited for stays written down.
    """
    post = await locked_post(session, actor, post_id, Permission.POST_EDIT)
    moved = await session.execute(
        update(Delivery)
        .where(Delivery.post_id == post.id, stands(Delivery, DeliveryState.WAITING))
        .values(
            state=after(DeliveryState.WAITING, Event.PERSON_RELEASES),
            try_at=func.greatest(Delivery.due_at, func.now()),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return Releasing(post, released=len(moved.all()))


def uppers(accounts: Sequence[Any]) -> list[int | None]:
    """For each account, the place in the list of the one that stands above it: of the nearest unit, same platform."""
    first: dict[tuple[UUID, str], int] = {}
    for place, account in enumerate(accounts):
        first.setdefault((account.host_id, account.unit_path), place)
    return [_nearest(first, account.host_id, account.unit_path) for account in accounts]


def _nearest(first: dict[tuple[UUID, str], int], host_id: UUID, unit_path: str) -> int | None:
    path = unit_path
    while path := path[: path.rstrip(".").rfind(".") + 1]:
        if (host_id, path) in first:
            return first[host_id, path]
    return None
