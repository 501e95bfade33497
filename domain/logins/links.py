"""Links by which a person sets a password; the token of one is made from the installation's keys, and kept nowhere."""

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.models import User
from domain.base.ids import new_id
from domain.base.keyring import KeySet
from domain.logins.models import LoginLink
from domain.terms import LinkPurpose

LIFE = {LinkPurpose.INVITATION: timedelta(days=14), LinkPurpose.RESET: timedelta(hours=24)}


async def make_link(
    session: AsyncSession,
    *,
    user_id: UUID,
    purpose: LinkPurpose,
    created_by: UUID | None,
    now: datetime,
    keys: KeySet,
) -> tuple[LoginLink, str]:
    """A link for one person, with its token; it replaces those of the same purpose that are still open."""
    made = await make_links(session, user_ids=[user_id], purpose=purpose, created_by=created_by, now=now, keys=keys)
    return made[user_id]


async def make_links(
    session: AsyncSession,
    *,
    user_ids: Sequence[UUID],
    purpose: LinkPurpose,
    created_by: UUID | None,
    now: datetime,
    keys: KeySet,
) -> dict[UUID, tuple[LoginLink, str]]:
    """The same for many people in three statements, by user."""
    if not user_ids:
        return {}
    # The turn at the person is taken first: of two links made at once, the later one withdraws the other.
    turn = select(User.id).where(User.id.in_(user_ids)).order_by(User.id).with_for_update(key_share=True)
    await session.execute(turn)
    await withdraw(session, user_ids=user_ids, now=now, purpose=purpose)
    rows = [
        {
            "id": new_id(),
            "user_id": user_id,
            "purpose": purpose,
            "key_id": keys.current,
            "created_at": now,
            "created_by": created_by,
            "expires_at": now + LIFE[purpose],
        }
        for user_id in dict.fromkeys(user_ids)
    ]
    made = await session.scalars(insert(LoginLink).returning(LoginLink), rows)
    return {link.user_id: (link, show(link, keys)) for link in made}


async def withdraw(
    session: AsyncSession, *, user_ids: Sequence[UUID], now: datetime, purpose: LinkPurpose | None = None
) -> None:
    """Make the open links of these people worthless, those of one purpose or all."""
    purposes = LinkPurpose if purpose is None else (purpose,)
    await session.execute(
        update(LoginLink)
        .where(LoginLink.user_id.in_(user_ids), LoginLink.purpose.in_(purposes))
        .where(LoginLink.used_at.is_(None), LoginLink.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
        .execution_options(synchronize_session="fetch")
    )


def show(link: LoginLink, keys: KeySet) -> str:
    """The token of a link: the same each time, so it can be shown again to whoever may hand it over.

    Only where it is showable: a rotation may have retired the key since.
    """
    return f"{link.id}.{_proof(link.id, link.purpose, keys.keys[link.key_id])}"


def is_showable(link: LoginLink, keys: KeySet) -> bool:
    """Whether the key that its token is made from is still there."""
    return link.key_id in keys.keys


def is_open(link: LoginLink, *, now: datetime) -> bool:
    """Whether a link still sets a password."""
    return link.used_at is None and link.withdrawn_at is None and now < link.expires_at


def row_id_of(token: str) -> UUID | None:
    """Which link a token speaks of; whether it is right is for `fits` to say."""
    try:
        return UUID(token.partition(".")[0])
    except ValueError:
        return None


def fits(link: LoginLink, token: str, keys: KeySet) -> bool:
    """Whether the token is the link's own."""
    return is_showable(link, keys) and hmac.compare_digest(show(link, keys).encode(), token.strip().encode())


def _proof(link_id: UUID, purpose: LinkPurpose, key: bytes) -> str:
    return hmac.new(key, f"qicai link {purpose.value} {link_id}".encode(), "sha256").hexdigest()
