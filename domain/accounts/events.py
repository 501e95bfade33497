"""What is written down of every change of an account: what was, what is, who, why."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts.models import Account, AccountEvent
from domain.base.ids import new_id
from domain.terms import AccountChange


def event(
    account_id: UUID,
    change: AccountChange,
    *,
    at: Any,
    actor: Actor | None,
    reason: str | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> dict[str, Any]:
    """A row of `AccountEvent` with what differs; the caller names the columns, so that no token comes in by itself.

    Nobody is the actor where a platform's answer changed the account.
    """
    changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {
        "id": new_id(),
        "account_id": account_id,
        "at": at,
        "by_id": None if actor is None else actor.person_id,
        "change": change,
        "reason": reason,
        "before": {name: plain(before[name]) for name in changed if name in before},
        "after": {name: plain(after[name]) for name in changed if name in after},
    }


def note(
    session: AsyncSession,
    actor: Actor,
    account: Account,
    change: AccountChange,
    *,
    now: datetime,
    reason: str | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    """Write a change down beside it."""
    facts = event(account.id, change, at=now, actor=actor, reason=reason, before=before, after=after)
    session.add(AccountEvent(**facts))


def plain(value: Any) -> Any:
    """A column's value as JSON takes it."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
