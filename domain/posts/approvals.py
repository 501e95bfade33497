"""The word of a second person: given for one text of a post, void when the text changes, withdrawn at any time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.turns import shut_gate
from domain.base.words import said
from domain.posts import rules
from domain.posts.desk import REASON_LIMIT, locked_post
from domain.posts.models import Approval, Post
from domain.refusals import Conflict, Reason
from domain.wording.queries import words_in_force
from domain.wording.rules import check_approval, findings_of


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
    if actor.person_id is not None and actor.person_id in rules.authors_of(post):
        raise Conflict(Reason.APPROVER_IS_AUTHOR, path="postId")
    if await valid_approval(session, post) is not None:
        raise Conflict(Reason.POST_APPROVED, path="postId")
    findings = findings_of(post.text, await words_in_force(session))
    check_approval(findings, wording_seen=wording_seen, path="postId")
    approval = Approval(
        id=new_id(), post_id=post.id, revision=post.revision, approved_by=actor.person_id, approved_at=now
    )
    session.add(approval)
    await session.flush()
    return post


async def withdraw_approval(session: AsyncSession, actor: Actor, *, now: datetime, post_id: UUID, reason: str) -> Post:
    """Take the approval of a post back: what has not begun by the answer does not go out."""
    post = await locked_post(session, actor, post_id, Permission.POST_APPROVE)
    why = said(reason, "reason", limit=REASON_LIMIT)
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
