"""The window on microblog accounts, their keepers and classes, and the acts on them. No field reaches the token."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.accounts import budgets, commands, models, queries
from domain.accounts.rules import ACCOUNT_ABILITIES, GUIDANCE_ABILITIES
from domain.engagement.queries import followers_today
from domain.hosts import models as hosts
from domain.terms import AccountChange, AccountState, HostKind, Level, Positioning, UpperPosting
from domain.units import models as units
from schema._abilities import Can, can
from schema._acts import KEY, Problem, act, camel
from schema._base import Asked, Connection, Count, Node, daily, global_id, many, measured, one, ref, shows
from schema._reads import chosen, listed
from schema.engagement import FollowerCount
from schema.units import Unit

# Which noun an id in an account's history names.
NAMED = {"guidance_id": "Guidance", "keeper_id": "User", "delegate_id": "User"}


@shows(hosts.Host)
class Host(Node):
    kind: HostKind
    name: str


@strawberry.type(
    description="Whoever runs an account or changed it (经办人); more of the person needs its own permission."
)
class Person:
    name: str

    @strawberry.field(description="The id by which `node` finds the person, if you may see the login.")
    def id(root: strawberry.Parent[Any]) -> strawberry.ID:  # noqa: N805 - a window is never an instance
        return global_id("User", root.id)


@shows(models.Guidance)
class Guidance(Node):
    title: str = strawberry.field(description="The name of the class, as the unit calls it.")
    text: str
    version: Count = strawberry.field(description="Counts the edits; whoever edits gives the one that was seen.")
    created_at: datetime
    updated_at: datetime
    unit: Unit = one("unit", "The unit that wrote it.")
    viewer_can: list[Can] = can(GUIDANCE_ABILITIES)


@shows(models.Delegation)
class Delegation(Node):
    valid_from: datetime
    valid_to: datetime | None = strawberry.field(description="The first instant at which it is over.")
    user: Person | None = measured(queries.delegates_of, "Who runs the account.")


@strawberry.type(description="A value that changed (变更项), as text; ids are those by which `node` finds them.")
class FieldChange:
    field: str
    before: str | None
    after: str | None


@shows(models.AccountEvent)
class AccountEvent(Node):
    at: datetime
    change: AccountChange
    reason: str | None
    by: Person | None = measured(queries.authors_of, "Who did it; null where a platform's answer did.")

    @strawberry.field(description="What was and what is.", metadata={"needs": ("before", "after")})
    def changes(root: strawberry.Parent[Any]) -> list[FieldChange]:  # noqa: N805 - a window is never an instance
        names = sorted({*root.before, *root.after})
        return [
            FieldChange(
                field=camel(n.removesuffix("_id")),
                before=_told(n, root.before.get(n)),
                after=_told(n, root.after.get(n)),
            )
            for n in names
        ]


@shows(models.Account)
class Account(Node):
    uid: str = strawberry.field(description="The account's own id at its platform.")
    screen_name: str
    level: Level
    state: AccountState
    state_reason: str | None = strawberry.field(description="Why it stands so.")
    state_since: datetime
    positioning: Positioning | None
    is_brand: bool = strawberry.field(description="Whether it stands for the programme beyond its own unit.")
    version: Count = strawberry.field(description="Counts the edits; whoever edits gives the one that was seen.")
    last_posted_at: datetime | None = strawberry.field(description="When something of ours last stood at the platform.")
    token_expires_at: datetime | None = strawberry.field(description="When a person must log in there again.")
    paused_until: datetime | None = strawberry.field(description="Nothing is sent before this instant.")
    calls_left_today: Count = measured(
        budgets.left_of,
        "Calls of the platform left for posts before midnight in China; some more are kept for looking posts up.",
        shaped=lambda left: left.calls,
    )
    posts_left_this_hour: Count = measured(
        budgets.left_of,
        "Posts that the platform still takes before the full hour; more wait.",
        shaped=lambda left: left.posts,
    )
    created_at: datetime
    unit: Unit = one("unit", "Whose account it is.")
    host: Host = one("host", "The platform.")
    keeper: Person | None = measured(queries.keepers_of, "Who runs it (账号管理人).")
    guidance: Guidance | None = one("guidance", "What the level above tells the class it is in.")
    followers_today: Count | None = measured(
        followers_today,
        "How many follow it today; null before they are counted, and where the platform does not say.",
    )
    follower_counts: Connection[FollowerCount] = daily(
        "follower_counts", "How many followed it from day to day, oldest first; a day that was missed is missing."
    )
    delegations: Connection[Delegation] = many("delegations", "Who runs it beside the keeper, now or before.")
    events: Connection[AccountEvent] = many("events", "What changed about it, oldest first.")
    viewer_can: list[Can] = can(ACCOUNT_ABILITIES)


def _told(name: str, value: Any) -> str | None:
    if value is not None and name in NAMED:
        return global_id(NAMED[name], value)
    return None if value is None else str(value)


@strawberry.type
class AccountQueries:
    @strawberry.field(description="Microblog accounts.")
    async def accounts(
        self,
        info: Asked,
        levels: list[Level] | None = None,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Account]:
        where = chosen("level", levels)
        return await listed(info, models.Account, first, after, last, before, where, within_id)

    @strawberry.field(description="What units you see tell the classes of accounts below them.")
    async def guidances(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Guidance]:
        return await listed(info, models.Guidance, first, after, last, before, None, within_id)


@strawberry.input(description="What an account is there for, as a whole: what is left out is emptied.")
class EditAccountInput:
    account_id: strawberry.ID = ref("Account", "The account.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    positioning: Positioning | None = strawberry.field(description="What it is there for.", default=None)
    is_brand: bool = strawberry.field(description="Whether it stands for the programme beyond its own unit.")
    guidance_id: strawberry.ID | None = ref(
        "Guidance", "The class it is in; changed only by those who write the guidances.", default=None
    )
    reason: str | None = strawberry.field(description="Why; kept in the account's history.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The account as it stands now.")
class EditAccountPayload:
    account: Account


@strawberry.input(description="Who is to run an account.")
class AppointKeeperInput:
    account_id: strawberry.ID = ref("Account", "The account.")
    user_id: strawberry.ID | None = ref("User", "The person; left out, nobody keeps it.", default=None)
    reason: str | None = strawberry.field(description="Why; kept in the account's history.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The account with its keeper.")
class AppointKeeperPayload:
    account: Account


@strawberry.input(description="Who is to run an account beside its keeper.")
class DelegateAccountInput:
    account_id: strawberry.ID = ref("Account", "The account.")
    user_id: strawberry.ID = ref("User", "The person.")
    until: datetime | None = strawberry.field(
        description="When it ends, with its zone; left out, when it is ended.", default=None
    )
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The delegation.")
class DelegateAccountPayload:
    delegation: Delegation


@strawberry.input(description="A delegation to be ended now.")
class EndDelegationInput:
    delegation_id: strawberry.ID = ref("Delegation", "The delegation.")
    reason: str | None = strawberry.field(description="Why; kept in the account's history.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The delegation that is over.")
class EndDelegationPayload:
    delegation: Delegation


@strawberry.input(description="An account to be taken out of use.")
class SuspendAccountInput:
    account_id: strawberry.ID = ref("Account", "The account.")
    reason: str = strawberry.field(description="Why; kept in the account's history.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The account out of use.")
class SuspendAccountPayload:
    account: Account


@strawberry.input(description="An account to be taken into use again.")
class ResumeAccountInput:
    account_id: strawberry.ID = ref("Account", "The account.")
    reason: str = strawberry.field(description="Why; kept in the account's history.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The account in use.")
class ResumeAccountPayload:
    account: Account


@strawberry.input(description="What a unit tells a class of accounts below it.")
class WriteGuidanceInput:
    unit_id: strawberry.ID = ref("Unit", "The unit that tells it.")
    title: str = strawberry.field(description="The name of the class.")
    text: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The guidance written.")
class WriteGuidancePayload:
    guidance: Guidance


@strawberry.input(description="A guidance as it is to be.")
class EditGuidanceInput:
    guidance_id: strawberry.ID = ref("Guidance", "The guidance.")
    expected_version: int = strawberry.field(description="The version that was seen.")
    title: str = strawberry.field(description="The name of the class.")
    text: str
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The guidance as it stands now.")
class EditGuidancePayload:
    guidance: Guidance


@strawberry.input(description="Accounts to come into the class of a guidance: those named, or all of some levels.")
class ClassAccountsInput:
    guidance_id: strawberry.ID = ref("Guidance", "The guidance.")
    account_ids: list[strawberry.ID] = ref("Account", "Accounts below its unit.", default_factory=list)
    levels: list[Level] = strawberry.field(
        description="All accounts of these levels below its unit.", default_factory=list
    )
    reason: str | None = strawberry.field(description="Why; kept in the account's history.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The guidance, and how many accounts came into its class.")
class ClassAccountsPayload:
    guidance: Guidance
    classed: Count
    staying: Count = strawberry.field(
        description="Accounts of these levels that stay in the class of a unit further up.", default=Count(0)
    )


@strawberry.input(description="How the levels above may post through a unit's accounts.")
class SetUpperPostingInput:
    unit_id: strawberry.ID = ref("Unit", "The unit whose setting it is.")
    upper_posting: UpperPosting
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The unit with its setting.")
class SetUpperPostingPayload:
    unit: Unit


@strawberry.input(description="A leaver whose accounts go to a successor.")
class HandOverAccountsInput:
    from_user_id: strawberry.ID = ref("User", "Who leaves.")
    to_user_id: strawberry.ID = ref("User", "Who takes over.")
    reason: str = strawberry.field(description="Why; kept in the account's history.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="How many accounts went over.")
class HandOverAccountsPayload:
    kept: Count = strawberry.field(description="Accounts with a new keeper.")
    delegated: Count = strawberry.field(description="Delegations that ended.")


EditAccountResult = Annotated[EditAccountPayload | Problem, strawberry.union("EditAccountResult")]
AppointKeeperResult = Annotated[AppointKeeperPayload | Problem, strawberry.union("AppointKeeperResult")]
DelegateAccountResult = Annotated[DelegateAccountPayload | Problem, strawberry.union("DelegateAccountResult")]
EndDelegationResult = Annotated[EndDelegationPayload | Problem, strawberry.union("EndDelegationResult")]
SuspendAccountResult = Annotated[SuspendAccountPayload | Problem, strawberry.union("SuspendAccountResult")]
ResumeAccountResult = Annotated[ResumeAccountPayload | Problem, strawberry.union("ResumeAccountResult")]
WriteGuidanceResult = Annotated[WriteGuidancePayload | Problem, strawberry.union("WriteGuidanceResult")]
EditGuidanceResult = Annotated[EditGuidancePayload | Problem, strawberry.union("EditGuidanceResult")]
ClassAccountsResult = Annotated[ClassAccountsPayload | Problem, strawberry.union("ClassAccountsResult")]
SetUpperPostingResult = Annotated[SetUpperPostingPayload | Problem, strawberry.union("SetUpperPostingResult")]
HandOverAccountsResult = Annotated[HandOverAccountsPayload | Problem, strawberry.union("HandOverAccountsResult")]


@strawberry.type
class AccountMutations:
    @strawberry.mutation(description="Say what an account is there for.")
    async def edit_account(self, info: Asked, input: EditAccountInput) -> EditAccountResult:
        return await act(info, input, commands.edit_account, EditAccountPayload, shows=("account", models.Account))

    @strawberry.mutation(description="Say who runs an account.")
    async def appoint_keeper(self, info: Asked, input: AppointKeeperInput) -> AppointKeeperResult:
        return await act(info, input, commands.appoint_keeper, AppointKeeperPayload, shows=("account", models.Account))

    @strawberry.mutation(description="Let somebody run an account beside its keeper.")
    async def delegate_account(self, info: Asked, input: DelegateAccountInput) -> DelegateAccountResult:
        return await act(
            info, input, commands.delegate_account, DelegateAccountPayload, shows=("delegation", models.Delegation)
        )

    @strawberry.mutation(description="End a delegation before its time.")
    async def end_delegation(self, info: Asked, input: EndDelegationInput) -> EndDelegationResult:
        return await act(
            info, input, commands.end_delegation, EndDelegationPayload, shows=("delegation", models.Delegation)
        )

    @strawberry.mutation(description="Take an account out of use.")
    async def suspend_account(self, info: Asked, input: SuspendAccountInput) -> SuspendAccountResult:
        return await act(
            info, input, commands.suspend_account, SuspendAccountPayload, shows=("account", models.Account)
        )

    @strawberry.mutation(description="Take a suspended account into use again.")
    async def resume_account(self, info: Asked, input: ResumeAccountInput) -> ResumeAccountResult:
        return await act(info, input, commands.resume_account, ResumeAccountPayload, shows=("account", models.Account))

    @strawberry.mutation(description="Write what a unit tells a class of accounts below it.")
    async def write_guidance(self, info: Asked, input: WriteGuidanceInput) -> WriteGuidanceResult:
        return await act(
            info, input, commands.write_guidance, WriteGuidancePayload, shows=("guidance", models.Guidance)
        )

    @strawberry.mutation(description="Change what a unit tells a class of accounts.")
    async def edit_guidance(self, info: Asked, input: EditGuidanceInput) -> EditGuidanceResult:
        return await act(info, input, commands.edit_guidance, EditGuidancePayload, shows=("guidance", models.Guidance))

    @strawberry.mutation(description="Put accounts below a guidance's unit into its class.")
    async def class_accounts(self, info: Asked, input: ClassAccountsInput) -> ClassAccountsResult:
        return await act(
            info,
            input,
            commands.class_accounts,
            ClassAccountsPayload,
            shows=("guidance", models.Guidance),
            extras=("classed", "staying"),
        )

    @strawberry.mutation(description="Say how the levels above may post through your unit's accounts.")
    async def set_upper_posting(self, info: Asked, input: SetUpperPostingInput) -> SetUpperPostingResult:
        return await act(info, input, commands.set_upper_posting, SetUpperPostingPayload, shows=("unit", units.Unit))

    @strawberry.mutation(description="Give a leaver's accounts to a successor.")
    async def hand_over_accounts(self, info: Asked, input: HandOverAccountsInput) -> HandOverAccountsResult:
        return await act(
            info, input, commands.hand_over_accounts, HandOverAccountsPayload, extras=("kept", "delegated")
        )
