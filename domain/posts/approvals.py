"""The word of a second person: given for one text of a post, void when the text changes, withdrawn at any time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.turns import shut_gate
from domain.base.words import said
from domain.posts import rules
from domain.posts.desk import REASON_LIMIT, checked_post, locked_post, locked_posts
from domain.posts.models import Approval, Post
from domain.posts.queries import texts_of_posts
from domain.refusals import Conflict, Invalid, Reason
from domain.wording.queries import check_texts, words_in_force
from domain.wording.rules import check_approval, findings_in

# So many posts are approved in one act.
POSTS_LIMIT = 100


async def approve_post(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    post_id: UUID,
    expected_version: int,
    wording_seen: bool = False,
) -> Post:
    """Say that a post may go out as it stands, by somebody who did not write it, and saw what the wording warns of."""
    post = await locked_post(session, actor, post_id, Permission.POST_APPROVE, expected_version=expected_version)
    is_approved = await valid_approval(session, post) is not None
    _check_approver(actor, post, is_approved=is_approved, path="postId")
    texts = await texts_of_posts(session, [post.id])
    findings = findings_in(texts[post.id], await words_in_force(session))
    check_approval(findings, wording_seen=wording_seen, path="postId")
    session.add(_approval(actor, post, now=now))
    await session.flush()
    return post


@dataclass(frozen=True)
class Approved:
    """How many posts of which unit were approved in one act; `decided` is for the record."""

    unit_id: UUID
    unit_path: str
    approved: int
    decided: dict[str, Any]


async def approve_posts(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    posts: Sequence[dict[str, Any]],
    wording_seen: bool = False,
) -> Approved:
    """Approve many posts of a unit, each at the version that was seen; all of them or, where one cannot be, none."""
    if not 1 <= len(posts) <= POSTS_LIMIT:
        raise Invalid(Reason.TOO_MANY_POSTS, path="posts", limit=POSTS_LIMIT)
    places = {each["post_id"]: place for place, each in enumerate(posts)}
    if len(places) < len(posts):
        raise Invalid(Reason.POST_NAMED_TWICE, path="posts")
    found = await locked_posts(session, places)
    valid = set(await session.scalars(_approved_among(places)))
    texts, words = await texts_of_posts(session, places), await words_in_force(session)
    for post_id, place in places.items():
        path = f"posts.{place}.postId"
        post = checked_post(
            actor,
            found.get(post_id),
            Permission.POST_APPROVE,
            expected_version=posts[place]["expected_version"],
            path=path,
            version_path=f"posts.{place}.expectedVersion",
        )
        _check_approver(actor, post, is_approved=post_id in valid, path=path)
        check_approval(findings_in(texts[post_id], words), wording_seen=wording_seen, path=path)
    units = {post.unit_id: post.unit_path for post in found.values()}
    if len(units) > 1:
        raise Invalid(Reason.POSTS_OF_SEVERAL_UNITS, path="posts")
    session.add_all(_approval(actor, post, now=now) for post in found.values())
    await session.flush()
    [(unit_id, unit_path)] = units.items()
    return Approved(unit_id, unit_path, len(found), {"approved": [str(post_id) for post_id in found]})


def _check_approver(actor: Actor, post: Post, *, is_approved: bool, path: str) -> None:
    if actor.person_id is not None and actor.person_id in rules.authors_of(post):
        raise Conflict(Reason.APPROVER_IS_AUTHOR, path=path)
    if is_approved:
        raise Conflict(Reason.POST_APPROVED, path=path)


def _approval(actor: Actor, post: Post, *, now: datetime) -> Approval:
    return Approval(id=new_id(), post_id=post.id, revision=post.revision, approved_by=actor.person_id, approved_at=now)


def _approved_among(ids: Iterable[UUID]) -> Select[UUID]:
    """Those whose present text is approved."""
    return select(Post.id).join(Approval, and_(*rules.approves(Approval, Post))).where(Post.id.in_(ids))


async def withdraw_approval(session: AsyncSession, actor: Actor, *, now: datetime, post_id: UUID, reason: str) -> Post:
    """Take the approval of a post back: what has not begun by the answer does not go out."""
    post = await locked_post(session, actor, post_id, Permission.POST_APPROVE)
    why = said(reason, "reason", limit=REASON_LIMIT)
    await check_texts(session, {"reason": why})
    approval = await valid_approval(session, post)
    if approval is None:
        raise Conflict(Reason.POST_NOT_APPROVED, path="postId")
    await session.execute(
        update(Approval)
        .where(Approval.id == approval)
        .values(withdrawn_at=now, withdrawn_by=actor.person_id, withdrawn_reason=why)
    )
    await shut_gate(session)
    return post


async def valid_approval(session: AsyncSession, post: Post) -> UUID | None:
    """The approval of the text that the post has now."""
    query = select(Approval.id).where(*rules.approves(Approval, post))
    return (await session.execute(query)).scalar_one_or_none()
