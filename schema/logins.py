"""The window on sessions, and the acts by which people log in and out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.logins import commands, models, queries
from domain.reading.selection import Record, Selection
from domain.terms import SessionEnd, SessionKind
from schema._acts import KEY, Problem, act, enter
from schema._base import Asked, Count, Node, ref, row_id_of, shows
from schema._selection import selection_of

SECRET = {"secret": True}
PERSONAL = {"personal": True}


@shows(models.Session)
class Session(Node):
    kind: SessionKind
    label: str = strawberry.field(description="What the device calls itself.")
    created_at: datetime
    last_used_at: datetime = strawberry.field(description="To the minute.")
    expires_at: datetime = strawberry.field(description="When it ends by itself if it is not used again.")
    ended_at: datetime | None
    end: SessionEnd | None

    @strawberry.field(description="Whether this request came through it.", metadata={"needs": ("id",)})
    def current(root: strawberry.Parent[models.Session], info: Asked) -> bool:  # noqa: N805 - never an instance
        return root.id == info.context.session_id


@strawberry.input(description="A name and a password, and from where.")
class LogInInput:
    login: str = strawberry.field(description="The login name; case and width make no difference.", metadata=PERSONAL)
    password: str = strawberry.field(description="The password.", metadata=SECRET)
    browser: bool = strawberry.field(
        description="Whether to answer with a cookie, for a web page, instead of with tokens.", default=False
    )
    label: str = strawberry.field(
        description="What the device calls itself, so that its owner recognises it.", default="", metadata=PERSONAL
    )
    device_token: str | None = strawberry.field(
        description="The one that the last login on this device answered: wrong guesses of strangers do not lock it.",
        default=None,
        metadata=SECRET,
    )


@strawberry.type(description="The login: an app has tokens now, a browser a cookie and what goes with it.")
class LogInPayload:
    expires_at: datetime = strawberry.field(
        description="Of an app, when its access token ends; of a browser, when its session does if it is not used."
    )
    access_token: str | None = strawberry.field(description="Of an app: sent as Authorization: Bearer.")
    refresh_token: str | None = strawberry.field(description="Of an app: good for one refreshLogin.")
    csrf_token: str | None = strawberry.field(description="Of a browser: sent as X-CSRF-Token along with the cookie.")
    device_token: str = strawberry.field(description="Kept by the device, and sent with its next logIn at that name.")


@strawberry.input(description="A refresh token, which is used up by this.")
class RefreshLoginInput:
    refresh_token: str = strawberry.field(description="The newest one of the session.", metadata=SECRET)


@strawberry.type(description="The next tokens of an app.")
class RefreshLoginPayload:
    expires_at: datetime = strawberry.field(description="When the access token ends.")
    access_token: str
    refresh_token: str


@strawberry.input(description="The end of the session that the request comes through.")
class LogOutInput:
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The session is over.")
class LogOutPayload:
    ended: bool = strawberry.field(description="False where there was none to end.")


@strawberry.input(description="A session to be ended, one's own or that of a person one looks after.")
class EndSessionInput:
    session_id: strawberry.ID = ref("Session", "The session.")
    client_mutation_key: str | None = strawberry.field(description=KEY, default=None)


@strawberry.type(description="The session is over.")
class EndSessionPayload:
    ended: bool = strawberry.field(description="False where it was over already.")


# The acts on passwords take no clientMutationKey: what is kept to recognise a repetition would tell of the password.
@strawberry.input(description="A password instead of the old one.")
class ChangePasswordInput:
    old: str = strawberry.field(description="The password until now.", metadata=SECRET)
    new: str = strawberry.field(description="The password from now on.", metadata=SECRET)


@strawberry.type(description="The password is set.")
class ChangePasswordPayload:
    sessions_ended: Count = strawberry.field(description="How many other sessions that ended.")


@strawberry.input(description="The link of an invitation or a reset, and a password.")
class RedeemLinkInput:
    token: str = strawberry.field(description="What stands in the link after the #.", metadata=SECRET)
    password: str = strawberry.field(description="The password from now on.", metadata=SECRET)


@strawberry.type(description="The password is set, and the link is used up.")
class RedeemLinkPayload:
    login: str = strawberry.field(description="The name to log in with.")


LogInResult = Annotated[LogInPayload | Problem, strawberry.union("LogInResult")]
RefreshLoginResult = Annotated[RefreshLoginPayload | Problem, strawberry.union("RefreshLoginResult")]
LogOutResult = Annotated[LogOutPayload | Problem, strawberry.union("LogOutResult")]
EndSessionResult = Annotated[EndSessionPayload | Problem, strawberry.union("EndSessionResult")]
ChangePasswordResult = Annotated[ChangePasswordPayload | Problem, strawberry.union("ChangePasswordResult")]
RedeemLinkResult = Annotated[RedeemLinkPayload | Problem, strawberry.union("RedeemLinkResult")]


@strawberry.type
class LoginQueries:
    @strawberry.field(description=f"Where you are logged in, the newest first; at most {queries.LISTED}.")
    async def own_sessions(self, info: Asked) -> list[Session]:
        selection = selection_of(info, rows=queries.LISTED)
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            rows = await queries.own_sessions(session, actor, now=info.context.now)
        return _shown(rows, selection)

    @strawberry.field(
        description="Where somebody is logged in whose login you look after, the newest first; "
        f"at most {queries.LISTED}."
    )
    async def user_sessions(self, info: Asked, user_id: strawberry.ID) -> list[Session]:
        selection = selection_of(info, rows=queries.LISTED)
        asked = row_id_of(user_id, "User", path="userId")
        async with info.context.reading() as session:
            actor = await info.context.actor(session)
            rows = await queries.user_sessions(session, actor, user_id=asked, now=info.context.now)
        return _shown(rows, selection)


def _shown(rows: Sequence[models.Session], selection: Selection) -> list[Any]:
    """The sessions with what is asked of each."""
    names = {"id", *selection.attributes}
    return [Record(models.Session, {name: getattr(row, name) for name in names}) for row in rows]


@strawberry.type
class LoginMutations:
    @strawberry.mutation(description="Log in with name and password.")
    async def log_in(self, info: Asked, input: LogInInput) -> LogInResult:
        hands = {"door": info.context.door}
        extras = ("expires_at", "access_token", "refresh_token", "csrf_token", "device_token")
        return await enter(info, input, commands.log_in, LogInPayload, extras=extras, hands=hands)

    @strawberry.mutation(description="Go on with the session of an app whose access token ends.")
    async def refresh_login(self, info: Asked, input: RefreshLoginInput) -> RefreshLoginResult:
        hands = {"door": info.context.door}
        extras = ("expires_at", "access_token", "refresh_token")
        # An app does it every ten minutes.
        return await enter(
            info, input, commands.refresh_login, RefreshLoginPayload, extras=extras, hands=hands, is_decision=False
        )

    @strawberry.mutation(description="End the session that the request comes through.")
    async def log_out(self, info: Asked, input: LogOutInput) -> LogOutResult:
        hands = {"door": info.context.door, "session_id": info.context.session_id}
        return await act(info, input, commands.log_out, LogOutPayload, extras=("ended",), hands=hands)

    @strawberry.mutation(description="End a session on another device.")
    async def end_session(self, info: Asked, input: EndSessionInput) -> EndSessionResult:
        return await act(info, input, commands.end_session, EndSessionPayload, extras=("ended",))

    @strawberry.mutation(description="Set another password for oneself.")
    async def change_password(self, info: Asked, input: ChangePasswordInput) -> ChangePasswordResult:
        hands = {"door": info.context.door, "session_id": info.context.session_id}
        extras = ("sessions_ended",)
        return await act(
            info, input, commands.change_password, ChangePasswordPayload, extras=extras, hands=hands, waits=True
        )

    @strawberry.mutation(description="Set a password by a link.")
    async def redeem_link(self, info: Asked, input: RedeemLinkInput) -> RedeemLinkResult:
        hands = {"door": info.context.door}
        return await enter(info, input, commands.redeem_link, RedeemLinkPayload, extras=("login",), hands=hands)
