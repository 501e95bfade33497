"""What acts on posts need on their stage, and what each is asked with."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from domain.accounts.models import Account
from domain.base.ids import new_code, new_id
from domain.posts.models import Delivery, Post, Silence
from domain.terms import AccountState, DeliveryState
from tests.factories.world import World


async def work_waiting(
    session: AsyncSession, world: World, here: str, below: str, people: dict[str, Any], now: datetime
) -> dict[str, Any]:
    """A suspended account that somebody keeps who leaves, for which deliveries of the unit's post wait, fail, and need
    a person; a post that nobody approved, one that is held, two orders over the unit below: its own and ours."""
    unit, town = world.units[here], world.units[below]
    below_it = {"unit_id": town.id, "unit_path": town.path, "reason": "哀悼日", "ordered_at": now}
    account = Account(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        level=unit.level,
        host_id=world.rows["Account", here].host_id,
        uid="second",
        screen_name="second account",
        state=AccountState.SUSPENDED,
        state_since=now,
        token="sealed",
        keeper_id=people["leaver"].id,
        created_at=now,
    )
    given = world.rows["Post", here]
    rows: dict[str, Any] = {
        "account": account,
        "waiting": _delivery(given, account, DeliveryState.SCHEDULED, now),
        "unclear": _delivery(given, account, DeliveryState.NEEDS_PERSON, now, problem="INVALID"),
        "failed": _delivery(given, account, DeliveryState.FAILED, now, problem="INVALID"),
        "draft": _post(given, people["keeper"].id, now),
        "kept back": _post(given, people["keeper"].id, now, held_at=now, held_reason="核对"),
        "order": Silence(id=new_id(), **below_it),
        "order from above": Silence(id=new_id(), **below_it, height=unit.path.count(".")),
    }
    for row in rows.values():
        session.add(row)
        await session.flush()
    await session.commit()
    return rows


def _delivery(post: Post, account: Account, state: DeliveryState, now: datetime, **columns: Any) -> Delivery:
    later = now + timedelta(days=1)
    return Delivery(
        id=new_id(),
        post_id=post.id,
        account_id=account.id,
        unit_id=account.unit_id,
        unit_path=account.unit_path,
        text="示范课程",
        code=new_code(),
        key=new_id(),
        state=state,
        due_at=later,
        try_at=later,
        **columns,
    )


def _post(like: Post, author_id: Any, now: datetime, **columns: Any) -> Post:
    return Post(
        id=new_id(),
        unit_id=like.unit_id,
        unit_path=like.unit_path,
        lesson_id=like.lesson_id,
        text="示范课程",
        publish_at=now,
        spread_seconds=0,
        created_at=now,
        created_by=author_id,
        **columns,
    )


def on_posts(world: World, named: Callable[[str], str], here: str) -> dict[str, dict[str, Any]]:
    """One input for each case of each act on posts that are scheduled already."""
    later = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M")
    post, unit, why = {"postId": world.id("Post", here)}, {"unitId": world.id("Unit", here)}, {"reason": "核对"}
    failed = {"state": "FAILED", "problem": "INVALID", "settlement": "SEND_AGAIN"}
    return {
        "cancelPost": post,
        "releaseWaiting": post,
        "duplicatePost": {**post, "publishOn": {"wallTime": later, "zone": "Asia/Shanghai"}},
        "approvePost": {"postId": named("draft"), "expectedVersion": 1},
        "approvePosts": {"posts": [{"postId": named("draft"), "expectedVersion": 1}]},
        "withdrawApproval": {**post, **why},
        "editPost": {**post, "expectedVersion": 1, "lateness": "HOLD"},
        "holdPost": {**post, **why},
        "releasePost": {"postId": named("kept back")},
        "orderSilence": {**unit, **why},
        "liftSilence": {"silenceId": named("order"), "overSeconds": 60},
        "liftSilence from above": {"silenceId": named("order from above")},
        "eraseCommenter": {"commentId": world.id("Comment", here)},
        "settleDelivery": {"deliveryId": named("unclear"), "settlement": "DROP"},
        "settleDeliveries": {**post, **failed},
        "settleDeliveries of a campaign": {"campaignId": world.id("Campaign", here), **failed, "settlement": "DROP"},
        "settleDeliveries below a unit": {**unit, **failed, "state": "NEEDS_PERSON"},
    }
