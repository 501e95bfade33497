"""Acts of people on their own logins.

No connection to the database is held while a password is hashed: that takes long, and anybody may ask for it.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.access.permissions import Permission
from domain.access.queries import held_by, user_by_login
from domain.access.rules import refusal_to_manage
from domain.logins import devices, guard, links, passwords, rules, sessions
from domain.logins.door import Door
from domain.logins.models import LoginGuard, LoginLink, RefreshToken, Session
from domain.logins.queries import vouched_for
from domain.refusals import Invalid, NotAuthenticated, NotFound, Reason
from domain.terms import SessionEnd, SessionKind

# A stolen token that turns up later than this is refused without more; until then it ends the session.
KEEP_USED_TOKENS = timedelta(days=7)


@dataclass(frozen=True)
class Ended:
    """Whether an act ended a session; it did not where that was over already."""

    ended: bool
    unit_id: UUID | None = None
    unit_path: str = ""


@dataclass(frozen=True)
class PasswordSet:
    """Whose password was set, and under which name the person logs in."""

    user_id: UUID
    unit_id: UUID
    unit_path: str
    login: str
    sessions_ended: int


async def log_in(
    session: AsyncSession,
    *,
    now: datetime,
    door: Door,
    login: str,
    password: str,
    browser: bool,
    label: str,
    device_token: str | None = None,
) -> sessions.Login:
    """Open a session for whoever knows the password.

    A wrong name and a wrong password are told alike, and take as long. On a device where the person came in before,
    guesses count by themselves: strangers who guess at the name do not lock it there.
    """
    name = rules.login_name(login)
    nonce = devices.nonce_of(device_token, name, door.links, now=now)
    with passwords.turn():
        async with door.apart() as apart:
            known = await user_by_login(apart, name)
            set_at = known.password_set_at if known else None
            lane = devices.lane_of(nonce, password_set_at=set_at) if nonce else ""
            await guard.count_guess(apart, now=now, login=name, path="login", lane=lane)
        known_hash = known.password_hash if known else None
        is_right = await passwords.matches(known_hash, password)
        if known is None or known_hash is None or not is_right:
            raise Invalid(Reason.LOGIN_REFUSED)
        fresh_hash = await passwords.hashed(password) if passwords.is_outdated(known_hash) else known_hash
    # While it was hashed, the password may have been changed, or the person disabled.
    user = await _locked(session, known.id)
    if user is None or user.password_hash != known_hash:
        raise Invalid(Reason.LOGIN_REFUSED)
    user.password_hash = fresh_hash
    await guard.forgive(session, login=name, lane=lane)
    kind = SessionKind.BROWSER if browser else SessionKind.APP
    opened = await sessions.open_session(session, user, now=now, door=door, kind=kind, label=label)
    return replace(opened, device_token=devices.device_token(name, door.links, now=now, nonce=nonce))


async def refresh_login(session: AsyncSession, *, now: datetime, door: Door, refresh_token: str) -> sessions.Login:
    """Go on with a session of an app: a new access token, and a new refresh token for the one that is used up."""
    return await sessions.renew(session, now=now, door=door, token=refresh_token)


async def log_out(session: AsyncSession, actor: Actor, *, now: datetime, door: Door, session_id: UUID | None) -> Ended:
    """End the session that the request came through."""
    door.take_cookie()
    own = (Session.id == session_id) & (Session.user_id == actor.user_id)
    return Ended(await sessions.end_sessions(session, own, now=now, end=SessionEnd.LOGGED_OUT) == 1)


async def end_session(session: AsyncSession, actor: Actor, *, now: datetime, session_id: UUID) -> Ended:
    """End a session on another device, one's own or one of a person whose login one looks after.

    For that it takes what every act on a login takes: who could not have given all that the person holds ends nothing.
    """
    query = select(Session.user_id, User.unit_id, User.unit_path).join(Session.user).where(Session.id == session_id)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("session", path="sessionId")
    if found.user_id != actor.user_id:
        if not actor.holds(Permission.USER_VIEW, at=found.unit_path):
            raise NotFound("session", path="sessionId")
        held = (await held_by(session, [found.user_id], now=now)).get(found.user_id, ())
        refusal = refusal_to_manage(actor, user_id=found.user_id, home=found.unit_path, held=held, field="sessionId")
        if refusal is not None:
            raise refusal
    done = await sessions.end_sessions(session, Session.id == session_id, now=now, end=SessionEnd.ENDED)
    return Ended(done == 1, found.unit_id, found.unit_path)


async def change_password(
    session: AsyncSession, actor: Actor, *, now: datetime, door: Door, session_id: UUID | None, old: str, new: str
) -> PasswordSet:
    """Set another password for oneself; every other session ends.

    The old one is guarded like a login: whoever finds a device unlocked may guess no more often than a stranger. It is
    guarded for each session by itself, so that no stranger keeps the person from changing it.
    """
    # All tokens of the machine share one: whoever has the key file may do more than guess.
    lane = f"session {session_id}"
    with passwords.turn():
        async with door.apart() as apart:
            query = select(User.login, User.password_hash).where(User.id == actor.user_id)
            known = (await apart.execute(query)).one_or_none()
            if known is None:
                raise NotAuthenticated
            rules.check_password(new, login=known.login, path="new")
            await guard.count_guess(apart, now=now, login=known.login, path="old", lane=lane)
        known_hash = known.password_hash
        if not await passwords.matches(known_hash, old):
            raise Invalid(Reason.PASSWORD_WRONG, path="old")
        new_hash = await passwords.hashed(new)
    user = await _locked(session, actor.user_id)
    if user is None or user.password_hash != known_hash:
        raise Invalid(Reason.PASSWORD_WRONG, path="old")
    await guard.forgive(session, login=user.login, lane=lane)
    return await _set_password(session, user, new_hash, now=now, but=session_id)


async def redeem_link(session: AsyncSession, *, now: datetime, door: Door, token: str, password: str) -> PasswordSet:
    """Set a password by the link of an invitation or a reset, which is then used up; every session ends.

    It takes a maker who may look after the login to this day: a link does not outlive the power that made it.
    """
    with passwords.turn():
        async with door.apart() as apart:
            link, login = await _open_link(apart, token, now=now, door=door)
        rules.check_password(password, login=login, path="password")
        password_hash = await passwords.hashed(password)
    # The person first, then the link, in the order in which a newer link withdraws this one.
    user = await _locked(session, link.user_id)
    # While it was hashed, the person may have been given more, or the maker been dismissed.
    if user is None or not await _is_vouched_for(session, link, user.unit_path, now=now):
        raise Invalid(Reason.LINK_UNUSABLE, path="token")
    claimed = await session.execute(
        update(LoginLink)
        .where(LoginLink.id == link.id, LoginLink.used_at.is_(None), LoginLink.withdrawn_at.is_(None))
        .where(LoginLink.expires_at > now)
        .values(used_at=now)
        .returning(LoginLink.id)
        .execution_options(synchronize_session=False)
    )
    if claimed.one_or_none() is None:
        raise Invalid(Reason.LINK_UNUSABLE, path="token")
    return await _set_password(session, user, password_hash, now=now)


async def forget_old(session: AsyncSession) -> int:
    """Drop what nobody asks for again: tokens that are used up or whose session is over, and old guesses."""
    over = exists().where(
        Session.id == RefreshToken.session_id, or_(Session.ended_at.is_not(None), Session.expires_at < func.now())
    )
    used = RefreshToken.used_at < func.now() - KEEP_USED_TOKENS
    tokens = await session.execute(delete(RefreshToken).where(or_(over, used)).returning(RefreshToken.digest))
    old = LoginGuard.failed_at < func.now() - rules.FORGET_FAILURES
    guesses = await session.execute(delete(LoginGuard).where(old).returning(LoginGuard.digest))
    return len(tokens.all()) + len(guesses.all())


async def _open_link(session: AsyncSession, token: str, *, now: datetime, door: Door) -> tuple[LoginLink, str]:
    link_id = links.row_id_of(token)
    query = select(LoginLink, User.login, User.unit_path).join(LoginLink.user).where(LoginLink.id == link_id)
    found = (await session.execute(query.where(User.disabled_at.is_(None)))).one_or_none()
    if found is None or not links.fits(found[0], token, door.links) or not links.is_open(found[0], now=now):
        raise Invalid(Reason.LINK_UNUSABLE, path="token")
    if not await _is_vouched_for(session, found[0], found.unit_path, now=now):
        raise Invalid(Reason.LINK_UNUSABLE, path="token")
    return found[0], found.login


async def _is_vouched_for(session: AsyncSession, link: LoginLink, home: str, *, now: datetime) -> bool:
    held = await held_by(session, [link.user_id], now=now)
    return link.id in await vouched_for(session, [(link, home)], held=held, now=now)


async def _locked(session: AsyncSession, user_id: UUID) -> User | None:
    """The enabled person, whom nobody else changes meanwhile."""
    query = select(User).where(User.id == user_id, User.disabled_at.is_(None)).with_for_update(key_share=True)
    return (await session.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def _set_password(
    session: AsyncSession, user: User, password_hash: str, *, now: datetime, but: UUID | None = None
) -> PasswordSet:
    user.password_hash, user.password_set_at = password_hash, now
    await session.flush()
    ended = await sessions.end_sessions_of(session, user_ids=[user.id], now=now, end=SessionEnd.PASSWORD_SET, but=but)
    await links.withdraw(session, user_ids=[user.id], now=now)
    await guard.forgive(session, login=user.login)
    return PasswordSet(user.id, user.unit_id, user.unit_path, user.login, ended)
