"""Statements that are built once and asked many times a second, and those that name thousands.

To put one together costs Python ten times what it costs to ask it, so what changes is left open as a named value.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BindParameter, CursorResult, Executable, Uuid, any_, bindparam, literal, text
from sqlalchemy.ext.asyncio import AsyncSession


def given(name: str, like: Any = None) -> BindParameter[Any]:
    """A value that is named when the statement is asked, of the type of a column or of a type."""
    return bindparam(name, type_=getattr(like, "type", like))


def any_of(ids: Collection[UUID]) -> Any:
    """As one value however many there are: a statement takes 32,767 at most."""
    return any_(literal(list(ids), ARRAY(Uuid())))


async def ask(session: AsyncSession, statement: Executable, **values: Any) -> CursorResult[*tuple[Any, ...]]:
    """Ask it in the session's transaction; a session would first build it anew around its own options."""
    connection = await session.connection()
    return await connection.execute(statement, values)


async def in_order(session: AsyncSession) -> None:
    """For the first few of many, until the transaction ends: read along an index that has their order.

    Where the server expects fewer than are asked for, reading all that there is and sorting looks as cheap to it, and
    it is wrong as soon as there are more.
    """
    await session.execute(text("SET LOCAL enable_sort = off"))


@asynccontextmanager
async def kept_plans(session: AsyncSession) -> AsyncIterator[None]:
    """For thousands of rows at once: where every statement is planned anew, so is each check of a foreign key."""
    await session.execute(text("SET LOCAL plan_cache_mode = auto"))
    yield
    await session.execute(text("SET LOCAL plan_cache_mode = DEFAULT"))
