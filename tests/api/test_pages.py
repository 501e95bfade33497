"""Pages beside GraphQL: the one of a link, and the token that goes with a cookie."""

import re
from base64 import b64encode
from hashlib import sha256
from uuid import UUID

import pytest

from api.auth import COOKIE, csrf_token
from tests.factories.api import Front

SESSION = UUID(int=5)


async def test_the_page_of_a_link_may_do_nothing_but_ask_our_own_api(api: Front):
    response = await api.http.get("/join")
    assert response.status_code == 200
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    assert policy.pop("connect-src") == "'self'"
    for kind in ("script", "style"):
        (inside,) = re.findall(rf"<{kind}>(.*?)</{kind}>", response.text, re.DOTALL)
        assert policy.pop(f"{kind}-src") == f"'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'"
    assert policy == dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"


async def test_the_page_of_a_link_loads_nothing_and_speaks_both_languages(api: Front):
    text = (await api.http.get("/join")).text
    assert re.findall(r"https?://|<link|<img|@import|url\(|<script[^>]", text) == []
    assert "设置密码" in text
    assert "Set your password" in text
    # A style within a tag, or an act within one, would not pass the policy.
    assert re.findall(r"<[a-z]+[^>]* (?:style|on[a-z]+)=", text) == []


async def test_a_page_that_was_loaded_anew_finds_the_token_of_its_cookie(api: Front):
    headers = {"Cookie": f"{COOKIE}={UUID(int=4)}.{SESSION}.secret"}
    response = await api.http.get("/csrf", headers=headers)
    assert response.json() == {"csrfToken": csrf_token(api.keys.login, SESSION)}
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("cookie", ["", "x", "a.b.c", f"{UUID(int=4)}.{SESSION}.", f"{UUID(int=4)}"])
async def test_whoever_has_no_cookie_of_ours_has_no_token_either(api: Front, cookie: str):
    response = await api.http.get("/csrf", headers={"Cookie": f"{COOKIE}={cookie}"})
    assert response.status_code == 401
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert (await api.http.get("/csrf")).status_code == 401
