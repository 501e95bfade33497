"""The window on comments below posts: masked, never public, for whoever sees the posts."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.engagement import comments, erasures, models
from domain.terms import WordingKind
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Count, Node, one, ref, row_id_of, shows
from schema._reads import listed, path_within

if TYPE_CHECKING:
    from schema.posts import Delivery


@shows(models.Comment)
class Comment(Node):
    author_uid: str | None = strawberry.field(description="Who wrote it, at its platform; null where it was erased.")
    author_name: str | None = strawberry.field(description="As the platform showed it; null where it was erased.")
    text: str | None = strawberry.field(
        description="Numbers, addresses, and schools with names are masked for everybody; null where it was erased."
    )
    marks: list[WordingKind] = strawberry.field(
        description="What the check of wordings found in it when it was collected."
    )
    created_at: datetime
    collected_at: datetime
    gone_at: datetime | None = strawberry.field(description="When its platform was found to show it no more.")
    erased_at: datetime | None = strawberry.field(description="When name and words were erased.")
    delivery: Annotated["Delivery", strawberry.lazy("schema.posts")] = one("delivery", "Below which post it stands.")


@strawberry.input(description="Somebody who commented, and of whom nothing is to be kept any more.")
class EraseCommenterInput:
    comment_id: strawberry.ID = ref("Comment", "One of the person's comments.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What came of it.")
class EraseCommenterPayload:
    erased: Count = strawberry.field(description="Of how many comments name and words were erased.")


EraseCommenterResult = Annotated[EraseCommenterPayload | Problem, strawberry.union("EraseCommenterResult")]


@strawberry.type
class CommentQueries:
    @strawberry.field(
        description="Comments below posts, newest first; on request only those in which the check of wordings found "
        "something that may have to be removed at the platform."
    )
    async def comments(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        post_id: strawberry.ID | None = None,
        marked: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Comment]:
        post = None if post_id is None else row_id_of(post_id, "Post", path="postId")
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            place = None if within_id is None else await path_within(session, actor, within_id)
        also = [comments.below_posts(within_path=place, post_id=post)]
        if marked:
            also.append(comments.is_marked)
        return await listed(info, models.Comment, first, after, last, before, also=also)


@strawberry.type
class CommentMutations:
    @strawberry.mutation(
        description="Erase name and words of somebody who commented, in all comments of the person that you reach."
    )
    async def erase_commenter(self, info: Asked, input: EraseCommenterInput) -> EraseCommenterResult:
        return await act(info, input, erasures.erase_commenter, EraseCommenterPayload, extras=("erased",))
