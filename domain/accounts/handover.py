"""The accounts of somebody who leaves: found once, locked, and given to the successor in as many statements as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.accounts.events import event
from domain.accounts.models import Account, AccountEvent, Delegation
from domain.base.ids import new_id
from domain.base.prepared import any_of
from domain.terms import AccountChange

# Two clocks of ours may differ a little: a period ends after it began, whatever they say.
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Work:
    """What somebody runs within reach of whoever hands it over: as keeper, and by delegation."""

    kept: Sequence[Any]
    delegated: Sequence[Any]

    @property
    def paths(self) -> dict[UUID, str]:
        """Where each account lies."""
        return {row.account_id: row.unit_path for row in (*self.kept, *self.delegated)}


def is_open(now: datetime) -> Any:
    """Delegations that have not ended."""
    return or_(Delegation.valid_to.is_(None), Delegation.valid_to > now)


async def work_of(session: AsyncSession, actor: Actor, *, user_id: UUID, now: datetime) -> Work:
    """The person's accounts that the actor may edit, locked."""
    reached = within_reach(actor, Permission.ACCOUNT_EDIT, Account.unit_path)
    kept = await session.execute(
        select(Account.id.label("account_id"), Account.unit_path)
        .where(Account.keeper_id == user_id, reached)
        .order_by(Account.id)
        .with_for_update(key_share=True)
    )
    delegated = await session.execute(
        select(Delegation.id, Delegation.account_id, Delegation.valid_to, Account.unit_path, Account.keeper_id)
        .join(Account, Account.id == Delegation.account_id)
        .where(Delegation.user_id == user_id, is_open(now), reached)
        .order_by(Account.id)
        .with_for_update(key_share=True)
    )
    return Work(kept.all(), delegated.all())


async def give(
    session: AsyncSession, actor: Actor, work: Work, *, leaver: UUID, successor: UUID, now: datetime, reason: str
) -> None:
    """Make the successor keeper and delegate where the leaver was one; who is keeper already needs no delegation."""
    theirs = await session.execute(select(Delegation.account_id).where(Delegation.user_id == successor, is_open(now)))
    spared = {*theirs.scalars(), *(row.account_id for row in work.kept)}
    spared |= {row.account_id for row in work.delegated if row.keeper_id == successor}
    passed = [row for row in work.delegated if row.account_id not in spared]
    if work.kept:
        kept = Account.id == any_of([row.account_id for row in work.kept])
        await session.execute(_unseen(update(Account).where(kept).values(keeper_id=successor)))
    if work.delegated:
        ended = Delegation.id == any_of([row.id for row in work.delegated])
        await session.execute(_unseen(update(Delegation).where(ended).values(valid_to=ending(now))))
    if passed:
        await session.execute(
            insert(Delegation),
            [
                {
                    "id": new_id(),
                    "account_id": row.account_id,
                    "user_id": successor,
                    "delegated_by": actor.person_id,
                    "valid_from": now,
                    "valid_to": row.valid_to,
                }
                for row in passed
            ],
        )
    changes: list[tuple[UUID, str, UUID | None]] = [(row.account_id, "keeper_id", successor) for row in work.kept]
    changes += [(row.account_id, "delegate_id", successor if row in passed else None) for row in work.delegated]
    if changes:
        await session.execute(
            insert(AccountEvent),
            [
                event(
                    account_id,
                    AccountChange.KEEPER,
                    at=now,
                    actor=actor,
                    reason=reason,
                    before={name: leaver},
                    after={name: new},
                )
                for account_id, name, new in changes
            ],
        )


def ending(now: datetime) -> Any:
    """The end of a period that is ended now."""
    return func.greatest(now, Delegation.valid_from + INSTANT)


def overlapping(now: datetime, user_id: UUID, account_id: UUID) -> Any:
    """Delegations of the account to the person that have not ended."""
    return and_(Delegation.account_id == account_id, Delegation.user_id == user_id, is_open(now))


def _unseen(statement: Any) -> Any:
    """Rows of these tables are read again before they are shown."""
    return statement.execution_options(synchronize_session=False)
