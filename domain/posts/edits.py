"""Changing a post that is scheduled already: its text, its time, and whether it is held back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.base.ids import CODE_LENGTH
from domain.base.turns import shut_gate
from domain.base.words import said
from domain.hosts.models import Host
from domain.hosts.rules import CAPABILITIES
from domain.posts import rules, times
from domain.posts.desk import REASON_LIMIT, locked_post
from domain.posts.lifecycle import NOT_BEGUN
from domain.posts.models import Delivery, Post, stands
from domain.refusals import Conflict, Reason
from domain.terms import DeliveryState, Lateness


@dataclass(frozen=True)
class Editing:
    """The post as changed, how many deliveries were changed with it, and for how many it was too late."""

    post: Post
    changed: int
    too_late: int


async def edit_post(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    post_id: UUID,
    expected_version: int,
    text: str | None = None,
    publish_at: datetime | None = None,
    publish_on: Mapping[str, str] | None = None,
    spread_seconds: int | None = None,
    lateness: Lateness | None = None,
    late_after_seconds: int | None = None,
) -> Editing:
    """Give a post another text or time, as far as its deliveries have not begun.

    Another text has to be approved anew.
    """
    post = await locked_post(session, actor, post_id, Permission.POST_EDIT, expected_version=expected_version)
    waiting = await _locked_deliveries(session, post)
    begun = await _count(session, post) - len(waiting)
    if not waiting:
        raise Conflict(Reason.NOTHING_LEFT_TO_EDIT, path="postId")
    is_reworded = text is not None and text.strip() != post.text
    if is_reworded and begun:
        raise Conflict(Reason.POST_PARTLY_SENT, path="text", count=begun)
    is_moved = any(given is not None for given in (publish_at, publish_on, spread_seconds))
    if is_moved:
        _retime(post, publish_at, publish_on, spread_seconds, now=now)
    if text is not None and is_reworded:
        _check_text(text, waiting)
        post.text, post.edited_by = text.strip(), actor.person_id
        post.revision += 1
    post.lateness = lateness or post.lateness
    post.late_after_seconds = rules.late_after(late_after_seconds) or post.late_after_seconds
    post.version += 1
    await session.flush()
    if is_reworded:
        await _reword(session, post, waiting)
    if is_moved:
        await _move(session, post, waiting)
    await shut_gate(session)
    return Editing(post, changed=len(waiting), too_late=begun)


def _retime(
    post: Post,
    publish_at: datetime | None,
    publish_on: Mapping[str, str] | None,
    spread_seconds: int | None,
    *,
    now: datetime,
) -> None:
    path = "publishAt"
    if publish_at is not None or publish_on is not None:
        timing = times.timing(publish_at, publish_on)
        post.publish_at, post.zone, post.wall_time, path = timing.instant, timing.zone, timing.wall_time, timing.path
    post.spread_seconds = post.spread_seconds if spread_seconds is None else spread_seconds
    rules.check_time(post.publish_at, post.spread_seconds, now=now, path=path)


async def hold_post(session: AsyncSession, actor: Actor, *, now: datetime, post_id: UUID, reason: str) -> Post:
    """Hold back what of a post has not begun, until it is let go."""
    post = await locked_post(session, actor, post_id, Permission.POST_EDIT)
    if post.held_at is not None:
        raise Conflict(Reason.POST_HELD, path="postId")
    post.held_at, post.held_reason = now, said(reason, "reason", limit=REASON_LIMIT)
    await shut_gate(session)
    return post


async def release_post(session: AsyncSession, actor: Actor, *, now: datetime, post_id: UUID) -> Post:  # noqa: ARG001 - every command takes it
    """Let a post go that was held back; what is overdue goes out within seconds."""
    post = await locked_post(session, actor, post_id, Permission.POST_EDIT)
    if post.held_at is None:
        raise Conflict(Reason.POST_NOT_HELD, path="postId")
    post.held_at = post.held_reason = None
    await session.flush()
    return post


async def _locked_deliveries(session: AsyncSession, post: Post) -> list[Any]:
    """What has not begun, in the order of due times; whoever claims one of them meanwhile comes first or passes by."""
    rows = await session.execute(
        select(Delivery.id, Delivery.code, Host.safe_domain, Host.kind)
        .join(Account, Account.id == Delivery.account_id)
        .join(Host, Host.id == Account.host_id)
        .where(Delivery.post_id == post.id, stands(Delivery, *sorted(NOT_BEGUN)))
        .order_by(Delivery.due_at, Delivery.id)
        .with_for_update(of=Delivery)
    )
    return list(rows.all())


def _check_text(text: str, waiting: list[Any]) -> None:
    for domain, kind in {(row.safe_domain, row.kind) for row in waiting}:
        rules.check_post(text, domain=domain, capabilities=CAPABILITIES[kind], code_length=CODE_LENGTH)


async def _count(session: AsyncSession, post: Post) -> int:
    """All deliveries that are to go out or did; what is not waiting has begun, even if it waits again by now."""
    over = stands(Delivery, DeliveryState.CANCELLED, DeliveryState.MISSED)
    return await session.scalar(select(func.count()).where(Delivery.post_id == post.id, ~over)) or 0


async def _reword(session: AsyncSession, post: Post, waiting: list[Any]) -> None:
    """Freeze text and key of each delivery anew; its code stays, by which it is found at the platform."""
    texts = [rules.final_text(post.text, domain=row.safe_domain, code=row.code) for row in waiting]
    rows = [
        {"delivery": row.id, "text": text, "key": rules.delivery_key(row.id, text), "revision": post.revision}
        for row, text in zip(waiting, texts, strict=True)
    ]
    await _write(session, rows)


async def _move(session: AsyncSession, post: Post, waiting: list[Any]) -> None:
    """Spread what has not begun over the post's new time, in the order it had."""
    due_times = rules.spread(len(waiting), post.publish_at, timedelta(seconds=post.spread_seconds))
    rows = [
        {"delivery": row.id, "due_at": due_at, "try_at": due_at} for row, due_at in zip(waiting, due_times, strict=True)
    ]
    await _write(session, rows)


async def _write(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    """The same columns of many deliveries, each with its own values."""
    table: Any = Delivery.__table__
    columns: Mapping[str, Any] = {name: bindparam(f"{name}_now") for name in rows[0] if name != "delivery"}
    named = [{name if name == "delivery" else f"{name}_now": value for name, value in row.items()} for row in rows]
    connection = await session.connection()
    await connection.execute(update(table).where(table.c.id == bindparam("delivery")).values(**columns), named)
