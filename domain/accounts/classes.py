"""How accounts come into the class of a guidance: many at once, each with its event."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below
from domain.access.permissions import Permission
from domain.accounts.events import event
from domain.accounts.models import Account, AccountEvent, Guidance
from domain.accounts.rules import is_above
from domain.base.prepared import any_of
from domain.terms import AccountChange, Level


async def outside(
    session: AsyncSession, guidance: Guidance, *, account_ids: Sequence[UUID], levels: Sequence[Level]
) -> Sequence[Any]:
    """Those of the accounts below the guidance's unit that are not in its class yet, locked."""
    chosen = Account.id.in_(account_ids) if account_ids else Account.level.in_(levels)
    former = select(Guidance.unit_path).where(Guidance.id == Account.guidance_id).scalar_subquery()
    rows = await session.execute(
        select(Account.id, Account.guidance_id, Account.unit_path, former.label("former"))
        .where(
            chosen,
            below(Account.unit_path, guidance.unit_path),
            Account.unit_path != guidance.unit_path,
            Account.guidance_id.is_distinct_from(guidance.id),
        )
        .order_by(Account.id)
        .with_for_update(key_share=True, of=Account)
    )
    return rows.all()


def stays(actor: Actor, row: Any) -> bool:
    """Whether an account is in the class of a unit above it for which the actor does not decide."""
    held = row.former is not None and is_above(row.former, row.unit_path)
    return held and not actor.holds(Permission.GUIDANCE_EDIT, at=row.former)


async def join(
    session: AsyncSession,
    actor: Actor,
    guidance_id: UUID,
    moved: Sequence[Any],
    *,
    now: datetime,
    reason: str | None,
) -> None:
    """Put them into the class."""
    own = Account.id == any_of([row.id for row in moved])
    classed = update(Account).where(own).values(guidance_id=guidance_id, version=Account.version + 1)
    await session.execute(classed.execution_options(synchronize_session=False))
    after = {"guidance_id": guidance_id}
    events = [
        event(
            row.id,
            AccountChange.PROFILE,
            at=now,
            actor=actor,
            reason=reason,
            before={"guidance_id": row.guidance_id},
            after=after,
        )
        for row in moved
    ]
    await session.execute(insert(AccountEvent), events)
