"""Finding units: by two characters of a name or by a code, of today or of a date."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from domain.access.actor import Actor, within_reach
from domain.access.permissions import Permission
from domain.refusals import Invalid, Reason
from domain.terms import Level
from domain.units.models import Unit, UnitVersion, valid_on
from domain.units.rules import grams

SEARCH_LEAST = 2
SEARCH_LONGEST = 100
FOUND_LIMIT = 20


@dataclass(frozen=True)
class FoundUnit:
    """What somebody may know of a unit who finds it without seeing it."""

    id: UUID
    code: str
    name: str
    level: Level
    # The name of the unit above, which tells two of one name apart.
    above: str | None


def named(text: str, *, as_of: date | None = None, path: str = "search") -> Callable[[Any], ColumnElement[bool]]:
    """Units whose name holds the text, or whose code it is: today's, or those of a date.

    The pairs of neighbouring characters find the candidates through their index; the name itself decides.
    """
    wanted = text.strip()
    if not SEARCH_LEAST <= len(wanted) <= SEARCH_LONGEST:
        raise Invalid(Reason.SEARCH_TOO_SHORT, path=path, least=SEARCH_LEAST, limit=SEARCH_LONGEST)
    version = aliased(UnitVersion)
    valid = select(version.unit_id).where(version.valid_to.is_(None) if as_of is None else valid_on(version, as_of))
    by_name = valid.where(version.grams.contains(grams(wanted)), func.strpos(version.name, wanted) > 0)
    # Each half has its own index; joined by OR they would have none.
    found = union_all(by_name, valid.where(version.code == wanted))
    return lambda entity: entity.id.in_(found)


async def found_units(session: AsyncSession, actor: Actor, *, text: str, as_of: date | None = None) -> list[FoundUnit]:
    """Up to 20 units within the actor's reach of finding, which may go further than what the actor sees."""
    rows = await session.execute(
        _found()
        .where(
            # A unit that is closed has no version of today, so the name leaves it out by itself.
            named(text, as_of=as_of)(Unit),
            within_reach(actor, Permission.UNIT_FIND, Unit.path),
        )
        .order_by(Unit.path)
        .limit(FOUND_LIMIT)
    )
    return [FoundUnit(*row) for row in rows]


async def places_by_path(session: AsyncSession, paths: Collection[str]) -> dict[str, FoundUnit]:
    """Units by their paths, for somebody who belongs or holds a grant there: those show themselves."""
    rows = await session.execute(_found().add_columns(Unit.path).where(Unit.path.in_(paths)))
    return {path: FoundUnit(*found) for *found, path in rows}


def _found() -> Select[*tuple[Any, ...]]:
    above = aliased(Unit)
    return select(Unit.id, Unit.code, Unit.name, Unit.level, above.name).outerjoin(above, above.id == Unit.parent_id)
