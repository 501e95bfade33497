"""Changing a post that is scheduled already: its text and picture, its time, and whether it is held back."""

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
from domain.hosts.rules import CAPABILITIES, check_picture
from domain.posts import rules, times
from domain.posts.audiences import bytes_of
from domain.posts.desk import REASON_LIMIT, locked_post
from domain.posts.lifecycle import NOT_BEGUN
from domain.posts.models import Delivery, Post, stands
from domain.posts.pictures import picture_for
from domain.refusals import Conflict, Reason
from domain.terms import DeliveryState, Lateness
from domain.uploads.models import Picture
from domain.wording.queries import check_texts


@dataclass(frozen=True)
class Editing:
    """The post as changed, how many deliveries were changed with it, and for how many it was too late."""

    post: Post
    changed: int
    too_late: int


@dataclass(frozen=True)
class _Content:
    """What a post is to say and show."""

    text: str
    picture: Picture | None
    # The input field that changes it.
    path: str


async def edit_post(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    post_id: UUID,
    expected_version: int,
    text: str | None = None,
    picture_id: UUID | None = None,
    drop_picture: bool = False,
    publish_at: datetime | None = None,
    publish_on: Mapping[str, str] | None = None,
    spread_seconds: int | None = None,
    lateness: Lateness | None = None,
    late_after_seconds: int | None = None,
) -> Editing:
    """Give a post another text, picture or time, as far as its deliveries have not begun.

    Another text or picture has to be approved anew.
    """
    post = await locked_post(session, actor, post_id, Permission.POST_EDIT, expected_version=expected_version)
    waiting = await _locked_deliveries(session, post)
    begun = await _count(session, post) - len(waiting)
    if not waiting:
        raise Conflict(Reason.NOTHING_LEFT_TO_EDIT, path="postId")
    content = await _content(session, post, text, picture_id, drop_picture, now=now)
    if content is not None and begun:
        raise Conflict(Reason.POST_PARTLY_SENT, path=content.path, count=begun)
    is_moved = any(given is not None for given in (publish_at, publish_on, spread_seconds))
    if is_moved:
        _retime(post, publish_at, publish_on, spread_seconds, now=now)
    if content is not None:
        _check_content(content, waiting)
        _renew(post, content, actor)
    post.lateness = lateness or post.lateness
    post.late_after_seconds = rules.late_after(late_after_seconds) or post.late_after_seconds
    post.version += 1
    await session.flush()
    if content is not None:
        await _reword(session, post, content.picture, waiting)
    if is_moved:
        await _move(session, post, waiting)
    await shut_gate(session)
    return Editing(post, changed=len(waiting), too_late=begun)


async def _content(
    session: AsyncSession, post: Post, text: str | None, picture_id: UUID | None, drop_picture: bool, *, now: datetime
) -> _Content | None:
    """The content that is asked for; None where it is what the post has."""
    new_text = post.text if text is None else text.strip()
    new_id = picture_id or (None if drop_picture else post.picture_id)
    if (new_text, new_id) == (post.text, post.picture_id):
        return None
    picture = await picture_for(session, picture_id=new_id, unit_id=post.unit_id, now=now)
    return _Content(new_text, picture, "text" if new_text != post.text else "pictureId")


def _renew(post: Post, content: _Content, actor: Actor) -> None:
    picture_id = content.picture.id if content.picture else None
    # Each by itself: whoever wrote the text does not come to approve it because another changed the picture.
    if content.text != post.text:
        post.text, post.edited_by = content.text, actor.person_id
    if picture_id != post.picture_id:
        post.picture_id, post.pictured_by = picture_id, actor.person_id
    post.revision += 1


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
    why = said(reason, "reason", limit=REASON_LIMIT)
    await check_texts(session, {"reason": why})
    post.held_at, post.held_reason = now, why
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


def _check_content(content: _Content, waiting: list[Any]) -> None:
    for domain, kind in {(row.safe_domain, row.kind) for row in waiting}:
        capabilities = CAPABILITIES[kind]
        rules.check_post(content.text, domain=domain, capabilities=capabilities, code_length=CODE_LENGTH)
        if content.picture is not None:
            check_picture(content.picture.kind, content.picture.size, capabilities, path="pictureId")


async def _count(session: AsyncSession, post: Post) -> int:
    """All deliveries that are to go out or did; what is not waiting has begun, even if it waits again by now."""
    over = stands(Delivery, DeliveryState.CANCELLED, DeliveryState.MISSED)
    return await session.scalar(select(func.count()).where(Delivery.post_id == post.id, ~over)) or 0


async def _reword(session: AsyncSession, post: Post, picture: Picture | None, waiting: list[Any]) -> None:
    """Freeze content and key of each delivery anew; its code stays, by which it is found at the platform."""
    picture_key = bytes_of(picture)
    texts = [rules.final_text(post.text, domain=row.safe_domain, code=row.code) for row in waiting]
    rows = [
        {
            "delivery": row.id,
            "text": text,
            "picture_key": picture_key,
            "key": rules.delivery_key(row.id, text, picture_key),
            "revision": post.revision,
        }
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
