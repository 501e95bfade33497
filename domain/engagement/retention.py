"""How long the record of sending and reading is kept: it grows by every call of a platform."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.base.ids import first_id_at
from domain.engagement.models import Comment, Snapshot
from domain.posts.models import Attempt, Hold

# So many rows go in one statement; the next comes when that is committed.
AT_A_TIME = 5_000


async def forget_record(session: AsyncSession, *, before: datetime) -> int:
    """Drop attempts and lifted holds that are older, and all but the last snapshot of a post; answers how many rows.

    An id says when its row was made, so the primary key finds what is old.
    """
    oldest = first_id_at(before)
    later = aliased(Snapshot)
    surpassed = exists().where(later.delivery_id == Snapshot.delivery_id, later.slot > Snapshot.slot)
    gone = 0
    for model, *conditions in (
        (Attempt,),
        (Hold, Hold.lifted_at.is_not(None)),
        (Snapshot, surpassed),
    ):
        gone += await _drop(session, model, [model.id < oldest, *conditions])
    return gone


async def forget_comments(session: AsyncSession, *, before: datetime) -> int:
    """Drop comments that were collected earlier; they are not collected again."""
    return await _drop(session, Comment, [Comment.id < first_id_at(before)])


async def _drop(session: AsyncSession, model: Any, conditions: list[Any]) -> int:
    found = select(model.id).where(*conditions).order_by(model.id).limit(AT_A_TIME)
    dropped = await session.execute(
        delete(model).where(model.id.in_(found)).returning(model.id).execution_options(synchronize_session=False)
    )
    return len(dropped.all())
