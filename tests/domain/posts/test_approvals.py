"""Approval: by a second person, of one text, withdrawn at any time; no claim after the answer goes by the old word."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.posts.approvals import approve_post, withdraw_approval
from domain.posts.commands import cancel_post
from domain.posts.edits import edit_post
from domain.posts.models import Approval, Post
from domain.posts.queries import awaiting_approval
from domain.refusals import Conflict, Invalid, NotFound, NotPermitted, Refusal
from domain.terms import DeliveryState, Role
from integrations.database import Sessions
from tests.factories.deliveries import Scene, add_delivery, add_post, set_scene
from tests.factories.gate import claim
from tests.factories.people import add_keeper
from tests.factories.units import NOW, actor_at

HOUR = timedelta(hours=1)
HERE = "north county"


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    return await set_scene(session, keyring)


@pytest.fixture
async def post(session: AsyncSession, scene: Scene) -> Post:
    """A post that nobody has approved, due at one account."""
    post = await add_post(session, scene.tree, scene.lesson, is_approved=False)
    await add_delivery(session, post, scene.accounts[HERE])
    return post


@pytest.fixture
async def second(session: AsyncSession, scene: Scene) -> Actor:
    return await add_keeper(session, scene.tree["nation"], login="second")


async def approve(session: AsyncSession, actor: Actor, post: Post, *, version: int | None = None) -> None:
    seen = post.version if version is None else version
    await approve_post(session, actor, now=NOW, post_id=post.id, expected_version=seen)
    await session.commit()


async def withdraw(session: AsyncSession, actor: Actor, post: Post, reason: str = " 用词不妥 ") -> None:
    await withdraw_approval(session, actor, now=NOW + HOUR, post_id=post.id, reason=reason)
    await session.commit()


async def approvals_of(session: AsyncSession, post: Post) -> list[Approval]:
    query = select(Approval).where(Approval.post_id == post.id).order_by(Approval.approved_at, Approval.id)
    return list((await session.execute(query.execution_options(populate_existing=True))).scalars())


async def refused(session: AsyncSession, actor: Actor, post: Post, *, version: int | None = None) -> Refusal:
    async with AsyncSession(session.bind) as own:
        with pytest.raises(Refusal) as caught:
            await approve(own, actor, post, version=version)
    return caught.value


async def awaited(session: AsyncSession) -> list[Post]:
    return list((await session.execute(select(Post).where(awaiting_approval(Post)))).scalars())


async def approved(session: AsyncSession, *posts: Post) -> list[bool]:
    """Of each post, whether somebody approved the text it has now."""
    found = dict((await session.execute(select(Post.id, Post.is_approved))).all())
    return [found[post.id] for post in posts]


async def test_a_post_goes_out_only_once_a_second_person_approved_it(session: AsyncSession, post: Post, second: Actor):
    assert await claim(session) == []
    await approve(session, second, post)
    (approval,) = await approvals_of(session, post)
    assert (approval.revision, approval.approved_by, approval.approved_at) == (1, second.user_id, NOW)
    assert len(await claim(session)) == 1


async def test_whoever_wrote_it_does_not_approve_it(session: AsyncSession, scene: Scene, post: Post):
    author = actor_at(scene.tree["nation"], user_id=post.created_by)
    refusal = await refused(session, author, post)
    assert (type(refusal), refusal.code, refusal.path) == (Conflict, "APPROVER_IS_AUTHOR", ("postId",))
    assert await approvals_of(session, post) == []


async def test_whoever_gave_it_its_text_does_not_approve_it_either(
    session: AsyncSession, scene: Scene, post: Post, second: Actor
):
    await edit_post(session, second, now=NOW, post_id=post.id, expected_version=1, text="更正后的推介")
    await session.commit()
    assert (await refused(session, second, post)).code == "APPROVER_IS_AUTHOR"
    third = await add_keeper(session, scene.tree["nation"], login="third")
    await approve(session, third, post)
    assert [approval.revision for approval in await approvals_of(session, post)] == [2]


async def test_the_level_above_approves_for_a_unit_with_one_person(session: AsyncSession, scene: Scene, second: Actor):
    post = await add_post(session, scene.tree, scene.lesson, unit=HERE, is_approved=False)
    alone = actor_at(scene.tree[HERE], user_id=post.created_by)
    assert (await refused(session, alone, post)).code == "APPROVER_IS_AUTHOR"
    await approve(session, second, post)
    assert len(await approvals_of(session, post)) == 1


async def test_it_is_approved_once(session: AsyncSession, scene: Scene, post: Post, second: Actor):
    await approve(session, second, post)
    third = await add_keeper(session, scene.tree["nation"], login="third")
    refusal = await refused(session, third, post)
    assert (refusal.code, refusal.path) == ("POST_APPROVED", ("postId",))
    assert len(await approvals_of(session, post)) == 1


async def test_only_what_was_seen_is_approved(session: AsyncSession, scene: Scene, post: Post, second: Actor):
    author = actor_at(scene.tree["nation"], user_id=post.created_by)
    await edit_post(session, author, now=NOW, post_id=post.id, expected_version=1, text="更正后的推介")
    await session.commit()
    refusal = await refused(session, second, post, version=1)
    assert (refusal.code, refusal.path) == ("EDITED_MEANWHILE", ("expectedVersion",))
    assert "更正后的推介" in refusal.words("zh")
    assert await approvals_of(session, post) == []


@pytest.mark.parametrize(
    ("unit", "role", "kind"),
    [("nation", Role.MEDIA_MANAGER, NotPermitted), ("nation", Role.VIEWER, NotPermitted), ("east", None, NotFound)],
)
async def test_whoever_may_not_approve_at_the_posts_unit_does_not(
    session: AsyncSession, scene: Scene, post: Post, unit: str, role: Role | None, kind: type[Refusal]
):
    actor = actor_at(scene.tree[unit], role or Role.ADMINISTRATOR)
    refusal = await refused(session, actor, post)
    assert (type(refusal), refusal.path) == (kind, ("postId",))


async def test_a_post_that_never_was_is_not_found(session: AsyncSession, second: Actor):
    with pytest.raises(NotFound):
        await approve_post(session, second, now=NOW, post_id=new_id(), expected_version=1)


async def test_a_cancelled_post_is_neither_approved_nor_is_its_approval_withdrawn(
    session: AsyncSession, post: Post, second: Actor
):
    await cancel_post(session, second, now=NOW, post_id=post.id)
    await session.commit()
    assert (await refused(session, second, post)).code == "POST_CANCELLED"
    with pytest.raises(Conflict) as caught:
        await withdraw_approval(session, second, now=NOW, post_id=post.id, reason="用词不妥")
    assert caught.value.code == "POST_CANCELLED"


async def test_a_withdrawn_approval_stays_on_record_and_counts_no_more(
    session: AsyncSession, scene: Scene, post: Post, second: Actor
):
    await approve(session, second, post)
    await withdraw(session, second, post)
    (approval,) = await approvals_of(session, post)
    assert (approval.withdrawn_by, approval.withdrawn_at) == (second.user_id, NOW + HOUR)
    assert approval.withdrawn_reason == "用词不妥"
    assert await claim(session) == []
    third = await add_keeper(session, scene.tree["nation"], login="third")
    await approve(session, third, post)
    assert len(await claim(session)) == 1


async def test_there_must_be_an_approval_to_withdraw(session: AsyncSession, post: Post, second: Actor):
    with pytest.raises(Conflict) as caught:
        await withdraw(session, second, post)
    assert (caught.value.code, caught.value.path) == ("POST_NOT_APPROVED", ("postId",))


@pytest.mark.parametrize(("reason", "code"), [("  ", "TEXT_EMPTY"), ("字" * 501, "WORDS_TOO_LONG")])
async def test_a_reason_is_given_in_so_many_words(
    session: AsyncSession, post: Post, second: Actor, reason: str, code: str
):
    await approve(session, second, post)
    with pytest.raises(Invalid) as caught:
        await withdraw(session, second, post, reason)
    assert (caught.value.code, caught.value.path) == (code, ("reason",))


async def test_only_posts_that_may_go_out_and_are_not_approved_wait_for_approval(
    session: AsyncSession, scene: Scene, post: Post, second: Actor
):
    done = await add_post(session, scene.tree, scene.lesson, is_approved=False)
    await add_delivery(session, done, scene.accounts[HERE], state=DeliveryState.PUBLISHED)
    await add_delivery(session, scene.post, scene.accounts[HERE], due_in=HOUR)
    assert [one.id for one in await awaited(session)] == [post.id]
    assert await approved(session, post, scene.post) == [False, True]
    await approve(session, second, post)
    assert await awaited(session) == []
    author = actor_at(scene.tree["nation"], user_id=post.created_by)
    await edit_post(session, author, now=NOW, post_id=post.id, expected_version=1, text="更正后的推介")
    await session.commit()
    assert [one.id for one in await awaited(session)] == [post.id]
    assert await approved(session, post) == [False]
    await cancel_post(session, second, now=NOW, post_id=post.id)
    await session.commit()
    assert await awaited(session) == []


async def test_two_who_approve_at_once_are_one_approval(sessions: Sessions, scene: Scene, post: Post, second: Actor):
    async with sessions() as session:
        third = await add_keeper(session, scene.tree["nation"], login="third")

    async def attempt(actor: Actor) -> str:
        async with sessions() as own:
            try:
                await approve_post(own, actor, now=NOW, post_id=post.id, expected_version=1)
                await own.commit()
            except Refusal as refusal:
                return refusal.code
        return "approved"

    assert sorted(await asyncio.gather(attempt(second), attempt(third))) == ["POST_APPROVED", "approved"]
