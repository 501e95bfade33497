"""An audit log to seal, to check and to tamper with."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit.entries import record
from domain.audit.findings import Finding, FindingKind
from domain.audit.heads import Head, Witness
from domain.audit.models import AuditEntry
from domain.audit.seals import newest_head, seal_next
from domain.audit.verification import KeptHead, Report, verify
from domain.base.ids import new_id
from integrations.database import Sessions
from integrations.keys import Keys
from tests.factories.units import NOW


def add_entries(session: AsyncSession, count: int, *, at: datetime = NOW, **changes: Any) -> None:
    """Decisions at one instant; the details tell them apart."""
    for number in range(count):
        plain: dict[str, Any] = {
            "at": at + timedelta(microseconds=number),
            "actor_id": new_id(),
            "act": "schedulePost",
            "about": "Post",
            "row_id": new_id(),
            "unit_id": new_id(),
            "unit_path": "0.1",
            "details": {"text": f"第 {number} 篇", "levels": ["COUNTY"]},
        }
        record(session, **(plain | changes))


async def seal(sessions: Sessions, keys: Keys, *, entries: int = 0, at: datetime = NOW) -> Head | None:
    """Add entries, and seal all there is in one batch, as the worker does it; answers the newest head."""
    async with sessions() as session:
        add_entries(session, entries)
        await session.commit()
        await seal_next(session, keys.sealing, now=at)
        await session.commit()
        return await newest_head(session)


async def chain(sessions: Sessions, keys: Keys, *batches: int) -> list[Head]:
    """A sealed log of so many entries per seal; answers the heads."""
    heads = [await seal(sessions, keys, entries=count) for count in batches]
    return [head for head in heads if head is not None]


async def tamper(sessions: Sessions, *statements: str, **values: Any) -> None:
    """What somebody does who has the database's password and no key."""
    async with sessions() as session:
        for statement in statements:
            await session.execute(text(statement), values)
        await session.commit()


async def check(
    sessions: Sessions, keys: Keys, *heads: Head, now: datetime = NOW, witness: Witness | None = None
) -> Report:
    """Check the log, and compare it with heads that were kept."""
    kept = [KeptHead(f"heads:{number}", head.line()) for number, head in enumerate(heads, 1)]
    async with sessions() as session:
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        return await verify(session, witness or Witness.of(keys.sealing), now=now, heads=kept)


def told(findings: Iterable[Finding]) -> list[tuple[FindingKind, int, int]]:
    """Findings as plain rows."""
    return [(finding.kind, finding.first, finding.last) for finding in findings]


async def entries_of(sessions: Sessions) -> list[AuditEntry]:
    """All entries, in the order of the chain."""
    async with sessions() as session:
        return list((await session.execute(select(AuditEntry).order_by(AuditEntry.position))).scalars())


def long_after() -> datetime:
    """An instant at which whatever is not sealed is late."""
    return max(NOW, datetime.now(UTC)) + timedelta(hours=1)
