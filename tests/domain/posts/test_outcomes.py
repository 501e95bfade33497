"""What each answer of a platform means for a delivery."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.hosts import port
from domain.posts.lifecycle import MOVES, Event
from domain.posts.outcomes import (
    CRASHES_LIMIT,
    LIMIT_WAIT,
    UNANSWERED,
    UNCLEAR_LIMIT,
    Settlement,
    after_look,
    after_submit,
    problem_of,
    words_of,
)
from domain.posts.rules import LOOK_AFTER, RETRY_AFTER
from domain.terms import DeliveryState as State

UNTIL = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PUBLISHED = port.Published("5012345678901234", "https://weibo.com/1/5012345678901234")

# What follows from each error on sending; a new error fails the test until somebody decides about it here.
AFTER_SUBMIT = {
    port.TransientBeforeSend: Event.NOT_SENT,
    port.OutcomeUnknown: Event.UNCLEAR,
    port.RateLimited: Event.NOT_SENT,
    port.Unauthorized: Event.NOT_SENT,
    port.PermissionMissing: Event.NOT_SENT,
    port.Invalid: Event.REFUSED,
    port.MediaInvalid: Event.REFUSED,
    port.Duplicate: Event.UNCLEAR,
    port.ContentRejected: Event.REFUSED,
    port.AccountBlocked: Event.NOT_SENT,
    port.HumanNeeded: Event.PERSON_ASKED,
    port.Gone: Event.REFUSED,
    port.Misconfigured: Event.NOT_SENT,
}
CODES = {
    port.TransientBeforeSend: "TRANSIENT_BEFORE_SEND",
    port.OutcomeUnknown: "OUTCOME_UNKNOWN",
    port.RateLimited: "RATE_LIMITED",
    port.Unauthorized: "UNAUTHORIZED",
    port.PermissionMissing: "PERMISSION_MISSING",
    port.Invalid: "INVALID",
    port.MediaInvalid: "MEDIA_INVALID",
    port.Duplicate: "DUPLICATE",
    port.ContentRejected: "CONTENT_REJECTED",
    port.AccountBlocked: "ACCOUNT_BLOCKED",
    port.HumanNeeded: "HUMAN_NEEDED",
    port.Gone: "GONE",
    port.Misconfigured: "MISCONFIGURED",
}


def subclasses(kind: type[port.HostError]) -> Iterator[type[port.HostError]]:
    for below in kind.__subclasses__():
        yield below
        yield from subclasses(below)


ERRORS = sorted((kind for kind in subclasses(port.HostError)), key=lambda kind: kind.__name__)


def error(kind: type[port.HostError], **facts: Any) -> port.HostError:
    given = {"scope": "account"} if issubclass(kind, port.RateLimited) else {}
    return kind("the platform's words", code="10001", **(given | facts))


def test_every_error_of_the_port_has_been_decided_about():
    assert set(ERRORS) == set(AFTER_SUBMIT) == set(CODES)


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_on_sending_has_its_event_code_and_words(kind: type[port.HostError]):
    settlement = after_submit(error(kind), tries=0)
    assert settlement.event is AFTER_SUBMIT[kind]
    assert settlement.problem == CODES[kind] == problem_of(error(kind))
    assert settlement.detail == "10001: the platform's words"
    assert (State.SENDING, settlement.event) in MOVES
    assert settlement.host_post_id is None


@pytest.mark.parametrize("kind", ERRORS)
@pytest.mark.parametrize("state", [State.ACCEPTED, State.UNCONFIRMED])
@pytest.mark.parametrize("looks", [1, len(LOOK_AFTER), len(LOOK_AFTER) + 1])
def test_an_error_on_looking_never_leads_to_sending_again(kind: type[port.HostError], state: State, looks: int):
    settlement = after_look(error(kind), state=state, looks=looks)
    # A look that got no answer says nothing: it brings the delivery no closer to a person either.
    passing = issubclass(kind, UNANSWERED)
    asked = not passing and looks > len(LOOK_AFTER)
    assert settlement.event is (Event.PERSON_ASKED if asked else Event.UNPROVED)
    assert settlement.counts_as_look is not passing
    assert settlement.problem == CODES[kind]
    assert MOVES[state, settlement.event] is not State.SCHEDULED


def test_a_published_post_is_kept_with_its_place():
    for settlement, event in [
        (after_submit(PUBLISHED, tries=3), Event.PUBLISHED),
        (after_look(PUBLISHED, state=State.UNCONFIRMED, looks=2), Event.FOUND),
        (after_look(PUBLISHED, state=State.ACCEPTED, looks=9), Event.FOUND),
    ]:
        assert settlement == Settlement(event, host_post_id=PUBLISHED.host_post_id, host_url=PUBLISHED.url)


def test_a_post_taken_for_later_waits_without_a_problem():
    assert after_submit(port.Accepted(), tries=0) == Settlement(Event.TAKEN)


def test_a_request_that_never_arrived_is_sent_again_ever_later_and_stays_due():
    settled = [after_submit(error(port.TransientBeforeSend), tries=tries) for tries in range(len(RETRY_AFTER) + 3)]
    assert {settlement.event for settlement in settled} == {Event.NOT_SENT}
    assert [settlement.wait for settlement in settled] == RETRY_AFTER + RETRY_AFTER[-1:] * 3
    assert all(settlement.counts_as_try for settlement in settled)


def test_only_a_request_that_never_arrived_counts_as_a_try():
    counting = {kind for kind in ERRORS if after_submit(error(kind), tries=0).counts_as_try}
    assert counting == {port.TransientBeforeSend}


@pytest.mark.parametrize("scope", ["account", "host"])
@pytest.mark.parametrize("until", [UNTIL, None])
def test_a_limit_names_who_is_limited_and_until_when(scope: str, until: datetime | None):
    limit = error(port.RateLimited, scope=scope, until=until)
    settlement = after_submit(limit, tries=99)
    assert (settlement.limits, settlement.until, settlement.wait) == (scope, until, LIMIT_WAIT)
    looked = after_look(limit, state=State.UNCONFIRMED, looks=2)
    assert (looked.limits, looked.until, looked.wait) == (scope, until, LIMIT_WAIT)


def test_only_limits_limit():
    looking = {kind for kind in ERRORS if after_look(error(kind), state=State.UNCONFIRMED, looks=1).limits}
    assert looking == {port.RateLimited}


def test_a_trouble_of_the_account_or_of_our_application_pauses_it_and_not_only_this_post():
    limiting = {kind: after_submit(error(kind), tries=0).limits for kind in ERRORS}
    assert {kind for kind, scope in limiting.items() if scope == "host"} == {port.Misconfigured}
    assert {kind for kind, scope in limiting.items() if scope == "account"} == {
        port.RateLimited,
        port.AccountBlocked,
        port.PermissionMissing,
        port.HumanNeeded,
    }


def test_only_a_refused_token_is_dead():
    dead = {kind for kind in ERRORS if after_submit(error(kind), tries=0).token_dead}
    found = {kind for kind in ERRORS if after_look(error(kind), state=State.UNCONFIRMED, looks=1).token_dead}
    assert dead == found == {port.Unauthorized}


def test_a_dead_token_does_not_use_up_the_tries():
    assert after_submit(error(port.Unauthorized), tries=99).event is Event.NOT_SENT


def test_absence_after_an_unclear_answer_proves_that_nothing_was_sent():
    assert after_look(port.Absent(), state=State.UNCONFIRMED, looks=1) == Settlement(Event.ABSENT)


def test_a_post_that_never_arrives_waits_ever_longer_and_is_then_shown_to_a_person():
    settled = [after_look(port.Absent(), state=State.UNCONFIRMED, looks=n) for n in range(1, len(RETRY_AFTER) + 3)]
    assert [s.event for s in settled] == [Event.ABSENT] * (len(RETRY_AFTER) + 1) + [Event.PERSON_ASKED]
    assert [s.wait for s in settled[:-1]] == [timedelta(), *RETRY_AFTER]
    assert settled[-1].problem == "NEVER_ARRIVES"


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (port.Absent(), State.ACCEPTED),
        (port.Uncertain(), State.ACCEPTED),
        (port.Uncertain(), State.UNCONFIRMED),
    ],
)
def test_what_proves_nothing_is_looked_at_again_and_then_shown_to_a_person(answer: Any, state: State):
    settled = [after_look(answer, state=state, looks=looks) for looks in range(1, len(LOOK_AFTER) + 2)]
    assert [s.event for s in settled] == [Event.UNPROVED] * len(LOOK_AFTER) + [Event.PERSON_ASKED]
    assert [s.wait for s in settled[:-1]] == LOOK_AFTER
    assert [s.problem for s in settled] == ["NOT_FOUND"] * (len(LOOK_AFTER) + 1)


def test_what_was_with_three_workers_that_died_is_shown_to_a_person_instead_of_a_fourth():
    looks = [after_look(port.Absent(), state=State.UNCONFIRMED, looks=1, crashes=n) for n in range(CRASHES_LIMIT + 2)]
    assert [look.event for look in looks] == [Event.ABSENT] * 3 + [Event.PERSON_ASKED] * 2
    assert [look.problem for look in looks] == [None] * 3 + ["QUARANTINED"] * 2


def test_what_went_out_or_may_have_is_no_matter_for_quarantine():
    found = after_look(PUBLISHED, state=State.UNCONFIRMED, looks=1, crashes=CRASHES_LIMIT)
    assert found.event is Event.FOUND
    for answer in (port.Uncertain(), error(port.TransientBeforeSend)):
        assert after_look(answer, state=State.UNCONFIRMED, looks=1, crashes=CRASHES_LIMIT).event is Event.UNPROVED


@pytest.mark.parametrize("kind", UNANSWERED)
@pytest.mark.parametrize("state", [State.ACCEPTED, State.UNCONFIRMED])
def test_an_account_waits_six_hours_to_learn_what_became_of_its_post_and_no_longer(
    kind: type[port.HostError], state: State
):
    moment = timedelta(seconds=1)
    for unclear_for, asked in [(None, False), (UNCLEAR_LIMIT, False), (UNCLEAR_LIMIT + moment, True)]:
        settlement = after_look(error(kind), state=state, looks=1, unclear_for=unclear_for)
        assert settlement.event is (Event.PERSON_ASKED if asked else Event.UNPROVED)
        assert settlement.problem == CODES[kind]
        # What the answer means for the account and the platform it means all the same.
        assert settlement.limits == ("account" if kind is port.RateLimited else None)
        assert settlement.token_dead is (kind is port.Unauthorized)
    assert timedelta(hours=6) == UNCLEAR_LIMIT


@pytest.mark.parametrize("answer", [PUBLISHED, port.Absent()])
def test_an_answer_counts_however_late_it_comes(answer: Any):
    late = after_look(answer, state=State.UNCONFIRMED, looks=1, unclear_for=10 * UNCLEAR_LIMIT)
    assert late == after_look(answer, state=State.UNCONFIRMED, looks=1)


answers = st.sampled_from([port.Absent(), port.Uncertain(), PUBLISHED, *(error(kind) for kind in ERRORS)])


@given(
    answers,
    st.sampled_from([State.ACCEPTED, State.UNCONFIRMED]),
    st.integers(min_value=1, max_value=50),
    st.integers(min_value=0, max_value=5),
    st.none() | st.timedeltas(min_value=timedelta(), max_value=timedelta(days=2)),
)
def test_looking_leads_back_to_sending_only_by_proof_of_absence(
    answer: Any, state: State, looks: int, crashes: int, unclear_for: timedelta | None
):
    event = after_look(answer, state=state, looks=looks, crashes=crashes, unclear_for=unclear_for).event
    if MOVES[state, event] is State.SCHEDULED:
        assert isinstance(answer, port.Absent)
        assert state is State.UNCONFIRMED


def test_the_platforms_words_stand_without_a_code_where_it_gives_none():
    assert words_of(port.Gone("no such post")) == "no such post"
    assert words_of(port.Gone("no such post", code="20101")) == "20101: no such post"
