"""The life of a session: opened, renewed, used, ended."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.base.ids import new_id
from domain.logins import rules
from domain.logins.door import Door
from domain.logins.models import RefreshToken, Session
from domain.refusals import Conflict, Invalid, Reason
from domain.terms import SessionEnd, SessionKind

TOKEN_BYTES = 32


@dataclass(frozen=True)
class Login:
    """What a person has after logging in: an app its tokens, a browser its cookie and what goes with it."""

    user_id: UUID
    unit_id: UUID
    unit_path: str
    session_id: UUID
    expires_at: datetime
    access_token: str | None = field(default=None, repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    csrf_token: str | None = field(default=None, repr=False)
    device_token: str | None = field(default=None, repr=False)


async def open_session(
    session: AsyncSession, user: User, *, now: datetime, door: Door, kind: SessionKind, label: str
) -> Login:
    """A new session for somebody whose password was right."""
    row = Session(
        id=new_id(),
        user_id=user.id,
        kind=kind,
        label=label.strip()[: rules.LABEL_LENGTH],
        created_at=now,
        last_used_at=now,
        expires_at=rules.expires_at(kind, created_at=now, now=now),
    )
    session.add(row)
    if kind is SessionKind.APP:
        await session.flush()
        return await _with_tokens(session, row, user, now=now, door=door)
    cookie = f"{user.id}.{row.id}.{secrets.token_urlsafe(TOKEN_BYTES)}"
    row.secret_digest = digest_of(cookie)
    await session.flush()
    csrf_token = door.hand_cookie(cookie, session_id=row.id)
    return Login(user.id, user.unit_id, user.unit_path, row.id, row.expires_at, csrf_token=csrf_token)


async def renew(session: AsyncSession, *, now: datetime, door: Door, token: str) -> Login:
    """New tokens for a refresh token, which is good for one use.

    Both rows are locked: whoever comes second sees what the first one made of them.
    """
    query = (
        select(RefreshToken, Session, User)
        .join(Session, Session.id == RefreshToken.session_id)
        .join(User, User.id == Session.user_id)
        .where(RefreshToken.digest == digest_of(token))
        .with_for_update(of=[Session, RefreshToken])
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise Invalid(Reason.REFRESH_REFUSED, path="refreshToken")
    used, row, user = found
    if row.ended_at is not None or row.expires_at <= now or user.disabled_at is not None:
        raise Invalid(Reason.REFRESH_REFUSED, path="refreshToken")
    if used.used_at is not None:
        if now - used.used_at <= rules.RACE:
            raise Conflict(Reason.REFRESH_RACED, path="refreshToken")
        # Two have the token, and one of them is not the person: neither goes on.
        await end_sessions(session, Session.id == row.id, now=now, end=SessionEnd.REUSED)
        raise Invalid(Reason.REFRESH_REFUSED, path="refreshToken")
    used.used_at = now
    row.last_used_at = now
    row.expires_at = rules.expires_at(row.kind, created_at=row.created_at, now=now)
    return await _with_tokens(session, row, user, now=now, door=door)


async def _with_tokens(session: AsyncSession, row: Session, user: User, *, now: datetime, door: Door) -> Login:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(RefreshToken(digest=digest_of(token), session_id=row.id, issued_at=now))
    await session.flush()
    access = door.sign(user.id, row.id)
    return Login(user.id, user.unit_id, user.unit_path, row.id, access.expires_at, access.token, token)


async def touch(session: AsyncSession, *, session_id: UUID, now: datetime) -> None:
    """Write down that a session is in use, which puts off its end."""
    row = await session.get(Session, session_id)
    if row is not None and row.ended_at is None:
        row.last_used_at = max(row.last_used_at, now)
        row.expires_at = rules.expires_at(row.kind, created_at=row.created_at, now=row.last_used_at)
        await session.flush()


async def end_sessions_of(
    session: AsyncSession,
    *,
    user_ids: Sequence[UUID],
    now: datetime,
    end: SessionEnd,
    but: UUID | None = None,
) -> int:
    """End every session of these people, but for one perhaps; answers how many."""
    others = Session.user_id.in_(user_ids) if but is None else Session.user_id.in_(user_ids) & (Session.id != but)
    return await end_sessions(session, others, now=now, end=end)


async def end_sessions(session: AsyncSession, which: ColumnElement[bool], *, now: datetime, end: SessionEnd) -> int:
    """End those that are not over yet; answers how many. From then on their tokens are worth nothing."""
    done = await session.execute(
        update(Session)
        .where(which, Session.ended_at.is_(None), Session.expires_at > now)
        .values(ended_at=now, end=end)
        .returning(Session.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


def digest_of(secret: str) -> bytes:
    """What the database keeps of a token or a cookie: it is 256 bits of chance, so no salt is needed."""
    return sha256(secret.encode()).digest()
