"""Fairness between units: what a unit has had much of already waits in a deeper tier (公平轮次).

A delivery's rank says how many others its unit sends through at about the same time come before it; its tier is the
rank in steps of four. Claims go round the tiers, every second one beginning with the first, every fourth with the next,
and so on: whoever has a few posts waits for a few posts of each other unit, and not for one's tens of thousands, and
those move on however many small ones keep coming. Where nothing else is due, a claim takes all it may from one tier.
"""

from datetime import timedelta
from itertools import count

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.posts.models import Delivery, Post

FIRST = 16
TIERS = 7
# What a unit sends within so long before counts as sent at about the same time.
AROUND = timedelta(hours=1)

_turns = count(1)


def tier_of(rank: int) -> int:
    """0 for the first 16 of a unit, then tiers four times as long; the last has no end."""
    step = (rank // FIRST).bit_length()
    return min((step + 1) // 2, TIERS - 1)


def order_of(turn: int) -> list[int]:
    """In which order the n-th claim goes through the tiers; each is the first half as often as the one before."""
    first = min((turn & -turn).bit_length() - 1, TIERS - 1)
    return [first, *(tier for tier in range(TIERS) if tier != first)]


def next_order() -> list[int]:
    """The order of the next claim of this process."""
    return order_of(next(_turns))


def in_any_tier() -> ColumnElement[bool]:
    """True of every delivery; said so that an index which begins with the tier is of use."""
    return Delivery.tier.in_([literal_column(str(tier)) for tier in range(TIERS)])


async def rank_of(session: AsyncSession, post: Post) -> int:
    """How many deliveries of its unit's other posts come before those of a post that has none yet."""
    around = Post.publish_at.between(post.publish_at - AROUND, post.publish_at)
    ids = select(Post.id).where(Post.unit_id == post.unit_id, around, Post.cancelled_at.is_(None))
    return await session.scalar(select(func.count()).where(Delivery.post_id.in_(ids))) or 0
