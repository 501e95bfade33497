"""Pure decisions about engagement: when counts are read, and when a post counts as gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.terms import Metric

# As columns are called by them.
METRICS = tuple(metric.value.lower() for metric in Metric)
# A platform that leaves a post out once may only be behind; asked again after this, it means it.
ASK_AGAIN = timedelta(hours=1)


@dataclass(frozen=True)
class Plan:
    """What follows from one reading of a post: which rung comes when, and since when the post is missing."""

    slot: int
    due_at: datetime | None
    missing_since: datetime | None
    gone_at: datetime | None


def reading_at(slot: int, published_at: datetime, ladder: Sequence[timedelta]) -> datetime | None:
    """When the reading of a slot is due; None above the top of the ladder."""
    return published_at + ladder[slot] if slot < len(ladder) else None


def next_slot(slot: int, age: timedelta, ladder: Sequence[timedelta]) -> int:
    """The slot after this one whose time has not passed yet: missed rungs are skipped, not made up for."""
    following = slot + 1
    while following < len(ladder) and ladder[following] <= age:
        following += 1
    return following


def plan(
    slot: int,
    published_at: datetime,
    *,
    taken_at: datetime,
    named: bool,
    missing_since: datetime | None,
    ladder: Sequence[timedelta],
) -> Plan:
    """What comes after a reading that named the post or left it out.

    Left out once, the same rung is read again an hour later; left out then too, the post is gone. The ladder goes on
    all the same, since a post that was hidden may come back: whatever is named again is gone no more.
    """
    if not named and missing_since is None:
        return Plan(slot, taken_at + ASK_AGAIN, taken_at, None)
    following = next_slot(slot, taken_at - published_at, ladder)
    due_at = reading_at(following, published_at, ladder)
    return Plan(following, due_at, None, None) if named else Plan(following, due_at, missing_since, taken_at)
