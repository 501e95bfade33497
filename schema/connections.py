"""Connecting accounts by their owner's leave, and the tokens that are to be renewed. No field reaches a token."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.accounts import authorizations, models, renewals
from domain.terms import RenewalState
from schema._acts import KEY, Problem, act
from schema._base import Asked, Connection, Node, measured, one, ref, shows
from schema._reads import listed, path_within
from schema.accounts import Account, Person


@shows(models.Renewal)
class Renewal(Node):
    state: RenewalState
    ends_at: datetime | None = strawberry.field(description="When the token ends or ended, as far as it is known.")
    found_at: datetime
    begun_at: datetime | None = strawberry.field(description="When somebody last went to the platform for it.")
    done_at: datetime | None
    account: Account = one("account", "Whose token it is; `beginConnection` for it gives the link.")
    keeper: Person | None = measured(renewals.keepers_told, "Who ran the account when this was found.")


@strawberry.input(description="A new account of a unit at a platform, or a known account to be renewed.")
class BeginConnectionInput:
    unit_id: strawberry.ID | None = ref("Unit", "Whose account it is to be; with the platform.", default=None)
    host_id: strawberry.ID | None = ref("Host", "The platform of a new account.", default=None)
    account_id: strawberry.ID | None = ref("Account", "The account to be renewed; with nothing else.", default=None)
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The way to the platform.")
class BeginConnectionPayload:
    authorize_url: str = strawberry.field(
        description="Where you log in at the platform and give leave; good for you alone, once, in the same browser."
    )
    expires_at: datetime = strawberry.field(description="Until when you must be back.")


BeginConnectionResult = Annotated[BeginConnectionPayload | Problem, strawberry.union("BeginConnectionResult")]


@strawberry.type
class ConnectionQueries:
    @strawberry.field(
        description="Tokens to be renewed of accounts that you run or may edit, those found first at the front."
    )
    async def renewals(
        self,
        info: Asked,
        within_id: strawberry.ID | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Renewal]:
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            path = None if within_id is None else await path_within(session, actor, within_id, model=models.Renewal)
        also = [renewals.to_do(actor, within_path=path, now=info.context.now)]
        return await listed(info, models.Renewal, first, after, last, before, also=also)


@strawberry.type
class ConnectionMutations:
    @strawberry.mutation(description="Go to a platform to give leave to post for an account.")
    async def begin_connection(self, info: Asked, input: BeginConnectionInput) -> BeginConnectionResult:
        hands = {"links": info.context.door.links, "callback_url": info.context.callback_url}
        extras = ("authorize_url", "expires_at")
        return await act(
            info,
            input,
            authorizations.begin_connection,
            BeginConnectionPayload,
            extras=extras,
            shaped={"expires_at": datetime.fromisoformat},
            hands=hands,
        )
