"""The life of a lesson: one table of states and events decides every move."""

from enum import StrEnum

from domain.terms import LessonState as State


class Event(StrEnum):
    """What happens to a lesson."""

    EDITED = "EDITED"
    NOMINATED = "NOMINATED"
    REVIEW_BEGAN = "REVIEW_BEGAN"
    CHOSEN = "CHOSEN"
    DECLINED = "DECLINED"
    SHOWCASED = "SHOWCASED"
    NOMINATION_WITHDRAWN = "NOMINATION_WITHDRAWN"
    WITHDRAWN = "WITHDRAWN"


# A pair that is not listed cannot happen. What is nominated or reviewed is not edited: reviewers judge what they read.
MOVES: dict[tuple[State, Event], State] = {
    (State.DRAFT, Event.EDITED): State.DRAFT,
    (State.DRAFT, Event.NOMINATED): State.NOMINATED,
    (State.DRAFT, Event.SHOWCASED): State.SHOWCASE,
    (State.NOMINATED, Event.REVIEW_BEGAN): State.UNDER_REVIEW,
    (State.NOMINATED, Event.DECLINED): State.DECLINED,
    (State.NOMINATED, Event.NOMINATION_WITHDRAWN): State.WITHDRAWN,
    (State.UNDER_REVIEW, Event.CHOSEN): State.POLISHING,
    (State.UNDER_REVIEW, Event.DECLINED): State.DECLINED,
    # Until it is decided: whoever nominated it is not left waiting for a call that nobody ends.
    (State.UNDER_REVIEW, Event.NOMINATION_WITHDRAWN): State.WITHDRAWN,
    (State.POLISHING, Event.EDITED): State.POLISHING,
    (State.POLISHING, Event.SHOWCASED): State.SHOWCASE,
    # A newer revision stands beside the one that is public, until it is showcased in its place.
    (State.SHOWCASE, Event.EDITED): State.SHOWCASE,
    (State.SHOWCASE, Event.SHOWCASED): State.SHOWCASE,
    # It is public no more, and posts about it stop at the gate.
    (State.SHOWCASE, Event.WITHDRAWN): State.WITHDRAWN,
    (State.DECLINED, Event.EDITED): State.DRAFT,
    (State.DECLINED, Event.NOMINATED): State.NOMINATED,
    (State.WITHDRAWN, Event.EDITED): State.DRAFT,
    (State.WITHDRAWN, Event.NOMINATED): State.NOMINATED,
    (State.WITHDRAWN, Event.SHOWCASED): State.SHOWCASE,
}


def can(state: State, event: Event) -> bool:
    """Whether a lesson that stands so may meet this."""
    return (state, event) in MOVES


def after(state: State, event: Event) -> State:
    """The state that follows; an impossible move is a defect, not an answer."""
    return MOVES[state, event]
