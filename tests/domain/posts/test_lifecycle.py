"""The table of moves: nothing stuck, nothing sent but from one state, and final means final."""

from itertools import product

import pytest

from domain.posts.lifecycle import FINAL, IN_FLIGHT, MOVES, Event, after
from domain.terms import DeliveryState as State


def reached_from(start: State) -> set[State]:
    seen, ahead = {start}, [start]
    while ahead:
        state = ahead.pop()
        for (before, _), following in MOVES.items():
            if before is state and following not in seen:
                seen.add(following)
                ahead.append(following)
    return seen


def test_every_state_is_reached_from_scheduled():
    assert reached_from(State.SCHEDULED) == set(State)


def test_every_event_moves_something():
    assert {event for _, event in MOVES} == set(Event)


@pytest.mark.parametrize("state", sorted(set(State) - FINAL))
def test_every_state_that_is_not_final_leads_to_an_end(state: State):
    assert reached_from(state) & FINAL


@pytest.mark.parametrize(("state", "event"), list(product(sorted(FINAL), Event)))
def test_nothing_leaves_a_final_state(state: State, event: Event):
    with pytest.raises(KeyError):
        after(state, event)


def test_these_states_are_final():
    # From NEEDS_PERSON a person will lead out; no event of a worker may.
    assert {State.PUBLISHED, State.FAILED, State.CANCELLED, State.NEEDS_PERSON} == FINAL


def test_only_a_claim_of_a_scheduled_delivery_leads_to_a_request_that_publishes():
    leading = [move for move, state in MOVES.items() if state is State.SENDING]
    assert leading == [(State.SCHEDULED, Event.CLAIMED)]


def test_an_unclear_delivery_is_scheduled_again_only_by_proof_of_absence():
    leading = [event for (state, event), to in MOVES.items() if state is State.UNCONFIRMED and to is State.SCHEDULED]
    assert leading == [Event.ABSENT]


def test_an_accepted_delivery_is_never_sent_again():
    assert State.SCHEDULED not in reached_from(State.ACCEPTED)
    assert State.SENDING not in reached_from(State.ACCEPTED)


def test_only_what_certainly_was_not_sent_is_scheduled_again():
    leading = {move for move, state in MOVES.items() if state is State.SCHEDULED}
    assert leading == {(State.SENDING, Event.NOT_SENT), (State.UNCONFIRMED, Event.ABSENT)}


def test_only_a_scheduled_delivery_can_be_cancelled():
    assert [state for state, event in MOVES if event is Event.CANCELLED] == [State.SCHEDULED]


def test_a_lease_that_ends_leaves_the_outcome_open():
    assert [MOVES[move] for move in MOVES if move[1] is Event.LEASE_ENDED] == [State.UNCONFIRMED]


def test_in_flight_is_whatever_may_be_at_the_platform_without_our_knowing():
    assert frozenset({State.SENDING, State.ACCEPTED, State.UNCONFIRMED}) == IN_FLIGHT
    assert FINAL | IN_FLIGHT | {State.SCHEDULED} == set(State)


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_an_impossible_move_is_a_defect(state: State, event: Event):
    if (state, event) in MOVES:
        assert after(state, event) is MOVES[state, event]
    else:
        with pytest.raises(KeyError):
            after(state, event)
