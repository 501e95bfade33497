"""What has to hold before a post is worked on: the row locked, the permission, the version."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.posts.models import Post
from domain.refusals import Conflict, NotFound, Reason
from domain.units.queries import tree_stands

REASON_LIMIT = 500


async def locked_post(
    session: AsyncSession, actor: Actor, post_id: UUID, permission: Permission, *, expected_version: int | None = None
) -> Post:
    """The post as it stands now, not cancelled, for this actor to work on; whoever else wants to waits."""
    await tree_stands(session)
    query = select(Post).where(Post.id == post_id).with_for_update(key_share=True)
    post = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if post is None:
        raise NotFound("post", path="postId")
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
