"""Approval by what a text says: what blocks is refused, what warns has to be seen, what was approved stays so."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring
from domain.posts.approvals import approve_post
from domain.posts.models import Post
from domain.refusals import Conflict
from domain.terms import WordingSeverity
from tests.factories.deliveries import Scene, add_delivery, add_post, set_scene
from tests.factories.gate import claim
from tests.factories.people import add_keeper
from tests.factories.units import NOW
from tests.factories.wording import list_words

WARNS, BLOCKS = WordingSeverity.WARNS, WordingSeverity.BLOCKS
HERE = "north county"


@pytest.fixture
async def scene(session: AsyncSession, keyring: Keyring) -> Scene:
    await list_words(session, 留守儿童=WARNS, 没爹没娘=BLOCKS)
    return await set_scene(session, keyring)


@pytest.fixture
async def second(session: AsyncSession, scene: Scene) -> Actor:
    return await add_keeper(session, scene.tree["nation"], login="second")


async def saying(session: AsyncSession, scene: Scene, text: str) -> Post:
    """A post with that text, which nobody approved, due at one account."""
    post = await add_post(session, scene.tree, scene.lesson, is_approved=False)
    post.text = text
    await add_delivery(session, post, scene.accounts[HERE])
    return post


async def outcome(session: AsyncSession, actor: Actor, post: Post, *, seen: bool = False) -> str:
    try:
        await approve_post(session, actor, now=NOW, post_id=post.id, expected_version=1, wording_seen=seen)
        await session.commit()
    except Conflict as refusal:
        return refusal.code
    return "approved"


@pytest.mark.parametrize("text", ["孩子没爹没娘", "请拨打138 0013 8000", "幸福小学王小明同学", "留守儿童王小明说"])
async def test_what_blocks_is_approved_by_nobody(session: AsyncSession, scene: Scene, second: Actor, text: str):
    post = await saying(session, scene, text)
    assert await outcome(session, second, post) == "WORDING_BLOCKS"
    assert await outcome(session, second, post, seen=True) == "WORDING_BLOCKS"
    assert await claim(session) == []


async def test_what_warns_is_approved_by_whoever_saw_it(session: AsyncSession, scene: Scene, second: Actor):
    post = await saying(session, scene, "关爱留守儿童志愿服务行动")
    assert await outcome(session, second, post) == "WORDING_NOT_SEEN"
    assert await outcome(session, second, post, seen=True) == "approved"
    assert len(await claim(session)) == 1


async def test_a_list_that_changes_later_does_not_undo_an_approval(session: AsyncSession, scene: Scene, second: Actor):
    post = await saying(session, scene, "关爱孩子")
    assert await outcome(session, second, post) == "approved"
    await list_words(session, 关爱孩子=BLOCKS)
    assert await session.scalar(select(Post.is_approved).where(Post.id == post.id))
    assert len(await claim(session)) == 1
