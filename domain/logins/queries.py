"""Reads of logins: who a request comes from, where a person is logged in, and whose links are still good."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.models import User
from domain.access.queries import actor_in, actor_of, actors, actors_of, held_by
from domain.access.rules import Held, refusal_to_manage
from domain.logins.models import LoginLink, Session
from domain.logins.rules import TOUCH_EVERY
from domain.refusals import NotFound

# Nobody looks through more devices than this.
LISTED = 100
# A user, the session that the user calls through, and the digest of the cookie that proves it; machines have none.
Proof = tuple[UUID, UUID | None, bytes | None]


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


async def callers_of(session: AsyncSession, proofs: Collection[Proof], *, now: datetime) -> dict[Proof, Actor]:
    """The same of many who go on calling, in two statements; whoever may no more is left out."""
    found = await actors_of(session, {user_id for user_id, _, _ in proofs}, now=now)
    rows = await session.execute(
        select(Session.id, Session.user_id, Session.secret_digest).where(
            Session.id.in_({session_id for _, session_id, _ in proofs if session_id is not None}),
            Session.ended_at.is_(None),
            Session.expires_at > now,
        )
    )
    live = {(user_id, session_id, digest) for session_id, user_id, digest in rows}
    good = [proof for proof in proofs if proof[1] is None or proof in live]
    return {proof: found[proof[0]] for proof in good if proof[0] in found}


async def own_sessions(session: AsyncSession, actor: Actor, *, now: datetime) -> Sequence[Session]:
    """The actor's own sessions that last, the newest first: to see them needs no permission."""
    return await _lasting(session, actor.user_id, now=now)


async def user_sessions(session: AsyncSession, actor: Actor, *, user_id: UUID, now: datetime) -> Sequence[Session]:
    """The same of a person whose login the actor looks after; for everybody else there is no such person."""
    home = await session.scalar(select(User.unit_path).where(User.id == user_id))
    held = await held_by(session, [user_id], now=now)
    if home is None or refusal_to_manage(actor, user_id=user_id, home=home, held=held.get(user_id, ())) is not None:
        raise NotFound("user", path="userId")
    return await _lasting(session, user_id, now=now)


async def vouched_for(
    session: AsyncSession,
    links: Collection[tuple[LoginLink, str]],
    *,
    held: Mapping[UUID, Collection[Held]],
    now: datetime,
) -> set[UUID]:
    """Which of these links, each with where its person belongs, whoever made it might make now.

    A link lets in with the power of its maker: who was disabled, lost the grant or no longer reaches the person has
    none to lend. Those without a maker are of whoever runs the machine.
    """
    makers = await actors_of(session, {link.created_by for link, _ in links if link.created_by}, now=now)

    def is_good(link: LoginLink, home: str) -> bool:
        if link.created_by is None:
            return True
        maker, theirs = makers.get(link.created_by), held.get(link.user_id, ())
        return maker is not None and refusal_to_manage(maker, user_id=link.user_id, home=home, held=theirs) is None

    return {link.id for link, home in links if is_good(link, home)}


async def _lasting(session: AsyncSession, user_id: UUID, *, now: datetime) -> Sequence[Session]:
    query = select(Session).where(Session.user_id == user_id, Session.ended_at.is_(None), Session.expires_at > now)
    return (await session.scalars(query.order_by(Session.created_at.desc(), Session.id.desc()).limit(LISTED))).all()
