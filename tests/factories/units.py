"""A small tree, and people in it."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor, Scope
from domain.access.models import Grant, User
from domain.base.ids import new_id
from domain.terms import Level, Reach, Role, UnitKind
from domain.units.models import Unit, UnitPlace, UnitVersion
from domain.units.rules import grams

NOW = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)


@dataclass
class Tree:
    """Units by a short name: nation, two provinces (east, west), and below them one or two of each level."""

    units: dict[str, Unit] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Unit:
        return self.units[name]


# name, parent, level
SHAPE = [
    ("nation", None, Level.NATIONAL),
    ("east", "nation", Level.PROVINCIAL),
    ("west", "nation", Level.PROVINCIAL),
    ("east city", "east", Level.PREFECTURE),
    ("west city", "west", Level.PREFECTURE),
    ("north county", "east city", Level.COUNTY),
    ("south county", "east city", Level.COUNTY),
    ("far county", "west city", Level.COUNTY),
    ("north town", "north county", Level.GRASSROOTS),
]


async def plant_tree(session: AsyncSession) -> Tree:
    """Nine units over five levels, committed."""
    tree = Tree()
    for number, (name, parent, level) in enumerate(SHAPE, 1):
        above = tree.units.get(parent or "")
        unit = Unit(
            id=new_id(),
            number=number,
            code=f"T{number}",
            name=name,
            level=level,
            kind=UnitKind.TERRITORIAL,
            parent_id=above.id if above else None,
            path=f"{above.path if above else ''}{number:05d}.",
            territory_path=f"{above.path if above else ''}{number:05d}.",
            opened_on=date(2010, 5, 4),
        )
        session.add(unit)
        tree.units[name] = unit
    await session.flush()
    for unit in tree.units.values():
        session.add_all(dated(unit))
    await session.execute(text("SELECT setval('unit_numbers', :last)"), {"last": len(SHAPE)})
    await session.commit()
    return tree


def dated(unit: Unit) -> tuple[UnitVersion, UnitPlace]:
    """What an open unit is and where it stands, valid since it was opened."""
    version = UnitVersion(
        unit_id=unit.id,
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        parent_id=unit.parent_id,
        territory_id=unit.territory_id,
        valid_from=unit.opened_on,
        grams=grams(unit.name),
    )
    place = UnitPlace(unit_id=unit.id, valid_from=unit.opened_on, path=unit.path, territory_path=unit.territory_path)
    return version, place


def actor_at(unit: Unit, role: Role = Role.ADMINISTRATOR, *, user_id: UUID | None = None) -> Actor:
    """Somebody with one role over a unit; not in the database unless `user_id` is."""
    return Actor(user_id or new_id(), "somebody", (Scope(role, unit.id, unit.path),))


async def add_user(
    session: AsyncSession,
    unit: Unit,
    role: Role = Role.ADMINISTRATOR,
    login: str = "somebody",
    *,
    reach: Reach = Reach.ACT,
    valid_from: datetime = datetime(2020, 1, 1, tzinfo=UTC),
    valid_to: datetime | None = None,
) -> User:
    """A user in the database with one grant, committed."""
    user = User(id=new_id(), login=login, name=login.title(), unit_id=unit.id, unit_path=unit.path, created_at=NOW)
    session.add(user)
    await session.flush()
    grant = Grant(
        id=new_id(),
        reach=reach,
        user_id=user.id,
        role=role,
        unit_id=unit.id,
        unit_path=unit.path,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    session.add(grant)
    await session.commit()
    return user
