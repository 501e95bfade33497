"""What the sandbox's journal says of a run: an independent witness, asked after the fact."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import select

from domain.accounts.models import Account
from domain.posts.models import Delivery, Hold
from domain.terms import DeliveryState, HoldReason
from domain.uploads.rules import digest_of
from tests.faults.scene import Scene

# What a person has still to settle is neither lost nor late: it is seen, with its reason.
ENDED = {DeliveryState.PUBLISHED, DeliveryState.CANCELLED, DeliveryState.NEEDS_PERSON}


@dataclass(frozen=True)
class Forbidden:
    """Short codes that must not be taken by the platform from a moment, to a moment if one is named."""

    codes: set[str]
    since: float
    until: float = float("inf")


@dataclass
class Verdict:
    """The figures of a run."""

    lost: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    early: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    # By how many seconds, and which.
    late: list[tuple[float, str]] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        return not (self.lost or self.twice or self.early or self.forbidden)

    @property
    def late_p99(self) -> float:
        ordered = sorted(seconds for seconds, _ in self.late)
        return ordered[int(0.99 * (len(ordered) - 1))] if ordered else 0.0

    def __str__(self) -> str:
        return (
            f"lost={len(self.lost)} twice={len(self.twice)} early={len(self.early)} "
            f"forbidden={len(self.forbidden)} late_p99={self.late_p99:.1f}"
        )


async def judge(stage: Scene, forbidden: list[Forbidden]) -> Verdict:
    """Compare what was promised with what the platform took."""
    async with stage.sessions() as session:
        rows = (await session.execute(select(Delivery, Account.uid).join(Account))).all()
        # Nobody approved its text, and nothing else keeps it back: what was held, silenced or without leave is over.
        others = select(Hold.delivery_id).where(Hold.lifted_at.is_(None), Hold.reason != HoldReason.NOT_APPROVED)
        unapproved = Hold.lifted_at.is_(None) & (Hold.reason == HoldReason.NOT_APPROVED)
        kept_back = set(
            await session.scalars(select(Hold.delivery_id).where(unapproved, Hold.delivery_id.not_in(others)))
        )
    journal = entries(stage)
    taken = Counter(entry["code"] for entry in journal)
    verdict = Verdict(twice=[code for code, count in taken.items() if count > 1])
    by_code = {entry["code"]: entry for entry in journal}
    disturbed = set().union(*(each.codes for each in forbidden)) if forbidden else set()
    for delivery, uid in rows:
        entry = by_code.get(delivery.code)
        is_held = delivery.state is DeliveryState.HELD and delivery.id in kept_back
        has_ended = delivery.state in ENDED or is_held
        if not has_ended or (delivery.state is DeliveryState.PUBLISHED and entry is None):
            verdict.lost.append(f"{delivery.code} {delivery.state}")
        if entry is None:
            continue
        if entry["uid"] != uid or entry["text_sha256"] != sha256(delivery.text.encode()).hexdigest():
            verdict.forbidden.append(f"{delivery.code} wrong text or account")
        if entry["picture_sha256"] != picture_of(delivery):
            verdict.forbidden.append(f"{delivery.code} wrong picture")
        if entry["received_at"] < delivery.due_at.timestamp():
            verdict.early.append(delivery.code)
        if delivery.code not in disturbed:
            verdict.late.append((entry["received_at"] - delivery.due_at.timestamp(), delivery.code))
    for each in forbidden:
        verdict.forbidden += [
            code for code in each.codes if code in by_code and each.since < by_code[code]["received_at"] < each.until
        ]
    return verdict


def picture_of(delivery: Delivery) -> str | None:
    """The hash of the bytes that go with it."""
    return None if delivery.picture_key is None else digest_of(delivery.picture_key)


def entries(stage: Scene) -> list[dict[str, Any]]:
    """The whole journal, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        page = stage.sandbox.journal(limit=10_000, after=found[-1]["seq"] if found else 0)
        if not page:
            return found
        found += page
