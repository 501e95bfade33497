"""Whether a campaign went out as promised, judged by the sandbox's journal of what it accepted."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.posts.lifecycle import SETTLED
from domain.posts.models import Delivery, Post
from domain.terms import DeliveryState
from domain.uploads.rules import digest_of


@dataclass(frozen=True)
class Promise:
    """What was to be sent: one delivery as the database has it."""

    code: str
    uid: str
    text: str
    picture_key: str | None
    due_at: datetime
    state: DeliveryState


@dataclass(frozen=True)
class Verdict:
    """The judgement over all deliveries of a campaign."""

    states: dict[str, int]
    lost: int
    duplicates: int
    early: int
    altered: int
    unsettled: int
    late_p50_s: float
    late_p99_s: float

    @property
    def kept(self) -> bool:
        return not (self.lost or self.duplicates or self.early or self.altered or self.unsettled)


async def promises_of(session: AsyncSession, campaign_id: UUID) -> list[Promise]:
    """Every delivery of a campaign."""
    rows = await session.execute(
        select(Delivery.code, Account.uid, Delivery.text, Delivery.picture_key, Delivery.due_at, Delivery.state)
        .join(Account, Account.id == Delivery.account_id)
        .join(Post, Post.id == Delivery.post_id)
        .where(Post.campaign_id == campaign_id)
    )
    return [Promise(*row) for row in rows]


def judge(promises: Sequence[Promise], journal: Mapping[str, Mapping[str, Any]]) -> Verdict:
    """Compare what was to be sent with what the platform accepted; `journal` is keyed by short code.

    Lost is what the platform never accepted though it was due; altered is another text, picture or account than
    promised. Lateness runs from the due time to the platform's receipt of the whole request.
    """
    lateness = []
    lost = duplicates = early = altered = 0
    for promise in promises:
        entry = journal.get(promise.code, {})
        count = int(entry.get("count") or 0)
        if count == 0:
            lost += 1
            continue
        duplicates += count - 1
        late = float(entry["first_received_at"]) - promise.due_at.timestamp()
        early += int(late < 0)
        lateness.append(late)
        expected = (
            promise.uid,
            hashlib.sha256(promise.text.encode()).hexdigest(),
            digest_of(promise.picture_key) if promise.picture_key else None,
        )
        altered += int((entry["uid"], entry["text_sha256"], entry["picture_sha256"]) != expected)
    states = Counter(promise.state.value for promise in promises)
    p50, p99 = _percentiles(lateness)
    unsettled = sum(promise.state not in SETTLED or promise.state is DeliveryState.NEEDS_PERSON for promise in promises)
    return Verdict(dict(states), lost, duplicates, early, altered, unsettled, p50, p99)


def _percentiles(lateness: list[float]) -> tuple[float, float]:
    if len(lateness) < 2:
        return (lateness[0], lateness[0]) if lateness else (0.0, 0.0)
    cuts = quantiles(lateness, n=100, method="inclusive")
    return round(cuts[49], 3), round(cuts[98], 3)
