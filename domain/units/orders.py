"""Orders over a unit and all below it: no change of the tree ends one, nor lets those lift it who could not before."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import eq
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.base.ids import new_id
from domain.base.models import Base
from domain.base.turns import shut_gate
from domain.units.changes import Change, Scene
from domain.units.seats import Moves, relinked


@dataclass(frozen=True)
class Order:
    """An order as it stood before the change."""

    table: Any
    row: dict[str, Any]


@dataclass(frozen=True)
class Passage:
    """A unit that what stood at one path comes to, with all below it."""

    unit_id: UUID
    before: str
    after: str


async def orders_in_force(session: AsyncSession) -> list[Order]:
    """All of them: there are few, so each is compared with the paths."""
    models = [mapper.class_ for mapper in Base.registry.mappers if mapper.class_.is_over_all_below]
    found = []
    for model in models:
        table = model.__table__
        rows = await session.execute(select(table).where(table.c[model.follows_until].is_(None)))
        found += [Order(table, dict(row)) for row in rows.mappings()]
    return found


async def keep_orders(
    session: AsyncSession, scene: Scene, change: Change, moves: Moves, orders: Sequence[Order]
) -> None:
    """Over what is not below an order any more, a copy of it stands: too much is kept back rather than too little."""
    passages = sorted(_passages(scene, change, moves), key=lambda passage: passage.after)
    for order in orders:
        old, height = order.row["unit_path"], order.row["height"]
        stands_at = _after(order, scene, change, moves)
        await _lower(session, order, stands_at)
        over = [stands_at]
        for passage in passages:
            if passage.before.startswith(old) and not any(passage.after.startswith(path) for path in over):
                over.append(passage.after)
                # Of an older order nothing is known but that it was lifted where it stands.
                kept = height_after(depth(old) if height is None else height, passage.before, passage.after)
                place = {"id": new_id(), "unit_id": passage.unit_id, "unit_path": passage.after, "height": kept}
                await session.execute(insert(order.table).values(order.row | place))
    if orders:
        # A claim must not compare the paths of before with the orders of after, or the other way about.
        await shut_gate(session)


def height_after(height: int, before: str, after: str) -> int:
    """From how far up it was decided, for what comes to another path: a way up brings nobody up to that level.

    Levels that both paths share stay what they are.
    """
    shared = sum(takewhile(bool, map(eq, before.split(".")[:-1], after.split(".")[:-1])))
    return height if height <= shared else max(shared, height + min(0, depth(after) - depth(before)))


def depth(path: str) -> int:
    """How many steps from the nation a path ends, as heights are counted."""
    return path.count(".")


def _passages(scene: Scene, change: Change, moves: Moves) -> Iterator[Passage]:
    for unit_id in relinked(scene, change):
        if unit_id in scene.units:
            for heir_id in _heirs(unit_id, change):
                yield Passage(heir_id, scene.units[unit_id].path, _path(heir_id, scene, moves))


def _heirs(unit_id: UUID, change: Change) -> list[UUID]:
    """Who has of a unit what is below it: the unit itself, or whoever took over, all parts of a split one."""
    if unit_id not in change.closed:
        return [unit_id]
    heir = change.closed[unit_id]
    return [] if heir is None else list(dict.fromkeys((heir, *change.opened)))


def _path(unit_id: UUID, scene: Scene, moves: Moves) -> str:
    return moves.new[unit_id][0] if unit_id in moves.new else scene.units[unit_id].path


def _after(order: Order, scene: Scene, change: Change, moves: Moves) -> str:
    """Where an order stands after the change: with its unit, or with the heir."""
    heir = change.closed.get(order.row["unit_id"])
    old: str = order.row["unit_path"]
    return moves.paths.get(old, old) if heir is None else _path(heir, scene, moves)


async def _lower(session: AsyncSession, order: Order, stands_at: str) -> None:
    height = order.row["height"]
    kept = None if height is None else height_after(height, order.row["unit_path"], stands_at)
    if kept != height:
        await session.execute(update(order.table).where(order.table.c.id == order.row["id"]).values(height=kept))
