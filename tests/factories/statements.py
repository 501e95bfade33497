"""What is sent to the database, for tests that say how many statements an act may cost."""

from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession


@contextmanager
def statements_of(engine: AsyncEngine) -> Iterator[list[str]]:
    """The statements that reach the database meanwhile; one for many rows of values counts once."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


async def plan_of(
    session: AsyncSession,
    engine: AsyncEngine,
    claiming: Awaitable[Any],
    options: str = "FORMAT TEXT",
    *,
    naming: str = "spent",
) -> list[Any]:
    """How the server runs a claim, or another statement that names something, with the values that it is sent."""
    sent: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        sent.append((statement, values))

    event.listen(engine.sync_engine, "before_cursor_execute", listen)
    try:
        await claiming
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", listen)
    await session.rollback()
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    assert raw is not None
    [(statement, values)] = [(one, given) for one, given in sent if naming in one]
    # The driver itself is asked, so the session knows nothing of this transaction.
    undone = raw.transaction()
    await undone.start()
    try:
        for setting in [one for one, _ in sent if one.startswith("SET LOCAL")]:
            await raw.execute(setting)
        rows = await raw.fetch(f"EXPLAIN ({options}) {statement}", *values)
    finally:
        await undone.rollback()
    return [row[0] for row in rows]
