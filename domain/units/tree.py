"""What a change writes: versions and places since its date, the rows of today, and every copy of a path."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    String,
    Text,
    Uuid,
    bindparam,
    column,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.models import Grant
from domain.base.ids import new_id
from domain.base.models import Base
from domain.base.prepared import any_of
from domain.units.changes import Change, Facts, Scene, Standing
from domain.units.models import Unit, UnitPlace, UnitVersion
from domain.units.orders import keep_orders, orders_in_force
from domain.units.places import Link, Place, before, joined, places_since
from domain.units.rules import grams
from domain.units.seats import Moves, relinked


async def write(
    session: AsyncSession, scene: Scene, change: Change, moves: Moves, *, now: datetime, by: UUID | None
) -> None:
    """Write the change: what it makes of today's rows, then of history, then of everything that copies a path."""
    changed = relinked(scene, change)
    orders = await orders_in_force(session) if changed else []
    await _write_rows(session, scene, change, moves)
    await _write_versions(session, scene, change)
    await _write_paths(session, moves)
    await _write_copies(session, moves.paths)
    await _hand_over(session, change)
    await _end_grants(session, change, now=now, by=by)
    if changed:
        await write_places(session, changed, since=change.on)
    await keep_orders(session, scene, change, moves, orders)


async def _write_rows(session: AsyncSession, scene: Scene, change: Change, moves: Moves) -> None:
    # Closed first, so that their codes are free; their successor is told once it is there.
    if change.closed:
        await session.execute(update(Unit.__table__).where(Unit.id.in_(change.closed)).values(closed_on=change.on))  # type: ignore[arg-type]
    if change.opened:
        await session.execute(insert(Unit), [_new_row(unit_id, change, moves) for unit_id in change.opened])
        if change.closed:
            await _inherit(session, change)
    rows = [_changed_row(scene.units[unit_id], facts, change) for unit_id, facts in _changed(change).items()]
    rows += [
        _changed_row(scene.units[unit_id], scene.units[unit_id].facts, change) | {"closed_now": change.on}
        for unit_id in change.closed
    ]
    if rows:
        columns = ("code", "name", "kind", "parent_id", "territory_id", "opened_on", "closed_on", "successor_id")
        bound: dict[str, Any] = {name: bindparam(PARAMETERS.get(name, f"{name}_now")) for name in columns}
        connection = await session.connection()
        await connection.execute(update(Unit.__table__).where(Unit.id == bindparam("unit")).values(bound), rows)  # type: ignore[arg-type]


async def _inherit(session: AsyncSession, change: Change) -> None:
    """The parts of a split unit keep what it had set for itself."""
    before = aliased(Unit)
    own = select(before.upper_posting).where(before.id.in_(change.closed)).scalar_subquery()
    heirs = update(Unit).where(Unit.id.in_(change.opened)).values(upper_posting=own)
    await session.execute(heirs.execution_options(synchronize_session=False))


PARAMETERS = {"closed_on": "closed_now", "opened_on": "opened_now", "successor_id": "successor_now"}


def _changed(change: Change) -> dict[UUID, Facts]:
    return {unit_id: facts for unit_id, facts in change.facts.items() if unit_id not in change.opened}


def _new_row(unit_id: UUID, change: Change, moves: Moves) -> dict[str, Any]:
    path, territory_path = moves.new[unit_id]
    return {
        "id": unit_id,
        "number": moves.numbers[unit_id],
        "level": change.opened[unit_id],
        **vars(change.facts[unit_id]),
        "path": path,
        "territory_path": territory_path,
        "opened_on": change.on,
    }


def _changed_row(unit: Standing, facts: Facts, change: Change) -> dict[str, Any]:
    return {
        "unit": unit.id,
        **{f"{name}_now": value for name, value in vars(facts).items()},
        "opened_now": change.on if unit.id in change.reopened else unit.opened_on,
        "closed_now": None,
        "successor_now": change.closed.get(unit.id),
    }


async def _write_versions(session: AsyncSession, scene: Scene, change: Change) -> None:
    ids = [unit_id for unit_id in (*change.facts, *change.closed) if unit_id in scene.units]
    if ids:
        # What began on that very day is replaced; what began before it ends on it.
        begun = delete(UnitVersion).where(UnitVersion.unit_id.in_(ids), UnitVersion.valid_from >= change.on)
        await session.execute(begun.execution_options(synchronize_session=False))
        lasting = update(UnitVersion).where(UnitVersion.unit_id.in_(ids), UnitVersion.valid_to.is_(None))
        await session.execute(lasting.values(valid_to=change.on).execution_options(synchronize_session=False))
    if change.facts:
        rows = [version_row(unit_id, facts, change.on) for unit_id, facts in change.facts.items()]
        await session.execute(insert(UnitVersion), rows, execution_options={"render_nulls": True})


def version_row(unit_id: UUID, facts: Facts, since: date) -> dict[str, Any]:
    """The row that says what is true of a unit from a date on."""
    return {"id": new_id(), "unit_id": unit_id, **vars(facts), "valid_from": since, "grams": grams(facts.name)}


async def _write_paths(session: AsyncSession, moves: Moves) -> None:
    changed = [unit_id for unit_id, paths in moves.new.items() if moves.old.get(unit_id, paths) != paths]
    if changed:
        new = _unnested(
            {"id": Uuid(), "path": Text(), "territory_path": Text()},
            [(unit_id, *moves.new[unit_id]) for unit_id in changed],
        )
        await session.execute(
            update(Unit)
            .where(Unit.id == new.c.id)
            .values(path=new.c.path, territory_path=new.c.territory_path)
            .execution_options(synchronize_session=False)
        )


async def _hand_over(session: AsyncSession, change: Change) -> None:
    """What goes on without its unit, as an account or a person, belongs to the successor from now on."""
    heirs = {heir for heir in change.closed.values() if heir is not None}
    if not heirs:
        return
    # An act closes units into one.
    (heir,) = heirs
    path, level = (await session.execute(select(Unit.path, Unit.level).where(Unit.id == heir))).one()
    for table, over in followers():
        values = {"unit_id": heir, "unit_path": path} | ({"level": level} if "level" in table.columns else {})
        going_on = [] if over is None else [table.c[over].is_(None)]
        await session.execute(update(table).where(table.c.unit_id.in_(change.closed), *going_on).values(values))


def followers() -> list[tuple[Any, str | None]]:
    """The tables whose rows go to the successor of their unit, each with the column that ends a row, if any does."""
    models = (mapper.class_ for mapper in Base.registry.mappers)
    return [(model.__table__, model.follows_until) for model in models if model.follows_successor]


async def _end_grants(session: AsyncSession, change: Change, *, now: datetime, by: UUID | None) -> None:
    """Nobody acts at a closed unit; a grant that had not begun ends as it begins."""
    if change.closed:
        await session.execute(
            update(Grant)
            .where(*_ending(change.closed, now))
            .values(valid_to=func.greatest(Grant.valid_from, now), ended_by=by)
            .execution_options(synchronize_session=False)
        )


def _ending(closed: Collection[UUID], now: datetime) -> tuple[Any, ...]:
    return Grant.unit_id.in_(closed), or_(Grant.valid_to.is_(None), Grant.valid_to > now)


async def grants_ending(session: AsyncSession, closed: Collection[UUID], *, now: datetime) -> int:
    """How many grants end when these units are closed."""
    if not closed:
        return 0
    return await session.scalar(select(func.count()).select_from(Grant).where(*_ending(closed, now))) or 0


async def _write_copies(session: AsyncSession, paths: Mapping[str, str]) -> None:
    """Every copy of a path is the path of some unit, so it is replaced by what that has become."""
    if paths:
        for table in copies():
            new = _unnested({"old_path": Text(), "new_path": Text()}, list(paths.items()))
            values = {"unit_path": new.c.new_path}
            await session.execute(update(table).where(table.c.unit_path == new.c.old_path).values(values))


def copies() -> list[Any]:
    """The tables that keep a copy of a unit's path; none has to be named here.

    Rows that point to others come first: workers lock a delivery and then its account, never the other way.
    """
    return [table for table in reversed(Base.metadata.sorted_tables) if "unit_path" in table.columns]


async def rows_touched(session: AsyncSession, paths: Collection[str]) -> dict[str, int]:
    """How many rows of which table stand at one of these paths."""
    if not paths:
        return {}
    touched = select(func.unnest(literal(list(paths), ARRAY(Text())))).scalar_subquery()
    counts = [
        select(literal(table.name, String()).label("table"), func.count().label("count")).where(
            table.c.unit_path.in_(touched)
        )
        for table in copies()
    ]
    found = await session.execute(union_all(*counts).order_by("table"))
    return {table: count for table, count in found if count}


async def write_places(session: AsyncSession, changed: Collection[UUID], *, since: date) -> None:
    """Make the places from a date on, of units and of all that stood below them since, follow from the versions."""
    links, numbers = await _links_since(session, changed, since)
    above = {unit_id for link in links for unit_id in (link.parent_id, link.land_id)} - set(numbers)
    # One that ends on that very day may go on after all: looked at too, so that neighbours of one path become one.
    lasting = or_(UnitPlace.valid_to.is_(None), UnitPlace.valid_to >= since)
    places = (UnitPlace.unit_id, UnitPlace.valid_from, UnitPlace.valid_to, UnitPlace.path, UnitPlace.territory_path)
    outside = _places((await session.execute(select(*places).where(UnitPlace.unit_id.in_(above), lasting))).all())
    mine = UnitPlace.unit_id == any_of(numbers)
    gone = delete(UnitPlace).where(mine, lasting).returning(*places).execution_options(synchronize_session=False)
    earlier = _places((await session.execute(gone)).all())
    later = places_since(since, links, numbers, outside)
    rows = [
        {
            "unit_id": unit_id,
            "valid_from": place.start,
            "valid_to": None if place.end == date.max else place.end,
            "path": place.path,
            "territory_path": place.territory_path,
        }
        for unit_id, pieces in later.items()
        for place in joined([*before(since, earlier.get(unit_id, [])), *pieces])
    ]
    if rows:
        await session.execute(insert(UnitPlace), rows, execution_options={"render_nulls": True})


async def _links_since(
    session: AsyncSession, changed: Collection[UUID], since: date
) -> tuple[list[Link], dict[UUID, int]]:
    """The links since a date, and the numbers, of some units and of all that stood below them by either link."""
    reached = select(func.unnest(literal(list(changed), ARRAY(Uuid()))).label("id")).cte("reached", recursive=True)
    lasting = or_(UnitVersion.valid_to.is_(None), UnitVersion.valid_to > since)
    below_it = or_(UnitVersion.parent_id == reached.c.id, UnitVersion.territory_id == reached.c.id)
    reached = reached.union(select(UnitVersion.unit_id).join(reached, below_it).where(lasting))
    version = UnitVersion.__table__.c
    rows = await session.execute(
        select(Unit.id, Unit.number, version.parent_id, version.territory_id, version.valid_from, version.valid_to)
        .join(reached, reached.c.id == Unit.id)
        .outerjoin(UnitVersion, (UnitVersion.unit_id == Unit.id) & lasting)
    )
    found = rows.all()
    links = [
        Link(row.id, row.parent_id, row.territory_id or row.parent_id, row.valid_from, row.valid_to or date.max)
        for row in found
        if row.parent_id is not None
    ]
    return links, {row.id: row.number for row in found}


def _places(rows: Iterable[Any]) -> dict[UUID, list[Place]]:
    found: dict[UUID, list[Place]] = {}
    for row in rows:
        place = Place(row.valid_from, row.valid_to or date.max, row.path, row.territory_path)
        found.setdefault(row.unit_id, []).append(place)
    return found


def _unnested(columns: Mapping[str, Any], rows: Collection[tuple[Any, ...]]) -> Any:
    """Rows handed over as one array for each column, however many they are."""
    arrays = [
        literal(list(values), ARRAY(kind))
        for values, kind in zip(zip(*rows, strict=True), columns.values(), strict=True)
    ]
    named: list[Column[Any]] = [column(name, kind) for name, kind in columns.items()]  # type: ignore[misc]
    return func.unnest(*arrays).table_valued(*named).render_derived(name="given")
