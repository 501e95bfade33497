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
    LOOKED_FIRST = "LOOKED_FIRST"
    GATE_SHUT = "GATE_SHUT"
    GATE_OPEN = "GATE_OPEN"
    UPPER_PUBLISHED = "UPPER_PUBLISHED"
    PERSON_RELEASES = "PERSON_RELEASES"
    TOO_LATE = "TOO_LATE"
    RETRIED = "RETRIED"
    PERSON_FOUND = "PERSON_FOUND"
    PERSON_RESENDS = "PERSON_RESENDS"
    PERSON_DROPS = "PERSON_DROPS"


# A pair that is not listed cannot happen. Only SCHEDULED leads to a request that publishes, and only by CLAIMED;
# UNCONFIRMED returns there by ABSENT alone, which is proof that nothing went out.
MOVES: dict[tuple[State, Event], State] = {
    (State.SCHEDULED, Event.CLAIMED): State.SENDING,
    (State.SCHEDULED, Event.CANCELLED): State.CANCELLED,
    # Of a restored database: it may have gone out after the copy was made.
    (State.SCHEDULED, Event.LOOKED_FIRST): State.UNCONFIRMED,
    (State.SCHEDULED, Event.GATE_SHUT): State.HELD,
    (State.SCHEDULED, Event.TOO_LATE): State.MISSED,
    (State.WAITING, Event.UPPER_PUBLISHED): State.SCHEDULED,
    (State.WAITING, Event.PERSON_RELEASES): State.SCHEDULED,
    (State.WAITING, Event.CANCELLED): State.CANCELLED,
    (State.WAITING, Event.TOO_LATE): State.MISSED,
    (State.HELD, Event.GATE_OPEN): State.SCHEDULED,
    (State.HELD, Event.CANCELLED): State.CANCELLED,
    (State.HELD, Event.TOO_LATE): State.MISSED,
    (State.SENDING, Event.PUBLISHED): State.PUBLISHED,
    (State.SENDING, Event.TAKEN): State.ACCEPTED,
    (State.SENDING, Event.NOT_SENT): State.SCHEDULED,
    (State.SENDING, Event.REFUSED): State.FAILED,
    (State.SENDING, Event.UNCLEAR): State.UNCONFIRMED,
    (State.SENDING, Event.LEASE_ENDED): State.UNCONFIRMED,
    (State.SENDING, Event.PERSON_ASKED): State.NEEDS_PERSON,
    (State.ACCEPTED, Event.FOUND): State.PUBLISHED,
    (State.ACCEPTED, Event.UNPROVED): State.ACCEPTED,
    (State.ACCEPTED, Event.LEASE_ENDED): State.ACCEPTED,
    (State.ACCEPTED, Event.PERSON_ASKED): State.NEEDS_PERSON,
    (State.UNCONFIRMED, Event.FOUND): State.PUBLISHED,
    (State.UNCONFIRMED, Event.ABSENT): State.SCHEDULED,
    (State.UNCONFIRMED, Event.UNPROVED): State.UNCONFIRMED,
    (State.UNCONFIRMED, Event.LEASE_ENDED): State.UNCONFIRMED,
    (State.UNCONFIRMED, Event.PERSON_ASKED): State.NEEDS_PERSON,
    (State.NEEDS_PERSON, Event.PERSON_FOUND): State.PUBLISHED,
    (State.NEEDS_PERSON, Event.PERSON_RESENDS): State.SCHEDULED,
    (State.NEEDS_PERSON, Event.PERSON_DROPS): State.CANCELLED,
    # A failure is the platform's word that nothing was published; the same may be asked again.
    (State.FAILED, Event.RETRIED): State.SCHEDULED,
    (State.FAILED, Event.PERSON_DROPS): State.CANCELLED,
}

# Nothing leaves these; and these no worker moves any more.
FINAL = frozenset(State) - {state for state, _ in MOVES}
SETTLED = FINAL | {State.FAILED, State.NEEDS_PERSON}
# What has not begun can still be cancelled, edited and moved.
NOT_BEGUN = frozenset(state for state, event in MOVES if event is Event.CANCELLED)
# Whose outcome is looked up; in an order, for statements.
LOOKED_FOR = (State.ACCEPTED, State.UNCONFIRMED)
IN_FLIGHT = frozenset({State.SENDING, *LOOKED_FOR})


def after(state: State, event: Event) -> State:
    """The state that follows; an impossible move is a defect, not an answer."""
    return MOVES[state, event]
