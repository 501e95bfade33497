"""What has to hold before a post is worked on: the row locked, the permission, the version."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.posts.models import Post
from domain.refusals import Conflict, Reason
from domain.units.queries import locked_row

REASON_LIMIT = 500


async def locked_post(
    session: AsyncSession, actor: Actor, post_id: UUID, permission: Permission, *, expected_version: int | None = None
) -> Post:
    """The post as it stands now, not cancelled, for this actor to work on; whoever else wants to waits."""
    post = await locked_row(session, Post, post_id)
    actor.require(permission, at=post.unit_path, path="postId", what="post")
    if expected_version is not None and post.version != expected_version:
        raise Conflict(
            Reason.EDITED_MEANWHILE,
            path="expectedVersion",
            version=post.version,
            seen=expected_version,
            differences=f"text: {post.text}",
        )
    if post.cancelled_at is not None:
        raise Conflict(Reason.POST_CANCELLED, path="postId")
    return post
