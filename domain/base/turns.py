"""The turn at the gate: what a person says counts for every delivery that is claimed after the answer.

A claim reads approvals, silence orders and the standing of accounts, and commits a moment later. Whoever changes one
of them would otherwise be answered in between, and still see the post go out.
"""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

# Of the advisory locks of the database, the one that stands for the gate.
GATE_LOCK = 7_013_002


async def gate_stands(session: AsyncSession) -> None:
    """Let nobody shut the gate until the transaction ends; the statement after this one reads what was shut before."""
    await session.execute(select(func.pg_advisory_xact_lock_shared(GATE_LOCK)))


async def shut_gate(session: AsyncSession) -> None:
    """The last step of an act that keeps posts from going out: waits for the claims that began before it."""
    await session.flush()
    await session.execute(select(func.pg_advisory_xact_lock(GATE_LOCK)))
