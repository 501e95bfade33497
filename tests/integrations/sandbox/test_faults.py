"""Faults that can be ordered of the sandbox, and what each leaves behind."""

import time
from collections import Counter

import httpx
import pytest

from integrations.sandbox.api import NAMES
from integrations.sandbox.errors import ERRORS, ApiError
from integrations.sandbox.faults import FaultRule, Faults
from tests.integrations.sandbox.running import code_of, running

BROKEN = (httpx.RemoteProtocolError, httpx.ReadError)


def rule(**fields):
    return FaultRule.from_json({"endpoint": "*", "kind": "error"} | fields, NAMES)


def eventually(truth, seconds=5.0):
    end = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_error_of_the_table_can_be_ordered(sandbox, person, code):
    sandbox.fault(endpoint="uid", kind="error", code=code)
    answer = person.get("account/get_uid")
    assert code_of(answer) == code
    assert answer.status_code == ERRORS[code][0]
    assert "%s" not in answer.json()["error"]


def test_an_ordered_error_may_have_another_http_status(sandbox, person):
    sandbox.fault(endpoint="share", kind="error", code=10001, http=200)
    answer = person.share("status200")
    assert (answer.status_code, code_of(answer)) == (200, 10001)
    assert sandbox.accepted("status200") == 0


def test_an_ordered_error_may_hide_an_accepted_post(sandbox, person):
    sandbox.fault(endpoint="share", kind="error", code=10001, accept=True)
    assert code_of(person.share("hidden")) == 10001
    assert sandbox.accepted("hidden") == 1


def test_the_error_that_reports_success_accepts_the_post(sandbox, person):
    sandbox.fault(endpoint="share", kind="error", code=20032)
    assert code_of(person.share("pending")) == 20032
    assert sandbox.accepted("pending") == 1


def test_a_drop_after_acceptance_leaves_the_post_in_journal_and_timeline(sandbox, person):
    sandbox.fault(endpoint="share", kind="drop_after_accept")
    with pytest.raises(BROKEN):
        person.share("dropped-after")
    assert sandbox.accepted("dropped-after") == 1
    assert len(person.texts()) == 1


def test_a_drop_before_acceptance_leaves_nothing(sandbox, person):
    sandbox.fault(endpoint="share", kind="drop_before_accept")
    with pytest.raises(BROKEN):
        person.share("dropped-before")
    assert sandbox.accepted("dropped-before") == 0
    assert person.texts() == []


def test_a_drop_waits_for_the_whole_request(sandbox, person):
    sandbox.fault(endpoint="share", kind="drop_after_accept")
    with pytest.raises(BROKEN):
        person.share("dropped-big", picture=b"\x89PNG\r\n\x1a\n" + bytes(3_000_000))
    assert sandbox.journal(code_prefix="dropped-big")[0]["picture_sha256"]


@pytest.mark.parametrize("accept", [True, False])
def test_a_hang_outlasts_the_patience_of_a_client(sandbox, person, accept):
    code = f"hang-{accept}"
    sandbox.fault(endpoint="share", kind="hang", seconds=30, accept=accept)
    form = {"access_token": person.token, "status": f"https://qicai.example/s/{code}"}
    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.post("/2/statuses/share.json", data=form, timeout=0.2)
    assert sandbox.accepted(code) == accept


def test_a_hang_ends_without_an_answer(sandbox, person):
    sandbox.fault(endpoint="share", kind="hang", seconds=0.2)
    began = time.monotonic()
    with pytest.raises(BROKEN):
        person.share("hang-end")
    assert time.monotonic() - began >= 0.19


def test_a_page_may_stand_where_json_should(sandbox, person):
    sandbox.fault(endpoint="share", kind="html")
    answer = person.share("rubbish1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!DOCTYPE html>")
    assert sandbox.accepted("rubbish1") == 0
    sandbox.fault(endpoint="share", kind="html", http=502, accept=True)
    assert person.share("page2").status_code == 502
    assert sandbox.accepted("page2") == 1


def test_a_truncated_answer_ends_half_way(sandbox, person):
    sandbox.fault(endpoint="share", kind="truncate")
    form = {"access_token": person.token, "status": "https://qicai.example/s/cut"}
    received = b""
    with (  # noqa: PT012
        pytest.raises(httpx.RemoteProtocolError, match="without sending complete"),
        sandbox.http.stream("POST", "/2/statuses/share.json", data=form) as answer,
    ):
        assert answer.status_code == 200
        for part in answer.iter_bytes():
            received += part
    assert received.startswith(b'{"created_at"')
    assert sandbox.accepted("cut") == 1


def test_a_slow_answer_is_right_but_late(sandbox, person):
    sandbox.fault(endpoint="share", kind="slow", seconds=0.3)
    began = time.monotonic()
    assert person.share("slow1").json()["idstr"]
    assert time.monotonic() - began >= 0.29
    (entry,) = sandbox.journal(code_prefix="slow1")
    assert entry["accepted_at"] - entry["received_at"] < 0.2


def test_a_late_acceptance_comes_after_the_connection_is_gone(sandbox, person):
    sandbox.fault(endpoint="share", kind="accept_late", seconds=0.4)
    with pytest.raises(BROKEN):
        person.share("late1")
    assert person.texts() == []
    eventually(lambda: sandbox.accepted("late1") == 1)
    (entry,) = sandbox.journal(code_prefix="late1")
    assert entry["accepted_at"] - entry["received_at"] >= 0.39
    assert len(person.texts()) == 1


def test_a_rule_strikes_only_its_endpoint_and_user(sandbox, person):
    other = sandbox.person()
    sandbox.fault(endpoint="count", kind="error", uid=person.uid)
    assert code_of(person.get("statuses/count", ids="1")) == 10001
    assert person.get("statuses/user_timeline").status_code == 200
    assert other.get("statuses/count", ids="1").status_code == 200


def test_a_rule_strikes_as_often_as_it_was_told_and_counts_it(sandbox, person):
    sandbox.fault(endpoint="*", kind="error", code=10002, times=2)
    codes = [person.get("account/get_uid").status_code for _ in range(4)]
    assert codes == [503, 503, 200, 200]
    (shown,) = sandbox.control("GET", "faults").json()
    assert (shown["code"], shown["hits"], shown["times"]) == (10002, 2, 2)
    assert sandbox.control("DELETE", "faults").json() == []
    assert sandbox.control("GET", "faults").json() == []


def test_a_struck_request_costs_no_limit(sandbox, person):
    sandbox.fault(endpoint="uid", kind="error")
    person.get("account/get_uid")
    left = person.get("account/rate_limit_status").json()
    assert left["remaining_user_hits"] == left["user_limit"]


def test_a_stopping_sandbox_does_not_wait_for_its_silences():
    with running() as sandbox:
        person = sandbox.person()
        sandbox.fault(endpoint="share", kind="hang", seconds=60)
        form = {"access_token": person.token, "status": "https://qicai.example/s/x"}
        with pytest.raises(httpx.ReadTimeout):
            sandbox.http.post("/2/statuses/share.json", data=form, timeout=0.1)
        sandbox.fault(endpoint="share", kind="accept_late", seconds=60)
        with pytest.raises(BROKEN):
            person.share("y")
        began = time.monotonic()
    assert time.monotonic() - began < 1.9


def test_the_choice_of_one_seed_is_always_the_same_and_of_another_is_not():
    def struck(seed):
        faults = Faults()
        faults.set([rule(probability=0.5, seed=seed)])
        return [faults.choose("share", "1") is not None for _ in range(100)]

    assert struck(1) == struck(1)
    assert struck(1) != struck(2)


def test_the_order_of_users_does_not_change_their_fate():
    def fates(order):
        faults = Faults()
        faults.set([rule(probability=0.5)])
        return Counter((uid, faults.choose("share", uid) is not None) for uid in order)

    assert fates(["1"] * 50 + ["2"] * 50) == fates(["1", "2"] * 50)


def test_the_probability_is_met_in_the_long_run():
    faults = Faults()
    faults.set([rule(probability=0.2)])
    hits = sum(faults.choose("share", str(n)) is not None for n in range(5_000))
    assert hits / 5_000 == pytest.approx(0.2, abs=0.02)
    faults.set([rule(probability=0)])
    assert not any(faults.choose("share", str(n)) for n in range(100))


def test_the_first_rule_that_strikes_decides():
    faults = Faults()
    faults.set([rule(kind="html", times=1), rule(code=10002)])
    chosen = [faults.choose("share", None) for _ in range(2)]
    assert [one and one.kind for one in chosen] == ["html", "error"]


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "explode"},
        {"endpoint": "nowhere"},
        {"code": 1},
        {"http": 700},
        {"probability": 1.5},
        {"probability": "often"},
        {"times": 0},
        {"uid": 5},
        {"seed": "x"},
        {"kind": "slow", "seconds": 0},
        {"kind": "hang", "seconds": -1},
        {"kind": "error", "seconds": 1},
        {"kind": "truncate", "accept": True},
        {"surprise": 1},
    ],
)
def test_an_unusable_rule_is_refused(sandbox, fields):
    with pytest.raises(ValueError, match=next(reversed(fields))):
        rule(**fields)
    answer = sandbox.control("POST", "faults", json=[{"endpoint": "*", "kind": "error"} | fields])
    assert answer.status_code == 400


def test_a_rule_needs_an_endpoint_and_a_kind():
    rules: tuple[object, ...] = ({}, {"kind": "html"}, [], None)
    for data in rules:
        with pytest.raises(ValueError, match=r"required|object"):
            FaultRule.from_json(data, NAMES)


def test_an_error_fills_its_message_with_what_was_given():
    assert ApiError(10016, "id").message == "Miss required parameter (id) , see doc for more info"
    assert ApiError(10017, "count").message.startswith("Parameter (count)'s value invalid, expect () ")
