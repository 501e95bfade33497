"""Where a platform sends a person back to who gave leave to post for an account, or did not."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape

import structlog
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.auth import person_of_cookie
from api.pages import headers_of, page
from domain.accounts.authorizations import Arrival, Errand, Halted, finish, take
from domain.base.keyring import SecretUnreadable
from domain.base.words import kept
from domain.hosts import port
from domain.hosts.port import Client, Handle
from domain.terms import HostKind
from integrations.database import AWAY, Sessions
from integrations.keys import Keys

log = structlog.get_logger()

# States and codes are short; whatever is longer is none.
LONGEST = 500
NAME_LENGTH = 100
# What a platform says where a person refuses.
DENIED = ("access_denied", "21330")

WORDS: dict[Arrival, tuple[int, str, str]] = {
    Arrival.CONNECTED: (200, "账号“{name}”已接入。", "The account {name} is connected."),
    Arrival.RENEWED: (200, "账号“{name}”的授权已续期。", "The leave of the account {name} is renewed."),
    Arrival.STILL_SUSPENDED: (
        200,
        "账号“{name}”的授权已续期,但该账号仍处于停用状态。",
        "The leave of the account {name} is renewed; the account is still suspended.",
    ),
    Arrival.STATE_FOREIGN: (
        400,
        "该授权链接不是由您发起的,或不完整。未保存任何内容。请由本人重新发起授权。",
        "This was not begun by you, or is incomplete. Nothing is stored. Begin again yourself.",
    ),
    Arrival.STATE_USED: (
        409,
        "该授权链接已使用过,本次未保存任何内容。",
        "This was used before; nothing is stored now.",
    ),
    Arrival.STATE_EXPIRED: (
        410,
        "授权已超过十分钟,未保存任何内容。请重新发起授权。",
        "This took longer than ten minutes; nothing is stored. Begin again.",
    ),
    Arrival.DENIED: (
        403,
        "您在平台上未同意授权,未保存任何内容。",
        "You did not give leave at the platform; nothing is stored.",
    ),
    Arrival.NOT_PERMITTED: (
        403,
        "您没有管理该机构账号的权限,未保存任何内容。",
        "You may not edit the accounts of that unit; nothing is stored.",
    ),
    Arrival.OTHER_ACCOUNT: (
        409,
        "您在平台上登录的不是要续期的账号,未保存任何内容。请在平台退出登录后,以正确的账号重新授权。",
        "You logged in at the platform with another account than the one to be renewed; nothing is stored. "
        "Log out there, and begin again with the right one.",
    ),
    Arrival.ELSEWHERE: (
        409,
        "该账号已由其他机构接入,未保存任何内容。",
        "Another unit has connected this account already; nothing is stored.",
    ),
    Arrival.CODE_REFUSED: (
        400,
        "平台未接受此次登录,未保存任何内容。请重新发起授权。",
        "The platform did not accept this login; nothing is stored. Begin again.",
    ),
    Arrival.NO_ANSWER: (
        502,
        "平台没有给出可用的答复,未保存任何内容。请稍后重新发起授权。",
        "The platform gave no usable answer; nothing is stored. Begin again later.",
    ),
    Arrival.MISCONFIGURED: (
        502,
        "本系统在该平台的应用设置有误,未保存任何内容。请联系系统管理员。",
        "Our application is set up wrongly at the platform; nothing is stored. Tell whoever runs this system.",
    ),
    Arrival.DATABASE_AWAY: (
        503,
        "系统暂时不可用,未保存任何内容。请稍后重新发起授权。",
        "The system is away for a moment; nothing is stored. Begin again later.",
    ),
}


@dataclass(frozen=True)
class Login:
    """Who logged in at a platform; the repr does not show the token."""

    token: str = field(repr=False)
    info: port.TokenInfo
    name: str


class Callback:
    """Takes the state, asks the platform who logged in, and stores the token."""

    def __init__(
        self,
        *,
        sessions: Sessions,
        keys: Keys,
        client: Callable[[HostKind, str], Client],
        callback_url: str,
        call_seconds: float,
    ) -> None:
        self._sessions, self._keys, self._client = sessions, keys, client
        self._callback_url, self._seconds = callback_url, call_seconds
        self._page = page("callback.html")
        # The words are no part of the style, so one policy fits all of them.
        self._headers = headers_of(self._page)

    async def arrive(self, request: Request) -> Response:
        """The route; whatever happens is told on a page."""
        now, name = datetime.now(UTC), ""
        try:
            arrival, name = await self._arrive(request, now)
        except Halted as halted:
            arrival = halted.arrival
        except AWAY as error:
            log.warning("database_away", lane="callback", error=type(error).__name__)
            arrival = Arrival.DATABASE_AWAY
        except SecretUnreadable as error:
            log.error("application_secret_unreadable", error=str(error))
            arrival = Arrival.MISCONFIGURED
        log.info("account_authorized", outcome=arrival.value)
        return self._told(arrival, name)

    async def _arrive(self, request: Request, now: datetime) -> tuple[Arrival, str]:
        given = {key: request.query_params.get(key, "") for key in ("state", "code", "error", "error_code")}
        if len(given["state"]) > LONGEST or not given["state"]:
            raise Halted(Arrival.STATE_FOREIGN)
        errand = await self._take(given["state"], now, request)
        if given["error"] == DENIED[0] or given["error_code"] == DENIED[1]:
            raise Halted(Arrival.DENIED)
        if given["error"] or not 0 < len(given["code"]) <= LONGEST:
            raise Halted(Arrival.CODE_REFUSED)
        login = await self._login(errand, given["code"])
        async with self._sessions() as session:
            arrival = await finish(
                session,
                errand,
                now=now,
                keyring=self._keys.keyring,
                token=login.token,
                info=login.info,
                screen_name=login.name,
            )
            await session.commit()
        return arrival, login.name

    async def _take(self, state: str, now: datetime, request: Request) -> Errand:
        async with self._sessions() as session:
            keys, visitor = self._keys, person_of_cookie(request)
            try:
                return await take(
                    session, state=state, now=now, links=keys.links, keyring=keys.keyring, visitor=visitor
                )
            finally:
                # A state is used up before anybody is asked anything, and stays so whatever the answer is.
                await session.commit()

    async def _login(self, errand: Errand, code: str) -> Login:
        """Exchange the code, and believe nobody but the platform, asked with the token itself, who it was."""
        client, application = self._client(errand.host_kind, errand.api_url), errand.application
        try:
            async with asyncio.timeout(self._seconds):
                token = await client.exchange(application, code=code, callback_url=self._callback_url)
                info = await client.token_info(token)
                who = await client.identity(Handle(uid=info.uid, token=token))
        except (port.HostError, TimeoutError) as error:
            log.warning("login_not_told", error=type(error).__name__, code=getattr(error, "code", None))
            raise Halted(_arrival_of(error)) from error
        # A token of another application, or of two people at once, is none of ours.
        if info.app_key != application.key or who.uid != info.uid:
            log.warning("login_not_told", error="another application or account")
            raise Halted(Arrival.NO_ANSWER)
        return Login(token, info, kept(who.screen_name, token, limit=NAME_LENGTH) or info.uid)

    def _told(self, arrival: Arrival, name: str) -> Response:
        status, zh, en = WORDS[arrival]
        words = {
            "@KIND@": "done" if status == 200 else "problem",
            "@ZH@": escape(zh.format(name=name)),
            "@EN@": escape(en.format(name=name)),
        }
        text = self._page
        for mark, value in words.items():
            text = text.replace(mark, value)
        return HTMLResponse(text, status, headers=self._headers)


def _arrival_of(error: Exception) -> Arrival:
    if isinstance(error, (port.Invalid, port.Unauthorized)):
        return Arrival.CODE_REFUSED
    if isinstance(error, (port.Misconfigured, port.PermissionMissing)):
        return Arrival.MISCONFIGURED
    return Arrival.NO_ANSWER
