"""After a database was restored: what it says of deliveries is old, so nothing goes out before it was looked for."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.posts.lifecycle import FINAL
from domain.posts.models import Delivery, Silence, stands
from domain.units.models import Unit

REASON = "数据已从备份恢复:请先核对待发布内容,再解除静默。"


@dataclass(frozen=True)
class Restored:
    """How many deliveries may have gone out since, and the unit over which silence was ordered."""

    deliveries: int
    unit: str


async def hold_restored(session: AsyncSession, *, now: datetime) -> Restored:
    """Let nothing go out until a person lifts the order, and look for everything that is not at its end first."""
    marked = update(Delivery).where(~stands(Delivery, *sorted(FINAL))).values(look_first=True)
    await session.execute(marked.execution_options(synchronize_session=False))
    nation = (await session.execute(select(Unit).where(Unit.parent_id.is_(None)))).scalar_one_or_none()
    count = await session.scalar(select(func.count()).where(Delivery.look_first.is_(True))) or 0
    if nation is None:
        return Restored(count, "")
    there = select(Silence.id).where(Silence.unit_id == nation.id, Silence.lifted_at.is_(None)).limit(1)
    if (await session.execute(there)).first() is None:
        at = {"unit_id": nation.id, "unit_path": nation.path}
        session.add(Silence(id=new_id(), **at, reason=REASON, ordered_at=now))
    await session.flush()
    return Restored(count, nation.name)
