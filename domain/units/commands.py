"""Acts on the tree: each has its date and its reason, and is decided by the level above."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.words import said
from domain.terms import Level, UnitActKind, UnitActState, UnitKind
from domain.units.acts import Done, act_to_decide, decide, given_of, new_act
from domain.units.imports import Imported, bring
from domain.units.models import UnitAct
from domain.units.queries import tree_turns
from domain.units.rules import ACCEPTED_FROM, DISMISSED_FROM, Tree

CODE_LIMIT, NAME_LIMIT, REASON_LIMIT = 20, 100, 500


async def import_units(
    session: AsyncSession, actor: Actor, *, now: datetime, tree: Tree, effective_on: date
) -> Imported:
    """Open the units of the lists where there are none yet; where there are, propose the acts that lead to them."""
    actor.require(Permission.UNIT_EDIT, at="")
    return await bring(session, now=now, tree=tree, effective_on=effective_on)


async def open_unit(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    parent_id: UUID,
    code: str,
    name: str,
    level: Level,
    kind: UnitKind,
    territory_id: UUID | None = None,
    effective_on: date,
    reason: str,
) -> Done:
    """Open a unit below another (设立)."""
    given = {"parent_id": parent_id, "level": level, "kind": kind, "territory_id": territory_id}
    return await _decide(session, actor, now, UnitActKind.OPEN, given | _named(code, name), effective_on, reason)


async def rename_unit(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    name: str | None = None,
    code: str | None = None,
    kind: UnitKind | None = None,
    effective_on: date,
    reason: str,
) -> Done:
    """Give a unit another name, code or kind (更名); what is left out stays."""
    given = {"unit_id": unit_id, "kind": kind} | _named(code, name)
    return await _decide(session, actor, now, UnitActKind.RENAME, given, effective_on, reason)


async def move_unit(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    parent_id: UUID | None = None,
    territory_id: UUID | None = None,
    leaves_territory: bool = False,
    effective_on: date,
    reason: str,
) -> Done:
    """Put a unit with all below it under another parent, or into another territory (划转); what is left out stays."""
    given = {
        "unit_id": unit_id,
        "parent_id": parent_id,
        "territory_id": territory_id,
        "leaves_territory": leaves_territory,
    }
    return await _decide(session, actor, now, UnitActKind.MOVE, given, effective_on, reason)


async def merge_units(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_ids: Sequence[UUID],
    into_id: UUID,
    effective_on: date,
    reason: str,
) -> Done:
    """Close units into one of their level, which takes over their children, accounts and people (合并)."""
    given = {"unit_ids": list(unit_ids), "into_id": into_id}
    return await _decide(session, actor, now, UnitActKind.MERGE, given, effective_on, reason)


async def split_unit(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    parts: Sequence[dict[str, Any]],
    effective_on: date,
    reason: str,
) -> Done:
    """Close a unit into new ones among which its children are divided; the first is its heir (拆分)."""
    named = [
        _named(part["code"], part["name"], f"parts.{place}.") | {"child_ids": list(part["child_ids"])}
        for place, part in enumerate(parts)
    ]
    given = {"unit_id": unit_id, "parts": named}
    return await _decide(session, actor, now, UnitActKind.SPLIT, given, effective_on, reason)


async def close_unit(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    successor_id: UUID | None = None,
    effective_on: date,
    reason: str,
) -> Done:
    """Close a unit that has no others below it (撤销); a successor takes over its accounts and people."""
    given = {"unit_id": unit_id, "successor_id": successor_id}
    return await _decide(session, actor, now, UnitActKind.CLOSE, given, effective_on, reason)


async def reopen_unit(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    unit_id: UUID,
    parent_id: UUID,
    effective_on: date,
    reason: str,
) -> Done:
    """Open a closed unit again, below the given one (恢复)."""
    given = {"unit_id": unit_id, "parent_id": parent_id}
    return await _decide(session, actor, now, UnitActKind.REOPEN, given, effective_on, reason)


async def accept_unit_act(
    session: AsyncSession, actor: Actor, *, now: datetime, act_id: UUID, effective_on: date | None = None
) -> Done:
    """Decide that a proposed act, or one that failed, is done; on another date if one is given."""
    # Whoever may decide takes the turn at the tree before the one at the row: a row that waits for the tree's turn
    # would be waited for in return.
    await act_to_decide(session, actor, act_id=act_id, states=ACCEPTED_FROM, is_locked=False)
    await tree_turns(session)
    act = await act_to_decide(session, actor, act_id=act_id, states=ACCEPTED_FROM)
    act.effective_on = effective_on or act.effective_on
    return await decide(session, actor, act, given_of(act.details), now=now)


async def dismiss_unit_act(session: AsyncSession, actor: Actor, *, now: datetime, act_id: UUID, reason: str) -> UnitAct:
    """Decide that an act which is not done yet, proposed or planned, will not be done."""
    act = await act_to_decide(session, actor, act_id=act_id, states=DISMISSED_FROM)
    act.state, act.dismissal = UnitActState.DISMISSED, said(reason, "reason", limit=REASON_LIMIT)
    act.decided_at, act.decided_by = now, actor.person_id
    await session.flush()
    return act


async def _decide(
    session: AsyncSession,
    actor: Actor,
    now: datetime,
    kind: UnitActKind,
    given: dict[str, Any],
    effective_on: date,
    reason: str,
) -> Done:
    why = said(reason, "reason", limit=REASON_LIMIT)
    act = new_act(actor, kind=kind, given=given, effective_on=effective_on, reason=why, now=now)
    return await decide(session, actor, act, given, now=now)


def _named(code: str | None, name: str | None, above: str = "") -> dict[str, str | None]:
    return {
        "code": None if code is None else said(code, f"{above}code", limit=CODE_LIMIT),
        "name": None if name is None else said(name, f"{above}name", limit=NAME_LIMIT),
    }
