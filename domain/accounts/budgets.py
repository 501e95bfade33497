"""What an account may still ask of its platform: spent inside the statement that claims, by the database's clock.

The counts are columns of the account, so whatever else is lost or flushed refills nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Date, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.accounts.models import Account
from domain.hosts.models import Host

# Platforms count days as China does, wherever the server stands.
ZONE = "Asia/Shanghai"
# Readings take at most this part of a day's calls: the rest is for posts and for looking them up.
READING_SHARE = 2
# Comments end sooner than that: they are worth less than counts.
COMMENT_SHARE = 4


@dataclass(frozen=True)
class Left:
    """What an account may still do before its day and its hour are over."""

    calls: int
    posts: int


def may_send() -> ColumnElement[bool]:
    """A call is left besides those kept back for looks, and a post in this hour; takes a statement over both."""
    return (calls_used() < Host.calls_per_day - Host.calls_kept_back) & (posts_used() < Host.posts_per_hour)


def may_look() -> ColumnElement[bool]:
    """A call is left, be it one of those kept back."""
    return calls_used() < Host.calls_per_day


def may_read() -> ColumnElement[bool]:
    """A call is left for counts, which are worth less than posts."""
    return calls_used() < (Host.calls_per_day - Host.calls_kept_back) / READING_SHARE


def may_collect() -> ColumnElement[bool]:
    """A call is left for comments, which are worth less than counts."""
    return calls_used() < (Host.calls_per_day - Host.calls_kept_back) / COMMENT_SHARE


def calls_used() -> ColumnElement[int]:
    """How many calls were made today; what was counted on another day is over."""
    return case((Account.calls_day == today(), Account.calls_used), else_=0)


def posts_used() -> ColumnElement[int]:
    """How many posts were tried in this hour."""
    return case((Account.posts_hour == _hour(), Account.posts_used), else_=0)


def spending(*, is_post: bool) -> dict[str, Any]:
    """The columns of an account for which a call is about to be made."""
    post = {"posts_hour": _hour(), "posts_used": posts_used() + 1} if is_post else {}
    return {"calls_day": today(), "calls_used": calls_used() + 1, **post}


async def left_of(session: AsyncSession, _actor: Actor, *, ids: Sequence[UUID]) -> dict[UUID, Left]:
    """What each of these accounts may still do; the calls kept back for looks are not told."""
    calls = func.greatest(Host.calls_per_day - Host.calls_kept_back - calls_used(), 0)
    posts = func.greatest(Host.posts_per_hour - posts_used(), 0)
    query = select(Account.id, calls, posts).join(Host, Host.id == Account.host_id).where(Account.id.in_(ids))
    return {row_id: Left(*left) for row_id, *left in await session.execute(query)}


def today() -> ColumnElement[Any]:
    """The day in China by the database's clock."""
    return cast(func.timezone(ZONE, func.now()), Date)


def _hour() -> ColumnElement[Any]:
    # In a named zone: the session's own may lie half an hour off.
    return func.date_trunc("hour", func.now(), ZONE)
