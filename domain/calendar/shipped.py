"""The occasions of the nation that are shipped: there after the first time, and the nation's to change from then on."""

import csv
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.access.actor import Actor
from domain.calendar import rules
from domain.calendar.commands import create_occasion
from domain.calendar.holidays import DATA
from domain.calendar.models import Occasion
from domain.terms import Level, OccasionKind, SolarTerm, TermEdge
from domain.units.models import Unit

WORDS: dict[str, Any] = {"kind": OccasionKind, "solar_term": SolarTerm, "edge": TermEdge}
TEXTS = {"name", "source"}


def shipped_occasions() -> list[dict[str, Any]]:
    """What `create_occasion` is to be given for each of them."""
    rows = csv.DictReader((DATA / "occasions.csv").read_text("utf-8").splitlines())
    return [_given({name: _read(name, value) for name, value in row.items()}) for row in rows]


async def add_shipped_occasions(session: AsyncSession, actor: Actor, *, now: datetime) -> int:
    """Declare those whose name the nation never used, retired ones too; answers how many."""
    nation = (await session.execute(select(Unit.id).where(Unit.level == Level.NATIONAL))).scalar_one()
    known = set((await session.execute(select(Occasion.name).where(Occasion.unit_id == nation))).scalars())
    new = [given for given in shipped_occasions() if given["name"] not in known]
    for given in new:
        await create_occasion(session, actor, now=now, unit_id=nation, **given)
    return len(new)


def _read(name: str, value: str) -> Any:
    if name in TEXTS:
        return value
    if not value:
        return None
    return WORDS[name](value) if name in WORDS else int(value)


def _given(row: dict[str, Any]) -> dict[str, Any]:
    rule = {name: row.pop(name) for name in rules.COLUMNS}
    return {**row, "rule": rule}
