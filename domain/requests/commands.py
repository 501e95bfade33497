"""Keep a mutation's key with its result, in the transaction of the act itself."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.refusals import Conflict, Reason
from domain.requests.models import KeyedRequest

KEPT_FOR = timedelta(days=30)


async def earlier_result(
    session: AsyncSession, actor: Actor, *, now: datetime, key: str, mutation: str, given: dict[str, Any]
) -> dict[str, Any] | None:
    """The result of the same request done before, or None and the key is taken for this transaction.

    A second request with the key waits here until the first has committed or rolled back.
    """
    fingerprint = sha256(orjson.dumps([mutation, given], option=orjson.OPT_SORT_KEYS, default=str)).digest()
    taken = await session.execute(
        insert(KeyedRequest)
        .values(user_id=actor.user_id, key=key, mutation=mutation, fingerprint=fingerprint, created_at=now)
        .on_conflict_do_nothing()
        .returning(KeyedRequest.key)
    )
    if taken.scalar_one_or_none() is not None:
        return None
    query = select(KeyedRequest.fingerprint, KeyedRequest.result).where(
        KeyedRequest.user_id == actor.user_id, KeyedRequest.key == key
    )
    known, result = (await session.execute(query)).one()
    if known != fingerprint:
        raise Conflict(Reason.KEY_REUSED, path="clientMutationKey")
    return dict(result or {})


async def keep_result(session: AsyncSession, actor: Actor, *, key: str, result: dict[str, Any]) -> None:
    """Write the result beside the key."""
    await session.execute(
        update(KeyedRequest).where(KeyedRequest.user_id == actor.user_id, KeyedRequest.key == key).values(result=result)
    )


async def forget_old(session: AsyncSession) -> int:
    """Drop keys older than 30 days; answers how many."""
    done = await session.execute(
        delete(KeyedRequest).where(KeyedRequest.created_at < func.now() - KEPT_FOR).returning(KeyedRequest.key)
    )
    return len(done.all())
