"""Approval by what a text says: what blocks is refused, what warns has to be seen, what was approved stays so."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.base.keyring import Keyring
from domain.calendar.commands import create_occasion
from domain.campaigns.models import Campaign
from domain.posts.approvals import approve_post, approve_posts
from domain.posts.models import Post
from domain.posts.queries import wording_of_posts
from domain.refusals import Conflict, Reason
from domain.terms import OccasionKind, WordingSeverity
from tests.factories.deliveries import Scene, add_delivery, add_post, set_scene
from tests.factories.gate import claim
from tests.factories.people import add_keeper
from tests.factories.posts import add_campaign
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


@pytest.fixture
async def campaign(session: AsyncSession, scene: Scene) -> Campaign:
    """One whose title, and the name of whose occasion, were written when no list said anything of them."""
    rule: dict[str, Any] = {"kind": OccasionKind.FIXED, "month": 6, "day": 1}
    nation = scene.tree["nation"]
    occasion = await create_occasion(
        session, Actor.operator(), now=NOW, unit_id=nation.id, name="某类孩子日", rule=rule
    )
    campaign = await add_campaign(session, scene.tree)
    campaign.title, campaign.occasion_id, campaign.occasion_date = "另一类孩子推介", occasion.id, date(2026, 6, 1)
    await session.commit()
    return campaign


@pytest.mark.parametrize("word", ["某类孩子", "另一类孩子"])
async def test_what_a_campaign_and_its_occasion_are_called_counts_among_the_texts_of_a_post(
    session: AsyncSession, scene: Scene, second: Actor, campaign: Campaign, word: str
):
    post = await add_post(session, scene.tree, scene.lesson, campaign=campaign, is_approved=False)
    named: dict[str, Any] = {"now": NOW, "posts": [{"post_id": post.id, "expected_version": 1}]}
    await list_words(session, **{word: BLOCKS})
    field = "campaign.occasion.name" if word == "某类孩子" else "campaign.title"
    found = (await wording_of_posts(session, second, ids=[post.id]))[post.id]
    assert [(each.field, each.piece) for each in found] == [(field, word)]
    assert await outcome(session, second, post, seen=True) == "WORDING_BLOCKS"
    with pytest.raises(Conflict) as refused:
        await approve_posts(session, second, wording_seen=True, **named)
    assert (refused.value.reason, refused.value.path) == (Reason.WORDING_BLOCKS, ("posts", "0", "postId"))
    await list_words(session, **{word: WARNS})
    assert await outcome(session, second, post) == "WORDING_NOT_SEEN"
    assert await outcome(session, second, post, seen=True) == "approved"
