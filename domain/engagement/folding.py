"""Bringing the stored roll-ups up to date. Called by workers, in their transactions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, all_, any_, delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.engagement.models import RollupMark
from domain.engagement.rollups import KEY, PARTS, STORED, SUMS, difference, parts_now, touched
from domain.posts.models import Delivery

# Of the advisory locks of the database, the one that stands for the roll-ups.
ROLLUP_LOCK = 7_013_003


async def fold(session: AsyncSession, *, limit: int) -> int:
    """Reckon marked deliveries anew, the longest marked first; answers how many marks are done with.

    One at a time does it, and whoever comes meanwhile does nothing. Marks, parts and roll-ups change in one
    transaction: broken off at any point, nothing has happened. A mark that is taken away here was committed, and so
    was what it stands for; what is written later leaves a mark of its own.
    """
    if not await session.scalar(select(func.pg_try_advisory_xact_lock(ROLLUP_LOCK))):
        return 0
    longest = select(RollupMark.delivery_id).order_by(RollupMark.marked_at).limit(limit)
    taken = delete(RollupMark).where(RollupMark.delivery_id.in_(longest)).returning(RollupMark.delivery_id)
    rows = await session.execute(taken.execution_options(synchronize_session=False))
    ids = list(rows.scalars())
    if ids:
        await session.execute(_folding(sorted(set(ids))))
        # An index holds only these, so that they need not be looked for.
        await session.execute(delete(STORED).where(STORED.c.published == 0))
    return len(ids)


def _folding(delivery_ids: Sequence[UUID]) -> Any:
    """Parts and roll-ups of these deliveries in one statement, so that both follow from one instant."""
    ids = literal(list(delivery_ids), ARRAY(Uuid()))
    now = parts_now(Delivery.id == any_(ids)).cte("now_counted")
    standing = touched(difference(ids, now), others=PARTS.c.delivery_id != all_(ids))
    counts_no_more = ~select(now.c.delivery_id).where(now.c.delivery_id == PARTS.c.delivery_id).exists()
    names = [column.name for column in PARTS.columns]
    kept = insert(PARTS).from_select(names, select(*(now.c[name] for name in names)))
    kept = kept.on_conflict_do_update(
        index_elements=["delivery_id"], set_={name: kept.excluded[name] for name in names[1:]}
    )
    dropped = delete(PARTS).where(PARTS.c.delivery_id == any_(ids), counts_no_more)
    columns = [*KEY, *SUMS, "as_of"]
    written = insert(STORED).from_select(columns, select(*(standing.c[name] for name in columns)))
    return written.on_conflict_do_update(
        index_elements=list(KEY), set_={name: written.excluded[name] for name in (*SUMS, "as_of")}
    ).add_cte(
        kept.returning(PARTS.c.delivery_id).cte("kept"),
        dropped.returning(PARTS.c.delivery_id).cte("dropped"),
    )


@dataclass(frozen=True)
class Backlog:
    """What waits to be counted: how many marks there are, and for how many seconds the oldest has waited."""

    marks: int
    oldest_seconds: float


async def backlog(session: AsyncSession) -> Backlog:
    """How far the stored roll-ups are behind."""
    waited = func.extract("epoch", func.clock_timestamp() - func.min(RollupMark.marked_at))
    marks, seconds = (
        await session.execute(select(func.count(), func.coalesce(waited, 0)).select_from(RollupMark))
    ).one()
    return Backlog(marks, max(0.0, float(seconds)))
