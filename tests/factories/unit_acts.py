"""Acts on a small tree, done as whoever runs the machine, or as somebody."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.refusals import Refusal
from domain.units import commands
from domain.units.acts import Done
from tests.factories.units import Tree, plant_tree

NOW = datetime(2026, 6, 1, 1, 0, tzinfo=UTC)
TODAY, OPENED = date(2026, 6, 1), date(2010, 5, 4)
LAST_MONTH, TOMORROW = date(2026, 5, 4), date(2026, 6, 2)
OPERATOR = Actor.operator()


async def do(session: AsyncSession, verb: str, actor: Actor = OPERATOR, *, on: date = TODAY, **given: Any) -> Done:
    command = getattr(commands, verb)
    done: Done = await command(session, actor, now=NOW, effective_on=on, reason="依据批复", **given)
    await session.commit()
    session.expunge_all()
    return done


async def refused(session: AsyncSession, verb: str, actor: Actor = OPERATOR, **given: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await do(session, verb, actor, **given)
    await session.rollback()
    session.expunge_all()
    return caught.value


async def tree_of(session: AsyncSession) -> Tree:
    """The small tree as it was planted: these rows change no more, whatever is done to the tree."""
    tree = await plant_tree(session)
    session.expunge_all()
    return tree
