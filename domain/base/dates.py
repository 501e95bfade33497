"""Dates of the programme: a day is a day in China, wherever the machine stands."""

from datetime import date, datetime, time, timedelta, timezone
from typing import Any

from sqlalchemy import Date, cast, func

CHINA = timezone(timedelta(hours=8), "UTC+08:00")


def today(now: datetime) -> date:
    """The date in China at an instant."""
    return now.astimezone(CHINA).date()


def day_of(instant: Any) -> Any:
    """The same of a column, in a statement."""
    return cast(func.timezone("UTC", instant) + timedelta(hours=8), Date)


def begins(day: date) -> datetime:
    """The instant at which a day begins in China."""
    return datetime.combine(day, time(), CHINA)
