"""The table of moves of a lesson: every pair of state and event, and nobody is judged for what was not read."""

from itertools import product

import pytest

from domain.lessons.lifecycle import MOVES, Event, after, can
from domain.terms import LessonState as State

# Written down a second time, as the guide draws it.
DRAWN = {
    State.DRAFT: {Event.EDITED: State.DRAFT, Event.NOMINATED: State.NOMINATED, Event.SHOWCASED: State.SHOWCASE},
    State.NOMINATED: {
        Event.REVIEW_BEGAN: State.UNDER_REVIEW,
        Event.DECLINED: State.DECLINED,
        Event.NOMINATION_WITHDRAWN: State.WITHDRAWN,
    },
    State.UNDER_REVIEW: {
        Event.CHOSEN: State.POLISHING,
        Event.DECLINED: State.DECLINED,
        Event.NOMINATION_WITHDRAWN: State.WITHDRAWN,
    },
    State.POLISHING: {Event.EDITED: State.POLISHING, Event.SHOWCASED: State.SHOWCASE},
    State.SHOWCASE: {
        Event.EDITED: State.SHOWCASE,
        Event.SHOWCASED: State.SHOWCASE,
        Event.WITHDRAWN: State.WITHDRAWN,
    },
    State.DECLINED: {Event.EDITED: State.DRAFT, Event.NOMINATED: State.NOMINATED},
    State.WITHDRAWN: {Event.EDITED: State.DRAFT, Event.NOMINATED: State.NOMINATED, Event.SHOWCASED: State.SHOWCASE},
}


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_a_lesson_moves_as_it_is_drawn_and_in_no_other_way(state: State, event: Event):
    expected = DRAWN[state].get(event)
    assert can(state, event) is (expected is not None)
    if expected is None:
        with pytest.raises(KeyError):
            after(state, event)
    else:
        assert after(state, event) is expected


def test_every_event_moves_something_and_every_state_is_reached():
    assert {event for _, event in MOVES} == set(Event)
    assert set(MOVES.values()) == set(State)


def test_what_reviewers_read_does_not_change_under_their_eyes():
    assert not any(can(state, Event.EDITED) for state in (State.NOMINATED, State.UNDER_REVIEW))


def test_nothing_is_chosen_without_a_review():
    assert [state for state, event in MOVES if event is Event.CHOSEN] == [State.UNDER_REVIEW]


def test_a_showcase_lesson_is_left_by_withdrawing_alone():
    assert [e for (s, e), to in MOVES.items() if s is State.SHOWCASE and to is not s] == [Event.WITHDRAWN]
