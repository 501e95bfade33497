"""Every trouble is told in plain words, in both languages, with what to do about it."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from domain.hosts import port
from domain.hosts.port import HostError
from domain.posts.lifecycle import LOOKED_FOR, Event
from domain.posts.outcomes import CRASHES_LIMIT, UNCLEAR_LIMIT, after_look, after_submit, problem_of
from domain.posts.troubles import (
    ENTRIES,
    HOLDS,
    IN_TROUBLE,
    STANDINGS,
    UNKNOWN,
    UPPERS,
    Entry,
    held_for,
    trouble_of,
)
from domain.terms import DeliveryState as State
from domain.terms import HoldReason
from tests.house.sources import Source, code, dotted

SOON, LATER = datetime(2026, 6, 1, 1, tzinfo=UTC), datetime(2026, 6, 1, 2, tzinfo=UTC)
CODE = re.compile(r"[A-Z][A-Z_]+")
SEEN_BY_LOOKS = (port.Absent, port.Uncertain)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def failures(kind: type[HostError] = HostError) -> Iterator[type[HostError]]:
    for each in kind.__subclasses__():
        if each.__module__.startswith("domain."):
            yield each
        yield from failures(each)


def written(source: Source) -> Iterator[str]:
    """Codes that are written out where a settlement is made, or where the column is set."""
    for node in source.nodes:
        if isinstance(node, ast.Call):
            made = dotted(node.func).rpartition(".")[2] in ("Settlement", "replace")
            given: list[ast.expr] = [*(node.args[1:2] if made else ())]
            given += [k.value for k in node.keywords if k.arg == "problem"]
            for value in given:
                yield from _code(value)
        # As in `problem, detail = "NOT_FOUND", None`.
        if isinstance(node, ast.Assign) and any("problem" in ast.unparse(target) for target in node.targets):
            values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            for value in values:
                yield from _code(value)


def _code(value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Constant) and isinstance(value.value, str) and CODE.fullmatch(value.value):
        yield value.value
    if isinstance(value, ast.Attribute) and dotted(value).startswith("Event."):
        yield Event[value.attr].value


def codes() -> set[str]:
    found = {problem_of(kind.__new__(kind)) for kind in failures()}
    return found | {each for source in code("domain", "workers") for each in written(source)}


def row(state: State, problem: str | None = "OUTCOME_UNKNOWN", upper_state: State | None = None) -> Any:
    return SimpleNamespace(state=state, problem=problem, try_at=SOON, look_at=LATER, upper_state=upper_state)


def test_no_code_that_a_delivery_can_carry_lacks_its_words():
    assert {"LEASE_ENDED", "NOT_FOUND", "NEVER_ARRIVES", "QUARANTINED", "TOKEN_UNREADABLE"} <= codes()
    assert codes() == set(ENTRIES)


# Nothing is the matter with these by themselves; what is held says why in its holds.
WELL = {State.WAITING, State.SCHEDULED, State.HELD, State.SENDING, State.ACCEPTED, State.PUBLISHED, State.CANCELLED}
# What came to these has a problem, as the next test shows.
CAUSED = {State.FAILED, State.NEEDS_PERSON}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("problem", [None, *sorted(ENTRIES), "OF_TOMORROW"])
@pytest.mark.parametrize("upper", [None, *State])
def test_whatever_keeps_a_delivery_is_told_and_nothing_else(state: State, problem: str | None, upper: State | None):
    found = trouble_of(row(state, problem, upper))
    if state is State.WAITING:
        assert (found is not None) is (upper in UPPERS)
    elif problem is not None and state in IN_TROUBLE:
        assert found is not None
        assert found.code == problem
    elif state not in CAUSED:
        assert (found is None) is (state in WELL)
    if found is not None and problem != "OF_TOMORROW":
        assert (found.message_zh, found.remedy_zh) != (UNKNOWN.message.zh, UNKNOWN.remedy.zh)


def test_what_only_a_person_can_move_never_lacks_its_cause():
    kinds = [kind.__new__(kind) for kind in failures()]
    for kind in kinds:
        kind.code, kind.detail = "", "?"
        for name in ("until", "scope"):
            setattr(kind, name, None)
    answers: list[Any] = [
        *kinds,
        port.Absent(),
        port.Uncertain(),
        port.Accepted(),
        port.Published("1", "https://weibo.com/1/1"),
    ]
    settlements = [after_submit(answer, tries=0) for answer in answers if not isinstance(answer, SEEN_BY_LOOKS)]
    settlements += [
        after_look(answer, state=state, looks=looks, crashes=crashes, unclear_for=unclear_for)
        for answer in answers
        if not isinstance(answer, port.Accepted)
        for state in LOOKED_FOR
        for looks in (1, 5, 50)
        for crashes in (0, CRASHES_LIMIT)
        for unclear_for in (None, 2 * UNCLEAR_LIMIT)
    ]
    asking = [one for one in settlements if one.event in (Event.REFUSED, Event.PERSON_ASKED)]
    assert {one.event for one in asking} == {Event.REFUSED, Event.PERSON_ASKED}
    assert {one.problem for one in asking} <= set(ENTRIES)


@pytest.mark.parametrize("upper", UPPERS)
def test_what_waits_in_vain_says_for_what_and_that_a_person_has_to_act(upper: State):
    found = trouble_of(row(State.WAITING, None, upper))
    assert found is not None
    assert (found.code, found.is_retried, found.retried_at) == (f"UPPER_{upper}", False, None)
    assert "release what waits" in found.remedy_en.lower()


def test_what_was_missed_says_so_whatever_was_the_matter_before():
    for problem in (None, "RATE_LIMITED"):
        found = trouble_of(row(State.MISSED, problem))
        assert found is not None
        assert (found.code, found.is_retried) == ("MISSED", False)


def test_no_reason_of_a_hold_lacks_its_words():
    assert set(HOLDS) == set(HoldReason)


@pytest.mark.parametrize(
    "entry", [*ENTRIES.values(), *STANDINGS.values(), *HOLDS.values(), UNKNOWN], ids=lambda e: e.message.en[:40]
)
def test_each_is_a_short_sentence_in_both_languages(entry: Entry):
    for pair in (entry.message, entry.remedy, entry.by_hand):
        assert CHINESE.search(pair.zh)
        assert pair.zh.endswith("。")
        assert pair.en.endswith(".")
        assert not CHINESE.search(pair.en)
        assert len(pair.zh) <= 60
        assert len(pair.en) <= 160
        # Codes are for programs.
        assert not re.search(r"[A-Z]{3}|_", pair.zh + pair.en)


@pytest.mark.parametrize(
    ("state", "is_retried", "at"),
    [
        (State.SCHEDULED, True, SOON),
        (State.UNCONFIRMED, True, LATER),
        (State.ACCEPTED, True, LATER),
        (State.FAILED, False, None),
        (State.NEEDS_PERSON, False, None),
    ],
)
def test_it_says_whether_it_goes_on_by_itself_and_when(state: State, is_retried: bool, at: datetime | None):
    found = trouble_of(row(state))
    assert found is not None
    assert (found.is_retried, found.retried_at) == (is_retried, at)


def test_what_waits_for_a_new_token_names_no_instant():
    found = trouble_of(row(State.SCHEDULED, "UNAUTHORIZED"))
    assert found is not None
    assert (found.is_retried, found.retried_at) == (True, None)


def test_whoever_has_to_settle_it_is_told_how():
    waiting, asked = trouble_of(row(State.UNCONFIRMED)), trouble_of(row(State.NEEDS_PERSON))
    assert waiting is not None
    assert asked is not None
    assert waiting.message_en == asked.message_en
    assert waiting.remedy_en.startswith("Nothing")
    assert "confirm it with its link" in asked.remedy_en


def test_a_code_of_another_release_is_told_all_the_same():
    found = trouble_of(row(State.FAILED, "OF_TOMORROW"))
    assert found is not None
    assert (found.code, found.message_zh) == ("OF_TOMORROW", UNKNOWN.message.zh)


def test_a_hold_goes_on_once_its_reason_is_gone():
    found = held_for(HoldReason.SILENCED)
    assert (found.code, found.is_retried, found.retried_at) == ("SILENCED", True, None)


def test_a_code_written_anywhere_is_found():
    text = 'Settlement(Event.REFUSED, "A_CODE")\nSettlement(Event.X, Event.LEASE_ENDED)\nx.values(problem="B_CODE")\n'
    assert list(written(Source("domain/x.py", text))) == ["A_CODE", "LEASE_ENDED", "B_CODE"]
    assert list(written(Source("domain/x.py", 'problem, detail = "C_CODE", None\n'))) == ["C_CODE"]
