"""The window on who is logged in."""

import strawberry

from domain.terms import Role
from schema.units import Unit


@strawberry.type(description="A role over a unit and everything below it (授权).")
class Grant:
    role: Role
    unit: Unit | None = strawberry.field(description="Null where the role does not let its holder see the unit.")


@strawberry.type(description="Whoever is logged in (当前用户).")
class Viewer:
    name: str
    grants: list[Grant]
