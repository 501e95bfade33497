"""The window on units."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.terms import Level, UnitKind
from domain.units import models
from schema._base import Connection, Count, Node, many, one, shows

if TYPE_CHECKING:
    from schema.accounts import Account


@shows(models.Unit)
class Unit(Node):
    code: str = strawberry.field(description="Division code of today (区划代码); it may change, the id never does.")
    name: str
    level: Level
    kind: UnitKind
    opened_on: date
    closed_on: date | None
    parent: "Unit | None" = one("parent", "The unit above.")
    children: Connection["Unit"] = many("children", "The units directly below.")
    accounts: Connection[Annotated["Account", strawberry.lazy("schema.accounts")]] = many(
        "accounts", "Its microblog accounts."
    )


@strawberry.type(description="How many units there are at a level (各级机构数).")
class LevelCount:
    level: Level
    count: Count
