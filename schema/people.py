"""The window on people and their grants, and the acts on them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain.access import models
from domain.access.rules import GRANT_ABILITIES
from domain.logins import links
from domain.people import commands, queries
from domain.people.queries import found_users as find_users
from domain.people.queries import lone_units as find_lone_units
from domain.people.rules import state_of
from domain.reading.selection import cursor_of
from domain.terms import InviteOutcome, Level, Reach, Role, RowPolicy, UserState
from schema._abilities import CAN, Can, can, cans
from schema._acts import KEY, Problem, act
from schema._base import (
    Asked,
    Connection,
    Count,
    Edge,
    Node,
    PageInfo,
    global_id,
    many,
    measured,
    one,
    ref,
    row_id_of,
    shows,
)
from schema._reads import listed, path_within
from schema._selection import connection_of
from schema.units import Unit

JOIN = "/join#"


@shows(models.Grant)
class Grant(Node):
    role: Role
    reach: Reach = strawberry.field(description="How far it goes: what is acted on is also seen and found.")
    valid_from: datetime
    valid_to: datetime | None = strawberry.field(description="The first instant at which it is over.")
    unit: Unit | None = one("unit", "The unit it holds at, and below; null where your role does not show it.")
    user: Annotated["User", strawberry.lazy("schema.people")] | None = one(
        "user", "Who holds it; null where you may not see the login."
    )
    granted_by: Annotated["User", strawberry.lazy("schema.people")] | None = one(
        "granter", "Who gave it; null where you may not see the login, or whoever runs the machine did."
    )
    viewer_can: list[Can] = can(GRANT_ABILITIES)


@shows(models.User)
class User(Node):
    login: str
    name: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None
    unit: Unit = one("unit", "The unit whose administrators look after the login (所属机构).")
    grants: Connection[Grant] = many("grants", "What the person holds, held and will hold, within your reach.")
    viewer_can: list[Can] = measured(queries.care_of_logins, CAN, shaped=cans)

    @strawberry.field(description="Where the login stands.", metadata={"needs": ("password_set_at", "disabled_at")})
    def state(root: strawberry.Parent[Any]) -> UserState:  # noqa: N805 - a window is never an instance
        return state_of(password_set_at=root.password_set_at, disabled_at=root.disabled_at)


@strawberry.type(description="What may be known of a person who is found without being seen (查找结果).")
class FoundUser:
    id: strawberry.ID
    name: str
    unit: str = strawberry.field(description="The name of the person's unit.")


@strawberry.type(description="A unit with one person to act for it, who cannot be their own second person (单人机构).")
class LoneUnit:
    unit_id: strawberry.ID
    unit_name: str
    level: Level
    user_id: strawberry.ID
    user_name: str
    steps_in_id: strawberry.ID | None = strawberry.field(
        description="The nearest unit above whose people step in; null where nobody is left to ask."
    )
    steps_in_name: str | None


async def _links(info: Asked, user_ids: list[UUID]) -> dict[UUID, str]:
    """The open links of these people, as the caller may hand them over now: kept nowhere, made anew each time."""
    context = info.context
    async with context.reading() as session:
        actor = await context.actor(session)
        found = await queries.open_links(session, actor, user_ids=user_ids, now=context.now)
    keys = context.door.links
    return {
        user_id: f"{JOIN}{links.show(link, keys)}" for user_id, link in found.items() if links.is_showable(link, keys)
    }


@strawberry.input(description="A file of people, each with a unit and a role.")
class InviteUsersInput:
    unit_id: strawberry.ID = ref("Unit", "All units of the file lie within this one.")
    file: str = strawberry.field(
        description="CSV whose first line names the columns 登录名,姓名,机构代码,角色,范围,截止日期, or "
        "login,name,unit,role,reach,until; the last two may be left out. At most 1,000 rows.",
        metadata={"personal": True},
    )
    policy: RowPolicy = strawberry.field(
        description="What to do where rows have faults.", default=RowPolicy.IGNORE_FAILED
    )
    preview: bool = strawberry.field(description="Only say what would come of it.", default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="What became of a row of the file.")
class InvitedUser:
    row: Count = strawberry.field(description="Its number as a spreadsheet shows it.")
    login: str
    outcome: InviteOutcome
    problems: list[Problem] = strawberry.field(description="What is wrong with it; `path` names the column.")
    user_id: strawberry.ID | None
    link: str | None = strawberry.field(
        description="Where the person sets a password, below the address of this API; while it is open."
    )


@strawberry.type(description="What became of the file.")
class InviteUsersPayload:
    rows: strawberry.Private[list[dict[str, Any]]]
    created: Count
    existing: Count
    refused: Count

    @strawberry.field(description="Row by row.")
    async def users(self, info: Asked) -> list[InvitedUser]:
        found = await _links(info, [UUID(row["user_id"]) for row in self.rows if row["user_id"]])
        return [_invited(row, found) for row in self.rows]


def _invited(row: dict[str, Any], found: dict[UUID, str]) -> InvitedUser:
    user_id = UUID(row["user_id"]) if row["user_id"] else None
    return InvitedUser(
        row=Count(row["row"]),
        login=row["login"],
        outcome=InviteOutcome[row["outcome"]],
        problems=[
            Problem(code=p["code"], path=p["path"], message_zh=p["zh"], message_en=p["en"], retryable=False)
            for p in row["problems"]
        ],
        user_id=global_id("User", user_id) if user_id else None,
        link=found.get(user_id) if user_id else None,
    )


@strawberry.input(description="A role for a person, over a unit and everything below it.")
class GrantRoleInput:
    user_id: strawberry.ID = ref("User", "Who gets it.")
    unit_id: strawberry.ID = ref("Unit", "Where it holds.")
    role: Role
    reach: Reach = strawberry.field(description="How far it goes.", default=Reach.ACT)
    valid_from: datetime | None = strawberry.field(description="From when; now, if left out.", default=None)
    valid_to: datetime | None = strawberry.field(description="The instant at which it is over.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The grant made.")
class GrantRolePayload:
    grant: Grant


@strawberry.input(description="A grant to be ended.")
class EndGrantInput:
    grant_id: strawberry.ID = ref("Grant", "The grant.")
    reason: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The grant, ended.")
class EndGrantPayload:
    grant: Grant


@strawberry.input(description="A login to be shut.")
class DisableUserInput:
    user_id: strawberry.ID = ref("User", "The person.")
    reason: str
    is_leaving: bool = strawberry.field(description="The person leaves for good: all grants end too.", default=False)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The person, whose sessions and links are over.")
class DisableUserPayload:
    user: User


@strawberry.input(description="A login to be opened again.")
class EnableUserInput:
    user_id: strawberry.ID = ref("User", "The person.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The person, who may log in again.")
class EnableUserPayload:
    user: User


@strawberry.input(description="A person who needs a link to set a password.")
class SendResetLinkInput:
    user_id: strawberry.ID = ref("User", "The person.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The person, with a link to hand over.")
class SendResetLinkPayload:
    user: User

    @strawberry.field(description="Where the person sets a password, below the address of this API; while it is open.")
    async def link(self, info: Asked) -> str | None:
        user_id: UUID = self.user.id
        return (await _links(info, [user_id])).get(user_id)


@strawberry.input(description="What of a person is to be changed.")
class EditUserInput:
    user_id: strawberry.ID = ref("User", "The person.")
    name: str | None = strawberry.field(description="The new name.", default=None, metadata={"personal": True})
    unit_id: strawberry.ID | None = ref("Unit", "The unit that looks after the login from now on.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The person as changed.")
class EditUserPayload:
    user: User


InviteUsersResult = Annotated[InviteUsersPayload | Problem, strawberry.union("InviteUsersResult")]
GrantRoleResult = Annotated[GrantRolePayload | Problem, strawberry.union("GrantRoleResult")]
EndGrantResult = Annotated[EndGrantPayload | Problem, strawberry.union("EndGrantResult")]
DisableUserResult = Annotated[DisableUserPayload | Problem, strawberry.union("DisableUserResult")]
EnableUserResult = Annotated[EnableUserPayload | Problem, strawberry.union("EnableUserResult")]
SendResetLinkResult = Annotated[SendResetLinkPayload | Problem, strawberry.union("SendResetLinkResult")]
EditUserResult = Annotated[EditUserPayload | Problem, strawberry.union("EditUserResult")]


@strawberry.type
class PeopleMutations:
    @strawberry.mutation(description="Invite the people of a file, each with a role and a link to set a password.")
    async def invite_users(self, info: Asked, input: InviteUsersInput) -> InviteUsersResult:
        extras = ("rows", "created", "existing", "refused")
        hands = {"keys": info.context.door.links}
        return await act(info, input, commands.invite_users, InviteUsersPayload, extras=extras, hands=hands)

    @strawberry.mutation(description="Give a person a role over a unit; who may is a rule of levels.")
    async def grant_role(self, info: Asked, input: GrantRoleInput) -> GrantRoleResult:
        return await act(info, input, commands.grant_role, GrantRolePayload, shows=("grant", models.Grant))

    @strawberry.mutation(description="End a grant now, or take it back before it begins.")
    async def end_grant(self, info: Asked, input: EndGrantInput) -> EndGrantResult:
        return await act(info, input, commands.end_grant, EndGrantPayload, shows=("grant", models.Grant))

    @strawberry.mutation(description="Shut a login at once, with all its sessions.")
    async def disable_user(self, info: Asked, input: DisableUserInput) -> DisableUserResult:
        return await act(info, input, commands.disable_user, DisableUserPayload, shows=("user", models.User))

    @strawberry.mutation(description="Open a login again.")
    async def enable_user(self, info: Asked, input: EnableUserInput) -> EnableUserResult:
        return await act(info, input, commands.enable_user, EnableUserPayload, shows=("user", models.User))

    @strawberry.mutation(description="Make a link by which a person sets a new password, to be handed over by you.")
    async def send_reset_link(self, info: Asked, input: SendResetLinkInput) -> SendResetLinkResult:
        shown = ("user", models.User)
        hands = {"keys": info.context.door.links}
        return await act(info, input, commands.send_reset_link, SendResetLinkPayload, shows=shown, hands=hands)

    @strawberry.mutation(description="Change the name of a person, or the unit that looks after the login.")
    async def edit_user(self, info: Asked, input: EditUserInput) -> EditUserResult:
        return await act(info, input, commands.edit_user, EditUserPayload, shows=("user", models.User))


@strawberry.type
class PeopleQueries:
    @strawberry.field(description="People of units you see: below one unit, or whose name or login begins so.")
    async def users(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        search: str | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[User]:
        also = [] if search is None else [queries.named(search)]
        return await listed(info, models.User, first, after, last, before, None, within_id, also=also)

    @strawberry.field(
        description="People you may find without seeing them, at most 20: enough to name one to somebody."
    )
    async def found_users(self, info: Asked, search: str) -> list[FoundUser]:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            rows = await find_users(session, actor, text=search)
        return [FoundUser(id=global_id("User", row.id), name=row.name, unit=row.unit) for row in rows]

    @strawberry.field(description="Grants in force at an instant, now if left out: within one unit, or of one person.")
    async def grants(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        user_id: strawberry.ID | None = None,
        as_of: datetime | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Grant]:
        where = [("user_id", row_id_of(user_id, "User", path="userId"))] if user_id else []
        also = [queries.valid_at(as_of or info.context.now)]
        return await listed(info, models.Grant, first, after, last, before, where, within_id, also=also)

    @strawberry.field(description="Units with a single acting person, in the order of the tree, and who steps in.")
    async def lone_units(
        self, info: Asked, within_id: strawberry.ID | None = None, first: int | None = None, after: str | None = None
    ) -> Connection[LoneUnit]:
        _, page = connection_of(info, {"first": first, "after": after})
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            under = await path_within(session, actor, within_id) if within_id else ""
            rows, total = await find_lone_units(session, actor, now=info.context.now, page=page, under=under)
        return _connection(rows[: page.size], more=len(rows) > page.size, after=after, total=total)


def _connection(
    rows: list[queries.LoneUnit], *, more: bool, after: str | None, total: int | None
) -> Connection[LoneUnit]:
    edges = [Edge(node=_lone(row), cursor=cursor_of([row.path])) for row in rows]
    info = PageInfo(
        has_next_page=more,
        has_previous_page=after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )
    count = None if total is None else Count(total)
    return Connection(edges=edges, nodes=[edge.node for edge in edges], page_info=info, total_count=count)


def _lone(row: queries.LoneUnit) -> LoneUnit:
    return LoneUnit(
        unit_id=global_id("Unit", row.unit_id),
        unit_name=row.name,
        level=row.level,
        user_id=global_id("User", row.user_id),
        user_name=row.user_name,
        steps_in_id=global_id("Unit", row.steps_in_id) if row.steps_in_id else None,
        steps_in_name=row.steps_in_name,
    )
