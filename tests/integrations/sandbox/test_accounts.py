"""What the sandbox tells of users, tokens and unknown calls."""

import itertools

import pytest

from tests.integrations.sandbox.running import code_of, running


def test_a_user_is_shown_by_uid_and_by_name(person):
    by_uid = person.get("users/show", uid=person.uid).json()
    by_name = person.get("users/show", screen_name=person.name).json()
    assert by_uid == by_name
    assert (by_uid["id"], by_uid["idstr"], by_uid["screen_name"]) == (int(person.uid), person.uid, person.name)


def test_an_unknown_user_does_not_exist(person):
    assert code_of(person.get("users/show", uid="999")) == 20003
    assert code_of(person.get("users/show", screen_name="无此人")) == 20003
    assert code_of(person.get("users/show")) == 10016


def test_a_token_knows_whose_it_is(person):
    assert person.get("account/get_uid").json() == {"uid": int(person.uid)}


def test_without_a_token_the_app_or_the_sign_in_is_missing(sandbox):
    assert code_of(sandbox.http.get("/2/account/get_uid.json")) == 10006
    assert code_of(sandbox.http.get("/2/account/get_uid.json?source=2900000001")) == 21301


@pytest.mark.parametrize("path", ["/2/nothing.json", "/2/", "/2/statuses/share", "/2/statuses/share.json/x"])
def test_an_unknown_path_is_an_unknown_api(sandbox, path):
    for answer in (sandbox.http.get(path), sandbox.http.post(path, data={"a": "b"})):
        assert (answer.status_code, code_of(answer)) == (404, 10020)


def test_the_wrong_method_is_refused_with_its_own_code(sandbox, person):
    assert code_of(person.get("statuses/share")) == 10021
    assert code_of(person.post("statuses/count")) == 10021
    assert code_of(sandbox.http.delete("/2/statuses/share.json")) == 10021


def test_a_token_ends_after_its_life():
    with running(token_seconds=3600) as sandbox:
        person = sandbox.person()
        sandbox.clock.ahead += 3590
        assert person.get("account/get_uid").status_code == 200
        sandbox.clock.ahead += 20
        answer = person.get("account/get_uid")
        assert (code_of(answer), answer.json()["error"]) == (21327, "expired_token")


def test_a_wrong_token_is_refused(sandbox, person):
    person.token = "2.00wrong"
    assert code_of(person.get("account/get_uid")) == 21332


def test_followers_are_counted_for_many_at_once_and_unknown_uids_are_left_out(sandbox, person):
    other = sandbox.person(audience=0.00001)
    rows = person.get("users/counts", uids=f"{person.uid},999,{other.uid}").json()
    assert [row["id"] for row in rows] == [person.uid, other.uid]
    assert all(set(row) == {"id", "followers_count", "friends_count", "statuses_count"} for row in rows)
    shown = person.get("users/show", uid=other.uid).json()["followers_count"]
    assert rows[1]["followers_count"] == str(shown)
    assert 900 <= shown <= 1100


def test_more_uids_than_a_call_takes_are_refused(person):
    assert code_of(person.get("users/counts", uids=",".join(["1"] * 101))) == 20009
    assert person.get("users/counts", uids=",".join(["1"] * 100)).json() == []
    assert code_of(person.get("users/counts")) == 10016


def test_followers_stay_for_a_day_and_rise_and_fall_over_days():
    with running() as sandbox:
        person = sandbox.person(audience=0.001)

        def counted() -> int:
            (row,) = person.get("users/counts", uids=person.uid).json()
            return int(row["followers_count"])

        days = []
        for _ in range(20):
            days.append(counted())
            assert counted() == days[-1]
            sandbox.clock.ahead += 86_400
    steps = [after - before for before, after in itertools.pairwise(days)]
    assert min(steps) < 0 < max(steps)
    assert days[-1] > days[0] * 1.01
