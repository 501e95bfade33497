"""Pure decisions about engagement: when counts are read, and what a total may claim."""

from collections.abc import Sequence
from datetime import datetime, timedelta

# The age of a post at each reading: often while it is fresh, then ever more seldom, then no more.
LADDER = tuple(timedelta(seconds=s) for s in (600, 3600, 21_600, 86_400, 259_200, 604_800, 2_592_000))


def reading_at(slot: int, published_at: datetime, ladder: Sequence[timedelta]) -> datetime | None:
    """When the reading of a slot is due; None above the top of the ladder."""
    return published_at + ladder[slot] if slot < len(ladder) else None


def next_slot(slot: int, age: timedelta, ladder: Sequence[timedelta]) -> int:
    """The slot after this one whose time has not passed yet: missed rungs are skipped, not made up for."""
    following = slot + 1
    while following < len(ladder) and ladder[following] <= age:
        following += 1
    return following
