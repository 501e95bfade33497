"""Signing in at the sandbox, as the platform does it."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.integrations.sandbox.running import CALLBACK, code_of, config, running

APP = {"client_id": config().client_id, "redirect_uri": CALLBACK}
SECRET = {"client_secret": config().client_secret, "grant_type": "authorization_code"}


def sign_in(sandbox, account, state="x&y=z", **changes):
    form = APP | {"state": state, "account": account, "action": "allow"} | changes
    return sandbox.http.post("/oauth2/authorize", data=form)


def query_of(answer):
    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}{target.path}" == CALLBACK
    return {name: values[0] for name, values in parse_qs(target.query).items()}


def exchange(sandbox, right_code, **changes):
    return sandbox.http.post("/oauth2/access_token", data=APP | SECRET | {"code": right_code} | changes)


def test_the_page_lets_one_choose_a_user(sandbox, person):
    params = APP | {"response_type": "code", "state": '"><script>', "q": person.uid}
    page = sandbox.http.get("/oauth2/authorize", params=params)
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert f'<option value="{person.uid}">' in page.text
    assert 'name="viewport"' in page.text
    assert "沙盒" in page.text


def test_a_code_is_exchanged_for_a_token_once(sandbox, person):
    answer = query_of(sign_in(sandbox, person.uid))
    assert answer["state"] == "x&y=z"
    token = exchange(sandbox, answer["code"]).json()
    assert token["uid"] == person.uid
    assert token["remind_in"] == str(token["expires_in"])
    person.token = token["access_token"]
    assert person.get("account/get_uid").json() == {"uid": int(person.uid)}
    again = exchange(sandbox, answer["code"])
    assert (again.json()["error"], code_of(again)) == ("invalid_grant", 21325)


def test_a_user_may_be_named_instead(sandbox, person):
    assert query_of(sign_in(sandbox, person.name))["code"]
    unknown = sign_in(sandbox, "无此人")
    assert unknown.status_code == 400
    assert "No such user" in unknown.text


def test_a_user_may_deny_access(sandbox, person):
    answer = query_of(sign_in(sandbox, person.uid, action="deny"))
    assert answer == {"error": "access_denied", "error_code": "21330", "state": "x&y=z"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"client_id": "1"}, 21324),
        ({"redirect_uri": CALLBACK + "/more"}, 21322),
        ({"response_type": "token"}, 21329),
    ],
)
def test_the_page_sends_nobody_to_an_unregistered_place(sandbox, person, change, code):
    for answer in (
        sandbox.http.get("/oauth2/authorize", params=APP | change),
        sign_in(sandbox, person.uid, **change),
    ):
        assert answer.status_code == 400
        assert str(code) in answer.text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"client_id": "1"}, 21324),
        ({"client_secret": "guess"}, 21324),
        ({"redirect_uri": "https://elsewhere.example/"}, 21322),
        ({"grant_type": "password"}, 21328),
        ({"code": "guess"}, 21325),
    ],
)
def test_a_wrong_exchange_is_refused_and_does_not_use_the_code_up(sandbox, person, change, code):
    right = query_of(sign_in(sandbox, person.uid))["code"]
    assert code_of(exchange(sandbox, right, **change)) == code
    assert exchange(sandbox, right).status_code == 200


def test_a_code_ends_after_its_life():
    with running(code_seconds=60) as sandbox:
        person = sandbox.person()
        code = query_of(sign_in(sandbox, person.uid))["code"]
        sandbox.clock.ahead += 61
        assert code_of(exchange(sandbox, code)) == 21325


def test_a_token_tells_about_itself(sandbox, person):
    info = sandbox.http.post("/oauth2/get_token_info", data={"access_token": person.token}).json()
    assert (info["uid"], info["appkey"], info["scope"]) == (int(person.uid), APP["client_id"], None)
    assert info["create_at"] == pytest.approx(sandbox.clock(), abs=10)
    assert info["expire_in"] == pytest.approx(config().token_seconds, abs=10)
    assert code_of(sandbox.http.post("/oauth2/get_token_info", data={"access_token": "x"})) == 21332


def test_a_revoked_token_is_refused(sandbox, person):
    assert sandbox.http.post("/oauth2/revokeoauth2", data={"access_token": person.token}).json() == {"result": True}
    assert code_of(person.get("account/get_uid")) == 21316
    assert code_of(sandbox.http.post("/oauth2/get_token_info", data={"access_token": person.token})) == 21316
    renewed = sandbox.known(person.uid, person.name)
    assert renewed.token != person.token
    assert renewed.get("account/get_uid").status_code == 200


def test_a_second_sign_in_leaves_the_first_token_valid(sandbox, person):
    second = exchange(sandbox, query_of(sign_in(sandbox, person.uid))["code"]).json()["access_token"]
    assert second != person.token
    assert re.fullmatch(r"2\.00[\w-]{28}", second)
    assert person.get("account/get_uid").status_code == 200
