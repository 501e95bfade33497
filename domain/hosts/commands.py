"""Acts on platforms."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.access.permissions import Permission
from domain.base.ids import new_id
from domain.base.keyring import Keyring
from domain.hosts.models import CALLS_KEPT_BACK, CALLS_PER_DAY, POSTS_PER_HOUR, Host
from domain.terms import HostKind


async def register_host(
    session: AsyncSession,
    actor: Actor,
    *,
    now: datetime,
    keyring: Keyring,
    kind: HostKind,
    name: str,
    api_url: str,
    app_key: str,
    app_secret: str,
    safe_domain: str,
    settling_seconds: int,
    calls_per_day: int = CALLS_PER_DAY,
    calls_kept_back: int = CALLS_KEPT_BACK,
    posts_per_hour: int = POSTS_PER_HOUR,
) -> Host:
    """Make a platform known, or change how it is reached where the name is known."""
    actor.require(Permission.HOST_EDIT, at="")
    host = (await session.execute(select(Host).where(Host.name == name))).scalar_one_or_none()
    if host is None:
        host = Host(id=new_id(), name=name, created_at=now)
        session.add(host)
    host.kind = kind
    host.api_url = api_url
    host.app_key = app_key
    host.app_secret = keyring.seal(app_secret, row=f"hosts:app_secret:{host.id}")
    host.safe_domain = safe_domain
    host.settling_seconds = settling_seconds
    host.calls_per_day, host.calls_kept_back, host.posts_per_hour = calls_per_day, calls_kept_back, posts_per_hour
    await session.flush()
    return host


async def pause(session: AsyncSession, *, host_id: UUID, until: datetime | None, wait: timedelta) -> None:
    """The platform limits our address or application: nothing is sent to it before `until`, or for `wait`."""
    end = func.now() + wait if until is None else until
    await session.execute(
        update(Host).where(Host.id == host_id).values(paused_until=func.greatest(Host.paused_until, end))
    )
