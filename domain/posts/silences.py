"""Silence orders: one switch that keeps everything below a unit from going out, until it is lifted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, below
from domain.access.permissions import Permission
from domain.access.rules import refusal_to_lift
from domain.base.ids import new_id
from domain.base.turns import shut_gate
from domain.base.words import said
from domain.posts import gate, rules
from domain.posts.desk import REASON_LIMIT
from domain.posts.models import Delivery, Hold, Silence
from domain.refusals import Conflict, Invalid, NotFound, Reason
from domain.terms import HoldReason
from domain.units import queries as units
from domain.units.models import Unit
from domain.units.orders import depth
from domain.wording.queries import check_texts


async def order_silence(session: AsyncSession, actor: Actor, *, now: datetime, unit_id: UUID, reason: str) -> Silence:
    """Keep everything of a unit and all below it from going out, from the answer on."""
    unit = await units.unit_within(session, actor, unit_id=unit_id, permission=Permission.SILENCE_EDIT, path="unitId")
    why = said(reason, "reason", limit=REASON_LIMIT)
    await check_texts(session, {"reason": why})
    # Of two who order it at once, the second one sees the first.
    await session.execute(select(Unit.id).where(Unit.id == unit.id).with_for_update(key_share=True))
    height = actor.height(Permission.SILENCE_EDIT, at=unit.path)
    # An order that others can lift further down does not stand in the way of one that they cannot.
    from_up = func.coalesce(Silence.height, depth(unit.path)) <= height
    there = select(Silence.id).where(Silence.unit_id == unit.id, Silence.lifted_at.is_(None), from_up).limit(1)
    if (await session.execute(there)).first() is not None:
        raise Conflict(Reason.SILENCE_THERE, path="unitId")
    silence = Silence(
        id=new_id(),
        unit_id=unit.id,
        unit_path=unit.path,
        reason=why,
        ordered_at=now,
        ordered_by=actor.person_id,
        height=height,
    )
    session.add(silence)
    await shut_gate(session)
    return silence


@dataclass(frozen=True)
class Lifting:
    """An order that is lifted, and how many deliveries that it held go on."""

    silence: Silence
    released: int


async def lift_silence(
    session: AsyncSession, actor: Actor, *, now: datetime, silence_id: UUID, over_seconds: int = 0
) -> Lifting:
    """Lift an order, and let what it held go on in order of its due times, over a period."""
    await units.tree_stands(session)
    query = select(Silence).where(Silence.id == silence_id).with_for_update()
    silence = (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if silence is None:
        raise NotFound("silence", path="silenceId")
    actor.require(Permission.SILENCE_EDIT, at=silence.unit_path, path="silenceId", what="silence")
    if silence.lifted_at is not None:
        raise Conflict(Reason.SILENCE_LIFTED, path="silenceId")
    path, height = silence.unit_path, silence.height
    refusal = refusal_to_lift(actor, Permission.SILENCE_EDIT, at=path, height=height, field="silenceId")
    if refusal is not None:
        raise refusal
    if not 0 <= over_seconds <= rules.SPREAD_LIMIT:
        raise Invalid(Reason.SPREAD_INVALID, path="overSeconds", limit=rules.SPREAD_LIMIT)
    silence.lifted_at, silence.lifted_by = now, actor.person_id
    await session.flush()
    held = exists().where(Hold.delivery_id == Delivery.id, Hold.reason == HoldReason.SILENCED, Hold.lifted_at.is_(None))
    # What another order, or another check, keeps back is not let go by this.
    which = below(Delivery.unit_path, silence.unit_path) & held
    released = await gate.release(session, which, over=timedelta(seconds=over_seconds))
    return Lifting(silence, released)
