"""Days off and working days in exchange, as the State Council announced them: data with a source, never a guess."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from domain.terms import DayKind

DATA = files("domain.calendar") / "data"
KINDS = {"HOLIDAY": DayKind.HOLIDAY, "WORKDAY": DayKind.SWAPPED_WORKDAY}
SATURDAY = 6


@dataclass(frozen=True)
class Day:
    """What sort of day a date is; the holiday it belongs to, and the source, where there is one."""

    kind: DayKind
    holiday: str | None = None
    source: str | None = None


@dataclass(frozen=True)
class Arrangement:
    """Days of which something was announced, and the years that this is all of."""

    days: Mapping[date, Day]
    years: frozenset[int]


NONE = Arrangement({}, frozenset())


def day_of(day: date, added: Arrangement = NONE) -> Day:
    """What sort of day it is; in a year without an arrangement that is not known.

    What was added counts before what is shipped.
    """
    if day in added.days:
        return added.days[day]
    usual = Day(DayKind.WEEKEND if day.isoweekday() >= SATURDAY else DayKind.WORKDAY)
    if day.year in added.years:
        return usual
    return announced().get(day, usual) if day.year in announced_years() else Day(DayKind.NOT_ANNOUNCED)


@cache
def announced() -> dict[date, Day]:
    """The shipped days."""
    rows = csv.DictReader((DATA / "holidays.csv").read_text("utf-8").splitlines())
    return {date.fromisoformat(row["day"]): Day(KINDS[row["kind"]], row["name"], row["source"]) for row in rows}


@cache
def announced_years() -> frozenset[int]:
    """The years whose arrangement is known."""
    return frozenset(day.year for day in announced())
