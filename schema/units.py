"""The window on units, and what the tree is counted by."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.accounts.queries import without_account as has_no_account
from domain.base.dates import today
from domain.reading import reader
from domain.terms import Level, TreeLink, UnitKind, UpperPosting
from domain.units import models
from domain.units.queries import counts_per_level
from domain.units.rules import UNIT_ABILITIES
from domain.units.search import FoundUnit as FoundRow
from domain.units.search import found_units as find_units
from domain.units.search import named
from schema._abilities import Can, can
from schema._base import Asked, Connection, Count, Node, chain, global_id, many, one, shows
from schema._reads import chosen, listed, path_within
from schema._selection import selection_of

if TYPE_CHECKING:
    from schema.accounts import Account


@shows(models.UnitVersion)
class UnitVersion(Node):
    code: str
    name: str
    kind: UnitKind
    valid_from: date
    valid_to: date | None = strawberry.field(description="The first day on which it was no longer so.")
    parent: "Unit | None" = one("parent", "The unit above, in that time.")


@shows(models.Unit, public=frozenset({"code", "name", "level"}))
class Unit(Node):
    code: str = strawberry.field(description="Division code (区划代码); it may change, the id never does.")
    name: str
    level: Level
    kind: UnitKind
    opened_on: date
    closed_on: date | None
    upper_posting: UpperPosting = strawberry.field(description="How the levels above may post through its accounts.")
    parent: "Unit | None" = one("parent", "The unit above, by affiliation (隶属).")
    ancestors: list["Unit"] = chain("parent", len(Level) - 1, "The units above, from the nation down.")
    territory: "Unit | None" = one("territory", "In whose territory it lies (属地), where that is not the unit above.")
    successor: "Unit | None" = one("successor", "Who took over what it had when it was closed.")
    children: Connection["Unit"] = many("children", "The units directly below.")
    versions: Connection[UnitVersion] = many("versions", "What it was called and where it stood, from when to when.")
    accounts: Connection[Annotated["Account", strawberry.lazy("schema.accounts")]] = many(
        "accounts", "Its microblog accounts."
    )
    viewer_can: list[Can] = can(UNIT_ABILITIES)


@strawberry.type(description="How many units there are at a level (各级机构数).")
class LevelCount:
    level: Level
    count: Count


@strawberry.type(description="Units by level, with what is needed to judge the numbers (机构统计).")
class UnitCounts:
    as_of: date = strawberry.field(description="The day whose tree is counted.")
    link: TreeLink = strawberry.field(description="By which link units were counted below the one asked about.")
    levels: list[LevelCount]


@strawberry.type(description="What may be known of a unit that is found without being seen (查找结果).")
class FoundUnit:
    id: strawberry.ID
    code: str
    name: str
    level: Level
    above: str | None = strawberry.field(description="The name of the unit above it.")


def found_unit(found: FoundRow) -> FoundUnit:
    """What was found, as it is shown."""
    return FoundUnit(
        id=global_id("Unit", found.id), code=found.code, name=found.name, level=found.level, above=found.above
    )


@strawberry.type
class UnitQueries:
    @strawberry.field(description="A unit by its division code of today, or by that of a date.")
    async def unit(self, info: Asked, code: str, as_of: date | None = None) -> Unit | None:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            where = [("code", code), ("closed_on", None)]
            return await reader.row_where(  # type: ignore[return-value]
                session, actor, models.Unit, selection_of(info), where=where, as_of=as_of
            )

    @strawberry.field(description="How many units you see at each level, in all or below one of them.")
    async def unit_counts(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        as_of: date | None = None,
        link: TreeLink = TreeLink.AFFILIATION,
    ) -> UnitCounts:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            under = await path_within(session, actor, within_id, as_of=as_of, link=link) if within_id else ""
            counts = await counts_per_level(session, actor, under=under, as_of=as_of, link=link)
        levels = [LevelCount(level=level, count=Count(count)) for level, count in counts.items()]
        return UnitCounts(as_of=as_of or today(info.context.now), link=link, levels=levels)

    @strawberry.field(
        description="Units: of some levels, below one unit, by two characters of a name or by a code; on request only "
        "those for which no account is active now, as far as you see accounts."
    )
    async def units(
        self,
        info: Asked,
        levels: list[Level] | None = None,
        within_id: strawberry.ID | None = None,
        search: str | None = None,
        as_of: date | None = None,
        without_account: bool = False,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Unit]:
        where = [("closed_on", None), *chosen("level", levels)]
        also = [] if search is None else [named(search, as_of=as_of)]
        if without_account:
            also.append(lambda unit: has_no_account(info.context.caller, unit))
        return await listed(info, models.Unit, first, after, last, before, where, within_id, also=also, as_of=as_of)

    @strawberry.field(description="Units you may find without seeing them, at most 20: enough to name one to somebody.")
    async def found_units(self, info: Asked, search: str) -> list[FoundUnit]:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            rows = await find_units(session, actor, text=search)
        return [found_unit(row) for row in rows]
