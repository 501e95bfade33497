"""What the sandbox tells of users, tokens and unknown calls."""

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
