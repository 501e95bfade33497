"""Erasing what is kept of somebody who commented, at the person's wish."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.accounts.models import Account
from domain.engagement.models import Comment
from domain.posts.models import Delivery
from domain.refusals import NotFound


@dataclass(frozen=True)
class Erased:
    """How many comments were erased, and the place of the one that was named."""

    erased: int
    unit_id: UUID
    unit_path: str


async def erase_commenter(session: AsyncSession, actor: Actor, *, now: datetime, comment_id: UUID) -> Erased:
    """Erase name and words of whoever wrote a comment, in all that the person wrote within the actor's reach.

    The empty rows stay: without them the next collection would bring the words back.
    """
    query = select(Comment.author_uid, Delivery.unit_id, Delivery.unit_path, Account.host_id)
    joined = query.join(Delivery, Delivery.id == Comment.delivery_id).join(Account, Account.id == Delivery.account_id)
    found = (await session.execute(joined.where(Comment.id == comment_id))).one_or_none()
    if found is None:
        raise NotFound("post", path="commentId")
    actor.require(Permission.POST_SETTLE, at=found.unit_path, path="commentId", what="post")
    there = (
        select(Delivery.id)
        .join(Account, Account.id == Delivery.account_id)
        .where(Account.host_id == found.host_id, within_reach(actor, Permission.POST_SETTLE, Delivery.unit_path))
    )
    # Of whom nothing is known, nothing else is known to be theirs.
    is_theirs = Comment.id == comment_id if found.author_uid is None else Comment.author_uid == found.author_uid
    theirs = [is_theirs, Comment.delivery_id.in_(there), Comment.erased_at.is_(None)]
    emptied = update(Comment).where(*theirs).values(author_uid=None, author_name=None, text=None, erased_at=now)
    rows = await session.execute(emptied.returning(Comment.id).execution_options(synchronize_session=False))
    return Erased(len(rows.all()), found.unit_id, found.unit_path)
