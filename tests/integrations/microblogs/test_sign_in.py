"""Exchanging a code, and asking whose a token is: every client alike, and what Weibo may answer."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.hosts import port
from domain.hosts.port import Application
from domain.hosts.rules import authorize_url
from domain.terms import HostKind
from integrations.microblogs import weibo_errors
from integrations.microblogs.memory import MemoryClient
from integrations.microblogs.weibo import WeiboClient
from tests.integrations.microblogs.places import SECONDS
from tests.integrations.sandbox.running import CALLBACK, Running, config

OURS = Application(config().client_id, config().client_secret)
# The table of codes that was copied from the platform's own; it is no part of this project.
COPIED = Path(__file__).parents[4] / "shared" / "research" / "samples" / "weibo-error-codes.json"
CLASSES = {
    "retry": port.TransientBeforeSend,
    "retry_unknown_outcome": port.OutcomeUnknown,
    "rate_ip": port.RateLimited,
    "rate_user": port.RateLimited,
    "rate_endpoint": port.RateLimited,
    "rate_publish": port.RateLimited,
    "permission": port.PermissionMissing,
    "config": port.Misconfigured,
    "invalid": port.Invalid,
    "invalid_media": port.MediaInvalid,
    "account": port.AccountBlocked,
    "blocked": port.AccountBlocked,
    "not_found": port.Gone,
    "duplicate_similar": port.Duplicate,
    "duplicate_identical": port.Duplicate,
    "content_rejected": port.ContentRejected,
    "human_needed": port.HumanNeeded,
    "reauth": port.Unauthorized,
}


def code_for(sandbox: Running, uid: str) -> str:
    form = {"client_id": OURS.key, "redirect_uri": CALLBACK, "account": uid, "action": "allow"}
    answer = sandbox.http.post("/oauth2/authorize", data=form)
    return httpx.URL(answer.headers["location"]).params["code"]


@pytest.mark.parametrize("kind", ["memory", "weibo"])
async def test_a_code_gives_a_token_once_and_the_token_says_whose_it_is(
    sandbox: Running, http: httpx.AsyncClient, kind: str
):
    person = sandbox.person()
    client: port.Client = MemoryClient(logins={"code": person.uid})
    code = "code"
    if kind == "weibo":
        client, code = WeiboClient(http, sandbox.url, seconds=SECONDS), code_for(sandbox, person.uid)
    token = await client.exchange(OURS, code=code, callback_url=CALLBACK)
    info = await client.token_info(token)
    assert (info.uid, info.app_key) == (person.uid, OURS.key)
    assert timedelta(days=29, hours=23) < info.lasts <= timedelta(days=30)
    with pytest.raises(port.Invalid):
        await client.exchange(OURS, code=code, callback_url=CALLBACK)
    with pytest.raises(port.Unauthorized):
        await client.token_info("2.00nobody")


async def test_another_address_or_secret_than_ours_is_a_fault_of_our_setting(sandbox: Running, http: httpx.AsyncClient):
    client, person = WeiboClient(http, sandbox.url, seconds=SECONDS), sandbox.person()
    code = code_for(sandbox, person.uid)
    for application, url in ((Application(OURS.key, "wrong"), CALLBACK), (OURS, "https://qicai.example/elsewhere")):
        with pytest.raises(port.Misconfigured):
            await client.exchange(application, code=code, callback_url=url)


@pytest.mark.parametrize("secret", [OURS.secret, "the code", "2.00token"])
async def test_what_was_told_in_confidence_is_in_no_error(secret: str):
    def repeat(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, json={"error": f"bad {secret} given", "error_code": 21325})

    async with httpx.AsyncClient(transport=httpx.MockTransport(repeat)) as http:
        client = WeiboClient(http, "http://platform", seconds=SECONDS)
        asked: Any = client.token_info(secret) if secret.startswith("2.") else None
        if asked is None:
            asked = client.exchange(OURS, code="the code", callback_url=CALLBACK)
        with pytest.raises(port.HostError) as caught:
            await asked
    assert secret not in f"{caught.value!r} {caught.value.detail} {caught.value.code}"


def test_nothing_shows_the_secret_of_an_application():
    assert OURS.secret not in repr(OURS)


def test_a_person_is_sent_to_the_platforms_own_page():
    url = authorize_url(HostKind.WEIBO, "http://platform/", app_key="1", callback_url=CALLBACK, state="a b&c")
    asked = httpx.URL(url)
    assert str(asked.copy_with(query=None)) == "http://platform/oauth2/authorize"
    assert dict(asked.params) == {
        "client_id": "1",
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "state": "a b&c",
        "forcelogin": "true",
    }


def test_codes_of_a_login_are_in_no_class_of_posts():
    known = {*weibo_errors.BY_CODE, *weibo_errors.LIMITS, weibo_errors.ACCEPTED}
    assert set(weibo_errors.SIGN_IN) & known == set()
    # Heard about a post, such a code means nothing that is known, so it may hide a success.
    assert type(weibo_errors.error_for("21325", "", writes=True)) is port.OutcomeUnknown


@pytest.mark.skipif(not COPIED.exists(), reason="the copied table of the platform's codes lies outside this project")
def test_every_code_of_the_platforms_own_table_is_in_its_class():
    codes: dict[str, list[str]] = json.loads(COPIED.read_text("utf-8"))["codes"]
    assert len(codes) > 50
    for code, (_, kind) in codes.items():
        if kind == "accepted_pending":
            assert code == weibo_errors.ACCEPTED
        else:
            assert type(weibo_errors.error_for(code, "", writes=True)) is CLASSES[kind], code
