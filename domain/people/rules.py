"""Decisions about people on plain data: their state, and who is the second pair of eyes."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from domain.refusals import Hindered, Reason, Refusal
from domain.terms import UserState


def state_of(*, password_set_at: datetime | None, disabled_at: datetime | None) -> UserState:
    """Where a login stands: disabled, or waiting for the person to follow the invitation, or in use."""
    if disabled_at is not None:
        return UserState.DISABLED
    return UserState.INVITED if password_set_at is None else UserState.ACTIVE


def care_of_login(
    state: UserState, managing: Refusal | None, lifting: Refusal | None = None
) -> dict[str, Refusal | None]:
    """By act, what stands in the way of looking after a login.

    `managing` is why the actor may not at all, `lifting` why the actor may not enable it again.
    """
    disabled = Hindered.by(Reason.USER_DISABLED) if state is UserState.DISABLED else None
    enabled = None if state is UserState.DISABLED else Hindered.by(Reason.USER_ENABLED)
    return {
        "edit_user": managing,
        "disable_user": managing or disabled,
        "enable_user": managing or enabled or lifting,
        "send_reset_link": managing or disabled,
    }


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
