"""The life of a delivery: one table of states and events decides every move."""

from enum import StrEnum

from domain.terms import DeliveryState as State


class Event(StrEnum):
    """What happens to a delivery."""

    CLAIMED = "CLAIMED"
    PUBLISHED = "PUBLISHED"
    TAKEN = "TAKEN"
    NOT_SENT = "NOT_SENT"
    REFUSED = "REFUSED"
    UNCLEAR = "UNCLEAR"
    LEASE_ENDED = "LEASE_ENDED"
    PERSON_ASKED = "PERSON_ASKED"
    FOUND = "FOUND"
    ABSENT = "ABSENT"
    UNPROVED = "UNPROVED"
    CANCELLED = "CANCELLED"


# A pair that is not listed cannot happen. Only SCHEDULED leads to a request that publishes, and only
# CLAIMED leads out of it; UNCONFIRMED returns there by ABSENT alone, which is proof that nothing went out.
MOVES: dict[tuple[State, Event], State] = {
    (State.SCHEDULED, Event.CLAIMED): State.SENDING,
    (State.SCHEDULED, Event.CANCELLED): State.CANCELLED,
    (State.SENDING, Event.PUBLISHED): State.PUBLISHED,
    (State.SENDING, Event.TAKEN): State.ACCEPTED,
    (State.SENDING, Event.NOT_SENT): State.SCHEDULED,
    (State.SENDING, Event.REFUSED): State.FAILED,
    (State.SENDING, Event.UNCLEAR): State.UNCONFIRMED,
    (State.SENDING, Event.LEASE_ENDED): State.UNCONFIRMED,
    (State.SENDING, Event.PERSON_ASKED): State.NEEDS_PERSON,
    (State.ACCEPTED, Event.FOUND): State.PUBLISHED,
    (State.ACCEPTED, Event.UNPROVED): State.ACCEPTED,
    (State.ACCEPTED, Event.PERSON_ASKED): State.NEEDS_PERSON,
    (State.UNCONFIRMED, Event.FOUND): State.PUBLISHED,
    (State.UNCONFIRMED, Event.ABSENT): State.SCHEDULED,
    (State.UNCONFIRMED, Event.UNPROVED): State.UNCONFIRMED,
    (State.UNCONFIRMED, Event.PERSON_ASKED): State.NEEDS_PERSON,
}

FINAL = frozenset(State) - {state for state, _ in MOVES}
IN_FLIGHT = frozenset({State.SENDING, State.ACCEPTED, State.UNCONFIRMED})


def after(state: State, event: Event) -> State:
    """The state that follows; an impossible move is a defect, not an answer."""
    return MOVES[state, event]
