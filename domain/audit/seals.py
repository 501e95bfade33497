"""Sealing: committed entries get their places in the chain, and each batch a signed head."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, LargeBinary, Text, Uuid, cast, column, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.audit.heads import Head
from domain.audit.models import AuditEntry, AuditSeal
from domain.audit.rules import GENESIS, chained
from domain.base.keyring import KeySet

BATCH = 1_000
# Any number does, as long as nothing else in the database locks it.
TURN = 0x51_CA_1A_0D
# PostgreSQL knows instants that Python does not, infinity among them; written in by a stranger, they must not keep
# anybody from sealing or checking the rest.
SPAN = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))


def readable(instant: Any) -> Any:
    """An instant in the span that can be read; what lies outside of it is moved to its edge."""
    return func.least(func.greatest(instant, SPAN[0]), SPAN[1])


# The columns that are sealed, as `rules.canonical` takes them.
SEALED = (
    AuditEntry.id,
    readable(AuditEntry.at).label("at"),
    AuditEntry.actor_id,
    AuditEntry.act,
    AuditEntry.about,
    AuditEntry.row_id,
    AuditEntry.unit_id,
    cast(AuditEntry.details, Text).label("details"),
)


@dataclass(frozen=True)
class Sealed:
    """What a batch came to."""

    head: Head
    count: int
    # Whether the chain stood where the newest seal says: if not, somebody has been at the tables.
    is_whole: bool


async def seal_next(session: AsyncSession, keys: KeySet, *, now: datetime) -> Sealed | None:
    """Seal up to `BATCH` entries; None where there is nothing to seal, or another worker is at it.

    Acts never wait for this: they only add rows, and a row that one of them holds is left for the next time. So the
    order of the chain is the order of sealing, and an act that took long to commit simply comes later in it.
    """
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(TURN))):
        return None
    query = select(*SEALED).where(AuditEntry.position.is_(None)).order_by(AuditEntry.id).limit(BATCH)
    entries = (await session.execute(query.with_for_update(skip_locked=True, key_share=True))).all()
    if not entries:
        return None
    last, digest = await _tip(session)
    # Whatever was put in or cut off behind the newest seal: its places are not used again, so that it stays visible.
    taken = await session.scalar(select(func.max(AuditEntry.position))) or 0
    first = max(last, taken) + 1
    hashes = []
    for entry in entries:
        digest = chained(digest, entry)
        hashes.append(digest)
    await _place(session, [entry.id for entry in entries], hashes, first=first)
    head = Head.signed(keys, position=first + len(entries) - 1, hash=digest, sealed_at=now)
    session.add(AuditSeal(**vars(head)))
    await session.flush()
    return Sealed(head, len(entries), last == taken)


async def newest_head(session: AsyncSession) -> Head | None:
    """The head of the newest seal."""
    query = select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1)
    seal = (await session.execute(query)).scalar_one_or_none()
    return Head.of(seal) if seal else None


async def heads_after(session: AsyncSession, position: int, *, limit: int) -> list[Head]:
    """Heads behind a position, the earliest first."""
    query = select(AuditSeal).where(AuditSeal.position > position).order_by(AuditSeal.position).limit(limit)
    return [Head.of(seal) for seal in (await session.execute(query)).scalars()]


async def _tip(session: AsyncSession) -> tuple[int, bytes]:
    head = await newest_head(session)
    return (head.position, head.hash) if head else (0, GENESIS)


async def _place(session: AsyncSession, ids: list[UUID], hashes: list[bytes], *, first: int) -> None:
    positions = list(range(first, first + len(ids)))
    arrays: list[Any] = [
        literal(ids, ARRAY(Uuid())),
        literal(positions, ARRAY(BigInteger())),
        literal(hashes, ARRAY(LargeBinary())),
    ]
    placed = func.unnest(*arrays).table_valued(
        column("id", Uuid()), column("position", BigInteger()), column("hash", LargeBinary())
    )
    placed = placed.render_derived(name="placed")
    change = update(AuditEntry).where(AuditEntry.id == placed.c.id)
    await session.execute(
        change.values(position=placed.c.position, hash=placed.c.hash),
        execution_options={"synchronize_session": False},
    )
