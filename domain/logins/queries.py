"""Reads of sessions: who a request comes from, and where a person is logged in."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.access.queries import actor_in, actor_of, actors
from domain.logins.models import Session
from domain.logins.rules import TOUCH_EVERY

# Nobody looks through more devices than this.
LISTED = 100


@dataclass(frozen=True)
class Caller:
    """Who calls, and whether it is time to write down that the session is in use."""

    actor: Actor
    is_touch_due: bool = False


async def caller_of(
    session: AsyncSession,
    user_id: UUID,
    *,
    now: datetime,
    session_id: UUID | None = None,
    cookie_digest: bytes | None = None,
) -> Caller | None:
    """Who a request comes from, in one statement; None where the user is disabled or the session is over.

    A browser proves its session by a cookie, an app by a token that was checked already. Without a session it is
    the machine's own token.
    """
    if session_id is None:
        actor = await actor_of(session, user_id, now=now)
        return Caller(actor) if actor else None
    live = and_(Session.user_id == User.id, Session.ended_at.is_(None), Session.expires_at > now)
    # A session of an app has no digest, so a cookie never stands for one; a browser's has one, so a token never does.
    proven = Session.secret_digest.is_(None) if cookie_digest is None else Session.secret_digest == cookie_digest
    rows = await session.execute(
        actors(now=now)
        .join(Session, live)
        .add_columns(Session.last_used_at)
        .where(User.id == user_id, Session.id == session_id, proven)
    )
    found = rows.all()
    actor = actor_in(found)
    return Caller(actor, is_touch_due=now - found[0].last_used_at >= TOUCH_EVERY) if actor else None


async def own_sessions(session: AsyncSession, actor: Actor, *, now: datetime) -> Sequence[Session]:
    """The actor's own sessions that last, the newest first: to see them needs no permission."""
    query = select(Session).where(
        Session.user_id == actor.user_id, Session.ended_at.is_(None), Session.expires_at > now
    )
    return (await session.scalars(query.order_by(Session.created_at.desc(), Session.id.desc()).limit(LISTED))).all()
