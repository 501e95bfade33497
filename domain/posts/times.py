"""From what the clocks of a place show to the instant that is meant (墙上时间与时区)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from domain.refusals import Invalid, Reason

DEFAULT_ZONE = "Asia/Shanghai"
# To the minute, or to the second; `datetime` itself would also take weeks, other digits and zones.
SHAPE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
SHOWN_LENGTH = 60


@dataclass(frozen=True)
class Timing:
    """An instant, the field of the input that gave it, and how a person said it, if not as an instant."""

    instant: datetime
    path: str
    zone: str = DEFAULT_ZONE
    wall_time: datetime | None = None


def timing(publish_at: datetime | None, publish_on: Mapping[str, str] | None) -> Timing:
    """When is meant, from either an instant or a wall time with its zone."""
    if publish_on is not None and publish_at is None:
        wall_time = read_wall_time(publish_on["wall_time"])
        zone = checked_zone(publish_on["zone"])
        return Timing(_within_history(wall_time, zone), "publishOn", zone, wall_time)
    if publish_at is None or publish_on is not None:
        raise Invalid(Reason.CHOOSE_TIME, path="publishAt")
    return Timing(publish_at, "publishAt")


def read_wall_time(given: str) -> datetime:
    """What the clocks are to show, as in 2026-06-01T09:00."""
    try:
        if SHAPE.fullmatch(given):
            return datetime.fromisoformat(given)
    except ValueError:
        pass
    raise Invalid(Reason.WALL_TIME_UNREADABLE, path="publishOn.wallTime")


def checked_zone(name: str) -> str:
    """The name, if it is one of the IANA database."""
    if name not in zone_names():
        raise Invalid(Reason.ZONE_UNKNOWN, path="publishOn.zone", zone=name[:SHOWN_LENGTH])
    return name


@cache
def zone_names() -> frozenset[str]:
    """All zones of the database that is installed with us: what counts as one is the same on every machine."""
    return frozenset((files("tzdata") / "zones").read_text("utf-8").split())


def instant_of(wall_time: datetime, zone: str) -> datetime:
    """The first instant at which the clocks of a zone show a wall time, or a later one.

    Where they show it twice, that is the first of both; where they leap over it, the instant after the leap. An
    earlier wall time therefore never leads to a later instant.
    """
    clocks = ZoneInfo(zone)
    before = wall_time.replace(tzinfo=clocks, fold=0).astimezone(UTC)
    if _shown(before, clocks) == wall_time:
        return before
    # In a leap the offset before it leads beyond the leap, and the offset after it to before the leap.
    early = wall_time.replace(tzinfo=clocks, fold=1).astimezone(UTC)
    apart = round((before - early).total_seconds())
    low, high = 0, apart
    while high - low > 1:
        middle = (low + high) // 2
        if _shown(early + timedelta(seconds=middle), clocks) < wall_time:
            low = middle
        else:
            high = middle
    return early + timedelta(seconds=high)


def _within_history(wall_time: datetime, zone: str) -> datetime:
    """At both ends of the calendar an instant may lie outside it."""
    try:
        return instant_of(wall_time, zone)
    except OverflowError as error:
        raise Invalid(Reason.WALL_TIME_UNREADABLE, path="publishOn.wallTime") from error


def _shown(instant: datetime, clocks: ZoneInfo) -> datetime:
    return instant.astimezone(clocks).replace(tzinfo=None, fold=0)
