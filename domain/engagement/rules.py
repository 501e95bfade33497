"""Pure decisions about engagement: when counts are read."""

from collections.abc import Sequence
from datetime import datetime, timedelta


def reading_at(slot: int, published_at: datetime, ladder: Sequence[timedelta]) -> datetime | None:
    """When the reading of a slot is due; None above the top of the ladder."""
    return published_at + ladder[slot] if slot < len(ladder) else None


def next_slot(slot: int, age: timedelta, ladder: Sequence[timedelta]) -> int:
    """The slot after this one whose time has not passed yet: missed rungs are skipped, not made up for."""
    following = slot + 1
    while following < len(ladder) and ladder[following] <= age:
        following += 1
    return following
