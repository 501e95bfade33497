"""A small tree with a past, written by hand so that reads are tested apart from the acts that make history."""

from datetime import date

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.units.models import Unit, UnitPlace, UnitVersion
from domain.units.rules import grams
from tests.factories.units import Tree

# On this day the north county left the east city for the west city, and took another name and code.
MOVED = date(2026, 5, 10)
BEFORE = date(2026, 5, 9)


async def move_north_county(session: AsyncSession, tree: Tree) -> None:
    """The north county, with its town, stands under the west city since MOVED; committed."""
    county, town, city = tree["north county"], tree["north town"], tree["west city"]
    for unit, above in ((county, city), (town, county)):
        moved = f"{above.path}{unit.number:05d}."
        await session.execute(update(UnitPlace).where(UnitPlace.unit_id == unit.id).values(valid_to=MOVED))
        session.add(UnitPlace(unit_id=unit.id, valid_from=MOVED, path=moved, territory_path=moved))
        unit.path = unit.territory_path = moved
        session.add(unit)
    await session.execute(update(UnitVersion).where(UnitVersion.unit_id == county.id).values(valid_to=MOVED))
    county.parent_id, county.name, county.code = city.id, "new county", "T60"
    session.add(
        UnitVersion(
            unit_id=county.id,
            code="T60",
            name="new county",
            kind=county.kind,
            parent_id=city.id,
            valid_from=MOVED,
            grams=grams("new county"),
        )
    )
    await session.flush()
    for table in Unit.metadata.tables.values():
        if "unit_path" in table.c and "unit_id" in table.c:
            for unit in (county, town):
                await session.execute(update(table).where(table.c.unit_id == unit.id).values(unit_path=unit.path))
    await session.commit()
