"""A call of a platform for what it counts and shows: its answer, or what follows from a failure."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from domain.accounts import commands as accounts
from domain.base.keyring import SecretUnreadable
from domain.engagement.readers import Call
from domain.hosts import commands as hosts
from domain.hosts import port
from domain.posts.outcomes import LIMIT_WAIT
from workers.context import WorkerContext

log = structlog.get_logger()

Answer = TypeVar("Answer")
FAILURES = (port.HostError, TimeoutError)


async def answer(
    context: WorkerContext, call: Call, asking: Callable[[port.Client, port.Handle], Awaitable[Answer]]
) -> Answer | None:
    """What the platform says; None where the token cannot be opened, which another process may be able to do."""
    client = context.client(call.host_kind, call.api_url)
    try:
        token = context.keyring.open(call.token, row=f"accounts:token:{call.account_id}")
    except SecretUnreadable as error:
        log.error("token_unreadable", account=str(call.account_id), error=str(error))
        return None
    async with asyncio.timeout(context.call_seconds):
        return await asking(client, port.Handle(uid=call.uid, token=token))


async def react(context: WorkerContext, call: Call, error: Exception) -> None:
    """Whatever keeps this account from reading, another one reads next; a limit of the platform concerns all."""
    limit = error if isinstance(error, port.RateLimited) else None
    until = limit.until if limit else None
    async with context.sessions() as session:
        if isinstance(error, port.Unauthorized):
            await accounts.mark_unauthorized(session, account_id=call.account_id, token=call.token)
        if limit and limit.scope == "host":
            await hosts.pause(session, host_id=call.host_id, until=until, wait=LIMIT_WAIT)
        else:
            await accounts.pause_reading(session, account_id=call.account_id, until=until, wait=LIMIT_WAIT)
        await session.commit()
