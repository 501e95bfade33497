"""What comes of scheduling a post: how many, which text, what it meets, and what would be held now.

The same facts are answered by a preview and by the act; all are plain data.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.posts import gate
from domain.posts.audiences import Audience, Plan
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState, Level

# Posts of one account so near to each other crowd each other out.
NEAR = timedelta(minutes=10)
# Platforms refuse, or hide, what an account says again within days.
SOON_AGAIN = timedelta(days=3)
NAMES_SHOWN = 20
# These went out to nobody, and will not.
GONE = (DeliveryState.CANCELLED, DeliveryState.FAILED, DeliveryState.MISSED)


other = aliased(Delivery)


@dataclass(frozen=True)
class Forecast:
    """Counts by level and reason, samples by platform, and accounts by their number and the first of their names."""

    accounts: int
    by_level: list[dict[str, Any]]
    samples: list[dict[str, Any]]
    clashes: dict[str, Any]
    repeats: dict[str, Any]
    held: list[dict[str, Any]]


async def forecast_of(session: AsyncSession, post: Post, audience: Audience, plan: Plan) -> Forecast:
    """All that is known of a post whose deliveries are there."""
    levels = Counter(account.level for account in audience.accounts)
    samples: dict[Any, dict[str, Any]] = {}
    for account, text in zip(audience.accounts, plan.texts, strict=True):
        samples.setdefault(account.host_id, {"host": audience.hosts[account.host_id].name, "text": text})
    held = (await gate.reasons_now(session, [post.id], true()))[post.id]
    same_text = other.post_id.in_(select(Post.id).where(Post.text == post.text))
    return Forecast(
        accounts=len(audience.accounts),
        by_level=[{"level": level.name, "count": levels[level]} for level in Level if levels[level]],
        samples=sorted(samples.values(), key=lambda sample: str(sample["host"])),
        clashes=await _meeting(session, post, audience, NEAR, true()),
        repeats=await _meeting(session, post, audience, SOON_AGAIN, same_text),
        held=[{"reason": each.reason.name, "count": each.count} for each in held],
    )


async def _meeting(
    session: AsyncSession, post: Post, audience: Audience, apart: timedelta, which: ColumnElement[bool]
) -> dict[str, Any]:
    """The accounts that have a delivery of another post at most so far from the one of this."""
    met = exists().where(
        other.account_id == Delivery.account_id,
        other.due_at.between(Delivery.due_at - apart, Delivery.due_at + apart),
        other.post_id != post.id,
        other.state.not_in(GONE),
        which,
    )
    found = set((await session.execute(select(Delivery.account_id).where(Delivery.post_id == post.id, met))).scalars())
    names = [account.screen_name for account in audience.accounts if account.id in found]
    return {"count": len(names), "names": names[:NAMES_SHOWN]}
