"""The life of an act on the tree: decided at once, planned for a day, or proposed and then decided; done or failed."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, cast, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.abilities import above
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.access.queries import actor_of
from domain.audit.entries import record
from domain.base.dates import today
from domain.base.ids import new_id
from domain.refusals import Conflict, NotFound, NotPermitted, Reason, Refusal
from domain.terms import Level, UnitActKind, UnitActState, UnitKind
from domain.units.changes import Change, Given, Scene, Standing, asked_of, change_of
from domain.units.models import Unit, UnitAct
from domain.units.queries import tree_turns
from domain.units.scenes import scene_of, units_standing
from domain.units.seats import Moves, moves_of
from domain.units.tree import grants_ending, rows_touched, write

# How many of the units touched are named.
NAMES_SHOWN = 20
CODES = ("parent", "territory", "into")


@dataclass(frozen=True)
class Done:
    """An act decided, and what it touches: plain data, counted by what stands where before it is done."""

    act: UnitAct
    touches: dict[str, Any]


async def decide(session: AsyncSession, actor: Actor, act: UnitAct, given: Given, *, now: datetime) -> Done:
    """Do an act whose day has come, plan one whose day lies ahead; both only where it can be done as things stand."""
    # Asked twice: who may not change the tree makes nobody wait for it, and what was true before the turn may not be.
    await _named_units(session, act.kind, await _resolved(session, given), actor)
    await tree_turns(session)
    given = await _resolved(session, given)
    units, first = await _named_units(session, act.kind, given, actor)
    act.unit_path = first
    act.decided_at, act.decided_by = now, actor.person_id
    session.add(act)
    if act.effective_on <= today(now):
        return Done(act, await carry_out(session, act, given, units, now=now))
    act.state, act.failure = UnitActState.PLANNED, None
    await session.flush()
    scene, change, moves = await _weighed(session, act, given, units, on=today(now))
    return Done(act, await _touches(session, scene, change, moves, now=now))


async def _named_units(
    session: AsyncSession, kind: UnitActKind, given: Given, actor: Actor
) -> tuple[dict[UUID, Standing], str]:
    """The units an act names, if the actor may decide it, and the path where it is decided."""
    asked = asked_of(kind, given)
    units = await units_standing(session, {each.unit_id for each in asked})
    for each in asked:
        unit = _known(units, each.unit_id, each.field)
        # Who sees a unit learns that it is for the level above to decide; who does not learns nothing of it.
        actor.require(_seeing(each.permission), at=unit.path, path=each.field, what="unit")
        place = above(unit.path) if each.is_decided_above else unit.path
        actor.require(each.permission, at=place, path=each.field)
    path = units[asked[0].unit_id].path
    return units, above(path) if asked[0].is_decided_above else path


def new_act(
    actor: Actor, *, kind: UnitActKind, given: Given, effective_on: date, reason: str, now: datetime
) -> UnitAct:
    """An act as it comes in, not yet decided."""
    return UnitAct(
        id=new_id(),
        kind=kind,
        state=UnitActState.PROPOSED,
        unit_id=subject(kind, given),
        effective_on=effective_on,
        reason=reason,
        details=plain(given),
        proposed_at=now,
        proposed_by=actor.person_id,
    )


async def carry_out(
    session: AsyncSession, act: UnitAct, given: Given, units: dict[UUID, Standing], *, now: datetime
) -> dict[str, Any]:
    """Make the tree what the act says, from its date on."""
    scene, change, moves = await _weighed(session, act, given, units, on=act.effective_on)
    touches = await _touches(session, scene, change, moves, now=now)
    await write(session, scene, change, moves, now=now, by=act.decided_by)
    if act.unit_id is None:
        act.unit_id = next(iter(change.opened))
    act.state, act.done_at, act.failure = UnitActState.DONE, now, None
    await session.flush()
    return touches


async def due_act_id(session: AsyncSession, *, besides: Collection[UUID] = ()) -> UUID | None:
    """A planned act, not one of some, whose day has come in China by the database's clock; the earliest first."""
    day = cast(func.timezone("Asia/Shanghai", func.now()), Date)
    # The state is written out, so that the planner knows the partial index to be enough.
    due: ColumnElement[bool] = literal_column("unit_acts.state = 'PLANNED'")
    query = select(UnitAct.id).where(due, UnitAct.effective_on <= day, UnitAct.id.not_in(besides))
    return (await session.execute(query.order_by(UnitAct.effective_on, UnitAct.id).limit(1))).scalar_one_or_none()


async def carry_out_planned(session: AsyncSession, *, act_id: UUID, now: datetime) -> bool:
    """Do a planned act whose day has come, unless it was done or withdrawn meanwhile, or somebody is at it."""
    await tree_turns(session)
    query = select(UnitAct).where(UnitAct.id == act_id, UnitAct.state == UnitActState.PLANNED)
    act = (await session.execute(query.with_for_update(skip_locked=True))).scalar_one_or_none()
    if act is None:
        return False
    given = await _resolved(session, given_of(act.details))
    # Units move and people go: whoever decided it must still be the one to decide it when its day comes.
    decider = Actor.operator() if act.decided_by is None else await actor_of(session, act.decided_by, now=now)
    if decider is None:
        raise Conflict(Reason.ACT_DECIDER_GONE)
    try:
        units, act.unit_path = await _named_units(session, act.kind, given, decider)
    except (NotPermitted, NotFound) as refusal:
        raise Conflict(Reason.ACT_DECIDER_GONE, path=".".join(refusal.path)) from refusal
    await carry_out(session, act, given, units, now=now)
    record(
        session,
        at=now,
        actor_id=act.decided_by,
        act="carryOutUnitAct",
        about="UnitAct",
        row_id=act.id,
        unit_id=act.unit_id,
        unit_path=act.unit_path,
        details={"kind": act.kind.value, "effectiveOn": act.effective_on.isoformat()},
    )
    return True


async def note_failure(session: AsyncSession, *, act_id: UUID, refusal: Refusal) -> None:
    """Write down why a planned act could not be done, where whoever planned it sees it."""
    query = select(UnitAct).where(UnitAct.id == act_id, UnitAct.state == UnitActState.PLANNED).with_for_update()
    act = (await session.execute(query)).scalar_one_or_none()
    if act is not None:
        words = {"zh": refusal.words("zh"), "en": refusal.words("en")}
        act.state = UnitActState.FAILED
        act.failure = {"code": refusal.code, "path": list(refusal.path), **words}
        await session.flush()


async def act_to_decide(
    session: AsyncSession, actor: Actor, *, act_id: UUID, states: Collection[UnitActState], is_locked: bool = True
) -> UnitAct:
    """The act, with the turn at it taken, if this actor may decide it and it is in one of these states."""
    query = select(UnitAct).where(UnitAct.id == act_id).execution_options(populate_existing=True)
    act = (await session.execute(query.with_for_update() if is_locked else query)).scalar_one_or_none()
    if act is None:
        raise NotFound("unitact", path="actId")
    if not actor.holds(Permission.UNIT_VIEW, at=act.unit_path):
        raise NotFound("unitact", path="actId")
    actor.require(Permission.UNIT_EDIT, at=act.unit_path, path="actId")
    if act.state not in states:
        raise Conflict(Reason.ACT_DECIDED, path="actId")
    return act


def subject(kind: UnitActKind, given: Given) -> UUID | None:
    """The unit an act is about; one that is to be opened is not there yet."""
    found: UUID | None = given.get("into_id") if kind is UnitActKind.MERGE else given.get("unit_id")
    return found


def plain(given: Any) -> Any:
    """Arguments as JSON keeps them."""
    if isinstance(given, Mapping):
        return {name: plain(value) for name, value in given.items()}
    if isinstance(given, list | tuple):
        return [plain(value) for value in given]
    if isinstance(given, Enum):
        return given.value
    return str(given) if isinstance(given, UUID) else given


def given_of(details: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments again from what JSON kept: their names say what they are."""
    return {name: _argument(name, value) for name, value in details.items()}


def _argument(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "parts":
        return [given_of(part) for part in value]
    if name.endswith("_ids"):
        return [UUID(each) for each in value]
    if name.endswith("_id"):
        return UUID(value)
    kinds: dict[str, Any] = {"level": Level, "kind": UnitKind}
    return kinds[name](value) if name in kinds else value


async def _resolved(session: AsyncSession, given: Given) -> dict[str, Any]:
    """The units that a proposal could only name by a code, since they were not open yet when it was made."""
    named = {name: given[f"{name}_code"] for name in CODES if given.get(f"{name}_code") is not None}
    found = {name: value for name, value in given.items() if name.removesuffix("_code") not in CODES}
    if named:
        query = select(Unit.code, Unit.id).where(Unit.code.in_(named.values()), Unit.closed_on.is_(None))
        ids = dict((await session.execute(query)).all())
        for name, unit_code in named.items():
            if unit_code not in ids:
                raise Conflict(Reason.UNIT_AWAITED, path="actId", unit_code=unit_code)
            found[f"{name}_id"] = ids[unit_code]
    return found


def _known(units: Mapping[UUID, Standing], unit_id: UUID, path: str) -> Standing:
    if unit_id not in units:
        raise NotFound("unit", path=path)
    return units[unit_id]


def _seeing(permission: Permission) -> Permission:
    return permission if permission is Permission.UNIT_FIND else Permission.UNIT_VIEW


async def _weighed(
    session: AsyncSession, act: UnitAct, given: Given, units: dict[UUID, Standing], *, on: date
) -> tuple[Scene, Change, Moves]:
    scene = await scene_of(session, act.kind, given, on=on, known=units)
    change = change_of(act.kind, given, scene)
    return scene, change, await moves_of(session, scene, change)


async def _touches(
    session: AsyncSession, scene: Scene, change: Change, moves: Moves, *, now: datetime
) -> dict[str, Any]:
    """What stands at the units that move or are closed: in which table how many rows, and the first names."""
    closed = {scene.units[unit_id].path for unit_id in change.closed}
    return {
        "units": len(moves.names),
        "names": moves.names[:NAMES_SHOWN],
        "rows": await rows_touched(session, {*moves.paths, *closed}),
        "grants_ended": await grants_ending(session, change.closed, now=now),
    }
