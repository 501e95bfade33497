"""The window on whoever is logged in: what the first screen of an app needs."""

from typing import Any

import strawberry

from domain.access import models
from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.people import queries
from domain.reading import reader
from domain.reading.selection import Record
from domain.refusals import NotAuthenticated
from domain.units.models import Unit as UnitRow
from domain.units.search import places_by_path
from schema._base import Asked, global_id
from schema._selection import selection_of
from schema.people import Grant
from schema.units import FoundUnit, found_unit


@strawberry.type(description="What you may do, and where (可行使的权限).")
class Held:
    permission: str = strawberry.field(description="A noun and an act, such as `lesson:schedule`.")
    units: list[FoundUnit] = strawberry.field(description="The topmost units at and below which you may.")


@strawberry.type(description="Whoever is logged in (当前用户).")
class Viewer:
    user_id: strawberry.Private[Any]
    name: str

    @strawberry.field(description="The id by which others who may see the login find it.")
    def id(self) -> strawberry.ID:
        return global_id("User", self.user_id)

    @strawberry.field(description="The name you log in with.")
    async def login(self, info: Asked) -> str:
        return (await self._home(info)).login

    @strawberry.field(description="The unit you belong to (所属机构), whose administrators look after your login.")
    async def unit(self, info: Asked) -> FoundUnit:
        return found_unit((await self._home(info)).unit)

    @strawberry.field(description="What you hold now, whatever your role shows of the grants of others.")
    async def grants(self, info: Asked) -> list[Grant]:
        selection = selection_of(info)
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            return await _own_grants(info, session, actor, selection)

    @strawberry.field(description="What you may do, permission by permission, and where.")
    async def may(self, info: Asked) -> list[Held]:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            reaches = {permission: actor.reach(permission) for permission in Permission}
            paths = {path for reach in reaches.values() for path in reach}
            places = await places_by_path(session, paths)
        return [
            Held(permission=permission.value, units=[found_unit(places[path]) for path in reach if path in places])
            for permission, reach in reaches.items()
            if reach
        ]

    async def _home(self, info: Asked) -> queries.Home:
        async with info.context.reading() as session:
            home = await queries.home_of(session, self.user_id)
        if home is None:
            raise NotAuthenticated
        return home


async def _own_grants(info: Asked, session: Any, actor: Actor, selection: Any) -> list[Grant]:
    held = await queries.grants_held(session, actor.user_id, now=info.context.now)
    names = models.Grant.__table__.columns.keys()
    records = [Record(models.Grant, {name: getattr(row, name) for name in names}) for row in held]
    columns = {"unit": (UnitRow, "unit_id"), "user": (models.User, "user_id"), "granter": (models.User, "granted_by")}
    for branch in selection.branches:
        model, name = columns[branch.relation]
        ids = [getattr(record, name) for record in records if getattr(record, name) is not None]
        found = await reader.rows_by_id(session, actor, model, branch.selection, ids=ids)
        for record in records:
            record.branches[branch.key] = found.get(getattr(record, name))
    return records  # type: ignore[return-value]


@strawberry.type
class ViewerQueries:
    @strawberry.field(description="Who is logged in: your name, your unit, what you hold and what you may do.")
    async def viewer(self, info: Asked) -> Viewer:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
        return Viewer(user_id=actor.user_id, name=actor.name)
