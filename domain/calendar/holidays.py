"""Days off and working days in exchange, as the State Council announced them: data with a source, never a guess."""

import csv
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


def day_of(day: date) -> Day:
    """What sort of day it is; in a year without an arrangement that is not known."""
    if day.year not in announced_years():
        return Day(DayKind.NOT_ANNOUNCED)
    weekend = day.isoweekday() >= SATURDAY
    return announced().get(day) or Day(DayKind.WEEKEND if weekend else DayKind.WORKDAY)


@cache
def announced() -> dict[date, Day]:
    """The shipped days."""
    rows = csv.DictReader((DATA / "holidays.csv").read_text("utf-8").splitlines())
    return {date.fromisoformat(row["day"]): Day(KINDS[row["kind"]], row["name"], row["source"]) for row in rows}


@cache
def announced_years() -> frozenset[int]:
    """The years whose arrangement is known."""
    return frozenset(day.year for day in announced())
