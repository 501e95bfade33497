"""Pure decisions about engagement: when counts are read, when a post counts as gone, how comments are swept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

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


@dataclass(frozen=True)
class Sweep:
    """How far the comments below a post were seen: from the newest on, page by page, down to what was known."""

    # The newest of the last sweep that came to its end.
    known: str | None
    # Of the sweep under way: the newest, and below which one the next page begins.
    newest: str | None = None
    below: str | None = None


def age_of(comment_id: str) -> tuple[int, str]:
    """Sorts the ids of a platform from old to new: they are numbers that grow, written without zeros before them."""
    return len(comment_id), comment_id


def is_new(comment_id: str, sweep: Sweep) -> bool:
    """Whether a sweep had not seen it when it began."""
    return sweep.known is None or age_of(comment_id) > age_of(sweep.known)


def turned(sweep: Sweep, page: Sequence[str]) -> Sweep:
    """The sweep after a page, newest first; it is over where there is no more, or only what was known.

    A page that is short proves nothing: platforms leave out of it what they hide.
    """
    # The newest may be gone by now: what was known stays so.
    newest = sweep.newest or (page[0] if page and is_new(page[0], sweep) else sweep.known)
    if page and is_new(page[-1], sweep):
        return Sweep(sweep.known, newest, page[-1])
    return Sweep(newest)
