"""Decisions about people on plain data: their state, and who is the second pair of eyes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from domain.terms import UserState


def state_of(*, password_set_at: datetime | None, disabled_at: datetime | None) -> UserState:
    """Where a login stands: disabled, or waiting for the person to follow the invitation, or in use."""
    if disabled_at is not None:
        return UserState.DISABLED
    return UserState.INVITED if password_set_at is None else UserState.ACTIVE


def second_person(only: UUID, *, path: str, acting: Mapping[str, Collection[UUID]]) -> str | None:
    """The nearest place above a unit where somebody else than its only person can be asked; None where nobody can.

    `acting` holds who acts at each place; `path` is that of the unit, whose own place is not asked.
    """
    for above in places_above(path):
        if any(person != only for person in acting.get(above, ())):
            return above
    return None


def places_above(path: str) -> list[str]:
    """The paths of the units above, the nearest first."""
    steps = path.split(".")[:-1]
    return [".".join(steps[:count]) + "." for count in range(len(steps) - 1, 0, -1)]
