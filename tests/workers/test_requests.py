"""Keys of mutations are forgotten after their time, again and again."""

import asyncio
from dataclasses import replace
from typing import Any, cast

import pytest
import structlog
from sqlalchemy import func, select, text

from domain.base.ids import new_id
from domain.requests.models import KeyedRequest
from integrations.database import Sessions
from tests.factories.servers import eventually
from workers import requests
from workers.context import WorkerContext


async def add_key(sessions: Sessions, key: str, *, days: int) -> None:
    async with sessions() as session:
        moment = await session.scalar(select(func.now() - text(f"interval '{days} days'")))
        session.add(KeyedRequest(user_id=new_id(), key=key, mutation="cancelPost", fingerprint=b"", created_at=moment))
        await session.commit()


async def kept(sessions: Sessions) -> list[str]:
    async with sessions() as session:
        return sorted((await session.execute(select(KeyedRequest.key))).scalars())


@pytest.mark.parametrize("fails_first", [False, True])
async def test_old_keys_go_new_ones_stay_and_a_database_that_is_away_changes_nothing_about_it(
    context: WorkerContext, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, fails_first: bool
):
    monkeypatch.setattr(requests, "EVERY_SECONDS", 0.02)
    failures = [ConnectionRefusedError("nobody listens")] if fails_first else []

    def opened() -> Any:
        if failures:
            raise failures.pop()
        return sessions()

    await add_key(sessions, "old", days=31)
    await add_key(sessions, "new", days=29)
    stopping = asyncio.Event()
    with structlog.testing.capture_logs() as said:
        forgetting = asyncio.create_task(
            requests.forget_keys(replace(context, sessions=cast(Sessions, opened)), stopping)
        )
        await eventually(lambda: _is(sessions, ["new"]))
        await add_key(sessions, "later", days=31)
        await eventually(lambda: _is(sessions, ["new"]))
        stopping.set()
        await asyncio.wait_for(forgetting, 5)
    assert ("database_away" in [line["event"] for line in said]) == fails_first


async def test_it_stops_at_once_though_the_next_time_is_an_hour_away(context: WorkerContext):
    stopping = asyncio.Event()
    forgetting = asyncio.create_task(requests.forget_keys(context, stopping))
    await asyncio.sleep(0.1)
    assert not forgetting.done()
    stopping.set()
    await asyncio.wait_for(forgetting, 1)


async def _is(sessions: Sessions, keys: list[str]) -> bool:
    return await kept(sessions) == keys
