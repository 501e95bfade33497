"""What has to hold before a post is worked on: the row locked, the permission, the version."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.posts.models import Post
from domain.refusals import Conflict, NotFound, Reason, edited_meanwhile
from domain.units.queries import locked_row, tree_stands

REASON_LIMIT = 500


async def locked_post(
    session: AsyncSession, actor: Actor, post_id: UUID, permission: Permission, *, expected_version: int | None = None
) -> Post:
    """The post as it stands now, not cancelled, for this actor to work on; whoever else wants to waits."""
    post = await locked_row(session, Post, post_id)
    return checked_post(actor, post, permission, expected_version=expected_version)


async def locked_posts(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Post]:
    """Posts as they stand now, by their id; whoever else wants to work on them waits."""
    await tree_stands(session)
    # In one order, so that nobody waits for whom it keeps waiting.
    query = select(Post).where(Post.id.in_(ids)).order_by(Post.id).with_for_update(key_share=True)
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return {post.id: post for post in rows}


def checked_post(
    actor: Actor,
    post: Post | None,
    permission: Permission,
    *,
    expected_version: int | None,
    path: str = "postId",
    version_path: str = "expectedVersion",
) -> Post:
    """A post that is there, of that version, not cancelled, and for this actor to work on."""
    if post is None:
        raise NotFound("post", path=path)
    actor.require(permission, at=post.unit_path, path=path, what="post")
    if expected_version is not None and post.version != expected_version:
        raise edited_meanwhile(post.version, expected_version, f"text: {post.text}", path=version_path)
    if post.cancelled_at is not None:
        raise Conflict(Reason.POST_CANCELLED, path=path)
    return post
