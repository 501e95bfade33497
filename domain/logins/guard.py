"""The guard against guessing: every guess counts before it is looked at, so that many at once get no more tries."""

import hmac
from datetime import datetime
from hashlib import sha256
from math import ceil

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.logins.models import LoginGuard
from domain.logins.rules import failures_after, lock_until, login_name
from domain.refusals import QuotaExceeded, Reason


async def count_guess(session: AsyncSession, *, now: datetime, login: str, path: str, lane: str = "") -> None:
    """Count a guess at a name as wrong until it proves right, or refuse it unseen while the name is locked.

    It has to be committed before the guess is looked at. A name that does not exist is counted like any other.
    All strangers to a name share one lane; whoever has proved to be none guesses in a lane of their own, so that
    strangers cannot keep the owner out.
    """
    digest = _digest(login, lane)
    fresh = insert(LoginGuard).values(digest=digest, failures=0, failed_at=now)
    # Writing what stands there already takes the turn at the row, and reads it as whoever came before has left it.
    turn = fresh.on_conflict_do_update(index_elements=["digest"], set_={"digest": fresh.excluded.digest})
    guard = (await session.scalars(turn.returning(LoginGuard))).one()
    if guard.locked_until is not None and guard.locked_until > now:
        seconds = ceil((guard.locked_until - now).total_seconds())
        raise QuotaExceeded(Reason.LOGIN_LOCKED, path=path, seconds=seconds)
    guard.failures = failures_after(guard.failures, failed_at=guard.failed_at, now=now)
    guard.failed_at = now
    guard.locked_until = lock_until(guard.failures, now)
    await session.flush()


async def forgive(session: AsyncSession, *, login: str, lane: str = "") -> None:
    """The person came in: earlier guesses in that lane are forgotten; those of others are none of the person's."""
    own = LoginGuard.digest == _digest(login, lane)
    await session.execute(update(LoginGuard).where(own).values(failures=0, locked_until=None))


def _digest(login: str, lane: str) -> bytes:
    """By an HMAC, no name that anybody types can come to the row of a lane."""
    name = sha256(login_name(login).encode()).digest()
    return hmac.digest(name, lane.encode(), "sha256") if lane else name
