"""Dates of the programme: a day is a day in China, wherever the machine stands."""

from datetime import date, datetime, time, timedelta, timezone

CHINA = timezone(timedelta(hours=8), "UTC+08:00")


def today(now: datetime) -> date:
    """The date in China at an instant."""
    return now.astimezone(CHINA).date()


def begins(day: date) -> datetime:
    """The instant at which a day begins in China."""
    return datetime.combine(day, time(), CHINA)
