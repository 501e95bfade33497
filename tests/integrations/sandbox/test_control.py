"""The control side of the sandbox: people, journal and faults, behind a key."""

import hashlib
import time
from datetime import UTC, datetime

import pytest

from tests.integrations.sandbox.running import DOMAIN, PNG, code_of, running


@pytest.mark.parametrize("headers", [{}, {"X-Sandbox-Key": "guess"}, {"X-Sandbox-Key": ""}])
def test_the_control_side_needs_the_key(sandbox, headers):
    doors = (("POST", "users"), ("GET", "journal"), ("POST", "journal/count"), ("GET", "faults"), ("DELETE", "faults"))
    for method, path in (*doors, ("POST", "tokens/revoke")):
        answer = sandbox.http.request(method, f"/_sandbox/{path}", headers=headers)
        assert (path, answer.status_code) == (path, 403)


def test_health_needs_no_key(sandbox, person):
    person.share("health1")
    health = sandbox.http.get("/_sandbox/health").json()
    assert health["status"] == "ok"
    assert min(health["users"], health["statuses"], health["journal"]) >= 1


def test_three_thousand_users_are_made_in_one_call():
    with running() as sandbox:
        users = [{"uid": str(3_000_000_000 + n), "screen_name": f"县{n}", "audience": 0.01} for n in range(3_000)]
        answer = sandbox.control("POST", "users", json=users)
        assert [one["uid"] for one in answer.json()] == [one["uid"] for one in users]
        assert len({one["access_token"] for one in answer.json()}) == 3_000
        assert all(one["expires_in"] > 0 for one in answer.json())


def test_making_a_user_again_keeps_statuses_and_token(sandbox, person):
    person.share("again1")
    again = sandbox.known(person.uid, "新名字" + person.uid, audience=2.0)
    assert again.token == person.token
    assert len(again.texts()) == 1
    assert again.get("users/show", screen_name=again.name).json()["idstr"] == person.uid
    assert code_of(again.get("users/show", screen_name=person.name)) == 20003


def test_a_user_without_an_audience_gets_the_usual_one_and_keeps_it(sandbox):
    one = [{"uid": "4000000001", "screen_name": "没有受众"}]
    assert sandbox.control("POST", "users", json=one).status_code == 200
    user = sandbox.server.app.state.host.ledger.users["4000000001"]
    assert user.audience == 0.001
    sandbox.known("4000000001", "没有受众", audience=0.5)
    sandbox.control("POST", "users", json=one)
    assert user.audience == 0.5


def test_an_old_token_is_replaced_before_it_ends():
    with running(token_seconds=1000) as sandbox:
        person = sandbox.person()
        sandbox.clock.ahead += 600
        assert sandbox.known(person.uid, person.name).token != person.token
        assert person.get("account/get_uid").status_code == 200


@pytest.mark.parametrize(
    "user",
    [
        {},
        "1",
        {"uid": 1, "screen_name": "a"},
        {"uid": "007", "screen_name": "a"},
        {"uid": "x", "screen_name": "a"},
        {"uid": "9" * 19, "screen_name": "a"},
        {"uid": "1", "screen_name": " "},
        {"uid": "1", "screen_name": "a", "audience": 0},
        {"uid": "1", "screen_name": "a", "audience": "1"},
        {"uid": "1", "screen_name": "a", "audience": True},
    ],
)
def test_an_unusable_user_is_refused_with_a_reason(sandbox, user):
    answer = sandbox.control("POST", "users", json=[{"uid": "5", "screen_name": "right"}, user])
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert "5" not in sandbox.server.app.state.host.ledger.users


@pytest.mark.parametrize("path", ["users", "faults", "journal/count", "tokens/expire"])
@pytest.mark.parametrize("body", [b"{", b"1", b"null", b'{"codes": [1], "uids": "x"}'])
def test_an_unusable_body_is_refused(sandbox, path, body):
    assert sandbox.control("POST", path, content=body).status_code == 400


def test_the_journal_lists_what_was_accepted(sandbox, person):
    before = sandbox.clock()
    status = person.share("journal1").json()
    person.post("statuses/share", status="refused")
    (entry,) = sandbox.journal(code_prefix="journal1")
    text = f"示范课 https://{DOMAIN}/s/journal1"
    assert before <= entry["received_at"] <= entry["accepted_at"] <= sandbox.clock()
    assert entry | {"received_at": 0, "accepted_at": 0, "seq": 0} == {
        "seq": 0,
        "received_at": 0,
        "accepted_at": 0,
        "uid": person.uid,
        "idstr": status["idstr"],
        "code": "journal1",
        "text_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "picture_sha256": None,
    }


def test_the_journal_is_read_in_pages_by_time_and_by_code():
    with running() as sandbox:
        person = sandbox.person()
        for code in ("a1", "b1", "a2"):
            person.share(code)
        sandbox.clock.ahead += 100
        later = sandbox.clock()
        person.share("a3")

        def codes(**query):
            return [entry["code"] for entry in sandbox.journal(**query)]

        assert codes() == ["a1", "b1", "a2", "a3"]
        assert [entry["seq"] for entry in sandbox.journal()] == [1, 2, 3, 4]
        assert codes(code_prefix="a") == ["a1", "a2", "a3"]
        assert codes(since=later) == ["a3"]
        assert codes(since=datetime.fromtimestamp(later, UTC).isoformat()) == ["a3"]
        page = sandbox.control("GET", "journal", params={"limit": "2", "code_prefix": "a"}).json()
        assert [entry["code"] for entry in page["entries"]] == ["a1", "a2"]
        rest = sandbox.control("GET", "journal", params={"after": page["next_after"]}).json()
        assert ([entry["code"] for entry in rest["entries"]], rest["next_after"]) == (["a3"], None)


@pytest.mark.parametrize("query", [{"since": "yesterday"}, {"since": "2026-01-01T00:00"}, {"limit": "x"}])
def test_an_unusable_question_to_the_journal_is_refused(sandbox, query):
    assert sandbox.control("GET", "journal", params=query).status_code == 400


def test_codes_are_counted_by_the_ten_thousands(sandbox, person):
    person.share("count1", picture=PNG)
    (entry,) = sandbox.journal(code_prefix="count1")
    codes = ["count1", *(f"unknown{n}" for n in range(49_999))]
    began = time.monotonic()
    counts = sandbox.control("POST", "journal/count", json={"codes": codes}).json()
    assert time.monotonic() - began < 3
    assert len(counts) == 50_000
    assert counts["count1"] == {
        "count": 1,
        "first_received_at": entry["received_at"],
        "uid": person.uid,
        "text_sha256": entry["text_sha256"],
        "picture_sha256": hashlib.sha256(PNG).hexdigest(),
    }
    nothing = {"count": 0, "first_received_at": None, "uid": None, "text_sha256": None, "picture_sha256": None}
    assert counts["unknown7"] == nothing
    assert sandbox.control("POST", "journal/count", json={"codes": [*codes, "more"]}).status_code == 400


def test_tokens_can_be_ended_from_outside(sandbox):
    one, other = sandbox.person(), sandbox.person()
    ended = sandbox.control("POST", "tokens/expire", json={"uids": [one.uid, "404"]})
    assert ended.json() == {"ended": 1}
    sandbox.control("POST", "tokens/revoke", json={"uids": [other.uid]})
    assert code_of(one.get("account/get_uid")) == 21327
    assert code_of(other.get("account/get_uid")) == 21316
    assert sandbox.control("POST", "tokens/forget", json={"uids": [one.uid]}).status_code == 400
