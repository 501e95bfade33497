"""Until when keys are needed by links that somebody may still follow."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.logins.models import LoginLink


async def links_open_until(session: AsyncSession, *, now: datetime) -> dict[str, datetime]:
    """By key, when the last of the open links made from it expires."""
    rows = await session.execute(
        select(LoginLink.key_id, func.max(LoginLink.expires_at))
        .where(LoginLink.used_at.is_(None), LoginLink.withdrawn_at.is_(None), LoginLink.expires_at > now)
        .group_by(LoginLink.key_id)
    )
    return dict(rows.all())
