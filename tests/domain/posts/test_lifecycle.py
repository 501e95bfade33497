"""The table of moves: nothing stuck, nothing sent but from one state, and final means final."""

from collections.abc import Collection
from itertools import product

import pytest

from domain.posts.lifecycle import FINAL, IN_FLIGHT, LOOKED_FOR, MOVES, NOT_BEGUN, SETTLED, Event, after
from domain.terms import DeliveryState as State


def reached_from(start: State, events: Collection[Event] = tuple(Event)) -> set[State]:
    seen, ahead = {start}, [start]
    while ahead:
        state = ahead.pop()
        for (before, event), following in MOVES.items():
            if before is state and event in events and following not in seen:
                seen.add(following)
                ahead.append(following)
    return seen


def test_every_state_is_reached_from_scheduled_but_that_of_waiting_for_the_level_above():
    assert reached_from(State.SCHEDULED) == set(State) - {State.WAITING}
    assert State.SCHEDULED in reached_from(State.WAITING)


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
    assert {State.PUBLISHED, State.MISSED, State.CANCELLED} == FINAL


# What only a person does; all else is done by workers.
BY_A_PERSON = {Event.CANCELLED, Event.RETRIED, Event.PERSON_FOUND, Event.PERSON_RESENDS, Event.PERSON_DROPS}


def test_no_worker_moves_what_failed_or_waits_for_a_person():
    assert {State.FAILED, State.NEEDS_PERSON} | FINAL == SETTLED
    leading = {event for state, event in MOVES if state in SETTLED}
    assert leading == BY_A_PERSON - {Event.CANCELLED}


def test_a_person_settles_what_needs_one_in_three_ways():
    assert {event: to for (state, event), to in MOVES.items() if state is State.NEEDS_PERSON} == {
        Event.PERSON_FOUND: State.PUBLISHED,
        Event.PERSON_RESENDS: State.SCHEDULED,
        Event.PERSON_DROPS: State.CANCELLED,
    }


def test_only_a_claim_of_a_scheduled_delivery_leads_to_a_request_that_publishes():
    leading = [move for move, state in MOVES.items() if state is State.SENDING]
    assert leading == [(State.SCHEDULED, Event.CLAIMED)]


def test_an_unclear_delivery_is_scheduled_again_only_by_proof_of_absence():
    leading = [event for (state, event), to in MOVES.items() if state is State.UNCONFIRMED and to is State.SCHEDULED]
    assert leading == [Event.ABSENT]


def test_an_accepted_delivery_is_sent_again_by_a_persons_word_alone():
    reached = reached_from(State.ACCEPTED, {event for event in Event if event is not Event.PERSON_RESENDS})
    assert reached == {State.ACCEPTED, State.PUBLISHED, State.NEEDS_PERSON, State.CANCELLED}


def test_only_what_certainly_was_not_sent_or_a_person_decided_on_is_scheduled_again():
    leading = {move for move, state in MOVES.items() if state is State.SCHEDULED}
    assert leading == {
        (State.WAITING, Event.UPPER_PUBLISHED),
        (State.WAITING, Event.PERSON_RELEASES),
        (State.HELD, Event.GATE_OPEN),
        (State.SENDING, Event.NOT_SENT),
        (State.UNCONFIRMED, Event.ABSENT),
        (State.FAILED, Event.RETRIED),
        (State.NEEDS_PERSON, Event.PERSON_RESENDS),
    }


def test_what_has_not_begun_and_nothing_else_can_be_cancelled_and_missed():
    assert {State.SCHEDULED, State.WAITING, State.HELD} == NOT_BEGUN
    assert {state for state, event in MOVES if event is Event.CANCELLED} == NOT_BEGUN
    assert {state for state, event in MOVES if event is Event.TOO_LATE} == NOT_BEGUN


def test_the_gate_shuts_on_what_is_scheduled_and_opens_for_what_is_held():
    assert {move: to for move, to in MOVES.items() if move[1] in {Event.GATE_SHUT, Event.GATE_OPEN}} == {
        (State.SCHEDULED, Event.GATE_SHUT): State.HELD,
        (State.HELD, Event.GATE_OPEN): State.SCHEDULED,
    }


def test_a_lease_that_ends_leaves_the_outcome_open():
    assert {state: to for (state, event), to in MOVES.items() if event is Event.LEASE_ENDED} == {
        State.SENDING: State.UNCONFIRMED,
        **{state: state for state in LOOKED_FOR},
    }


def test_in_flight_is_whatever_may_be_at_the_platform_without_our_knowing():
    assert frozenset({State.SENDING, State.ACCEPTED, State.UNCONFIRMED}) == IN_FLIGHT
    assert set(State) == SETTLED | IN_FLIGHT | NOT_BEGUN


@pytest.mark.parametrize(("state", "event"), list(product(State, Event)))
def test_an_impossible_move_is_a_defect(state: State, event: Event):
    if (state, event) in MOVES:
        assert after(state, event) is MOVES[state, event]
    else:
        with pytest.raises(KeyError):
            after(state, event)
