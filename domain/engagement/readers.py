"""Which account pays for a reading with its token and its budget."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from domain.accounts import budgets
from domain.accounts.models import Account
from domain.hosts.models import Host
from domain.terms import AccountState, HostKind


@dataclass(frozen=True)
class Call:
    """A call of a platform that is paid for, with the account whose token it takes."""

    host_id: UUID
    host_kind: HostKind
    api_url: str
    account_id: UUID
    uid: str
    token: str = field(repr=False)


async def reader_of(session: AsyncSession, host_id: UUID) -> tuple[UUID, str, str] | None:
    """The account whose token reads for all: the highest in the tree that may call now and has calls left."""
    rows = await session.execute(
        select(Account.id, Account.uid, Account.token)
        .join(Host, Host.id == Account.host_id)
        .where(*may_call(host_id))
        .order_by(func.length(Account.unit_path), Account.id)
        .limit(1)
        .with_for_update(of=Account, key_share=True, skip_locked=True)
    )
    return rows.one_or_none()


def may_call(host_id: UUID | InstrumentedAttribute[UUID]) -> Sequence[ColumnElement[bool]]:
    """Accounts of a platform that may read now; takes a statement over its host as well."""
    return Account.host_id == host_id, Account.state == AccountState.ACTIVE, *not_paused(), budgets.may_read()


def not_paused() -> Sequence[ColumnElement[bool]]:
    """Accounts that their platform keeps from nothing."""
    pauses = (Account.paused_until, Account.reading_paused_until)
    return [or_(pause.is_(None), pause <= func.now()) for pause in pauses]


def host_answers() -> ColumnElement[bool]:
    """Platforms that keep us from nothing."""
    return or_(Host.paused_until.is_(None), Host.paused_until <= func.now())
